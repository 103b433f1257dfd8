/* SPDX-License-Identifier: MIT */
/*
 * AMD-Vi, with host tables of four levels. Sections are those of the AMD I/O
 * virtualization specification, revision 3.05.
 *
 * One device table serves all units: all its entries are the same, since all
 * devices see the same space. Units are told what to forget by their command
 * buffer.
 *
 * What differs are interrupts: a device that may send any has a page with an
 * entry for each of its messages, by number.
 */
#include "dev/iommu_unit.h"

#include "abi/abi.h"
#include "arch/x86/asm.h"
#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "arch/x86/spinlock.h"
#include "core/clock.h"
#include "dev/pci.h"
#include "mm/heap.h"

enum { /* registers, 3.4 */
       REG_DEVICES = 0x0000,
       REG_COMMANDS = 0x0008,
       REG_EVENTS = 0x0010,
       REG_CONTROL = 0x0018,
       REG_FEATURES = 0x0030,
       REG_COMMAND_HEAD = 0x2000,
       REG_COMMAND_TAIL = 0x2008,
       REG_EVENT_HEAD = 0x2010,
       REG_EVENT_TAIL = 0x2018,
       REG_STATUS = 0x2020,
};

#define CONTROL_ENABLE    BIT(0) /* 3.4.3; the rest is as firmware chose */
#define CONTROL_EVENTS    BIT(2)
#define CONTROL_EVENT_INT BIT(3)
#define CONTROL_COHERENT  BIT(10)
#define CONTROL_COMMANDS  BIT(12)
/* Large entries of interrupts, parts of the device table, x2APIC. */
#define CONTROL_FORMATS                                                        \
	(BIT(17) | UINT64_C(7) << 25 | UINT64_C(7) << 34 | BIT(50) | BIT(51))

#define FEATURE_FLUSH_ALL BIT(6)

#define STATUS_OVERFLOW   BIT(0)
#define STATUS_EVENT_INT  BIT(1)
#define STATUS_EVENTS_RUN BIT(3)

#define ENTRY_PRESENT     BIT(0) /* 2.2.3 */
#define ENTRY_NEXT_SHIFT  9
#define ENTRY_NEXT        (UINT64_C(7) << ENTRY_NEXT_SHIFT)
#define ENTRY_COHERENT    BIT(60)
#define ENTRY_READ        BIT(61)
#define ENTRY_WRITE       BIT(62)

#define DEVICES           65536u
#define DEVICE_WORDS      4u
#define DEVICES_ORDER     9      /* 2 MiB */
#define DEVICES_SIZE      511u   /* register: pages less one */
#define DEVICE_VALID      BIT(0) /* 2.2.2.1 */
#define DEVICE_TRANSLATE  BIT(1)
#define DEVICE_IRQ_WORD   2u
#define DEVICE_IRQ_VALID  BIT(0) /* alone: none gets through */
#define DEVICE_IRQ_REMAP  (BIT(61) | UINT64_C(9) << 1) /* 2^9 entries */
#define DEVICE_IRQ_TABLE  UINT64_C(0x000fffffffffffc0)

#define IRQS_MAX          512u
#define IRQ_VALID         BIT(0) /* 2.2.5.2: to one pCPU, fixed */
#define IRQ_DEST_SHIFT    8
#define IRQ_VECTOR_SHIFT  16

#define RING_SLOTS        256u /* a page of 16-byte slots: 3.4.1 */
#define RING_SIZE         (UINT64_C(8) << 56)
#define WAIT              (UINT64_C(1) << 60 | 1) /* 2.4.1: store */
#define FLUSH_PAGES       (UINT64_C(3) << 60)     /* 2.4.3 */
#define FLUSH_ALL         (UINT64_C(8) << 60)     /* 2.4.8 */
#define FLUSH_DEVICE      (UINT64_C(2) << 60)     /* 2.4.2 */
#define FLUSH_IRQS        (UINT64_C(5) << 60)     /* 2.4.5 */
#define FLUSH_ID_SHIFT    32
#define FLUSH_SEVERAL     BIT(0)
#define FLUSH_TABLES      BIT(1) /* what led to the pages, too */
#define FLUSH_EVERYTHING  UINT64_C(0x7ffffffffffff000)

#define EVENT_CODE(e)     ((unsigned int)((e) >> 60))
#define EVENT_IS_IRQ      BIT(51) /* 2.5.3 */
#define EVENT_IS_WRITE    BIT(53)

