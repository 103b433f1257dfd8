/* SPDX-License-Identifier: MIT */
/* Interrupts that units would let through, and plain messages for them. */
#pragma once

#include "dev/iommu.h"

extern unsigned int fake_irq_count;

/* What was said of it last. */
const struct iommu_irq *fake_irq(unsigned int cpu, uint8_t vector);
