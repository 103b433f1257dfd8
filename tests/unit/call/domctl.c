/* SPDX-License-Identifier: MIT */
/*
 * domctl: what is checked before anything is done, and who is meant. What is
 * done is in domain/teardown.c and virt/guest.c.
 */
#include "call/domctl.h"

#include "arch/x86/features.h"
#include "arch/x86/percpu.h"
#include "call/domctl_context.h"
#include "domain/domain.h"
#include "domain/physmap.h"
#include "domain/runstate.h"
#include "fake.h"
#include "virt/debug.h"
#include "virt/exit.h"
#include "virt/guest.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ARG 0x1000u
#define MAP 0x2000u

struct cpu_features cpu_features = { .phys_bits = 40 };

static struct domain *service;
static struct domain *guest;
static struct call call;
static struct xen_domctl dom;

/* What the calls reach. */

static struct domain_config wanted;
static unsigned int created;
static unsigned int discarded;
static unsigned int dying;
static int create_error;
static int publish_error;
static int step_result;
static struct cpuset affinity;

int guest_create(const struct domain_config *config, struct domain **out)
{
	*out = NULL;
	wanted = *config;
	if (create_error == 0) {
		*out = fake_domain_add(config->id, config->vcpus);
		created++;
	}
	return create_error;
}

void guest_discard(struct domain *d)
{
	fake_domain_remove(d);
	discarded++;
}

void domain_set_frame_max(struct domain *d, uint64_t frames)
{
	d->frame_max = frames;
}

int domain_publish(struct domain *d)
{
	(void)d;
	return publish_error;
}

int domain_pause(struct domain *d)
{
	d->pause_count++;
	return 0;
}

int domain_unpause(struct domain *d)
{
	return d->pause_count-- == 0 ? -XEN_EINVAL : 0;
}

void teardown_begin(struct domain *d)
{
	d->state = DOMAIN_DYING;
	dying++;
}

int teardown_step(struct domain *d)
{
	(void)d;
	return step_result;
}

uint64_t sched_run_time(struct sched_unit *u)
{
	(void)u;
	return 5;
}

bool sched_is_running(const struct sched_unit *u)
{
	return u->state == SCHED_RUNNING;
}

int sched_set_affinity(struct sched_unit *u, struct cpuset set)
{
	if (set.word[0] == 0) {
		return -XEN_EINVAL;
	}
	u->affinity = set;
	affinity = set;
	return 0;
}

/* A vCPU's times are told apart by its number. */
void runstate_get(struct vcpu *v, struct vcpu_runstate_info *info)
{
	memset(info, 0, sizeof(*info));
	info->time[RUNSTATE_running] = 100 + v->id;
	info->time[RUNSTATE_runnable] = 10 + v->id;
}

/* virt/debug.c and the like: who is meant. */

static struct vcpu *meant;
static int answer;
static bool asked_for;

static int note(struct vcpu *v, bool what)
{
	meant = v;
	asked_for = what;
	return answer;
}

int debug_attach(struct domain *d, bool attached)
{
	return note(d->vcpus[0], attached);
}

int debug_step(struct vcpu *v, bool step)
{
	return note(v, step);
}

int domain_pause_vcpu(struct vcpu *v)
{
	return note(v, true);
}

int domain_unpause_vcpu(struct vcpu *v)
{
	return note(v, false);
}

int domain_resume(struct domain *d)
{
	return note(d->vcpus[0], true);
}

/* A page is one higher than its address says, or two with another CR3. */
int translate_debug(struct vcpu *v, uint64_t cr3, uint64_t linear, gaddr_t *out)
{
	meant = v;
	*out = gaddr(linear + (cr3 != 0 ? 2 : 1) * PAGE_SIZE);
	return linear < 0x100000 ? 0 : -XEN_EFAULT;
}

long domctl_sethvmcontext(struct call *c, void *arg)
{
	(void)c;
	(void)arg;
	return 0;
}

long domctl_gethvmcontext(struct call *c, void *arg)
{
	(void)c;
	(void)arg;
	return 0;
}

long domctl_get_cpu_policy(struct call *c, void *arg)
{
	(void)c;
	(void)arg;
	return 0;
}