#define MSI_ENABLE        0x1u
#define MSI_CONTROL       2
#define MSI_ADDRESS       4

struct unit {
	struct spinlock lock; /* LOCK_DEVICE: the commands */
	volatile uint8_t *regs;
	uint32_t sbdf;           /* (o) */
	uint64_t (*commands)[2]; /* (o) */
	uint64_t (*events)[2];   /* (o) the unit writes them */
	unsigned int tail;       /* (l) of the commands */
	uint64_t done;           /* the unit writes it */
};

static struct unit *units[IOMMU_UNITS_MAX];
static unsigned int unit_count;
static uint64_t *devices; /* (o) DEVICES times DEVICE_WORDS */

static uint64_t amd_table(maddr_t next, unsigned int level)
{
	return next.v | (uint64_t)(level - 1) << ENTRY_NEXT_SHIFT |
	       ENTRY_PRESENT | ENTRY_READ | ENTRY_WRITE;
}

static uint64_t amd_leaf(mfn_t m, unsigned int level, unsigned int access)
{
	(void)level; /* next level 0: a page of this level's size */
	return maddr_of(m).v | ENTRY_PRESENT | ENTRY_COHERENT |
	       ((access & IOMMU_READ) != 0 ? ENTRY_READ : 0) |
	       ((access & IOMMU_WRITE) != 0 ? ENTRY_WRITE : 0);
}

static bool amd_is_leaf(uint64_t e, unsigned int level)
{
	(void)level;
	return (e & ENTRY_NEXT) == 0;
}

static unsigned int amd_access(uint64_t e)
{
	return ((e & ENTRY_READ) != 0 ? IOMMU_READ : 0) |
	       ((e & ENTRY_WRITE) != 0 ? IOMMU_WRITE : 0);
}

static void put_locked(struct unit *u, uint64_t low, uint64_t high)
{
	u->commands[u->tail][0] = low;
	u->commands[u->tail][1] = high;
	u->tail = (u->tail + 1) % RING_SLOTS;
}

/* Has the unit forget something; it has when this returns. The buffer is empty
 * between calls. */
static void submit(struct unit *u, uint64_t low, uint64_t high)
{
	const uint64_t end = clock_now() + IOMMU_PATIENCE;

	spin_lock(&u->lock);
	__atomic_store_n(&u->done, 0, __ATOMIC_RELAXED);
	put_locked(u, low, high);
	put_locked(u, WAIT | virt_to_maddr(&u->done).v, 1);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	iommu_write64(u->regs, REG_COMMAND_TAIL, (uint64_t)u->tail << 4);
	while (__atomic_load_n(&u->done, __ATOMIC_ACQUIRE) == 0) {
		if (clock_now() > end) {
			panic("IOMMU does not invalidate\n");
		}
		cpu_pause();
	}
	spin_unlock(&u->lock);
}

static const char *amd_add(volatile void *registers, uint32_t sbdf,
			   struct iommu_traits *traits)
{
	volatile uint8_t *regs = registers;
	struct unit *u;

	(void)traits; /* all know all sizes, and look into caches */
	if ((iommu_read64(regs, REG_FEATURES) & FEATURE_FLUSH_ALL) == 0) {
		return "cannot forget all at once";
	}
	u = heap_alloc(sizeof(*u));
	if (u != NULL) {
		u->commands = heap_alloc_pages(0);
		u->events = heap_alloc_pages(0);
	}
	if (u == NULL || u->commands == NULL || u->events == NULL) {
		return "got no memory";
	}
	spinlock_init(&u->lock, LOCK_DEVICE);
	u->regs = regs;
	u->sbdf = sbdf;
	units[unit_count++] = u;
	return NULL;
}

static uint64_t *device_table(const struct iommu_begin *b)
{
	uint64_t *t = heap_alloc_pages(DEVICES_ORDER);

	for (size_t i = 0; t != NULL && i < DEVICES; i++) {
		uint64_t *entry = &t[DEVICE_WORDS * i];

		entry[0] = amd_table(b->root, IOMMU_LEVELS + 1) | DEVICE_VALID |
			   DEVICE_TRANSLATE;
		entry[1] = IOMMU_SPACE_ID;
		entry[DEVICE_IRQ_WORD] = b->interrupts ? DEVICE_IRQ_VALID : 0;
	}
	return t;
}

static void flush_device(uint64_t what, uint32_t source)
{
	for (unsigned int i = 0; i < unit_count; i++) {
		submit(units[i], what | (source & UINT16_MAX), 0);
	}
}

