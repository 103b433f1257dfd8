/* SPDX-License-Identifier: MIT */
/*
 * Intel VT-d, in legacy mode with second-level tables of four levels. Sections
 * are those of the VT-d specification, revision 3.0.
 *
 * One root table and one context table serve all buses of all units, since all
 * devices see the same space. Units are told what to forget by their queue.
 *
 * One table of interrupts serves all units, too. It has an entry for each vector
 * of each pCPU, since such a vector has one source.
 */
#include "dev/iommu_unit.h"

#include "arch/x86/asm.h"
#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "arch/x86/spinlock.h"
#include "core/clock.h"
#include "mm/heap.h"

enum { /* registers, 10.4 */
       REG_VERSION = 0x00,
       REG_CAP = 0x08,
       REG_ECAP = 0x10,
       REG_COMMAND = 0x18,
       REG_STATUS = 0x1c,
       REG_ROOT = 0x20,
       REG_FAULT_STATUS = 0x34,
       REG_FAULT_CONTROL = 0x38,
       REG_FAULT_DATA = 0x3c,
       REG_FAULT_ADDRESS = 0x40,
       REG_FAULT_ADDRESS_HIGH = 0x44,
       REG_PROTECTED = 0x64,
       REG_QUEUE_TAIL = 0x88,
       REG_QUEUE_BASE = 0x90,
       REG_INTERRUPTS = 0xb8,
};

#define CAP_WRITE_BUFFER    BIT(4)
#define CAP_PROTECTED       (BIT(5) | BIT(6))
#define CAP_CACHING         BIT(7)
#define CAP_FOUR_LEVELS     BIT(10)
#define CAP_FAULTS_AT(c)    ((unsigned int)((c) >> 24 & 0x3ff) * 16)
#define CAP_2M              BIT(34)
#define CAP_1G              BIT(35)
#define CAP_PAGE_FLUSH      BIT(39)
#define CAP_FAULTS(c)       ((unsigned int)((c) >> 40 & 0xff) + 1)
#define CAP_FLUSH_ORDER(c)  ((unsigned int)((c) >> 48 & 0x3f))

#define ECAP_COHERENT       BIT(0)
#define ECAP_QUEUE          BIT(1)
#define ECAP_INTERRUPTS     BIT(3)

#define COMMAND_TRANSLATE   BIT(31)
#define COMMAND_ROOT        BIT(30)
#define COMMAND_QUEUE       BIT(26)
#define COMMAND_REMAP       BIT(25)
#define COMMAND_REMAP_TABLE BIT(24)
#define COMMAND_COMPATIBLE  BIT(23)     /* lets plain messages through */
#define STATUS_LASTING      0x96ffffffu /* without one-shot bits: 10.4.4 */

#define PROTECTED_ENABLE    BIT(31)
#define PROTECTED_STATUS    BIT(0)

#define FAULT_OVERFLOW      BIT(0)
#define FAULT_MASK          BIT(31)
#define FAULT_RECORDED      BIT(63) /* 10.4.14, upper half */
#define FAULT_IS_READ       BIT(62)
#define FAULT_REASON(r)     ((unsigned int)((r) >> 32 & 0xff))
#define FAULT_IRQ_FIRST     0x20u /* 5.1.4.1 */
#define FAULT_IRQ_LAST      0x26u
#define FAULT_HANDLE_SHIFT  48 /* in the lower half */

#define ENTRY_READ          BIT(0) /* 9.8 */
#define ENTRY_WRITE         BIT(1)
#define ENTRY_LARGE         BIT(7)

#define ROOT_PRESENT        BIT(0) /* 9.1 */
#define CONTEXT_PRESENT     BIT(0) /* 9.3 */
#define CONTEXT_FOUR_LEVELS 2u
#define CONTEXT_ID_SHIFT    8