long domctl_set_cpu_policy(struct call *c, void *arg)
{
	(void)c;
	(void)arg;
	return 0;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	created = 0;
	discarded = 0;
	dying = 0;
	create_error = 0;
	publish_error = 0;
	step_result = 0;
	service = fake_domain_add(0, 1);
	service->privileged = true;
	fake_domain_add_ram(service, 0, 8);
	guest = fake_domain_add(5, 2);
	call = (struct call){ .vcpu = service->vcpus[0], .wide = true };
	memset(&dom, 0, sizeof(dom));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_check_clean();
	fake_reset();
	return 0;
}

static long domctl(uint32_t cmd, uint16_t domid)
{
	dom.cmd = cmd;
	dom.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	dom.domain = domid;
	call.arg[0] = ARG;
	assert_int_equal(guest_write(call.vcpu, ARG, &dom, sizeof(dom)), 0);

	const long rc = call_domctl(&call);

	assert_int_equal(guest_read(call.vcpu, &dom, ARG, sizeof(dom)), 0);
	return rc;
}

static struct xen_domctl_createdomain *wish(void)
{
	struct xen_domctl_createdomain *op = &dom.u.createdomain;

	*op = (struct xen_domctl_createdomain){
		.handle = { 1, 2, 3 },
		.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
		.max_vcpus = 2,
		.max_evtchn_port = 1023,
		.max_grant_frames = 32,
		.max_maptrack_frames = -1,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
		.arch.emulation_flags = XEN_X86_EMU_LAPIC,
	};
	return op;
}

static void test_create(void **state)
{
	(void)state;
	wish();
	assert_int_equal(domctl(XEN_DOMCTL_createdomain, 9), 0);
	assert_int_equal(dom.domain, 9);
	assert_false(wanted.privileged);
	assert_int_equal(wanted.vcpus, 2);
	assert_int_equal(wanted.event_ports, 1024);
	assert_int_equal(wanted.grant_frames, 32);
	assert_int_equal(wanted.grant_mappings, DOMAIN_GRANT_MAPPINGS);

	const struct domain *d = domain_find(9);

	assert_int_equal(d->pause_count, 1);
	assert_int_equal(d->handle[2], 3);

	struct xen_domctl_createdomain *op = wish();

	op->max_evtchn_port = UINT32_MAX;
	op->max_grant_frames = -1;
	op->max_maptrack_frames = 2;
	op->flags |= XEN_DOMCTL_CDF_oos_off;
	assert_int_equal(domctl(XEN_DOMCTL_createdomain, 10), 0);
	assert_int_equal(wanted.event_ports, DOMAIN_EVENT_PORTS);
	assert_int_equal(wanted.grant_frames, DOMAIN_GRANT_FRAMES);
	assert_int_equal(wanted.grant_mappings, 512);
	wish()->max_maptrack_frames = INT32_MAX;
	assert_int_equal(domctl(XEN_DOMCTL_createdomain, 11), 0);
	assert_int_equal(wanted.grant_mappings, DOMAIN_GRANT_MAPPINGS);
}

/* The next free number each time, not one that just was another domain's. */
static void test_any_number(void **state)
{
	uint16_t last;

	(void)state;
	wish();
	assert_int_equal(domctl(XEN_DOMCTL_createdomain, DOMID_INVALID), 0);
	last = dom.domain;
	wish();
	assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0), 0);
	assert_int_equal(dom.domain, last + 1);
	fake_domain_remove(domain_find(last));
	for (unsigned int i = 0; i < 5; i++) {
		wish();
		assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0xffff), 0);
		assert_true(dom.domain > last + 1 && dom.domain != 5);
	}
	wish();
	assert_int_equal(domctl(XEN_DOMCTL_createdomain, DOMAIN_MAX_ID),
			 -XEN_EINVAL);
}

static void refused(long error)
{
	assert_int_equal(domctl(XEN_DOMCTL_createdomain, 9), error);
	assert_int_equal(created, discarded);
	assert_null(domain_find(9));
}

