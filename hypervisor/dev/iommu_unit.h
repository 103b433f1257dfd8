/* SPDX-License-Identifier: MIT */
/* The seam between remapping and the vendors' units; for iommu*.c only. */
#pragma once

#include "dev/iommu.h"

#define IOMMU_LEVELS     4
#define IOMMU_ENTRY_ADDR UINT64_C(0x000ffffffffff000)
#define IOMMU_ALL        (9 * IOMMU_LEVELS) /* order of the whole space */
#define IOMMU_SPACE_ID   1 /* 0 is not for us everywhere (VT-d, CAP.CM) */
#define IOMMU_UNITS_MAX  32u

/* What all units of the machine can do. */
struct iommu_traits {
	unsigned int largest; /* level of the largest leaf */
	bool coherent;        /* they see the CPUs' caches when they walk */
	bool caches_absent;   /* they remember that nothing is mapped */
	bool interrupts;      /* they remap interrupts */
};

struct iommu_begin {
	maddr_t root;            /* tables of the space */
	struct iommu_irq faults; /* where they are told; no source */
	bool interrupts;         /* to be remapped */
};

/* What a device tried. */
enum iommu_access {
	IOMMU_READS,
	IOMMU_WRITES,
	IOMMU_INTERRUPTS, /* the address says which: the unit's own way */
};

struct iommu_ops {
	const char *name;

	/* Tables: 512 entries a level, the address where x86 has it. */
	uint64_t present; /* an entry is present when any of these is set */
	uint64_t (*table)(maddr_t next, unsigned int level);
	uint64_t (*leaf)(mfn_t m, unsigned int level, unsigned int access);
	bool (*is_leaf)(uint64_t entry, unsigned int level);
	unsigned int (*access)(uint64_t leaf);

	/* Adds the unit with these registers, found as acpi_iommus[] has it,
	 * and weakens `traits` to what it can do. NULL, or what is wrong. */
	const char *(*add)(volatile void *registers, uint32_t sbdf,
			   struct iommu_traits *traits);
	/* All units forget what they knew and begin. False when out of
	 * memory. */
	bool (*start)(const struct iommu_begin *b);
	/* No unit knows what was at these gfns. */
	void (*flush)(gfn_t g, unsigned int order);
	/* As iommu_irq_set() and iommu_irq_clear(). */
	int (*irq_set)(const struct iommu_irq *q, struct iommu_message *m);
	void (*irq_clear)(const struct iommu_irq *q);
	/* Reports new faults, and sends no message until fault_listen(). */
	void (*fault_read)(void);
	void (*fault_listen)(void);
};

extern const struct iommu_ops iommu_vtd;
extern const struct iommu_ops iommu_amd;

/* Says whether interrupts will be remapped by the units; NULL: they cannot. */
bool iommu_irq_init(const struct iommu_ops *able);
/* The message that makes an interrupt where nothing is remapped. */
struct iommu_message iommu_irq_plain(const struct iommu_irq *q);

/* A fresh table's content is visible to units. */
void iommu_publish(const void *table, size_t len);

/* A line about a blocked access, not too many a second. */
void iommu_report(uint16_t bdf, uint64_t address, enum iommu_access what,
		  unsigned int reason);

/* Registers of a unit. */
static inline uint32_t iommu_read32(const volatile uint8_t *regs, unsigned at)
{
	return *(const volatile uint32_t *)(const volatile void *)(regs + at);
}

static inline uint64_t iommu_read64(const volatile uint8_t *regs, unsigned at)
{
	return *(const volatile uint64_t *)(const volatile void *)(regs + at);
}

static inline void iommu_write32(volatile uint8_t *regs, unsigned at,
				 uint32_t value)
{
	*(volatile uint32_t *)(volatile void *)(regs + at) = value;
}

static inline void iommu_write64(volatile uint8_t *regs, unsigned at,
				 uint64_t value)
{
	*(volatile uint64_t *)(volatile void *)(regs + at) = value;
}

/* A second is far more than a unit needs for anything. */
#define IOMMU_PATIENCE NSEC_PER_SEC
