/* SPDX-License-Identifier: MIT */
/* The other vCPUs: started by INIT and SIPI, then waiting for work. */
#include "lib/acpi.h"
#include "lib/apic.h"
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/test.h"
#include "lib/trap.h"

/* Below 1 MiB and page aligned, as the SIPI's vector wants it. */
#define TRAMPOLINE 0x8000
#define LIMIT      (20 * SECOND)

extern const uint8_t ap_code[], ap_code_end[];
extern uint64_t ap_stack;
extern uint32_t ap_number;
_Noreturn void ap_start(unsigned cpu);

struct work {
	void (*run)(unsigned cpu);
	volatile unsigned online, asked, done;
	uint8_t stack[16384] __attribute__((aligned(16)));
};

static struct work works[CPU_MAX];
static uint32_t apic_ids[CPU_MAX];
static unsigned cpu_count;

unsigned smp_count(void)
{
	if (cpu_count == 0) {
		cpu_count = acpi_cpus(apic_ids, CPU_MAX);
	}
	return cpu_count;
}

uint32_t smp_apic_id(unsigned cpu)
{
	return cpu < smp_count() ? apic_ids[cpu] : UINT32_MAX;
}

_Noreturn void ap_start(unsigned cpu)
{
	struct work *work = &works[cpu];

	trap_init_cpu(cpu);
	__atomic_store_n(&work->online, 1, __ATOMIC_RELEASE);
	for (;;) {
		while (work->asked == work->done) {
			cpu_pause();
		}
		work->run(cpu);
		__atomic_store_n(&work->done, work->done + 1, __ATOMIC_RELEASE);
	}
}

static bool bring_up(unsigned cpu)
{
	struct work *work = &works[cpu];

	memcpy((void *)TRAMPOLINE, ap_code, (size_t)(ap_code_end - ap_code));
	ap_stack = (uintptr_t)work->stack + sizeof(work->stack);
	ap_number = cpu;
	barrier();
	apic_send(smp_apic_id(cpu), ICR_INIT);
	clock_spin(10 * MILLISECOND);
	apic_send(smp_apic_id(cpu), ICR_STARTUP | TRAMPOLINE >> 12);
	if (!wait_for(&work->online, 1, MILLISECOND)) {
		/* A second one does no harm to a CPU that runs. */
		apic_send(smp_apic_id(cpu), ICR_STARTUP | TRAMPOLINE >> 12);
	}
	return wait_for(&work->online, 1, LIMIT);
}

bool smp_call_begin(unsigned cpu, void (*run)(unsigned cpu))
{
	struct work *work = &works[cpu];

	if (!work->online && !bring_up(cpu)) {
		return false;
	}
	work->run = run;
	__atomic_store_n(&work->asked, work->asked + 1, __ATOMIC_RELEASE);
	return true;
}

bool smp_wait(unsigned cpu)
{
	return wait_for(&works[cpu].done, works[cpu].asked, LIMIT);
}

bool smp_call(unsigned cpu, void (*run)(unsigned cpu))
{
	return smp_call_begin(cpu, run) && smp_wait(cpu);
}