static void test_create_refused(void **state)
{
	(void)state;
	wish()->flags = XEN_DOMCTL_CDF_hap;
	refused(-XEN_EINVAL);
	wish()->flags = XEN_DOMCTL_CDF_hvm;
	refused(-XEN_EINVAL);
	wish()->flags |= XEN_DOMCTL_CDF_iommu;
	refused(-XEN_EINVAL);
	wish()->flags |= XEN_DOMCTL_CDF_nested_virt;
	refused(-XEN_EINVAL);
	wish()->iommu_opts = 1;
	refused(-XEN_EINVAL);
	wish()->vmtrace_size = 4096;
	refused(-XEN_EINVAL);
	wish()->cpupool_id = 1;
	refused(-XEN_EINVAL);
	wish()->grant_opts = XEN_DOMCTL_GRANT_version(2);
	refused(-XEN_EINVAL);
	wish()->arch.misc_flags = XEN_X86_MSR_RELAXED;
	refused(-XEN_EINVAL);
	wish()->arch.emulation_flags = 0;
	refused(-XEN_EOPNOTSUPP);
	wish()->arch.emulation_flags |= XEN_X86_EMU_IOAPIC;
	refused(-XEN_EOPNOTSUPP);
	create_error = -XEN_ENOMEM;
	wish();
	refused(-XEN_ENOMEM);
	create_error = 0;
	publish_error = -XEN_EEXIST;
	wish();
	refused(-XEN_EEXIST);
	assert_int_equal(discarded, 1);
}

/* A step at a time; while others have to do theirs this pCPU goes round. */
static void test_destroy(void **state)
{
	(void)state;
	step_result = -XEN_EAGAIN;
	assert_int_equal(domctl(XEN_DOMCTL_destroydomain, 5), CALL_AGAIN);
	assert_false(call.vcpu->yield);
	step_result = -XEN_EBUSY;
	assert_int_equal(domctl(XEN_DOMCTL_destroydomain, 5), CALL_AGAIN);
	assert_true(call.vcpu->yield);
	step_result = 0;
	assert_int_equal(domctl(XEN_DOMCTL_destroydomain, 5), 0);
	assert_int_equal(dying, 3);
	assert_int_equal(domctl(XEN_DOMCTL_destroydomain, 0), -XEN_EINVAL);
	assert_int_equal(domctl(XEN_DOMCTL_destroydomain, 6), -XEN_ESRCH);
	assert_int_equal(domctl(XEN_DOMCTL_destroydomain, DOMID_SELF),
			 -XEN_ESRCH);
	assert_int_equal(dying, 3);
}

static void test_pause(void **state)
{
	(void)state;
	assert_int_equal(domctl(XEN_DOMCTL_unpausedomain, 5), -XEN_EINVAL);
	guest->pause_count = 0;
	assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 5), 0);
	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 5), 0);
	assert_int_not_equal(dom.u.getdomaininfo.flags & XEN_DOMINF_paused, 0);
	assert_int_equal(domctl(XEN_DOMCTL_unpausedomain, 5), 0);
	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 5), 0);
	assert_int_equal(dom.u.getdomaininfo.flags & XEN_DOMINF_paused, 0);
	assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 0), -XEN_EINVAL);
	assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 6), -XEN_ESRCH);
}

static long write_memory(uint64_t to, uint64_t from, uint32_t size)
{
	dom.u.gdbsx_guest_memio = (struct xen_domctl_gdbsx_memio){
		.gva = to,
		.uva = from,
		.len = size,
		.gwr = 1,
	};
	return domctl(XEN_DOMCTL_gdbsx_guestmemio, 5);
}

