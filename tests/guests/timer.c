/* SPDX-License-Identifier: MIT */
/*
 * The single-shot timer and VIRQ_TIMER, the only clock event of PVH Linux.
 *
 * A deadline is absolute system time; it never fires early, a past one fires
 * at once, stopping it keeps it quiet, and a new one replaces the old. A bug
 * here is a guest that sleeps for ever.
 */
#include "lib/apic.h"
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/trap.h"

/* Wall time of an emulator on a busy machine. */
#define SANE (500 * MILLISECOND)

static unsigned port;

static int set_timer(unsigned vcpu, uint64_t at, uint32_t flags)
{
	struct vcpu_set_singleshot_timer timer = { at, flags };

	return hypercall_vcpu(VCPUOP_set_singleshot_timer, vcpu, &timer);
}

/* Sleeps in HLT until the timer's event came; returns when that was. */
static uint64_t sleep_until_event(unsigned want)
{
	while (event_counts[port] < want) {
		irq_wait();
	}
	return clock_now();
}

static void check_deadline(void)
{
	uint64_t worst = 0;
	unsigned early = 0;

	for (unsigned i = 1; i <= 20; i++) {
		uint64_t deadline = clock_now() + i * 100000;
		unsigned before = event_counts[port];
		uint64_t now;

		if (set_timer(0, deadline, 0) != 0) {
			break;
		}
		now = sleep_until_event(before + 1);
		early += now < deadline;
		if (now > deadline && now - deadline > worst) {
			worst = now - deadline;
		}
	}
	expect(event_counts[port] >= 20, "20 deadlines fire", "%u",
	       event_counts[port]);
	expect_eq("deadlines that fired early", early, 0);
	expect(worst < SANE, "latency is sane", "%lu ns", worst);
	print("worst latency: %lu us\n", worst / 1000);
}

static void check_past(void)
{
	unsigned before = event_counts[port];
	int rc;

	expect_eq("a past deadline is no error",
		  set_timer(0, clock_now() - MILLISECOND, 0), 0);
	expect(event_wait(port, before + 1, SANE), "and fires at once",
	       "not in time");
	before = event_counts[port];
	rc = set_timer(0, clock_now() - MILLISECOND, VCPU_SSHOTTMR_future);
	/* The hypervisor may ignore this flag (vcpu.h). */
	expect(rc == -XEN_ETIME || rc == 0, "with the future flag", "%d", rc);
	expect(event_wait(port, before + 1, 5 * MILLISECOND) == (rc == 0),
	       "it fires or is refused", "rc %d, %u events", rc,
	       event_counts[port] - before);
}

static void check_stop(void)
{
	unsigned before = event_counts[port];

	set_timer(0, clock_now() + 5 * MILLISECOND, 0);
	expect_eq("stop", hypercall_vcpu(VCPUOP_stop_singleshot_timer, 0, NULL),
		  0);
	expect(!event_wait(port, before + 1, 15 * MILLISECOND),
	       "a stopped timer is quiet", "it fired");
	expect_eq("stop again",
		  hypercall_vcpu(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
	expect_eq("stop the periodic timer",
		  hypercall_vcpu(VCPUOP_stop_periodic_timer, 0, NULL), 0);
}

static void check_replace(void)
{
	unsigned before = event_counts[port];
	uint64_t start = clock_now();

	set_timer(0, start + 1000 * SECOND, 0);
	set_timer(0, start + 2 * MILLISECOND, 0);
	expect(event_wait(port, before + 1, SANE),
	       "a new deadline replaces the old", "never");
	expect(!event_wait(port, before + 2, 10 * MILLISECOND),
	       "single shot fires once", "twice");
}

static void check_errors(void)
{
	expect_eq("bad pointer",
		  hypercall_vcpu(VCPUOP_set_singleshot_timer, 0, NOWHERE),
		  -XEN_EFAULT);
	expect(set_timer(1000, 0, 0) < 0, "no such vCPU", "accepted");
}

static void check_set_timer_op(void)
{
	unsigned before = event_counts[port];

	expect_eq("set_timer_op",
		  hypercall(__HYPERVISOR_set_timer_op,
			    clock_now() + 2 * MILLISECOND, 0, 0, 0, 0),
		  0);
	expect(event_wait(port, before + 1, SANE), "set_timer_op fires",
	       "never");
}

static volatile unsigned other_woke;
static unsigned other_port;

/* A vCPU sets its own timer and sleeps. */
static void sleep_on_other(unsigned cpu)
{
	apic_enable(apic_has_x2());
	set_timer(cpu, clock_now() + 3 * MILLISECOND, 0);
	while (event_counts[other_port] == 0) {
		irq_wait();
	}
	other_woke = 1;
}

static void check_other_vcpu(void)
{
	if (smp_count() < 2) {
		skip("timer of another vCPU", "one vCPU");
		return;
	}
	other_port = (unsigned)event_bind_virq(VIRQ_TIMER, 1);
	event_clear_mask(other_port);
	expect(smp_call(1, sleep_on_other) && other_woke,
	       "timer of another vCPU", "it never woke");
}

void guest_main(void)
{
	int rc;

	event_init();
	apic_enable(apic_has_x2());
	rc = event_bind_virq(VIRQ_TIMER, 0);
	if (!expect(rc > 0, "bind VIRQ_TIMER", "%d", rc)) {
		return;
	}
	port = (unsigned)rc;
	event_clear_mask(port);
	check_deadline();
	check_past();
	check_stop();
	check_replace();
	check_errors();
	check_set_timer_op();
	check_other_vcpu();
}
