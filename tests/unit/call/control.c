/* SPDX-License-Identifier: MIT */
/* sysctl and platform_op: versions, rights, and what they tell. */
#include "call/control.h"

#include "arch/x86/features.h"
#include "arch/x86/percpu.h"
#include "call/sysctl.h"
#include "core/clock.h"
#include "core/debugkeys.h"
#include "core/log.h"
#include "dev/acpi_madt.h"
#include "domain/domain.h"
#include "domain/event.h"
#include "domain/pvclock.h"
#include "domain/runstate.h"
#include "domain/trace.h"
#include "fake.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ARG  0x1000u
#define LIST 0x2000u

struct cpu_features cpu_features = { .phys_bits = 40 };
struct clock_scale clock_scale = { .tsc_khz = 2400000 };

static struct domain *service;
static struct domain *guest;
static struct call call;

/* What the calls reach, as far as it matters here. */

static const char log_text[] = "0123456789";
static char keys[16];
static unsigned int published;
static uint64_t wall_sec;

size_t log_read(char *buf, size_t len, uint32_t *index)
{
	const size_t n = min_u64(len, sizeof(log_text) - 1 - *index);

	memcpy(buf, log_text + *index, n);
	*index += (uint32_t)n;
	return n;
}

void debug_key(char key)
{
	keys[strlen(keys)] = key;
}

void clock_wall_set(uint64_t sec, uint32_t nsec, uint64_t at_ns)
{
	(void)nsec;
	(void)at_ns;
	wall_sec = sec;
}

void pvclock_publish_wall(void)
{
	published++;
}

void acpi_madt_cpus(void (*add)(const struct acpi_cpu *cpu, void *context),
		    void *context)
{
	const struct acpi_cpu cpu = { .apic_id = 2, .uid = 77 };

	add(&cpu, context);
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

void runstate_get(struct vcpu *v, struct vcpu_runstate_info *info)
{
	(void)v;
	memset(info, 0, sizeof(*info));
}

void event_virq_service(uint32_t virq)
{
	(void)virq;
}

long sysctl_get_cpu_policy(struct call *c, void *arg)
{
	(void)c;
	(void)arg;
	return 0;
}

long sysctl_get_cpu_featureset(struct call *c, void *arg)
{
	(void)c;
	(void)arg;
	return 0;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	memset(keys, 0, sizeof(keys));
	published = 0;
	service = fake_domain_add(0, 1);
	service->privileged = true;
	fake_domain_add_ram(service, 0, 8);
	guest = fake_domain_add(5, 2);
	fake_domain_add_ram(guest, 0, 4);
	call = (struct call){ .vcpu = service->vcpus[0], .wide = true };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_check_clean();
	fake_domain_remove(guest);
	fake_domain_remove(service);
	return 0;
}

static long issue(long (*run)(struct call *c), void *op, size_t size)
{
	call.arg[0] = ARG;
	assert_int_equal(guest_write(call.vcpu, ARG, op, size), 0);

	const long rc = run(&call);

	assert_int_equal(guest_read(call.vcpu, op, ARG, size), 0);
	return rc;
}

static struct xen_sysctl sys;

static long sysctl(uint32_t cmd)
{
	sys.cmd = cmd;
	sys.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return issue(call_sysctl, &sys, sizeof(sys));
}

static struct xen_platform_op plat;

static long platform(uint32_t cmd)
{
	plat.cmd = cmd;
	plat.interface_version = XENPF_INTERFACE_VERSION;
	return issue(call_platform_op, &plat, sizeof(plat));
}

static void test_refused(void **state)
{
	(void)state;
	sys.cmd = XEN_SYSCTL_physinfo;
	sys.interface_version = XEN_SYSCTL_INTERFACE_VERSION + 1;
	assert_int_equal(issue(call_sysctl, &sys, sizeof(sys)), -XEN_EACCES);
	assert_int_equal(sysctl(XEN_SYSCTL_perfc_op), -XEN_ENOSYS);
	assert_int_equal(platform(XENPF_firmware_info), -XEN_ENOSYS);
	call.arg[0] = 0x1000000;
	assert_int_equal(call_sysctl(&call), -XEN_EFAULT);
}

static void test_log(void **state)
{
	struct xen_sysctl_readconsole *op = &sys.u.readconsole;

	(void)state;
	*op = (struct xen_sysctl_readconsole){ .count = 4 };
	op->buffer.p = (void *)(uintptr_t)LIST;
	assert_int_equal(sysctl(XEN_SYSCTL_readconsole), 0);
	assert_int_equal(op->count, 4);
	assert_memory_equal(fake_guest(service, LIST), "0123", 4);
	op->incremental = 1;
	op->clear = 1;
	op->count = 100;
	assert_int_equal(sysctl(XEN_SYSCTL_readconsole), 0);
	assert_int_equal(op->count, 6);
	assert_memory_equal(fake_guest(service, LIST), "456789", 6);
	op->incremental = 0;
	op->count = 100;
	assert_int_equal(sysctl(XEN_SYSCTL_readconsole), 0);
	assert_int_equal(op->count, 0);
}

static void test_machine(void **state)
{
	(void)state;
	assert_int_equal(sysctl(XEN_SYSCTL_physinfo), 0);
	assert_int_equal(sys.u.physinfo.nr_cpus, FAKE_CPUS);
	assert_int_equal(sys.u.physinfo.cpu_khz, 2400000);
	assert_int_equal(sys.u.physinfo.free_pages, FAKE_FRAMES - 12);
}

static void test_topology(void **state)
{
	struct xen_sysctl_cputopoinfo *op = &sys.u.cputopoinfo;
	struct xen_sysctl_cputopo *cpus = fake_guest(service, LIST);

	(void)state;
	*op = (struct xen_sysctl_cputopoinfo){ .num_cpus = 2 };
	assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo), 0);
	assert_int_equal(op->num_cpus, FAKE_CPUS);
	op->num_cpus = 2;
	op->cputopo.p = (void *)(uintptr_t)LIST;
	memset(cpus, 0x7f, 3 * sizeof(*cpus));
	assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo), 0);
	assert_int_equal(cpus[1].core, 1);
	assert_int_equal(cpus[1].socket, 0);
	assert_int_equal(cpus[2].core, 0x7f7f7f7f);
	assert_int_equal(sysctl(XEN_SYSCTL_sched_id), 0);
	assert_int_equal(sys.u.sched_id.sched_id, XEN_SCHEDULER_CREDIT2);
}