static void test_memory(void **state)
{
	char text[8] = "";

	(void)state;
	guest->state = DOMAIN_BUILDING;
	fake_domain_add_ram(guest, 4, 2);
	assert_int_equal(guest_write(call.vcpu, 0x2ffe, "text", 5), 0);
	assert_int_equal(write_memory(0x4ffe, 0x2ffe, 5), 0);
	assert_int_equal(fake_guest_read(guest, text, gaddr(0x4ffe), 5), 0);
	assert_string_equal(text, "text");
	assert_int_equal(write_memory(0x5ffe, 0x2ffe, 5), -XEN_EFAULT);
	assert_int_equal(write_memory(0x4000, 0x7ffe, 5), -XEN_EFAULT);
	assert_int_equal(write_memory(UINT64_MAX, 0x2ffe, 5), -XEN_EFAULT);
	assert_int_equal(write_memory(0x4000, 0x2000, 0x40001), -XEN_E2BIG);
	dom.u.gdbsx_guest_memio.gwr = 0;
	dom.u.gdbsx_guest_memio.len = 5;
	assert_int_equal(domctl(XEN_DOMCTL_gdbsx_guestmemio, 5),
			 -XEN_EOPNOTSUPP);
	assert_int_equal(domctl(XEN_DOMCTL_gdbsx_guestmemio, 0), -XEN_EINVAL);
	assert_int_equal(domctl(XEN_DOMCTL_gdbsx_guestmemio, 6), -XEN_ESRCH);
}

static long read_memory(uint64_t cr3, uint64_t from, uint64_t to, uint32_t size)
{
	dom.u.gdbsx_guest_memio = (struct xen_domctl_gdbsx_memio){
		.pgd3val = cr3,
		.gva = from,
		.uva = to,
		.len = size,
	};
	return domctl(XEN_DOMCTL_gdbsx_guestmemio, 5);
}

/* Of one that ran, by linear address; up to where it ends. */
static void test_linear_memory(void **state)
{
	char text[8] = "";

	(void)state;
	fake_domain_add_ram(guest, 4, 2);
	assert_int_equal(guest_write(call.vcpu, 0x2ffe, "text", 5), 0);
	assert_int_equal(write_memory(0x3ffe, 0x2ffe, 5), 0);
	assert_int_equal(dom.u.gdbsx_guest_memio.remain, 0);
	assert_ptr_equal(meant, guest->vcpus[0]);
	assert_int_equal(fake_guest_read(guest, text, gaddr(0x4ffe), 5), 0);
	assert_string_equal(text, "text");
	assert_int_equal(read_memory(1, 0x2ffe, 0x2100, 5), 0);
	assert_int_equal(guest_read(call.vcpu, text, 0x2100, 5), 0);
	assert_string_equal(text, "text");
	assert_int_equal(read_memory(0, 0x4ffe, 0x2100, 5), 0);
	assert_int_equal(dom.u.gdbsx_guest_memio.remain, 3);
	assert_int_equal(read_memory(0, 0x5000, 0x2100, 5), -XEN_EFAULT);
	assert_int_equal(read_memory(0, 0x100000, 0x2100, 5), -XEN_EFAULT);
	assert_int_equal(read_memory(0, 0x3000, 0x2000, 0x40001), -XEN_E2BIG);
}

static long one_vcpu(uint32_t command, uint32_t vcpu)
{
	dom.u.gdbsx_pauseunp_vcpu.vcpu = vcpu;
	meant = NULL;
	return domctl(command, 5);
}

static void test_debugged(void **state)
{
	(void)state;
	dom.u.setdebugging.enable = 1;
	assert_int_equal(domctl(XEN_DOMCTL_setdebugging, 5), 0);
	assert_true(asked_for);
	assert_int_equal(domctl(XEN_DOMCTL_setdebugging, 0), -XEN_EINVAL);
	assert_int_equal(domctl(XEN_DOMCTL_setdebugging, 6), -XEN_ESRCH);
	assert_int_equal(one_vcpu(XEN_DOMCTL_gdbsx_pausevcpu, 1), 0);
	assert_ptr_equal(meant, guest->vcpus[1]);
	assert_int_equal(one_vcpu(XEN_DOMCTL_gdbsx_unpausevcpu, 1), 0);
	assert_false(asked_for);
	assert_int_equal(one_vcpu(XEN_DOMCTL_gdbsx_pausevcpu, 2), -XEN_ESRCH);
	dom.u.debug_op.op = XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_ON;
	dom.u.debug_op.vcpu = 1;
	assert_int_equal(domctl(XEN_DOMCTL_debug_op, 5), 0);
	assert_true(asked_for);
	dom.u.debug_op.op = 7;
	assert_int_equal(domctl(XEN_DOMCTL_debug_op, 5), -XEN_EOPNOTSUPP);
	guest->state = DOMAIN_DYING;
	assert_int_equal(one_vcpu(XEN_DOMCTL_gdbsx_pausevcpu, 1), -XEN_EINVAL);
}

