/* SPDX-License-Identifier: MIT */
/*
 * Domains come and go at the hands of a tool: created paused, filled, ended,
 * while this guest still has pages of theirs, while they run.
 *
 * A bug would lose memory with each of them, give a page to somebody else while
 * we have it mapped, or keep a domain for ever. options: svcvm_mem leaves some
 * memory for them.
 */
#include "lib/apic.h"
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/tools.h"

#define CYCLES 200
#define PAGES  64
#define LARGE  9u

static unsigned exc_port;

static void set_max_mem(domid_t domain, uint64_t kib)
{
	tools_control.u.max_mem.max_memkb = kib;
	tools_domctl(XEN_DOMCTL_max_mem, domain);
}

static void check_refused(void)
{
	tools_wish(0);
	expect_eq("no vCPUs",
		  tools_domctl(XEN_DOMCTL_createdomain, DOMID_INVALID),
		  -XEN_EINVAL);
	tools_wish(129);
	expect_eq("too many vCPUs",
		  tools_domctl(XEN_DOMCTL_createdomain, DOMID_INVALID),
		  -XEN_EINVAL);
	tools_wish(1);
	tools_control.u.createdomain.flags = XEN_DOMCTL_CDF_hvm;
	expect_eq("without nested paging",
		  tools_domctl(XEN_DOMCTL_createdomain, DOMID_INVALID),
		  -XEN_EINVAL);
	tools_wish(1);
	tools_control.u.createdomain.arch.emulation_flags = XEN_X86_EMU_ALL;
	expect_eq("devices that are not there",
		  tools_domctl(XEN_DOMCTL_createdomain, DOMID_INVALID),
		  -XEN_EOPNOTSUPP);
	expect_eq("destroy ourselves",
		  tools_domctl(XEN_DOMCTL_destroydomain, 0), -XEN_EINVAL);
	expect_eq("pause ourselves", tools_domctl(XEN_DOMCTL_pausedomain, 0),
		  -XEN_EINVAL);
	expect_eq("destroy nobody",
		  tools_domctl(XEN_DOMCTL_destroydomain, DOMID_NONE),
		  -XEN_ESRCH);
}

static void check_life(void)
{
	tools_wish(3);
	memset(tools_control.u.createdomain.handle, 0x5a, 16);
	expect_eq("create",
		  tools_domctl(XEN_DOMCTL_createdomain, DOMID_INVALID), 0);
	domid_t id = tools_control.domain;

	expect(id != 0, "its number", "%u", id);
	tools_wish(1);
	expect_eq("its number is taken",
		  tools_domctl(XEN_DOMCTL_createdomain, id), -XEN_EEXIST);
	expect_eq("it is paused",
		  tools_flags(id) & (XEN_DOMINF_paused | XEN_DOMINF_dying),
		  XEN_DOMINF_paused);
	expect_eq("its handle", tools_control.u.getdomaininfo.handle[15], 0x5a);
	expect_eq("its vCPUs", tools_control.u.getdomaininfo.max_vcpu_id, 2);
	tools_control.u.max_vcpus.max = 3;
	expect_eq("as many vCPUs as it has",
		  tools_domctl(XEN_DOMCTL_max_vcpus, id), 0);
	tools_control.u.max_vcpus.max = 4;
	expect_eq("more", tools_domctl(XEN_DOMCTL_max_vcpus, id), -XEN_EINVAL);
	expect_eq("pause it again", tools_domctl(XEN_DOMCTL_pausedomain, id),
		  0);
	expect_eq("unpause it", tools_domctl(XEN_DOMCTL_unpausedomain, id), 0);
	expect(tools_flags(id) & XEN_DOMINF_paused, "it is still paused",
	       "0x%x", tools_flags(id));
	expect_eq("unpause it once more",
		  tools_domctl(XEN_DOMCTL_unpausedomain, id), 0);
	expect_eq("it runs", tools_flags(id) & XEN_DOMINF_paused, 0);
	expect_eq("too often", tools_domctl(XEN_DOMCTL_unpausedomain, id),
		  -XEN_EINVAL);

	struct sched_remote_shutdown op = {
		.domain_id = id,
		.reason = SHUTDOWN_suspend,
	};
	unsigned events = event_counts[exc_port];

	expect_eq("shut it down", hypercall_sched(SCHEDOP_remote_shutdown, &op),
		  0);
	expect(event_wait(exc_port, events + 1, SECOND), "we are told", "not");
	expect_eq("its reason", tools_flags(id) >> 16, SHUTDOWN_suspend);
	expect_eq("destroy it", tools_domctl(XEN_DOMCTL_destroydomain, id), 0);
	expect_eq("it is gone", tools_flags(id), 0);
}

