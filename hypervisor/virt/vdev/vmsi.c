/* SPDX-License-Identifier: MIT */
/*
 * Host vectors for a domain's messages, and the MSI capability (PCI 3.0 6.8.1).
 *
 * An edge is never lost when a vector moves to another pCPU: the old vector
 * keeps its handler until the next move, and moves are at least
 * MOVE_INTERVAL_NS apart, far longer than a message is on its way.
 */
#include "virt/vdev/vmsi.h"

#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "core/clock.h"
#include "core/irq.h"
#include "domain/domain.h"
#include "domain/irq_guest.h"

#define MOVE_INTERVAL_NS (10 * NSEC_PER_MSEC)
#define APIC_ID_LIMIT    0xffu /* destinations have eight bits */

static void vector_fired(unsigned int host_vector, void *context)
{
	struct vmsi_vector *v = context;
	struct vlapic_message message;

	(void)host_vector;
	irq_eoi();
	spin_lock(&v->lock);
	message = v->message;
	spin_unlock(&v->lock);
	(void)vlapic_deliver(v->domain, &message);
}

void vmsi_vector_init(struct vmsi_vector *v, struct domain *d)
{
	spinlock_init(&v->lock, LOCK_IRQ);
	v->domain = d;
}

void vmsi_vector_set(struct vmsi_vector *v, uint64_t address, uint32_t data)
{
	const struct vlapic_message message = vlapic_msi_message(address, data);

	spin_lock(&v->lock);
	v->message = message;
	spin_unlock(&v->lock);
}

/* Near which pCPU: a guess is enough, delivery looks at the message itself. */
static unsigned int vector_cpu(const struct vmsi_vector *v)
{
	const struct vlapic_message *m = &v->message;
	uint32_t vcpu = 0;

	if (!m->logical) {
		vcpu = m->dest / 2; /* vlapic_id_of() */
	} else if (m->dest != 0) {
		vcpu = (uint32_t)__builtin_ctz(m->dest);
	}
	return irq_guest_cpu(domain_vcpu(v->domain, vcpu));
}

static int host_alloc(struct vmsi_vector *v, unsigned int cpu,
		      struct vmsi_host *out)
{
	const int vector = irq_vector_alloc(cpu, vector_fired, v);

	if (vector < 0) {
		return vector;
	}
	out->cpu = cpu;
	out->vector = (uint8_t)vector;
	return 0;
}

static void host_free(struct vmsi_host *h)
{
	if (h->vector != 0) {
		irq_vector_free(h->cpu, h->vector);
		h->vector = 0;
	}
}

/* The first vector: near its target, or wherever one is left. */
static int vector_place(struct vmsi_vector *v, unsigned int cpu)
{
	if (host_alloc(v, cpu, &v->now) == 0) {
		return 0;
	}
	for (unsigned int i = 0; i < pcpu_count; i++) {
		if (pcpu_table[i] != NULL &&
		    pcpu_table[i]->apic_id < APIC_ID_LIMIT &&
		    host_alloc(v, i, &v->now) == 0) {
			return 0;
		}
	}
	log_error("no interrupt vector left for a device's message\n");
	return -XEN_ENOSPC;
}

/* Without a vector over there it stays where it is. */
static void vector_move(struct vmsi_vector *v, unsigned int cpu)
{
	struct vmsi_host there = { .vector = 0 };

	if (clock_now() - v->moved < MOVE_INTERVAL_NS ||
	    host_alloc(v, cpu, &there) != 0) {
		return;
	}
	host_free(&v->before);
	v->before = v->now;
	v->now = there;
	v->moved = clock_now();
}

int vmsi_vector_route(struct vmsi_vector *v, bool may_move,
		      struct pci_msi_message *out)
{
	const unsigned int cpu = vector_cpu(v);

	if (v->now.vector == 0) {
		const int error = vector_place(v, cpu);

		if (error != 0) {
			return error;
		}
	} else if (v->now.cpu != cpu && may_move) {
		vector_move(v, cpu);
	}
	*out = pci_msi_message(pcpu_table[v->now.cpu]->apic_id, v->now.vector);
	return 0;
}

void vmsi_vector_release(struct vmsi_vector *v)
{
	host_free(&v->now);
	host_free(&v->before);
}

void vmsi_init(struct vmsi *m, const struct pci_function *f, struct domain *d)
{
	m->f = f;
	vmsi_vector_init(&m->vector, d);
}

/* Offset of the data register in the capability; its upper half is reserved. */
static uint16_t data_register(const struct vmsi *m)
{
	return (uint16_t)(pci_msi_data_offset(m->f) - m->f->msi);
}

bool vmsi_owns(const struct vmsi *m, uint16_t reg)
{
	/* Mask and pending bits behind the data are the device's own. */
	return m->f->msi != 0 && reg >= m->f->msi &&
	       reg <= pci_msi_data_offset(m->f);
}

uint32_t vmsi_read(const struct vmsi *m, uint16_t reg)
{
	const uint16_t offset = (uint16_t)(reg - m->f->msi);

	if (offset == 0) {
		/* One message: several need adjacent host vectors. */
		return pci_read(m->f->sbdf, reg, 4) & ~(PCI_MSI_MULTIPLE << 16);
	}
	if (offset == 4) {
		return (uint32_t)m->address;
	}
	if (offset == data_register(m)) {
		return m->data;
	}
	return (uint32_t)(m->address >> 32);
}

static void set_enabled(const struct vmsi *m, bool enabled)
{
	pci_write(m->f->sbdf, m->f->msi + 2, 2, enabled ? PCI_MSI_ENABLE : 0);
}

static bool is_enabled(const struct vmsi *m)
{
	return (pci_read(m->f->sbdf, m->f->msi + 2, 2) & PCI_MSI_ENABLE) != 0;
}

void vmsi_restore(struct vmsi *m)
{
	struct pci_msi_message host;

	if (!m->enabled || is_enabled(m)) {
		return;
	}
	if (vmsi_vector_route(&m->vector, true, &host) != 0) {
		return;
	}
	pci_msi_write(m->f, &host);
	set_enabled(m, true);
}

void vmsi_stop(struct vmsi *m)
{
	if (m->f->msi == 0) {
		return;
	}
	m->enabled = false;
	set_enabled(m, false);
	vmsi_vector_release(&m->vector);
}

static void control_write(struct vmsi *m, uint32_t control)
{
	if ((control & PCI_MSI_ENABLE) == 0) {
		vmsi_stop(m);
		return;
	}
	m->enabled = true;
	vmsi_restore(m);
}

/* A new message while enabled changes only where the handler delivers. */
void vmsi_write(struct vmsi *m, uint16_t reg, uint32_t value)
{
	const uint16_t offset = (uint16_t)(reg - m->f->msi);

	if (offset == 0) {
		control_write(m, value >> 16);
		return;
	}
	if (offset == 4) {
		m->address =
			(m->address & ~UINT64_C(0xffffffff)) | (value & ~3u);
	} else if (offset == data_register(m)) {
		m->data = value & 0xffff;
	} else {
		m->address = (m->address & 0xffffffff) | (uint64_t)value << 32;
	}
	vmsi_vector_set(&m->vector, m->address, m->data);
}