/* The device's entries; NULL before its first. */
static uint32_t *irqs_of(uint32_t source)
{
	const uint64_t word =
		devices[DEVICE_WORDS * (source & UINT16_MAX) + DEVICE_IRQ_WORD];

	return (word & DEVICE_IRQ_REMAP) == 0
		       ? NULL
		       : maddr_to_virt(maddr(word & DEVICE_IRQ_TABLE));
}

static uint32_t *irqs_make(uint32_t source)
{
	uint64_t *word = &devices[DEVICE_WORDS * (source & UINT16_MAX) +
				  DEVICE_IRQ_WORD];
	uint32_t *irqs = heap_alloc_pages(0);

	if (irqs != NULL) {
		__atomic_store_n(word,
				 virt_to_maddr(irqs).v | DEVICE_IRQ_REMAP |
					 DEVICE_IRQ_VALID,
				 __ATOMIC_RELEASE);
		flush_device(FLUSH_DEVICE, source);
	}
	return irqs;
}

static void irq_write(const struct iommu_irq *q, uint32_t *irqs, uint32_t value)
{
	if (irqs[q->index] != value) {
		__atomic_store_n(&irqs[q->index], value, __ATOMIC_RELEASE);
		flush_device(FLUSH_IRQS, q->source);
	}
}

/* Messages of segments beyond the first would have the entries of its own. */
static bool is_known(const struct iommu_irq *q)
{
	return q->source <= UINT16_MAX && q->index < IRQS_MAX;
}

/* The message's data is the entry's number, whoever its address means. */
static int amd_irq_set(const struct iommu_irq *q, struct iommu_message *m)
{
	uint32_t *irqs;

	if (!is_known(q)) {
		return -XEN_ENOSPC;
	}
	irqs = irqs_of(q->source);
	if (irqs == NULL) {
		irqs = irqs_make(q->source);
	}
	if (irqs == NULL) {
		return -XEN_ENOMEM;
	}
	irq_write(q, irqs,
		  (uint32_t)IRQ_VALID |
			  pcpu_table[q->cpu]->apic_id << IRQ_DEST_SHIFT |
			  (uint32_t)q->vector << IRQ_VECTOR_SHIFT);
	m->data = q->index;
	return 0;
}

static void amd_irq_clear(const struct iommu_irq *q)
{
	uint32_t *irqs = is_known(q) ? irqs_of(q->source) : NULL;

	if (irqs != NULL) {
		irq_write(q, irqs, 0);
	}
}

/* The unit is a PCI function with an ordinary MSI capability. */
static void set_message(const struct unit *u, const struct iommu_message *m)
{
	struct pci_function f;

	if (!pci_probe(u->sbdf, &f) || f.msi == 0) {
		log_warning("IOMMU: faults are not reported\n");
		return;
	}

	const uint32_t control = pci_read(f.sbdf, f.msi + MSI_CONTROL, 2);

	pci_write(f.sbdf, f.msi + MSI_ADDRESS, 4, m->address);
	if (f.msi_data - f.msi > 8) {
		pci_write(f.sbdf, f.msi + MSI_ADDRESS + 4, 4, 0);
	}
	pci_write(f.sbdf, f.msi_data, 2, m->data);
	pci_write(f.sbdf, f.msi + MSI_CONTROL, 2, control | MSI_ENABLE);
}

static void control(struct unit *u, uint64_t clear, uint64_t set)
{
	const uint64_t now = iommu_read64(u->regs, REG_CONTROL);

	iommu_write64(u->regs, REG_CONTROL, (now & ~clear) | set);
}

/* The number of the entry for a unit's own message is its vector, so it arrives
 * whether the unit remaps it or not. */
static bool faults_start(const struct unit *u, const struct iommu_begin *b)
{
	struct iommu_irq q = b->faults;
	struct iommu_message m = iommu_irq_plain(&q);

	q.source = u->sbdf;
	q.index = q.vector;
	if (b->interrupts && amd_irq_set(&q, &m) != 0) {
		return false;
	}
	set_message(u, &m);
	return true;
}

