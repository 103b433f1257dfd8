/* SPDX-License-Identifier: MIT */
/*
 * sched_op: yield, block and poll. Linux's spinlocks sleep in poll and its
 * idle loop in HLT; a wake-up lost here is a hang that comes once a week.
 *
 * Block and poll must look again for a pending event after they said that they
 * sleep. Poll looks at ports whether they are masked or not.
 */
#include "lib/apic.h"
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/trap.h"

#define SANE (500 * MILLISECOND)

static unsigned port, timer_port;

static int poll(unsigned which, uint64_t timeout)
{
	evtchn_port_t ports[1] = { which };
	struct sched_poll op = { .nr_ports = 1, .timeout = timeout };

	set_xen_guest_handle(op.ports, ports);
	return hypercall_sched(SCHEDOP_poll, &op);
}

static void set_timer(uint64_t at)
{
	struct vcpu_set_singleshot_timer timer = { at, 0 };

	hypercall_vcpu(VCPUOP_set_singleshot_timer, 0, &timer);
}

/* HLT and block sleep with interrupts on; what is pending ends them at once. */
static void check_block(void)
{
	uint64_t start, end;

	event_clear_mask(port);
	event_send(port);
	start = clock_now();
	irq_wait();
	expect(clock_now() - start < SANE && event_counts[port] == 1,
	       "HLT with an event pending", "%u events after %lu ns",
	       event_counts[port], clock_now() - start);

	event_clear_mask(timer_port);
	start = clock_now();
	set_timer(start + 20 * MILLISECOND);
	irq_enable();
	expect_eq("block", hypercall_sched(SCHEDOP_block, NULL), 0);
	irq_disable();
	end = clock_now();
	expect(end - start >= 20 * MILLISECOND && end - start < SANE,
	       "block sleeps until the timer", "%lu ns", end - start);
	expect(event_wait(timer_port, 1, SECOND), "its event comes", "never");
}

static void check_poll(void)
{
	uint64_t start, end;

	event_mask(port);
	event_send(port);
	start = clock_now();
	expect_eq("poll of a pending, masked port",
		  poll(port, start + 10 * SECOND), 0);
	expect(clock_now() - start < SANE, "returns at once", "%lu ns",
	       clock_now() - start);
	expect(event_is_pending(port), "poll leaves the bit set", "clear");
	event_test_and_clear(port);

	start = clock_now();
	expect_eq("poll with a timeout", poll(port, start + 5 * MILLISECOND),
		  0);
	end = clock_now();
	expect(end - start >= 5 * MILLISECOND && end - start < SANE,
	       "sleeps until the timeout", "%lu ns", end - start);
}

static void check_poll_errors(void)
{
	static evtchn_port_t many[200];
	struct sched_poll op = { .nr_ports = 200, .timeout = 1 };

	expect_eq("poll of no port", poll(1u << 20, clock_now() + SECOND),
		  -XEN_EINVAL);
	set_xen_guest_handle(op.ports, many);
	expect_eq("poll of too many ports", hypercall_sched(SCHEDOP_poll, &op),
		  -XEN_EINVAL);
	op.nr_ports = 1;
	set_xen_guest_handle(op.ports, NOWHERE);
	expect_eq("poll of a bad list", hypercall_sched(SCHEDOP_poll, &op),
		  -XEN_EFAULT);
	expect_eq("poll with a bad pointer",
		  hypercall_sched(SCHEDOP_poll, NOWHERE), -XEN_EFAULT);
}

static void send_soon(unsigned cpu)
{
	(void)cpu;
	clock_spin(3 * MILLISECOND);
	event_send(port);
}

/* What a spinlock does: sleep in poll until another vCPU kicks. */
static void check_kick(void)
{
	unsigned slow = 0;

	if (smp_count() < 2) {
		skip("poll is ended by another vCPU", "one vCPU");
		return;
	}
	event_mask(port);
	for (unsigned i = 0; i < 20; i++) {
		uint64_t start = clock_now();

		if (!smp_call_begin(1, send_soon)) {
			break;
		}
		poll(port, start + 5 * SECOND);
		slow += clock_now() - start > 4 * SECOND;
		slow += !event_test_and_clear(port);
		smp_wait(1);
	}
	expect_eq("poll is ended by another vCPU", slow, 0);
}

static void check_watchdog(void)
{
	struct sched_watchdog dog = { .id = 0, .timeout = 60 };
	int id = hypercall_sched(SCHEDOP_watchdog, &dog);

	if (id == -XEN_ENOSYS) {
		skip("watchdog", "not there; Linux can do without");
		return;
	}
	if (!expect(id > 0, "watchdog starts", "%d", id)) {
		return;
	}
	dog.id = (uint32_t)id;
	expect_eq("watchdog is fed", hypercall_sched(SCHEDOP_watchdog, &dog),
		  0);
	dog.timeout = 0;
	expect_eq("watchdog is stopped",
		  hypercall_sched(SCHEDOP_watchdog, &dog), 0);
	dog.id = 77;
	expect_eq("no such watchdog", hypercall_sched(SCHEDOP_watchdog, &dog),
		  -XEN_EINVAL);
}

void guest_main(void)
{
	event_init();
	apic_enable(apic_has_x2());
	port = (unsigned)event_bind_ipi(0);
	timer_port = (unsigned)event_bind_virq(VIRQ_TIMER, 0);

	expect_eq("yield", hypercall_sched(SCHEDOP_yield, NULL), 0);
	expect_eq("unknown sub-op", hypercall_sched(77, NULL), -XEN_ENOSYS);
	expect_eq("shutdown with a bad pointer",
		  hypercall_sched(SCHEDOP_shutdown, NOWHERE), -XEN_EFAULT);
	check_block();
	check_poll();
	check_poll_errors();
	check_kick();
	check_watchdog();
}
