/* SPDX-License-Identifier: MIT */
#include "fake/iommu.h"

#include <assert.h>

#include "arch/x86/percpu.h"

#define DEST_SHIFT 12

unsigned int fake_irq_count;
static struct iommu_irq known[FAKE_CPUS][256];

int iommu_irq_set(const struct iommu_irq *q, struct iommu_message *m)
{
	struct iommu_irq *k = &known[q->cpu][q->vector];

	fake_irq_count += k->vector == 0;
	*k = *q;
	*m = (struct iommu_message){
		.address = 0xfee00000 | pcpu_table[q->cpu]->apic_id
						<< DEST_SHIFT,
		.data = q->vector,
	};
	return 0;
}

void iommu_irq_clear(const struct iommu_irq *q)
{
	assert(known[q->cpu][q->vector].vector != 0);
	known[q->cpu][q->vector].vector = 0;
	fake_irq_count--;
}

const struct iommu_irq *fake_irq(unsigned int cpu, uint8_t vector)
{
	return &known[cpu][vector];
}
