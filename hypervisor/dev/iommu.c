/* SPDX-License-Identifier: MIT */
/*
 * DMA remapping: which units there are, the tables they walk, and what they
 * report. Vendors differ in the bits of an entry and in how a unit is spoken to
 * (iommu_unit.h).
 *
 * Entries change by single 64-bit stores. A table that was unlinked is freed
 * when the units have forgotten it.
 */
#include "dev/iommu.h"

#include "abi/abi.h"
#include "arch/x86/asm.h"
#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "core/clock.h"
#include "core/irq.h"
#include "core/timer.h"
#include "dev/acpi_devices.h"
#include "dev/iommu_unit.h"
#include "mm/frames.h"
#include "mm/heap.h"
#include "mm/vmap.h"

#define ENTRIES         512
#define LINE            64
#define FAULTS_A_SECOND 10
#define FAULT_QUIET     (100 * NSEC_PER_MSEC)

struct iommu_space {
	uint64_t *root;
};

static const struct iommu_ops *ops; /* NULL: no DMA remapping */
static struct iommu_traits traits;
static bool started;
static bool interrupts; /* are to be remapped */

void iommu_publish(const void *table, size_t len)
{
	for (size_t i = 0; !traits.coherent && i < len; i += LINE) {
		cpu_flush_line((const char *)table + i);
	}
}

/* An entry changes, and units see it. */
static void store(uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
	iommu_publish(entry, sizeof(*entry));
}

static const char *add_units(const struct iommu_ops *vendor)
{
	for (unsigned int i = 0; i < acpi_iommu_count; i++) {
		const struct acpi_iommu *u = &acpi_iommus[i];
		void *registers = mm_map_device(u->base, u->length);
		const char *fault =
			registers == NULL
				? "cannot be mapped"
				: vendor->add(registers, u->sbdf, &traits);

		if (fault != NULL) {
			return fault;
		}
	}
	return NULL;
}

void iommu_init(bool wanted)
{
	const struct iommu_ops *vendor =
		acpi_iommus[0].sbdf == UINT32_MAX ? &iommu_vtd : &iommu_amd;
	const char *fault = "is not there";

	ops = NULL;
	started = false;
	traits = (struct iommu_traits){ .largest = 3,
					.coherent = true,
					.interrupts = true };
	if (!wanted) {
		fault = "is turned off";
	} else if (acpi_iommu_count != 0) {
		fault = add_units(vendor);
	}
	if (fault == NULL) {
		ops = vendor;
		log_info("IOMMU: %s, %u units\n", ops->name, acpi_iommu_count);
		interrupts = iommu_irq_init(traits.interrupts ? ops : NULL);
		return;
	}
	log_warning("IOMMU %s: devices reach all of memory, and the service VM "
		    "must copy other domains' pages for them\n",
		    fault);
	(void)iommu_irq_init(NULL);
}

struct iommu_space *iommu_space_create(void)
{
	struct iommu_space *s;

	if (ops == NULL) {
		return NULL;
	}
	s = heap_alloc(sizeof(*s));
	if (s != NULL) {
		s->root = heap_alloc_pages(0);
	}
	if (s == NULL || s->root == NULL) {
		panic("no memory for the IOMMU's tables\n");
	}
	iommu_publish(s->root, PAGE_SIZE);
	return s;
}

static unsigned int index_at(gfn_t g, unsigned int level)
{
	return (g.v >> (9 * (level - 1))) & (ENTRIES - 1);
}

static bool is_present(uint64_t e)
{
	return (e & ops->present) != 0;
}

static bool is_table(uint64_t e, unsigned int level)
{
	return is_present(e) && !ops->is_leaf(e, level);
}

static uint64_t *table_of(uint64_t e)
{
	return maddr_to_virt(maddr(e & IOMMU_ENTRY_ADDR));
}

/* The table at `level`, and all below it. */
static void free_tables(uint64_t *table, unsigned int level)
{
	for (unsigned int i = 0; level > 1 && i < ENTRIES; i++) {
		if (is_table(table[i], level)) {
			free_tables(table_of(table[i]), level - 1);
		}
	}
	heap_free_pages(table, 0);
}

/* What a leaf at `level` says, said by the entries of a table below. */
static void copy_leaf(uint64_t *table, uint64_t leaf, unsigned int level)
{
	const uint64_t first = (leaf & IOMMU_ENTRY_ADDR) >> PAGE_SHIFT;
	const uint64_t step = BIT(9 * (level - 2));

	for (unsigned int i = 0; i < ENTRIES; i++) {
		table[i] = ops->leaf(mfn(first + i * step), level - 1,
				     ops->access(leaf));
	}
}

/* Puts a table in the place of an entry at `level` that is none. NULL when out
 * of memory. */
static uint64_t *table_make(uint64_t *e, unsigned int level)
{
	uint64_t *table = heap_alloc_pages(0);

	if (table == NULL) {
		return NULL;
	}
	if (is_present(*e)) {
		copy_leaf(table, *e, level);
	}
	iommu_publish(table, PAGE_SIZE);
	store(e, ops->table(virt_to_maddr(table), level));
	return table;
}

