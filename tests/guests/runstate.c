/* SPDX-License-Identifier: MIT */
/*
 * Run state and steal time: where a vCPU's time went, in memory the guest can
 * read without a call. The four times add up to the time the vCPU exists.
 *
 * A bug shows as steal time of an idle machine, or as a blocked vCPU that
 * claims to run.
 */
#include "lib/apic.h"
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/trap.h"

#define TIME_TO_SLEEP (20 * MILLISECOND)

static unsigned timer_port;

static int register_area(unsigned vcpu, void *address)
{
	struct vcpu_register_runstate_memory_area area;

	area.addr.p = (uintptr_t)address;
	return hypercall_vcpu(VCPUOP_register_runstate_memory_area, vcpu,
			      &area);
}

static void sleep(uint64_t ns)
{
	struct vcpu_set_singleshot_timer timer = { clock_now() + ns, 0 };
	unsigned before = event_counts[timer_port];

	hypercall_vcpu(VCPUOP_set_singleshot_timer, 0, &timer);
	while (event_counts[timer_port] == before) {
		irq_wait();
	}
}

static struct vcpu_runstate_info read_area(volatile void *area)
{
	struct vcpu_runstate_info copy;

	do {
		copy = *(volatile struct vcpu_runstate_info *)area;
		barrier();
	} while ((copy.state_entry_time & XEN_RUNSTATE_UPDATE) != 0 ||
		 copy.state_entry_time !=
			 ((volatile struct vcpu_runstate_info *)area)
				 ->state_entry_time);
	return copy;
}

/*
 * Sleeps, so that the times are written: they are brought up to date when the
 * state changes, and on a slow machine a timer may fire before the HLT.
 */
static void update(volatile void *area)
{
	uint64_t entry = read_area(area).state_entry_time;

	for (unsigned i = 0; i < 100; i++) {
		sleep(2 * MILLISECOND);
		if (read_area(area).state_entry_time != entry) {
			return;
		}
	}
}

static void check_fill(volatile void *area)
{
	struct vcpu_runstate_info info = read_area(area);

	expect_eq("state is running", info.state, RUNSTATE_running);
	expect(info.state_entry_time > 0 &&
		       info.state_entry_time <= clock_now(),
	       "it has been since a time in the past", "%lu, now %lu",
	       info.state_entry_time, clock_now());
}

static void check_blocked(volatile void *area)
{
	struct vcpu_runstate_info before = read_area(area);
	struct vcpu_runstate_info after;
	uint64_t slept, ran;

	sleep(TIME_TO_SLEEP);
	after = read_area(area);
	slept = after.time[RUNSTATE_blocked] - before.time[RUNSTATE_blocked];
	expect(slept >= TIME_TO_SLEEP / 2, "sleep counts as blocked", "%lu ns",
	       slept);

	before = after;
	clock_spin(TIME_TO_SLEEP);
	update(area);
	after = read_area(area);
	ran = after.time[RUNSTATE_running] - before.time[RUNSTATE_running] +
	      after.time[RUNSTATE_runnable] - before.time[RUNSTATE_runnable];
	expect(ran >= TIME_TO_SLEEP / 2, "work counts as running", "%lu ns",
	       ran);
	expect_eq("never offline",
		  after.time[RUNSTATE_offline] - before.time[RUNSTATE_offline],
		  0);
}

/* Between two reads the four times grow by what the clock says. */
static void check_sum(volatile void *area)
{
	struct vcpu_runstate_info a = read_area(area), b;
	uint64_t sum = 0, passed, apart;

	update(area);
	clock_spin(5 * MILLISECOND);
	update(area);
	b = read_area(area);
	for (unsigned i = 0; i < 4; i++) {
		sum += b.time[i] - a.time[i];
	}
	passed = b.state_entry_time - a.state_entry_time;
	apart = sum > passed ? sum - passed : passed - sum;
	expect(apart < MILLISECOND, "the times add up",
	       "%lu ns, by the clock %lu ns", sum, passed);
}