/* Nothing is lost, whatever it had. */
static void check_cycles(void)
{
	uint64_t before = tools_free_pages();
	unsigned bad = 0;

	for (unsigned i = 0; i < CYCLES; i++) {
		int id = tools_create(1 + i % 4);

		if (id < 0) {
			bad++;
			continue;
		}
		set_max_mem((domid_t)id, 8 << 10);
		bad += tools_populate((domid_t)id, 512, 2, LARGE) != 2;
		bad += tools_populate((domid_t)id, 3, PAGES, 0) != PAGES;
		bad += event_alloc_unbound((domid_t)id, 0) < 0;
		bad += tools_domctl(XEN_DOMCTL_destroydomain, (domid_t)id) != 0;
		bad += tools_flags((domid_t)id) != 0;
	}
	expect_eq("200 domains", bad, 0);
	expect(tools_wait_pages(before), "no memory is lost",
	       "%lu of %lu pages", tools_free_pages(), before);
}

/* It ends while we have `what` of it mapped at `gfn`. */
static void check_held(int id, uint64_t gfn, const char *what)
{
	volatile uint32_t *page = (void *)(gfn * PAGE_SIZE);
	unsigned events = event_counts[exc_port];

	page[7] = 0x12345678;
	expect_eq(what, tools_domctl(XEN_DOMCTL_destroydomain, (domid_t)id), 0);
	expect(event_wait(exc_port, events + 1, SECOND), "we are told", "not");
	clock_spin(200 * MILLISECOND);
	expect(tools_flags((domid_t)id) & XEN_DOMINF_dying, "it is dying",
	       "0x%x", tools_flags((domid_t)id));
	expect_eq("nothing comes to it", event_alloc_unbound((domid_t)id, 0),
		  -XEN_EINVAL);
	expect_eq("nor memory", tools_populate((domid_t)id, 100, 1, 0), 0);
	expect_eq("our page is still ours", page[7], 0x12345678);
	expect_eq("unmap it", tools_unmap(gfn), 0);
	expect(tools_wait_gone((domid_t)id), "then it goes", "it does not");
	expect(event_wait(exc_port, events + 2, SECOND), "and we are told",
	       "not");
}

static void check_holders(void)
{
	uint64_t before = tools_free_pages();
	uint64_t gfn = frame_empty(2);
	int id = tools_create(1);

	page_map(gfn * PAGE_SIZE, gfn * PAGE_SIZE, PTE_RWX);
	page_map((gfn + 1) * PAGE_SIZE, (gfn + 1) * PAGE_SIZE, PTE_RWX);
	set_max_mem((domid_t)id, 1 << 10);
	expect_eq("memory for it", tools_populate((domid_t)id, 0, 8, 0), 8);
	expect_eq("map a page of it", tools_map((domid_t)id, 5, gfn), 0);
	check_held(id, gfn, "destroy it while we have a page");

	id = tools_create(1);
	expect_eq("map its grant table", tools_map_grants((domid_t)id, gfn + 1),
		  0);
	check_held(id, gfn + 1, "destroy it while we have its grants");
	expect(tools_wait_pages(before), "no memory is lost, once more",
	       "%lu of %lu pages", tools_free_pages(), before);
}

/* A header, a CPU that runs `at` in flat 32-bit mode, an end. */
static int set_registers(domid_t domain, uint64_t at)
{
	static struct {
		struct hvm_save_descriptor header_is;
		struct hvm_save_header header;
		struct hvm_save_descriptor cpu_is;
		struct hvm_hw_cpu cpu;
		struct hvm_save_descriptor end_is;
	} context = {
		.header_is = { HVM_SAVE_CODE(HEADER), 0,
			       HVM_SAVE_LENGTH(HEADER) },
		.header = { .magic = HVM_FILE_MAGIC,
			    .version = HVM_FILE_VERSION },
		.cpu_is = { HVM_SAVE_CODE(CPU), 0, HVM_SAVE_LENGTH(CPU) },
		.cpu = { .rflags = 2,
			 .cr0 = 0x11,
			 .dr6 = 0xffff0ff0,
			 .dr7 = 0x400,
			 .cs_limit = 0xffffffff,
			 .ds_limit = 0xffffffff,
			 .es_limit = 0xffffffff,
			 .ss_limit = 0xffffffff,
			 .cs_arbytes = 0xc9b,
			 .ds_arbytes = 0xc93,
			 .es_arbytes = 0xc93,
			 .ss_arbytes = 0xc93,
			 .tr_limit = 0x67,
			 .tr_arbytes = 0x8b },
	};

	context.cpu.rip = at;
	tools_control.u.hvmcontext.size = sizeof(context);
	set_xen_guest_handle(tools_control.u.hvmcontext.buffer,
			     (uint8_t *)&context);
	return tools_domctl(XEN_DOMCTL_sethvmcontext, domain);
}