#define IRQ_VECTORS         256u
#define IRQ_PRESENT         BIT(0) /* 9.10: to one pCPU, fixed */
#define IRQ_LEVEL           BIT(4)
#define IRQ_VECTOR_SHIFT    16
#define IRQ_DEST_SHIFT      40      /* eight bits of it: xAPIC mode */
#define IRQ_FROM_ONE        BIT(18) /* upper half: the source is checked */
#define IRQ_MESSAGE         BIT(4)  /* 5.1.5.2, in the address */
#define IRQ_HANDLE(h)       ((0x7fff & (h)) << 5 | (h) >> 15 << 2)

#define QUEUE_SLOTS         256u             /* a page of them: 10.4.23 */
#define FLUSH_CONTEXTS      (0x1u | 1u << 4) /* 6.5.2.1: all */
#define FLUSH_ALL           (0x2u | 1u << 4) /* 6.5.2.3 */
#define FLUSH_SPACE         (0x2u | 2u << 4)
#define FLUSH_PAGES         (0x2u | 3u << 4)
#define FLUSH_DRAIN         (3u << 6)
#define FLUSH_ID_SHIFT      16
#define FLUSH_IRQS          0x4u             /* 6.5.2.7: all */
#define FLUSH_IRQ           (0x4u | 1u << 4) /* one */
#define FLUSH_IRQ_SHIFT     32
#define WAIT_STATUS         (0x5u | 1u << 5) /* 6.5.2.8 */
#define WAIT_DATA_SHIFT     32

struct unit {
	struct spinlock lock; /* LOCK_DEVICE: the queue */
	volatile uint8_t *regs;
	uint64_t cap;
	uint64_t (*queue)[2]; /* (o) */
	unsigned int tail;    /* (l) */
	uint32_t done;        /* the unit writes it */
};

static struct unit *units[IOMMU_UNITS_MAX];
static unsigned int unit_count;
static uint64_t (*irqs)[2]; /* (o) entries, by handle_of() */

static uint64_t vtd_table(maddr_t next, unsigned int level)
{
	(void)level;
	return next.v | ENTRY_READ | ENTRY_WRITE;
}

static uint64_t vtd_leaf(mfn_t m, unsigned int level, unsigned int access)
{
	return maddr_of(m).v | (level > 1 ? ENTRY_LARGE : 0) |
	       ((access & IOMMU_READ) != 0 ? ENTRY_READ : 0) |
	       ((access & IOMMU_WRITE) != 0 ? ENTRY_WRITE : 0);
}

static bool vtd_is_leaf(uint64_t e, unsigned int level)
{
	return level == 1 || (e & ENTRY_LARGE) != 0;
}

static unsigned int vtd_access(uint64_t e)
{
	return ((e & ENTRY_READ) != 0 ? IOMMU_READ : 0) |
	       ((e & ENTRY_WRITE) != 0 ? IOMMU_WRITE : 0);
}

/* Until (register & mask) == want. A unit that is deaf isolates nothing. */
static void wait_for(struct unit *u, unsigned int reg, uint64_t mask,
		     uint64_t want)
{
	const uint64_t end = clock_now() + IOMMU_PATIENCE;

	while ((iommu_read32(u->regs, reg) & mask) != want) {
		if (clock_now() > end) {
			panic("IOMMU does not answer (register %#x)\n", reg);
		}
		cpu_pause();
	}
}

/* One bit at a time: 10.4.4. */
static void command(struct unit *u, uint64_t bit, bool on)
{
	const uint32_t now = iommu_read32(u->regs, REG_STATUS) & STATUS_LASTING;

	iommu_write32(u->regs, REG_COMMAND,
		      (uint32_t)(on ? now | bit : now & ~bit));
	wait_for(u, REG_STATUS, bit, on ? bit : 0);
}

static void put_locked(struct unit *u, uint64_t low, uint64_t high)
{
	u->queue[u->tail][0] = low;
	u->queue[u->tail][1] = high;
	u->tail = (u->tail + 1) % QUEUE_SLOTS;
}

