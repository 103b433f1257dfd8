/* SPDX-License-Identifier: MIT */
/*
 * How long a CPU is held by what is done to a guest of 4 GiB: memory given to it,
 * its end, the scrubbing of what it had. A timer is due every 50 us all the time;
 * what counts is how late it ever came. The hypervisor takes no interrupts in
 * the middle of anything, so that is its longest piece of work.
 *
 * Prints `bench NAME VALUE`; a nanosecond is an instruction (bench.c).
 */
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/test.h"
#include "lib/tools.h"
#include "lib/trap.h"

#define PERIOD      50000ull
#define LARGE_ORDER 9
#define LARGE_COUNT 1920ull    /* 3.75 GiB in pages of 2 MiB */
#define SMALL_COUNT (1u << 16) /* 256 MiB in pages of 4 KiB */
#define BATCH       64u
#define SCRUB_TIME  (50 * MILLISECOND)

static uint64_t due;
static uint64_t worst;

static void set_timer(void)
{
	struct vcpu_set_singleshot_timer timer;

	due = clock_now() + PERIOD;
	timer = (struct vcpu_set_singleshot_timer){ .timeout_abs_ns = due };
	hypercall_vcpu(VCPUOP_set_singleshot_timer, 0, &timer);
}

static void on_timer(struct trap_frame *frame)
{
	uint64_t now = clock_now();

	(void)frame;
	if (now > due && now - due > worst) {
		worst = now - due;
	}
	shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
	shared_info->vcpu_info[0].evtchn_pending_sel = 0;
	memset(shared_info->evtchn_pending, 0,
	       sizeof(shared_info->evtchn_pending));
	set_timer();
}

static void report(const char *what, uint64_t start)
{
	print("bench %s-stall-ns %lu\n", what, worst);
	print("bench %s-us %lu\n", what, (clock_now() - start) / 1000);
	worst = 0;
}

static bool populate(domid_t id)
{
	uint64_t gfn = 0;

	for (unsigned i = 0; i < LARGE_COUNT; i += BATCH) {
		if (tools_populate(id, gfn, BATCH, LARGE_ORDER) != BATCH) {
			return false;
		}
		gfn += (uint64_t)BATCH << LARGE_ORDER;
	}
	for (unsigned i = 0; i < SMALL_COUNT; i += BATCH) {
		if (tools_populate(id, gfn, BATCH, 0) != BATCH) {
			return false;
		}
		gfn += BATCH;
	}
	return true;
}

/* The hypervisor scrubs what it may hand out again while nobody runs. */
static void sleep_for(uint64_t ns)
{
	uint64_t end = clock_now() + ns;

	while (clock_now() < end) {
		__asm__ volatile("hlt");
	}
}

static void measure(void)
{
	uint64_t free = tools_free_pages();
	domid_t id = (domid_t)tools_create(1);
	uint64_t start = clock_now();

	tools_control.u.max_mem.max_memkb = 4u << 20;
	expect_eq("limit", tools_domctl(XEN_DOMCTL_max_mem, id), 0);
	worst = 0;
	expect(populate(id), "4 GiB", "cannot be had");
	report("populate-4g", start);
	start = clock_now();
	expect_eq("destroy", tools_domctl(XEN_DOMCTL_destroydomain, id), 0);
	report("destroy-4g", start);
	start = clock_now();
	sleep_for(SCRUB_TIME);
	report("scrub", start);
	expect_eq("free pages, as before", (long)tools_free_pages(),
		  (long)free);
}

void guest_main(void)
{
	event_init();
	trap_handle(EVENT_VECTOR, on_timer);
	event_clear_mask((unsigned)event_bind_virq(VIRQ_TIMER, 0));
	set_timer();
	irq_enable();
	measure();
	irq_disable();
}