static void test_node(void **state)
{
	struct xen_sysctl_numainfo *op = &sys.u.numainfo;
	struct xen_sysctl_meminfo *memory = fake_guest(service, LIST);
	uint32_t *distance = fake_guest(service, LIST + 64);

	(void)state;
	*op = (struct xen_sysctl_numainfo){ 0 };
	assert_int_equal(sysctl(XEN_SYSCTL_numainfo), 0);
	assert_int_equal(op->num_nodes, 1);
	op->meminfo.p = (void *)(uintptr_t)LIST;
	op->distance.p = (void *)(uintptr_t)(LIST + 64);
	assert_int_equal(sysctl(XEN_SYSCTL_numainfo), 0);
	assert_int_equal(memory->memfree, (uint64_t)(FAKE_FRAMES - 12)
						  << PAGE_SHIFT);
	assert_int_equal(*distance, 10);
}

static void test_pool(void **state)
{
	struct xen_sysctl_cpupool_op *op = &sys.u.cpupool_op;
	uint8_t *cpus = fake_guest(service, LIST);

	(void)state;
	*op = (struct xen_sysctl_cpupool_op){
		.op = XEN_SYSCTL_CPUPOOL_OP_INFO,
		.cpumap.nr_bits = 64,
	};
	op->cpumap.bitmap.p = (void *)(uintptr_t)LIST;
	assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op), 0);
	assert_int_equal(op->n_dom, 2);
	assert_int_equal(cpus[0], 0xff);
	op->cpupool_id = 1;
	assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op), -XEN_ENOENT);
	op->op = XEN_SYSCTL_CPUPOOL_OP_CREATE;
	assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op), -XEN_EOPNOTSUPP);
}

static void test_keys(void **state)
{
	(void)state;
	sys.u.debug_keys = (struct xen_sysctl_debug_keys){ .nr_keys = 2 };
	sys.u.debug_keys.keys.p = (void *)(uintptr_t)LIST;
	memcpy(fake_guest(service, LIST), "hdx", 3);
	assert_int_equal(sysctl(XEN_SYSCTL_debug_keys), 0);
	assert_string_equal(keys, "hd");
}