/* An event is told once, and of a domain that stands still. */
static void test_debug_event(void **state)
{
	const struct xen_domctl_gdbsx_domstatus *status =
		&dom.u.gdbsx_domstatus;

	(void)state;
	guest->vcpus[1]->debug_event = 3;
	assert_int_equal(domctl(XEN_DOMCTL_gdbsx_domstatus, 5), 0);
	assert_int_equal(status->paused, 0);
	assert_int_equal(status->vcpu_id, UINT32_MAX);
	guest->pause_count = 1;
	assert_int_equal(domctl(XEN_DOMCTL_gdbsx_domstatus, 5), 0);
	assert_int_equal(status->paused, 1);
	assert_int_equal(status->vcpu_id, 1);
	assert_int_equal(status->vcpu_ev, 3);
	assert_int_equal(domctl(XEN_DOMCTL_gdbsx_domstatus, 5), 0);
	assert_int_equal(status->paused, 1);
	assert_int_equal(status->vcpu_id, UINT32_MAX);
}

static void test_trigger(void **state)
{
	uint32_t work;

	(void)state;
	dom.u.sendtrigger.trigger = XEN_DOMCTL_SENDTRIGGER_NMI;
	dom.u.sendtrigger.vcpu = 1;
	assert_int_equal(domctl(XEN_DOMCTL_sendtrigger, 5), 0);
	assert_int_equal(fake_kicks(guest->vcpus[1], &work), 1);
	assert_int_equal(work, WORK_NMI);
	dom.u.sendtrigger.trigger = XEN_DOMCTL_SENDTRIGGER_RESET;
	assert_int_equal(domctl(XEN_DOMCTL_sendtrigger, 5), -XEN_EOPNOTSUPP);
	dom.u.sendtrigger.vcpu = 2;
	assert_int_equal(domctl(XEN_DOMCTL_sendtrigger, 5), -XEN_ESRCH);
	assert_int_equal(domctl(XEN_DOMCTL_resumedomain, 5), 0);
	assert_int_equal(domctl(XEN_DOMCTL_resumedomain, 0), -XEN_EINVAL);
}

static void test_limits(void **state)
{
	(void)state;
	dom.u.max_vcpus.max = 2;
	assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, 5), 0);
	dom.u.max_vcpus.max = 1;
	assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, 5), -XEN_EINVAL);
	dom.u.max_vcpus.max = 3;
	assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, 5), -XEN_EINVAL);
	dom.u.max_mem.max_memkb = 4099;
	assert_int_equal(domctl(XEN_DOMCTL_max_mem, 5), 0);
	assert_int_equal(guest->frame_max, 1024);
	memset(dom.u.setdomainhandle.handle, 7, 16);
	assert_int_equal(domctl(XEN_DOMCTL_setdomainhandle, 5), 0);
	assert_int_equal(guest->handle[15], 7);
	guest->state = DOMAIN_DYING;
	assert_int_equal(domctl(XEN_DOMCTL_max_mem, 5), -XEN_EINVAL);
	assert_int_equal(domctl(XEN_DOMCTL_setdomainhandle, 5), -XEN_EINVAL);
	assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, 5), -XEN_EINVAL);
}

