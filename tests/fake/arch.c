/* SPDX-License-Identifier: MIT */
/* State behind the fake arch/x86 headers. */
#include "arch/x86/asm.h"
#include "arch/x86/percpu.h"

uint64_t fake_tsc;
unsigned int fake_halts;
unsigned int fake_interrupt_windows;
void (*fake_port_out)(uint16_t port, unsigned int bytes, uint32_t value);
uint32_t (*fake_port_in)(uint16_t port, unsigned int bytes);

#define AREA(n) [n] = { .self = &fake_pcpus[n], .id = (n), .apic_id = 2 * (n) }

struct pcpu fake_pcpus[FAKE_CPUS] = { AREA(0), AREA(1), AREA(2), AREA(3),
				      AREA(4), AREA(5), AREA(6), AREA(7) };
_Thread_local unsigned int fake_cpu;

struct pcpu *pcpu_table[FAKE_CPUS + 1] = {
	&fake_pcpus[0], &fake_pcpus[1], &fake_pcpus[2], &fake_pcpus[3],
	&fake_pcpus[4], &fake_pcpus[5], &fake_pcpus[6], &fake_pcpus[7],
};
unsigned int pcpu_count = FAKE_CPUS;