/* The entry for `g` at `level`; NULL in *out when nothing is there and nothing
 * is to be made. *order becomes that of a leaf that was cut up. */
static int descend(struct iommu_space *s, gfn_t g, unsigned int level,
		   bool make, uint64_t **out, unsigned int *order)
{
	uint64_t *table = s->root;

	*out = NULL;
	for (unsigned int l = IOMMU_LEVELS; l > level; l--) {
		uint64_t *e = &table[index_at(g, l)];

		if (is_table(*e, l)) {
			table = table_of(*e);
			continue;
		}
		if (!is_present(*e) && !make) {
			return 0;
		}
		if (is_present(*e) && *order < 9 * (l - 1)) {
			*order = 9 * (l - 1);
		}
		table = table_make(e, l);
		if (table == NULL) {
			return -XEN_ENOMEM;
		}
	}
	*out = &table[index_at(g, level)];
	return 0;
}

static void flush(gfn_t g, unsigned int order)
{
	if (started) {
		ops->flush(gfn(align_down(g.v, BIT(order))), order);
	}
}

static int set_entry(struct iommu_space *s, gfn_t g, unsigned int level,
		     uint64_t value)
{
	unsigned int order = 9 * (level - 1);
	uint64_t *e;
	const int err = descend(s, g, level, value != 0, &e, &order);

	if (err != 0 || e == NULL) {
		return err;
	}

	const uint64_t old = *e;

	store(e, value);
	if (is_present(old) || traits.caches_absent) {
		flush(g, order);
	}
	if (is_table(old, level)) {
		free_tables(table_of(old), level - 1);
	}
	return 0;
}

/* A page larger than the units know. */
static int set_parts(struct iommu_space *s, gfn_t g, mfn_t m,
		     unsigned int order, unsigned int access)
{
	const unsigned int part = order - 9;

	for (unsigned int i = 0; i < ENTRIES; i++) {
		const uint64_t at = (uint64_t)i << part;
		const int err = iommu_set(s, gfn_add(g, at), mfn_add(m, at),
					  part, access);

		if (err != 0) {
			/* No leaf stands above that would have to be cut. */
			const int undone = set_entry(s, g, order / 9 + 1, 0);

			assert(undone == 0);
			return err;
		}
	}
	return 0;
}

int iommu_set(struct iommu_space *s, gfn_t g, mfn_t m, unsigned int order,
	      unsigned int access)
{
	const unsigned int level = order / 9 + 1;

	if (access == 0) {
		return set_entry(s, g, level, 0);
	}
	return level > traits.largest
		       ? set_parts(s, g, m, order, access)
		       : set_entry(s, g, level, ops->leaf(m, level, access));
}

/* Never into RAM that we keep or give to guests, whatever the firmware says. */
static void let_firmware_work(struct iommu_space *s,
			      const struct acpi_iommu_region *r)
{
	for (uint64_t f = r->first >> PAGE_SHIFT; f <= r->last >> PAGE_SHIFT;
	     f++) {
		if (frame_get(mfn(f)) == NULL &&
		    iommu_set(s, gfn(f), mfn(f), 0, IOMMU_READ | IOMMU_WRITE) !=
			    0) {
			panic("no memory for the IOMMU's tables\n");
		}
	}
}

static struct timer quiet;

/* A device that faults all the time interrupts us ten times a second. */
static void on_fault(unsigned int vector, void *context)
{
	(void)vector;
	(void)context;
	irq_eoi();
	ops->fault_read();
	timer_set(&quiet, clock_now() + FAULT_QUIET);
}

static void on_quiet_end(struct timer *t)
{
	(void)t;
	ops->fault_listen();
}

void iommu_start(struct iommu_space *s)
{
	struct iommu_begin begin = { .interrupts = interrupts };
	int vector;

	if (s == NULL) {
		return;
	}
	for (unsigned int i = 0; i < acpi_iommu_region_count; i++) {
		let_firmware_work(s, &acpi_iommu_regions[i]);
	}
	timer_init(&quiet, on_quiet_end);
	vector = irq_vector_alloc(0, on_fault, NULL);
	if (vector < 0) {
		panic("no vector for the IOMMU\n");
	}
	begin.root = virt_to_maddr(s->root);
	begin.faults.vector = (uint8_t)vector;
	if (!ops->start(&begin)) {
		panic("no memory for the IOMMU's tables\n");
	}
	started = true;
	ops->fault_listen();
}

void iommu_report(uint16_t bdf, uint64_t address, enum iommu_access what,
		  unsigned int reason)
{
	static const char *const verbs[] = {
		[IOMMU_READS] = "read",
		[IOMMU_WRITES] = "write",
		[IOMMU_INTERRUPTS] = "interrupt with",
	};
	static uint64_t second;
	static unsigned int lines;
	const uint64_t now = clock_now() / NSEC_PER_SEC;

	if (now != second) {
		second = now;
		lines = 0;
	}
	if (lines++ < FAULTS_A_SECOND) {
		log_warning("IOMMU: device %02x:%02x.%u may not %s %#llx "
			    "(reason %#x)\n",
			    bdf >> 8, bdf >> 3 & 0x1f, bdf & 7, verbs[what],
			    (unsigned long long)address, reason);
	}
}