/* Has the unit forget something; it has when this returns. The queue is empty
 * between calls. */
static void submit(struct unit *u, uint64_t low, uint64_t high)
{
	const uint64_t end = clock_now() + IOMMU_PATIENCE;

	spin_lock(&u->lock);
	__atomic_store_n(&u->done, 0, __ATOMIC_RELAXED);
	put_locked(u, low, high);
	put_locked(u, WAIT_STATUS | UINT64_C(1) << WAIT_DATA_SHIFT,
		   virt_to_maddr(&u->done).v);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	iommu_write64(u->regs, REG_QUEUE_TAIL, (uint64_t)u->tail << 4);
	while (__atomic_load_n(&u->done, __ATOMIC_ACQUIRE) == 0) {
		if (clock_now() > end) {
			panic("IOMMU does not invalidate\n");
		}
		cpu_pause();
	}
	spin_unlock(&u->lock);
}

static const char *judge(uint64_t cap, uint64_t ecap)
{
	if ((ecap & ECAP_QUEUE) == 0) {
		return "has no queued invalidation";
	}
	if ((cap & CAP_FOUR_LEVELS) == 0) {
		return "has no tables of four levels";
	}
	return (cap & CAP_WRITE_BUFFER) != 0 ? "has a write buffer" : NULL;
}

static const char *vtd_add(volatile void *registers, uint32_t sbdf,
			   struct iommu_traits *traits)
{
	volatile uint8_t *regs = registers;
	const uint64_t cap = iommu_read64(regs, REG_CAP);
	const uint64_t ecap = iommu_read64(regs, REG_ECAP);
	const char *fault = judge(cap, ecap);
	struct unit *u;

	(void)sbdf;
	if (fault != NULL || iommu_read32(regs, REG_VERSION) == UINT32_MAX) {
		return fault != NULL ? fault : "is not there";
	}
	u = heap_alloc(sizeof(*u));
	if (u != NULL) {
		u->queue = heap_alloc_pages(0);
	}
	if (u == NULL || u->queue == NULL) {
		return "got no memory";
	}
	spinlock_init(&u->lock, LOCK_DEVICE);
	u->regs = regs;
	u->cap = cap;
	units[unit_count++] = u;
	if ((cap & CAP_2M) == 0) {
		traits->largest = 1;
	} else if ((cap & CAP_1G) == 0 && traits->largest > 2) {
		traits->largest = 2;
	}
	traits->interrupts &= (ecap & ECAP_INTERRUPTS) != 0;
	traits->coherent &= (ecap & ECAP_COHERENT) != 0;
	traits->caches_absent |= (cap & CAP_CACHING) != 0;
	return NULL;
}

/* The same context for every function of every bus. */
static uint64_t *root_table(maddr_t tables)
{
	uint64_t *root = heap_alloc_pages(0);
	uint64_t *contexts = heap_alloc_pages(0);

	if (root == NULL || contexts == NULL) {
		return NULL;
	}
	for (unsigned int i = 0; i < PAGE_SIZE / 16; i++) {
		contexts[2 * i] = tables.v | CONTEXT_PRESENT;
		contexts[2 * i + 1] = CONTEXT_FOUR_LEVELS |
				      IOMMU_SPACE_ID << CONTEXT_ID_SHIFT;
		root[2 * i] = virt_to_maddr(contexts).v | ROOT_PRESENT;
	}
	iommu_publish(contexts, PAGE_SIZE);
	iommu_publish(root, PAGE_SIZE);
	return root;
}

/* What firmware began with it ends. */
static void turn_off(struct unit *u)
{
	static const uint64_t bits[] = { COMMAND_REMAP, COMMAND_COMPATIBLE,
					 COMMAND_TRANSLATE, COMMAND_QUEUE };

	for (unsigned int i = 0; i < ARRAY_SIZE(bits); i++) {
		if ((iommu_read32(u->regs, REG_STATUS) & bits[i]) != 0) {
			command(u, bits[i], false);
		}
	}
}

