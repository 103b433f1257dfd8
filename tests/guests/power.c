/* SPDX-License-Identifier: MIT */
/*
 * The ends of a service VM (option `end=`), each of which the hypervisor must
 * notice and answer by its policy: it says so on its console, and the machine
 * powers off, restarts or stops.
 *
 * A bug would be a machine that hangs without a word.
 */
#include "lib/apic.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/test.h"
#include "lib/trap.h"

enum end {
	END_POWEROFF = 0,
	END_REBOOT = 1,
	END_SUSPEND = 2,
	END_CRASH = 3,
	END_WATCHDOG = 4,
	END_TRIPLE_FAULT = 10,
	END_HALT = 11,
	END_HALT_ALL = 12,
	END_RESET_PORT = 13,
};

static void triple_fault(void)
{
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) none = { 0, 0 };

	asm volatile("lidt %0; ud2" ::"m"(none));
}

/* Nothing can wake it: interrupts are off. */
static void halt(unsigned cpu)
{
	(void)cpu;
	for (;;) {
		asm volatile("cli; hlt");
	}
}

static void halt_all(void)
{
	event_init();
	apic_enable(apic_has_x2());
	for (unsigned cpu = 1; cpu < smp_count(); cpu++) {
		smp_call_begin(cpu, halt);
	}
	halt(0);
}

void guest_main(void)
{
	uint64_t end = option("end", END_POWEROFF);

	print("this run ends with %lu\n", end);
	switch (end) {
	case END_TRIPLE_FAULT:
		triple_fault();
		break;
	case END_HALT:
		halt(0);
		break;
	case END_HALT_ALL:
		halt_all();
		break;
	case END_RESET_PORT:
		out8(0xcf9, 6);
		break;
	default:
		hypercall_shutdown((unsigned)end);
	}
	test_abort("it goes on");
}