static uint64_t run_time(domid_t domain)
{
	tools_flags(domain);
	return tools_control.u.getdomaininfo.cpu_time;
}

/* True when it runs for a millisecond in the next `ns`. */
static bool runs(domid_t domain, uint64_t ns)
{
	uint64_t before = run_time(domain);
	uint64_t end = clock_now() + ns;

	/* With one CPU it runs when we do not. */
	while (run_time(domain) < before + MILLISECOND && clock_now() < end) {
		hypercall_sched(SCHEDOP_yield, NULL);
	}
	return run_time(domain) >= before + MILLISECOND;
}

/* Its vCPU does nothing but run: no exit of its own ends that. */
static void check_running(void)
{
	uint64_t before = tools_free_pages();
	uint64_t gfn = frame_empty(1);
	domid_t id = (domid_t)tools_create(1);

	page_map(gfn * PAGE_SIZE, gfn * PAGE_SIZE, PTE_RWX);
	set_max_mem(id, 1 << 10);
	expect_eq("memory", tools_populate(id, 16, 8, 0), 8);
	expect_eq("its page of code", tools_map(id, 17, gfn), 0);
	*(volatile uint16_t *)(gfn * PAGE_SIZE) = 0xfeeb; /* jmp to itself */
	expect_eq("give the page back", tools_unmap(gfn), 0);
	expect_eq("registers", set_registers(id, 17 * PAGE_SIZE), 0);
	expect_eq("it does not run yet", runs(id, 10 * MILLISECOND), false);
	expect_eq("let it run", tools_domctl(XEN_DOMCTL_unpausedomain, id), 0);
	expect_eq("it runs", runs(id, 5 * SECOND), true);
	expect_eq("pause it", tools_domctl(XEN_DOMCTL_pausedomain, id), 0);
	expect_eq("it stands still", runs(id, 200 * MILLISECOND), false);
	expect_eq("let it go on", tools_domctl(XEN_DOMCTL_unpausedomain, id),
		  0);
	expect_eq("it goes on", runs(id, 5 * SECOND), true);
	expect_eq("end it", tools_domctl(XEN_DOMCTL_destroydomain, id), 0);
	expect_eq("it has gone", tools_flags(id), 0);
	expect(tools_wait_pages(before), "its memory is back",
	       "%lu of %lu pages", tools_free_pages(), before);
}

static volatile domid_t newest;
static volatile bool enough;
static volatile unsigned rival_calls;

static void rival_does(uint32_t cmd)
{
	static struct xen_domctl op;

	op.cmd = cmd;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = newest;
	hypercall(__HYPERVISOR_domctl, (unsigned long)&op, 0, 0, 0, 0);
	rival_calls++;
}

/* Another tool that wants everything differently. */
static void rival(unsigned cpu)
{
	(void)cpu;
	while (!enough) {
		rival_does(XEN_DOMCTL_unpausedomain);
		rival_does(XEN_DOMCTL_pausedomain);
		rival_does(XEN_DOMCTL_destroydomain);
	}
}

/* One is ended by whoever is faster, and by both. */
static void check_two_tools(void)
{
	uint64_t before = tools_free_pages();
	unsigned bad = 0;

	if (smp_count() < 2) {
		skip("two tools at once", "one vCPU");
		return;
	}
	newest = DOMID_NONE;
	if (!expect(smp_call_begin(1, rival), "second vCPU", "no start")) {
		return;
	}
	for (unsigned i = 0; i < CYCLES / 4; i++) {
		int id = tools_create(2);

		if (id < 0) {
			bad++;
			continue;
		}
		newest = (domid_t)id;
		set_max_mem((domid_t)id, 8 << 10);
		tools_populate((domid_t)id, 512, 2, LARGE);
		tools_populate((domid_t)id, 3, PAGES, 0);

		int rc = tools_domctl(XEN_DOMCTL_destroydomain, (domid_t)id);

		bad += rc != 0 && rc != -XEN_ESRCH;
		bad += !tools_wait_gone((domid_t)id);
	}
	enough = true;
	expect(smp_wait(1), "the other one ends", "it does not");
	expect_eq("two tools at once", bad, 0);
	expect(rival_calls > 0, "the other one called", "%u", rival_calls);
	expect(tools_wait_pages(before), "no memory is lost by them",
	       "%lu of %lu pages", tools_free_pages(), before);
}

void guest_main(void)
{
	event_init();
	exc_port = (unsigned)event_bind_virq(VIRQ_DOM_EXC, 0);
	event_clear_mask(exc_port);
	check_refused();
	check_life();
	check_cycles();
	check_holders();
	check_running();
	check_two_tools();
}