static void check_call(void)
{
	struct vcpu_runstate_info info;

	memset(&info, 0x7f, sizeof(info));
	expect_eq("get_runstate_info",
		  hypercall_vcpu(VCPUOP_get_runstate_info, 0, &info), 0);
	expect_eq("which says running", info.state, RUNSTATE_running);
}

static void check_errors(void)
{
	expect(register_area(1000, &timer_port) < 0, "area of no vCPU",
	       "accepted");
	expect_eq("bad pointer",
		  hypercall_vcpu(VCPUOP_register_runstate_memory_area, 0,
				 NOWHERE),
		  -XEN_EFAULT);
	/* Linux may register an address that is not mapped right now. */
	expect_eq("an address that is not mapped", register_area(0, NOWHERE),
		  0);
	sleep(MILLISECOND);
}

/* The area may lie across two pages that are not neighbours in memory. */
static void check_crossing(void)
{
	uint8_t *first = page_alloc(1);
	uint8_t *gap = page_alloc(1);
	uint8_t *second = page_alloc(1);
	uint64_t va = page_address(2);
	uint8_t *area = (uint8_t *)(uintptr_t)(va + PAGE_SIZE - 24);

	page_map(va, (uintptr_t)first, PTE_RWX);
	page_map(va + PAGE_SIZE, (uintptr_t)second, PTE_RWX);
	expect_eq("area across two pages", register_area(0, area), 0);
	sleep(5 * MILLISECOND);
	expect(read_area(area).time[RUNSTATE_blocked] != 0 &&
		       read_area(area).state == RUNSTATE_running,
	       "both halves are written", "blocked %lu ns, state %d",
	       read_area(area).time[RUNSTATE_blocked], read_area(area).state);
	for (unsigned i = 0; i < PAGE_SIZE; i++) {
		if (gap[i] != 0) {
			expect(false, "and nothing else", "byte %u", i);
			return;
		}
	}
	expect(true, "and nothing else", "-");
}

static volatile bool stop;

static void burn(unsigned cpu)
{
	(void)cpu;
	while (!stop) {
		cpu_pause();
	}
}

/* Two vCPUs that both want the one pCPU: each waits for the other. */
static void check_steal(volatile void *area)
{
	struct vcpu_runstate_info before, after;
	uint64_t waited, ran;

	if (smp_count() < 2 || on_peer()) {
		skip("steal time", "one vCPU");
		return;
	}
	apic_enable(apic_has_x2());
	if (!expect(smp_call_begin(1, burn), "second vCPU", "no start")) {
		return;
	}
	update(area);
	before = read_area(area);
	clock_spin(400 * MILLISECOND);
	update(area);
	after = read_area(area);
	stop = true;
	waited = after.time[RUNSTATE_runnable] - before.time[RUNSTATE_runnable];
	ran = after.time[RUNSTATE_running] - before.time[RUNSTATE_running];
	print("of 400 ms: ran %llu ms, waited %llu ms\n", ran / MILLISECOND,
	      waited / MILLISECOND);
	expect(waited > 100 * MILLISECOND, "waiting counts as runnable",
	       "%lu ns", waited);
	expect(ran > 100 * MILLISECOND, "and both get a share", "%lu ns", ran);
}

void guest_main(void)
{
	uint8_t *area = page_alloc(1);
	long rc;

	event_init();
	timer_port = (unsigned)event_bind_virq(VIRQ_TIMER, 0);
	event_clear_mask(timer_port);

	expect_eq("register the area", register_area(0, area), 0);
	check_fill(area);
	rc = hypercall(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
		       VMASST_TYPE_runstate_update_flag, 0, 0, 0);
	expect_eq("vm_assist(runstate_update_flag)", rc, 0);
	check_blocked(area);
	check_sum(area);
	check_steal(area);
	check_call();
	check_errors();
	check_crossing();
}
