/* SPDX-License-Identifier: MIT */
/* Host vectors for a domain's messages, and the MSI capability (PCI 3.0
 * 6.8.1). */
#include "arch/x86/hooks.h"
#include "core/irq.h"
#include "domain/vcpu.h"
#include "virt/vdev/vlapic.h"
#include "virt/vdev/vpci_function.h"

#define CONTROL_ENABLE   0x1u
#define CONTROL_MULTIPLE 0x7eu /* how many messages: can, may */

/* The words may be of two messages while the domain changes them, as they may
 * on their way to a device. */
static struct vlapic_message message_now(const struct vmsi *m)
{
	uint64_t word[VMSI_WORDS];

	for (unsigned int i = 0; i < VMSI_WORDS; i++) {
		word[i] = load_relaxed(&m->word[i]);
	}
	return vlapic_msi_message(word[VMSI_ADDRESS_HIGH] << 32 |
					  word[VMSI_ADDRESS],
				  (uint32_t)word[VMSI_DATA]);
}

static void vector_fired(unsigned int, void *context)
{
	const struct vmsi *m = context;
	const struct vlapic_message message = message_now(m);

	irq_eoi();
	(void)vlapic_deliver(m->domain, &message);
}

/* Messages of a conventional function may come with the id of a bridge above it. */
void vmsi_init(struct vmsi *m, const struct vpci_function *f,
	       unsigned int index)
{
	const bool own_id = f->hw.express || (f->hw.sbdf & 0xff00) == 0;

	m->domain = f->domain;
	m->irq.source = own_id ? f->hw.sbdf : IOMMU_ANY_SOURCE;
	m->irq.index = (uint16_t)index;
}

/* Near which pCPU: a guess is enough, delivery looks at the message itself. */
static unsigned int wanted_cpu(const struct vmsi *m)
{
	const struct vlapic_message message = message_now(m);
	uint32_t vcpu = 0;

	if (!message.logical) {
		vcpu = message.dest / 2; /* vlapic_id_of() */
	} else if (message.dest != 0) {
		vcpu = (uint32_t)__builtin_ctz(message.dest);
	}
	return irq_guest_cpu(domain_vcpu(m->domain, vcpu));
}

static bool vector_take(struct vmsi *m, unsigned int cpu)
{
	int vector;

	if (pcpu_table[cpu] == NULL ||
	    pcpu_table[cpu]->apic_id > IOMMU_IRQ_ID_MAX) {
		return false;
	}
	vector = irq_vector_alloc(cpu, vector_fired, m);
	if (vector < 0) {
		return false;
	}
	m->irq.cpu = cpu;
	m->irq.vector = (uint8_t)vector;
	return true;
}

int vmsi_route(struct vmsi *m, struct iommu_message *out)
{
	const unsigned int wanted = wanted_cpu(m);
	int err;

	for (unsigned int i = 0; m->irq.vector == 0; i++) {
		if (i == pcpu_count) {
			log_error("no interrupt vector left for a device\n");
			return -XEN_ENOSPC;
		}
		(void)vector_take(m, (wanted + i) % pcpu_count);
	}
	err = iommu_irq_set(&m->irq, out);
	if (err != 0) {
		log_error("a device's interrupt cannot be remapped\n");
	}
	return err;
}

void vmsi_release(struct vmsi *m)
{
	if (m->irq.vector != 0) {
		iommu_irq_clear(&m->irq);
		irq_vector_free(m->irq.cpu, m->irq.vector);
		m->irq.vector = 0;
	}
}

/* Mask and pending bits behind the data are the device's own. */
bool vmsi_owns(const struct vpci_function *f, uint16_t reg)
{
	return f->hw.msi != 0 && reg >= f->hw.msi && reg <= f->hw.msi_data;
}

static enum vmsi_word word_of(const struct vpci_function *f, uint16_t reg)
{
	if (reg == f->hw.msi_data) {
		return VMSI_DATA;
	}
	return reg == f->hw.msi + 4 ? VMSI_ADDRESS : VMSI_ADDRESS_HIGH;
}

uint32_t vmsi_read(const struct vpci_function *f, uint16_t reg)
{
	if (reg == f->hw.msi) {
		/* One message: several need adjacent host vectors. */
		return pci_read(f->hw.sbdf, reg, 4) & ~(CONTROL_MULTIPLE << 16);
	}
	return f->msi.word[word_of(f, reg)];
}

static void control_write(struct vpci_function *f, bool enable)
{
	const struct pci_function *hw = &f->hw;
	struct iommu_message m;

	if (enable && vmsi_route(&f->msi, &m) == 0) {
		if (hw->msi_data == hw->msi + 12) {
			pci_write(hw->sbdf, hw->msi + 8, 4, 0);
		}
		pci_write(hw->sbdf, hw->msi + 4, 4, m.address);
		pci_write(hw->sbdf, hw->msi_data, 2, m.data);
		pci_write(hw->sbdf, hw->msi + 2, 2, CONTROL_ENABLE);
		return;
	}
	pci_write(hw->sbdf, hw->msi + 2, 2, 0);
	vmsi_release(&f->msi);
}

/* Rewritten while it is enabled, a message changes only what is delivered. */
void vmsi_write(struct vpci_function *f, uint16_t reg, uint32_t value)
{
	if (reg == f->hw.msi) {
		control_write(f, (value >> 16 & CONTROL_ENABLE) != 0);
	} else {
		store_relaxed(&f->msi.word[word_of(f, reg)], value);
	}
}
