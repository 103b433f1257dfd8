/* SPDX-License-Identifier: MIT */
#include "domain/vcpu.h"

#define APIC_ID_LIMIT 0xffu

unsigned int irq_guest_cpu(const struct vcpu *v)
{
	const unsigned int cpu = v == NULL ? 0 : v->unit.cpu;

	if (cpu < pcpu_count && pcpu_table[cpu] != NULL &&
	    pcpu_table[cpu]->apic_id < APIC_ID_LIMIT) {
		return cpu;
	}
	return 0;
}