static void test_domains(void **state)
{
	const struct xen_domctl_getdomaininfo *list = fake_guest(service, LIST);

	(void)state;
	guest->vcpus[1]->wait = WAIT_START;
	guest->frame_count = 4;
	sys.u.getdomaininfolist =
		(struct xen_sysctl_getdomaininfolist){ .max_domains = 7 };
	sys.u.getdomaininfolist.buffer.p = (void *)(uintptr_t)LIST;
	assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist), 0);
	assert_int_equal(sys.u.getdomaininfolist.num_domains, 2);
	assert_int_equal(list[0].domain, 0);
	assert_int_equal(list[1].domain, 5);
	assert_int_equal(list[1].tot_pages, 4);
	assert_int_equal(list[1].nr_online_vcpus, 1);
	assert_int_equal(list[1].cpu_time, 10);
	assert_int_equal(list[1].flags, XEN_DOMINF_hvm_guest | XEN_DOMINF_hap);
}

static void test_platform(void **state)
{
	(void)state;
	plat.u.settime64 = (struct xenpf_settime64){ .secs = 1234 };
	assert_int_equal(platform(XENPF_settime64), 0);
	assert_int_equal(wall_sec, 1234);
	assert_int_equal(published, 1);
	plat.u.settime64.mbz = 1;
	assert_int_equal(platform(XENPF_settime64), -XEN_EINVAL);
	plat.u.settime64 = (struct xenpf_settime64){ .nsecs = 1000000000 };
	assert_int_equal(platform(XENPF_settime64), -XEN_EINVAL);

	platform_op_init();
	plat.u.pcpu_info.xen_cpuid = 1;
	assert_int_equal(platform(XENPF_get_cpuinfo), 0);
	assert_int_equal(plat.u.pcpu_info.flags, XEN_PCPU_FLAGS_ONLINE);
	assert_int_equal(plat.u.pcpu_info.apic_id, 2);
	assert_int_equal(plat.u.pcpu_info.acpi_id, 77);
	plat.u.pcpu_info.xen_cpuid = FAKE_CPUS;
	assert_int_equal(platform(XENPF_get_cpuinfo), 0);
	assert_int_equal(plat.u.pcpu_info.flags, XEN_PCPU_FLAGS_INVALID);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static long trace_op(uint32_t cmd)
{
	sys.u.tbuf_op.cmd = cmd;
	return sysctl(XEN_SYSCTL_tbuf_op);
}

static void test_trace(void **state)
{
	struct xen_sysctl_tbuf_op *op = &sys.u.tbuf_op;

	(void)state;
	*op = (struct xen_sysctl_tbuf_op){ .evt_mask = TRC_SCHED };
	assert_int_equal(trace_op(XEN_SYSCTL_TBUFOP_enable), -XEN_EINVAL);
	assert_int_equal(trace_op(XEN_SYSCTL_TBUFOP_set_evt_mask), 0);
	op->cpu_mask.nr_bits = 8;
	op->cpu_mask.bitmap.p = (void *)(uintptr_t)LIST;
	*(uint8_t *)fake_guest(service, LIST) = 2;
	assert_int_equal(trace_op(XEN_SYSCTL_TBUFOP_set_cpu_mask), 0);
	op->cpu_mask.bitmap.p = (void *)(uintptr_t)0x1000000;
	assert_int_equal(trace_op(XEN_SYSCTL_TBUFOP_set_cpu_mask), -XEN_EFAULT);
	op->size = 1;
	assert_int_equal(trace_op(XEN_SYSCTL_TBUFOP_set_size), 0);
	op->evt_mask = 0;
	assert_int_equal(trace_op(XEN_SYSCTL_TBUFOP_get_info), 0);
	assert_int_equal(op->evt_mask, TRC_SCHED);
	assert_true(op->size >= 4096 && op->buffer_mfn != 0);
	assert_int_equal(trace_op(XEN_SYSCTL_TBUFOP_enable), 0);
	assert_int_equal(trace_mask, TRC_SCHED);
	assert_int_equal(trace_op(XEN_SYSCTL_TBUFOP_disable), 0);
	assert_int_equal(trace_mask, 0);
	assert_int_equal(trace_op(XEN_SYSCTL_TBUFOP_disable + 1), -XEN_EINVAL);
	op->size = 0;
	assert_int_equal(trace_op(XEN_SYSCTL_TBUFOP_set_size), 0);
	fake_quiesce();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_refused),  TEST(test_log),     TEST(test_machine),
		TEST(test_keys),     TEST(test_domains), TEST(test_platform),
		TEST(test_topology), TEST(test_node),    TEST(test_pool),
		TEST(test_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