/* Ranges that firmware closed to all devices: the tables do that now (10.4.16). */
static void open_protected(struct unit *u)
{
	if ((u->cap & CAP_PROTECTED) == 0) {
		return;
	}
	iommu_write32(u->regs, REG_PROTECTED,
		      iommu_read32(u->regs, REG_PROTECTED) &
			      (uint32_t)~PROTECTED_ENABLE);
	wait_for(u, REG_PROTECTED, PROTECTED_STATUS, 0);
}

/* The table's pages, as a power of two. */
static unsigned int irqs_order(void)
{
	const uint64_t size = (uint64_t)pcpu_count * IRQ_VECTORS * 16;
	unsigned int order = 0;

	while (size > PAGE_SIZE << order) {
		order++;
	}
	return order;
}

/* Entries say how many they are as 2^(n + 1): 10.4.29. */
static void irqs_start(struct unit *u)
{
	const unsigned int order = irqs_order();

	iommu_write64(u->regs, REG_INTERRUPTS,
		      virt_to_maddr(irqs).v | (order + 7));
	command(u, COMMAND_REMAP_TABLE, true);
	submit(u, FLUSH_IRQS, 0);
	command(u, COMMAND_REMAP, true);
}

static void unit_start(struct unit *u, maddr_t root,
		       const struct iommu_message *faults)
{
	turn_off(u);
	u->tail = 0;
	iommu_write64(u->regs, REG_QUEUE_TAIL, 0);
	iommu_write64(u->regs, REG_QUEUE_BASE, virt_to_maddr(u->queue).v);
	command(u, COMMAND_QUEUE, true);
	iommu_write64(u->regs, REG_ROOT, root.v);
	command(u, COMMAND_ROOT, true);
	submit(u, FLUSH_CONTEXTS, 0);
	submit(u, FLUSH_ALL | FLUSH_DRAIN, 0);
	iommu_write32(u->regs, REG_FAULT_DATA, faults->data);
	iommu_write32(u->regs, REG_FAULT_ADDRESS, faults->address);
	iommu_write32(u->regs, REG_FAULT_ADDRESS_HIGH, 0);
	command(u, COMMAND_TRANSLATE, true);
	if (irqs != NULL) {
		irqs_start(u);
	}
	open_protected(u);
}

/* A unit's own message is not remapped (5.1.6). */
static bool vtd_start(const struct iommu_begin *b)
{
	const struct iommu_message faults = iommu_irq_plain(&b->faults);
	const uint64_t *root = root_table(b->root);

	irqs = b->interrupts ? heap_alloc_pages(irqs_order()) : NULL;
	if (root == NULL || (b->interrupts && irqs == NULL)) {
		return false;
	}
	if (irqs != NULL) {
		iommu_publish(irqs, PAGE_SIZE << irqs_order());
	}
	for (unsigned int i = 0; i < unit_count; i++) {
		unit_start(units[i], virt_to_maddr(root), &faults);
	}
	return true;
}

static uint32_t handle_of(const struct iommu_irq *q)
{
	return q->cpu * IRQ_VECTORS + q->vector;
}

/* Not present while it changes: an entry has two words. */
static void irq_write(uint32_t handle, uint64_t low, uint64_t high)
{
	uint64_t *e = irqs[handle];

	if (e[0] == low && e[1] == high) {
		return;
	}
	__atomic_store_n(&e[0], 0, __ATOMIC_RELEASE);
	__atomic_store_n(&e[1], high, __ATOMIC_RELEASE);
	__atomic_store_n(&e[0], low, __ATOMIC_RELEASE);
	iommu_publish(e, 16);
	for (unsigned int i = 0; i < unit_count; i++) {
		submit(units[i],
		       FLUSH_IRQ | (uint64_t)handle << FLUSH_IRQ_SHIFT, 0);
	}
}