static void test_info(void **state)
{
	const struct xen_domctl_getdomaininfo *info = &dom.u.getdomaininfo;

	(void)state;
	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 1), 0);
	assert_int_equal(dom.domain, 5);
	assert_true(info->shared_info_frame == GFN_NONE.v);
	assert_int_equal(physmap_move_page(guest, gfn(77), guest->shared_info),
			 0);
	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 5), 0);
	assert_int_equal(info->shared_info_frame, 77);
	assert_int_equal(info->max_vcpu_id, 1);
	/* Shut down is who stands still. */
	guest->state = DOMAIN_SHUTDOWN;
	guest->shutdown_reason = SHUTDOWN_reboot;
	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 5), 0);
	assert_int_equal(info->flags & XEN_DOMINF_shutdown, 0);
	guest->stopped_count = 2;
	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 5), 0);
	assert_int_equal(info->flags >> XEN_DOMINF_shutdownshift,
			 SHUTDOWN_reboot);
	assert_int_not_equal(info->flags & XEN_DOMINF_shutdown, 0);
	/* Paused, its vCPUs stand still without having been parked. */
	guest->stopped_count = 0;
	guest->pause_count = 1;
	guest->vcpus[1]->unit.state = SCHED_RUNNING;
	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 5), 0);
	assert_int_equal(info->flags & XEN_DOMINF_shutdown, 0);
	guest->vcpus[1]->unit.state = SCHED_BLOCKED;
	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 5), 0);
	assert_int_not_equal(info->flags & XEN_DOMINF_shutdown, 0);
	guest->state = DOMAIN_DYING;
	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 5), 0);
	assert_int_not_equal(info->flags & XEN_DOMINF_dying, 0);
	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 6), -XEN_ESRCH);
}

static void test_vcpu_info(void **state)
{
	const struct xen_domctl_getvcpuinfo *info = &dom.u.getvcpuinfo;

	(void)state;
	guest->vcpus[0]->wait = WAIT_START;
	guest->vcpus[1]->wait = WAIT_HALT;
	guest->vcpus[1]->unit.cpu = 3;
	dom.u.getvcpuinfo.vcpu = 0;
	assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, 5), 0);
	assert_false(info->online || info->blocked || info->running);
	dom.u.getvcpuinfo.vcpu = 1;
	assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, 5), 0);
	assert_true(info->online && info->blocked && !info->running);
	assert_int_equal(info->cpu, 3);
	assert_int_equal(info->cpu_time, 5);
	dom.u.getvcpuinfo.vcpu = 2;
	assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, 5), -XEN_ESRCH);
}

static long ask_activity(uint32_t vcpu, uint16_t domid)
{
	((struct corbel_domctl_activity *)(void *)dom.u.pad)->vcpu = vcpu;
	return domctl(CORBEL_DOMCTL_activity, domid);
}

static void test_activity(void **state)
{
	const struct corbel_domctl_activity *a = (const void *)dom.u.pad;

	(void)state;
	guest->vcpus[0]->event_count = 7;
	guest->vcpus[1]->event_count = 70;
	assert_int_equal(ask_activity(1, 5), 0);
	assert_int_equal(a->time[RUNSTATE_runnable], 11);
	assert_int_equal(a->events, 70);
	assert_int_equal(ask_activity(CORBEL_ALL_VCPUS, 5), 0);
	assert_int_equal(a->time[RUNSTATE_running], 201);
	assert_int_equal(a->time[RUNSTATE_runnable], 21);
	assert_int_equal(a->time[RUNSTATE_blocked], 0);
	assert_int_equal(a->events, 77);
	assert_int_equal(ask_activity(2, 5), -XEN_ESRCH);
	assert_int_equal(ask_activity(0, 6), -XEN_ESRCH);
}

static struct xen_domctl_scheduler_op *sched(uint32_t cmd)
{
	struct xen_domctl_scheduler_op *op = &dom.u.scheduler_op;

	*op = (struct xen_domctl_scheduler_op){
		.sched_id = XEN_SCHEDULER_CREDIT2,
		.cmd = cmd,
		.u.credit2 = { .weight = 512, .cap = 50 },
	};
	return op;
}

static void test_scheduler(void **state)
{
	(void)state;
	sched(XEN_DOMCTL_SCHEDOP_putinfo);
	assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, 5), 0);
	assert_int_equal(guest->sched.weight, 512);
	assert_int_equal(guest->sched.cap, 25);
	sched(XEN_DOMCTL_SCHEDOP_getinfo)->u.credit2.weight = 0;
	assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, 5), 0);
	assert_int_equal(dom.u.scheduler_op.u.credit2.weight, 512);
	assert_int_equal(dom.u.scheduler_op.u.credit2.cap, 50);
	/* The smallest cap is still one. */
	sched(XEN_DOMCTL_SCHEDOP_putinfo)->u.credit2.cap = 1;
	assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, 5), 0);
	assert_int_equal(guest->sched.cap, 1);
	sched(XEN_DOMCTL_SCHEDOP_putinfo)->u.credit2.weight = 0;
	assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, 5), -XEN_EINVAL);
	sched(XEN_DOMCTL_SCHEDOP_getvcpuinfo);
	assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, 5), -XEN_EINVAL);
	sched(XEN_DOMCTL_SCHEDOP_getinfo)->sched_id = XEN_SCHEDULER_RTDS;
	assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, 5), -XEN_EINVAL);
	assert_int_equal(guest->sched.weight, 512);
}

