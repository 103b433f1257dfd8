/* SPDX-License-Identifier: MIT */
/* Host vectors for a domain's messages, and the MSI capability (PCI 3.0
 * 6.8.1). */
#include "arch/x86/hooks.h"
#include "core/irq.h"
#include "domain/domain.h"
#include "domain/irq_guest.h"
#include "virt/vdev/vlapic.h"
#include "virt/vdev/vpci_function.h"

/* SDM 3A 11.11.1 (AMD APM 2 16.11): where messages become interrupts. */
#define MESSAGE_BASE       0xfee00000u
#define MESSAGE_DEST_SHIFT 12
#define APIC_ID_LIMIT      0xffu /* destinations have eight bits */

#define CONTROL_ENABLE     0x1u
#define CONTROL_MULTIPLE   0x7eu /* how many messages: can, may */

/* The words may be of two messages while the domain changes them, as they may
 * on their way to a device. */
static struct vlapic_message message_now(const struct vmsi *m)
{
	uint64_t word[VMSI_WORDS];

	for (unsigned int i = 0; i < VMSI_WORDS; i++) {
		word[i] = __atomic_load_n(&m->word[i], __ATOMIC_RELAXED);
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

void vmsi_set(struct vmsi *m, enum vmsi_word word, uint32_t value)
{
	/* Pairs with message_now(): the handler delivers it from now on. */
	__atomic_store_n(&m->word[word], value, __ATOMIC_RELAXED);
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
	    pcpu_table[cpu]->apic_id >= APIC_ID_LIMIT) {
		return false;
	}
	vector = irq_vector_alloc(cpu, vector_fired, m);
	if (vector < 0) {
		return false;
	}
	m->cpu = cpu;
	m->vector = (uint8_t)vector;
	return true;
}

int vmsi_route(struct vmsi *m, uint32_t *address)
{
	const unsigned int wanted = wanted_cpu(m);

	for (unsigned int i = 0; m->vector == 0; i++) {
		if (i == pcpu_count) {
			log_error("no interrupt vector left for a device\n");
			return -XEN_ENOSPC;
		}
		(void)vector_take(m, (wanted + i) % pcpu_count);
	}
	*address = MESSAGE_BASE | pcpu_table[m->cpu]->apic_id
					  << MESSAGE_DEST_SHIFT;
	return 0;
}

void vmsi_release(struct vmsi *m)
{
	if (m->vector != 0) {
		irq_vector_free(m->cpu, m->vector);
		m->vector = 0;
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
	uint32_t address;

	if (enable && vmsi_route(&f->msi, &address) == 0) {
		if (hw->msi_data == hw->msi + 12) {
			pci_write(hw->sbdf, hw->msi + 8, 4, 0);
		}
		pci_write(hw->sbdf, hw->msi + 4, 4, address);
		pci_write(hw->sbdf, hw->msi_data, 2, f->msi.vector);
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
		vmsi_set(&f->msi, word_of(f, reg), value);
	}
}