static void unit_start(struct unit *u)
{
	control(u,
		CONTROL_ENABLE | CONTROL_EVENTS | CONTROL_EVENT_INT |
			CONTROL_COMMANDS | CONTROL_FORMATS,
		0);
	iommu_write64(u->regs, REG_DEVICES,
		      virt_to_maddr(devices).v | DEVICES_SIZE);
	iommu_write64(u->regs, REG_COMMANDS,
		      virt_to_maddr(u->commands).v | RING_SIZE);
	iommu_write64(u->regs, REG_COMMAND_HEAD, 0);
	iommu_write64(u->regs, REG_COMMAND_TAIL, 0);
	iommu_write64(u->regs, REG_EVENTS,
		      virt_to_maddr(u->events).v | RING_SIZE);
	iommu_write64(u->regs, REG_EVENT_HEAD, 0);
	iommu_write64(u->regs, REG_EVENT_TAIL, 0);
	control(u, 0,
		CONTROL_ENABLE | CONTROL_EVENTS | CONTROL_COHERENT |
			CONTROL_COMMANDS);
	submit(u, FLUSH_ALL, 0);
}

static bool amd_start(const struct iommu_begin *b)
{
	devices = device_table(b);
	for (unsigned int i = 0; devices != NULL && i < unit_count; i++) {
		unit_start(units[i]);
	}
	for (unsigned int i = 0; devices != NULL && i < unit_count; i++) {
		if (!faults_start(units[i], b)) {
			return false;
		}
	}
	return devices != NULL;
}

/* The lowest zero bit of the address says how many pages (2.4.3). */
static void amd_flush(gfn_t g, unsigned int order)
{
	uint64_t at = g.v << PAGE_SHIFT | FLUSH_TABLES;

	if (order == IOMMU_ALL) {
		at = FLUSH_EVERYTHING | FLUSH_TABLES | FLUSH_SEVERAL;
	} else if (order > 0) {
		at |= ((BIT(order - 1) - 1) << PAGE_SHIFT) | FLUSH_SEVERAL;
	}
	for (unsigned int i = 0; i < unit_count; i++) {
		submit(units[i],
		       FLUSH_PAGES | (uint64_t)IOMMU_SPACE_ID << FLUSH_ID_SHIFT,
		       at);
	}
}

/* A log that ran over is started again (2.5.2). */
static void restart_events(struct unit *u)
{
	const uint64_t end = clock_now() + IOMMU_PATIENCE;

	control(u, CONTROL_EVENTS, 0);
	while ((iommu_read64(u->regs, REG_STATUS) & STATUS_EVENTS_RUN) != 0 &&
	       clock_now() < end) {
		cpu_pause();
	}
	iommu_write64(u->regs, REG_STATUS, STATUS_OVERFLOW);
	control(u, 0, CONTROL_EVENTS);
}

static enum iommu_access what_of(uint64_t event)
{
	if ((event & EVENT_IS_IRQ) != 0) {
		return IOMMU_INTERRUPTS;
	}
	return (event & EVENT_IS_WRITE) != 0 ? IOMMU_WRITES : IOMMU_READS;
}

static void unit_fault_read(struct unit *u)
{
	const uint64_t tail = iommu_read64(u->regs, REG_EVENT_TAIL) >> 4;
	uint64_t head = iommu_read64(u->regs, REG_EVENT_HEAD) >> 4;

	control(u, CONTROL_EVENT_INT, 0);
	iommu_write64(u->regs, REG_STATUS, STATUS_EVENT_INT);
	while (head != tail && head < RING_SLOTS) {
		const uint64_t *e = u->events[head];

		iommu_report((uint16_t)e[0], e[1], what_of(e[0]),
			     EVENT_CODE(e[0]));
		head = (head + 1) % RING_SLOTS;
	}
	iommu_write64(u->regs, REG_EVENT_HEAD, head << 4);
	if ((iommu_read64(u->regs, REG_STATUS) & STATUS_OVERFLOW) != 0) {
		restart_events(u);
	}
}

static void amd_fault_read(void)
{
	for (unsigned int i = 0; i < unit_count; i++) {
		unit_fault_read(units[i]);
	}
}

/* The status that asks for an interrupt is sticky: nothing is lost. */
static void amd_fault_listen(void)
{
	for (unsigned int i = 0; i < unit_count; i++) {
		control(units[i], 0, CONTROL_EVENT_INT);
	}
}

const struct iommu_ops iommu_amd = {
	.name = "AMD-Vi",
	.present = ENTRY_PRESENT,
	.table = amd_table,
	.leaf = amd_leaf,
	.is_leaf = amd_is_leaf,
	.access = amd_access,
	.add = amd_add,
	.start = amd_start,
	.flush = amd_flush,
	.irq_set = amd_irq_set,
	.irq_clear = amd_irq_clear,
	.fault_read = amd_fault_read,
	.fault_listen = amd_fault_listen,
};