/* For a pin the data's vector is that of the entry, too (5.1.5.1). */
static int vtd_irq_set(const struct iommu_irq *q, struct iommu_message *m)
{
	const uint32_t handle = handle_of(q);
	const uint64_t dest = pcpu_table[q->cpu]->apic_id;
	const uint64_t low = dest << IRQ_DEST_SHIFT |
			     (uint64_t)q->vector << IRQ_VECTOR_SHIFT |
			     (q->level ? IRQ_LEVEL : 0) | IRQ_PRESENT;

	irq_write(handle, low,
		  q->source == IOMMU_ANY_SOURCE
			  ? 0
			  : IRQ_FROM_ONE | (q->source & UINT16_MAX));
	m->address = (m->address & ~UINT32_C(0xfffff)) | IRQ_MESSAGE |
		     IRQ_HANDLE(handle);
	return 0;
}

static void vtd_irq_clear(const struct iommu_irq *q)
{
	irq_write(handle_of(q), 0, 0);
}

static void vtd_flush(gfn_t g, unsigned int order)
{
	const uint64_t id = IOMMU_SPACE_ID << FLUSH_ID_SHIFT | FLUSH_DRAIN;

	for (unsigned int i = 0; i < unit_count; i++) {
		struct unit *u = units[i];

		if ((u->cap & CAP_PAGE_FLUSH) == 0 ||
		    order > CAP_FLUSH_ORDER(u->cap)) {
			submit(u, FLUSH_SPACE | id, 0);
		} else {
			submit(u, FLUSH_PAGES | id, g.v << PAGE_SHIFT | order);
		}
	}
}

static void report(uint64_t low, uint64_t high)
{
	const unsigned int reason = FAULT_REASON(high);
	const enum iommu_access what =
		(high & FAULT_IS_READ) != 0 ? IOMMU_READS : IOMMU_WRITES;

	if (reason >= FAULT_IRQ_FIRST && reason <= FAULT_IRQ_LAST) {
		iommu_report((uint16_t)high, low >> FAULT_HANDLE_SHIFT,
			     IOMMU_INTERRUPTS, reason);
		return;
	}
	iommu_report((uint16_t)high, low & IOMMU_ENTRY_ADDR, what, reason);
}

static void unit_fault_read(struct unit *u)
{
	const unsigned int at = CAP_FAULTS_AT(u->cap);

	iommu_write32(u->regs, REG_FAULT_CONTROL, (uint32_t)FAULT_MASK);
	for (unsigned int i = 0; i < CAP_FAULTS(u->cap); i++) {
		const uint64_t low = iommu_read64(u->regs, at + 16 * i);
		const uint64_t high = iommu_read64(u->regs, at + 16 * i + 8);

		if ((high & FAULT_RECORDED) == 0) {
			continue;
		}
		report(low, high);
		iommu_write32(u->regs, at + 16 * i + 12,
			      (uint32_t)(FAULT_RECORDED >> 32));
	}
	iommu_write32(u->regs, REG_FAULT_STATUS, (uint32_t)FAULT_OVERFLOW);
}

static void vtd_fault_read(void)
{
	for (unsigned int i = 0; i < unit_count; i++) {
		unit_fault_read(units[i]);
	}
}

/* What came while it was masked is sent now (10.4.10). */
static void vtd_fault_listen(void)
{
	for (unsigned int i = 0; i < unit_count; i++) {
		iommu_write32(units[i]->regs, REG_FAULT_CONTROL, 0);
	}
}

const struct iommu_ops iommu_vtd = {
	.name = "Intel VT-d",
	.present = ENTRY_READ | ENTRY_WRITE,
	.table = vtd_table,
	.leaf = vtd_leaf,
	.is_leaf = vtd_is_leaf,
	.access = vtd_access,
	.add = vtd_add,
	.start = vtd_start,
	.flush = vtd_flush,
	.irq_set = vtd_irq_set,
	.irq_clear = vtd_irq_clear,
	.fault_read = vtd_fault_read,
	.fault_listen = vtd_fault_listen,
};