static void aim(uint32_t vcpu, uint32_t flags, uint32_t bits)
{
	struct xen_domctl_vcpuaffinity *a = &dom.u.vcpuaffinity;

	*a = (struct xen_domctl_vcpuaffinity){ .vcpu = vcpu, .flags = flags };
	a->cpumap_hard.bitmap.p = (void *)(uintptr_t)MAP;
	a->cpumap_hard.nr_bits = bits;
	a->cpumap_soft.bitmap.p = (void *)(uintptr_t)(MAP + 64);
	a->cpumap_soft.nr_bits = bits;
}

static void test_affinity(void **state)
{
	uint8_t *map = fake_guest(service, MAP);

	(void)state;
	memset(map, 0xff, 128);
	map[0] = 0x16;
	/* More bits than there are pCPUs: only those that are there count. */
	aim(1, XEN_VCPUAFFINITY_HARD, 300);
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 5), 0);
	assert_int_equal(affinity.word[0], 0x16);
	memset(map, 0xff, 128);
	aim(1, XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT, 4);
	assert_int_equal(domctl(XEN_DOMCTL_getvcpuaffinity, 5), 0);
	assert_int_equal(map[0], 0x6);
	assert_int_equal(map[64], 0xf);
	assert_int_equal(map[1], 0xff);
	map[0] = 0;
	aim(1, XEN_VCPUAFFINITY_HARD, 8);
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 5), -XEN_EINVAL);
	aim(1, XEN_VCPUAFFINITY_SOFT, 8);
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 5),
			 -XEN_EOPNOTSUPP);
	aim(2, XEN_VCPUAFFINITY_HARD, 8);
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 5), -XEN_ESRCH);
	aim(1, XEN_VCPUAFFINITY_HARD, 8);
	dom.u.vcpuaffinity.cpumap_hard.bitmap.p = (void *)0x90000;
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 5), -XEN_EFAULT);
	assert_int_equal(domctl(XEN_DOMCTL_getvcpuaffinity, 5), -XEN_EFAULT);
}

static void test_settings(void **state)
{
	(void)state;
	assert_int_equal(domctl(XEN_DOMCTL_set_paging_mempool_size, 5), 0);
	assert_int_equal(domctl(XEN_DOMCTL_set_paging_mempool_size, 6),
			 -XEN_ESRCH);
	assert_int_equal(domctl(XEN_DOMCTL_settscinfo, 5), 0);
	dom.u.tsc_info.tsc_mode = 1; /* emulated */
	assert_int_equal(domctl(XEN_DOMCTL_settscinfo, 5), -XEN_EOPNOTSUPP);
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(domctl(XEN_DOMCTL_shadow_op, 5), -XEN_ENOSYS);
	dom.interface_version++;
	assert_int_equal(guest_write(call.vcpu, ARG, &dom, sizeof(dom)), 0);
	assert_int_equal(call_domctl(&call), -XEN_EACCES);
	call.arg[0] = 0x1000000;
	assert_int_equal(call_domctl(&call), -XEN_EFAULT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_create),         TEST(test_any_number),
		TEST(test_create_refused), TEST(test_destroy),
		TEST(test_pause),          TEST(test_memory),
		TEST(test_linear_memory),  TEST(test_debugged),
		TEST(test_debug_event),    TEST(test_trigger),
		TEST(test_linear_memory),  TEST(test_debugged),
		TEST(test_debug_event),    TEST(test_trigger),
		TEST(test_limits),         TEST(test_info),
		TEST(test_vcpu_info),      TEST(test_activity),
		TEST(test_scheduler),      TEST(test_affinity),
		TEST(test_settings),       TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
