/* SPDX-License-Identifier: MIT */
/*
 * Physical lines and their domains.
 *
 * The pin is unmasked exactly when the line is bound, not masked by the guest,
 * and no level interrupt is under way:
 *
 *   event            masked  under way   pin
 *   bind             stays   cleared     masked
 *   unmask           false   stays       unmasked unless under way
 *   level interrupt  stays   true        masked
 *   eoi              stays   false       unmasked unless masked
 *
 * Edges are never masked by us, since an I/O APIC forgets an edge on a masked
 * pin. Each line has a lock (LOCK_IRQ); the sink is called without it.
 */
#include "domain/irq_guest.h"

#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "arch/x86/spinlock.h"
#include "core/ioapic.h"
#include "core/irq.h"
#include "domain/domain.h"
#include "domain/vcpu.h"

#define LINES         512u
#define APIC_ID_LIMIT 0xffu /* destinations have eight bits */

struct line {
	struct spinlock lock;
	struct domain *domain; /* (l) NULL: nobody's */
	uint32_t cpu;          /* (l) where vector is allocated */
	uint8_t vector;        /* (l) 0: none */
	bool level;            /* (l) */
	bool masked;           /* (l) by the guest */
	bool under_way;        /* (l) level interrupt not ended yet */
};

static struct line lines[LINES] = {
	[0 ... LINES - 1] = { .lock = SPINLOCK_INIT(LOCK_IRQ) },
};

static irq_guest_sink_t sink;

void irq_guest_set_sink(irq_guest_sink_t s)
{
	sink = s;
}

unsigned int irq_guest_cpu(const struct vcpu *v)
{
	const unsigned int cpu = v == NULL ? 0 : v->unit.cpu;

	if (cpu < pcpu_count && pcpu_table[cpu] != NULL &&
	    pcpu_table[cpu]->apic_id < APIC_ID_LIMIT) {
		return cpu;
	}
	return 0;
}

static uint32_t gsi_of(const struct line *l)
{
	return (uint32_t)(l - lines);
}

/* The line, locked, if it is the domain's; else NULL. */
static struct line *line_lock(const struct domain *d, uint32_t gsi)
{
	struct line *l;

	if (gsi >= LINES) {
		return NULL;
	}
	l = &lines[gsi];
	spin_lock(&l->lock);
	if (l->domain != d) {
		spin_unlock(&l->lock);
		return NULL;
	}
	return l;
}

static void pin_update_locked(const struct line *l)
{
	if (l->masked || l->under_way) {
		ioapic_mask(gsi_of(l));
	} else {
		ioapic_unmask(gsi_of(l));
	}
}

/*
 * Handler of a line's vector. The local APIC may go on at once: a level pin is
 * masked by then, so the I/O APIC does not send the same interrupt again.
 */
static void line_fired(unsigned int vector, void *context)
{
	struct line *l = context;
	struct domain *d;

	(void)vector;
	spin_lock(&l->lock);
	d = l->domain;
	if (d != NULL && l->level) {
		l->under_way = true;
		ioapic_mask(gsi_of(l));
	}
	spin_unlock(&l->lock);
	irq_eoi();

	if (d != NULL && !sink(d, gsi_of(l))) {
		irq_guest_eoi(d, gsi_of(l));
	}
}

/* A vector for the line, kept for as long as somebody has it. */
static int vector_get_locked(struct line *l, unsigned int cpu)
{
	int vector;

	if (l->vector != 0) {
		return 0;
	}
	vector = irq_vector_alloc(cpu, line_fired, l);
	if (vector < 0) {
		return vector;
	}
	l->vector = (uint8_t)vector;
	l->cpu = cpu;
	return 0;
}

static int bind_locked(struct line *l, struct domain *d, bool level,
		       bool active_low)
{
	int error;

	if (l->domain != NULL && l->domain != d) {
		return -XEN_EBUSY;
	}
	error = vector_get_locked(l, irq_guest_cpu(domain_vcpu(d, 0)));
	if (error != 0) {
		return error;
	}
	l->domain = d;
	l->level = level;
	l->masked = true;
	l->under_way = false;
	ioapic_route(gsi_of(l), l->vector, pcpu_table[l->cpu]->apic_id, level,
		     active_low);
	return 0;
}

int irq_guest_bind(struct domain *d, uint32_t gsi, bool level, bool active_low)
{
	int error;

	if (gsi >= LINES || !ioapic_has_gsi(gsi)) {
		return -XEN_ENOENT;
	}
	assert(sink != NULL);
	spin_lock(&lines[gsi].lock);
	error = bind_locked(&lines[gsi], d, level, active_low);
	spin_unlock(&lines[gsi].lock);
	return error;
}

static void set_masked(struct domain *d, uint32_t gsi, bool masked)
{
	struct line *l = line_lock(d, gsi);

	if (l != NULL) {
		l->masked = masked;
		pin_update_locked(l);
		spin_unlock(&l->lock);
	}
}

void irq_guest_mask(struct domain *d, uint32_t gsi)
{
	set_masked(d, gsi, true);
}

void irq_guest_unmask(struct domain *d, uint32_t gsi)
{
	set_masked(d, gsi, false);
}

void irq_guest_eoi(struct domain *d, uint32_t gsi)
{
	struct line *l = line_lock(d, gsi);

	if (l == NULL) {
		return;
	}
	if (l->under_way) {
		l->under_way = false;
		pin_update_locked(l);
	}
	spin_unlock(&l->lock);
}

void irq_guest_release(struct domain *d)
{
	for (uint32_t gsi = 0; gsi < LINES; gsi++) {
		struct line *l = line_lock(d, gsi);

		if (l == NULL) {
			continue;
		}
		ioapic_mask(gsi);
		irq_vector_free(l->cpu, l->vector);
		l->vector = 0;
		l->domain = NULL;
		spin_unlock(&l->lock);
	}
}
