/* SPDX-License-Identifier: MIT */
/*
 * Virtual I/O APICs after Intel's 82093AA data sheet, with the EOI register of
 * later ones, in front of the physical ones.
 *
 * Behind each pin is the physical pin of the same GSI, routed to a vector of
 * ours once the guest unmasks its own. A level interrupt masks the physical pin
 * until the guest has ended it, so no pCPU ever waits for a guest with an
 * interrupt in service:
 *
 *   guest's entry   remote IRR   physical pin
 *   masked          any          masked
 *   unmasked        set          masked
 *   unmasked        clear        unmasked; masked after a level interrupt
 *                                that no local APIC took, until the entry is
 *                                written again
 *
 * An edge never masks the pin, since an I/O APIC forgets an edge on a masked
 * one. LOCK_VDEV, one per I/O APIC, protects all that changes.
 */
#include "virt/vdev/machine.h"

#include "arch/x86/hooks.h"
#include "core/ioapic.h"
#include "core/irq.h"
#include "dev/iommu.h"
#include "domain/vcpu.h"
#include "virt/vdev/vlapic.h"

#define WINDOW_SIZE      0x100u
#define WINDOW_INDEX     0x00u
#define WINDOW_DATA      0x10u
#define WINDOW_EOI       0x40u

#define REG_ID           0x00u
#define REG_VERSION      0x01u
#define REG_ARBITRATION  0x02u
#define REG_RTE          0x10u /* two for each pin */

#define VERSION_WITH_EOI 0x20u

#define RTE_LOGICAL      BIT(11)
#define RTE_ACTIVE_LOW   BIT(13)
#define RTE_REMOTE_IRR   BIT(14)
#define RTE_LEVEL        BIT(15)
#define RTE_MASKED       BIT(16)
#define RTE_SIGNAL       (RTE_LEVEL | RTE_ACTIVE_LOW)
/* All but delivery status and remote IRR. */
#define RTE_WRITABLE UINT64_C(0xff0000000001afff)

struct pin {
	struct vioapic *io;   /* (o) */
	uint32_t gsi;         /* (o) */
	uint64_t rte;         /* (l) as the guest reads it */
	uint64_t signal;      /* (l) RTE_SIGNAL bits the physical pin has */
	struct iommu_irq irq; /* (l) our own; vector 0: none yet */
};

struct vioapic {
	struct vioapic *next; /* (o) */
	struct spinlock lock;
	struct domain *domain; /* (o) */
	uint32_t version;      /* (o) the register */
	uint32_t id;           /* (l) the register */
	uint8_t index;         /* (l) register in the window */
	uint32_t pin_count;    /* (o) */
	struct pin pin[];
};

static bool send_locked(const struct pin *p)
{
	const uint8_t dest = (uint8_t)(p->rte >> 56);
	const struct vlapic_message m = {
		.dest = dest == 0xff ? VLAPIC_DEST_ALL : dest,
		.logical = (p->rte & RTE_LOGICAL) != 0,
		.level = (p->rte & RTE_LEVEL) != 0,
		.delivery = (p->rte >> 8) & 7,
		.vector = (uint8_t)p->rte,
	};

	return vlapic_deliver(p->io->domain, &m) != 0;
}

/* Handler of a pin's vector. Our local APIC may go on at once: a level pin is
 * masked by then, so it does not send the same interrupt again. */
static void fired(unsigned int, void *context)
{
	struct pin *p = context;

	spin_lock(&p->io->lock);
	if ((p->rte & RTE_LEVEL) != 0) {
		ioapic_mask(p->gsi);
	}
	irq_eoi();
	if ((p->rte & RTE_MASKED) == 0 && send_locked(p) &&
	    (p->rte & RTE_LEVEL) != 0) {
		p->rte |= RTE_REMOTE_IRR;
	}
	spin_unlock(&p->io->lock);
}

/* Brings the physical pin to our vector with the entry's trigger and polarity;
 * it is masked then. False without a vector. */
static bool route_locked(struct pin *p)
{
	const uint64_t signal = p->rte & RTE_SIGNAL;

	if (p->irq.vector != 0 && p->signal == signal) {
		return true;
	}
	if (p->irq.vector == 0) {
		p->irq.cpu = irq_guest_cpu(domain_vcpu(p->io->domain, 0));

		const int vector = irq_vector_alloc(p->irq.cpu, fired, p);

		if (vector < 0) {
			log_error("no interrupt vector left for GSI %u\n",
				  p->gsi);
			return false;
		}
		p->irq.vector = (uint8_t)vector;
	}
	p->irq.level = (signal & RTE_LEVEL) != 0;
	if (iommu_pin_set(p->gsi, &p->irq, (signal & RTE_ACTIVE_LOW) != 0) !=
	    0) {
		log_error("the interrupt of GSI %u cannot be remapped\n",
			  p->gsi);
		irq_vector_free(p->irq.cpu, p->irq.vector);
		p->irq.vector = 0;
		return false;
	}
	p->signal = signal;
	return true;
}

/* Makes the physical pin follow the entry. One that the guest never unmasked
 * may be the hypervisor's own. */
static void follow_locked(struct pin *p)
{
	if ((p->rte & (RTE_MASKED | RTE_REMOTE_IRR)) != 0) {
		if (p->irq.vector != 0) {
			ioapic_mask(p->gsi);
		}
	} else if (route_locked(p)) {
		ioapic_unmask(p->gsi);
	}
}

static void end_locked(struct vioapic *io, uint8_t vector)
{
	for (uint32_t i = 0; i < io->pin_count; i++) {
		struct pin *p = &io->pin[i];

		if ((p->rte & (RTE_REMOTE_IRR | 0xff)) ==
		    (RTE_REMOTE_IRR | vector)) {
			p->rte &= ~RTE_REMOTE_IRR;
			follow_locked(p);
		}
	}
}

void vioapic_eoi(struct domain *d, uint8_t vector)
{
	for (struct vioapic *io = d->machine->ioapics; io != NULL;
	     io = io->next) {
		spin_lock(&io->lock);
		end_locked(io, vector);
		spin_unlock(&io->lock);
	}
}

/* The pin that the index register selects, or NULL. */
static struct pin *selected_pin(struct vioapic *io)
{
	const uint32_t i = (io->index - REG_RTE) / 2;

	return io->index >= REG_RTE && i < io->pin_count ? &io->pin[i] : NULL;
}

static uint32_t read_locked(struct vioapic *io)
{
	const struct pin *p = selected_pin(io);

	if (p != NULL) {
		return (uint32_t)(p->rte >> (io->index % 2 * 32));
	}
	if (io->index == REG_VERSION) {
		return io->version;
	}
	return io->index == REG_ID || io->index == REG_ARBITRATION ? io->id : 0;
}

static void write_locked(struct vioapic *io, uint32_t value)
{
	const unsigned int shift = io->index % 2 * 32;
	const uint64_t changed = RTE_WRITABLE & (UINT64_C(0xffffffff) << shift);
	struct pin *p = selected_pin(io);

	if (io->index == REG_ID) {
		io->id = value & 0x0f000000;
	}
	if (p == NULL) {
		return;
	}
	p->rte = (p->rte & ~changed) | ((uint64_t)value << shift & changed);
	/* An edge-triggered pin has no remote IRR; kernels switch a pin to edge
	 * and back to end an interrupt that got lost. */
	if ((p->rte & RTE_LEVEL) == 0) {
		p->rte &= ~RTE_REMOTE_IRR;
	}
	follow_locked(p);
}

static uint64_t window_read(void *context, struct vcpu *, uint64_t offset,
			    unsigned int)
{
	struct vioapic *io = context;
	uint64_t value = 0;

	spin_lock(&io->lock);
	if (offset == WINDOW_INDEX) {
		value = io->index;
	} else if (offset == WINDOW_DATA) {
		value = read_locked(io);
	}
	spin_unlock(&io->lock);
	return value;
}

/* 82093AA 3.1: the data window takes 32-bit accesses only. */
static void window_write(void *context, struct vcpu *, uint64_t offset,
			 unsigned int size, uint64_t value)
{
	struct vioapic *io = context;

	spin_lock(&io->lock);
	if (offset == WINDOW_INDEX) {
		io->index = (uint8_t)value;
	} else if (offset == WINDOW_DATA && size >= 4) {
		write_locked(io, (uint32_t)value);
	} else if (offset == WINDOW_EOI &&
		   (io->version & 0xff) >= VERSION_WITH_EOI) {
		end_locked(io, (uint8_t)value);
	}
	spin_unlock(&io->lock);
}

static const struct claim_ops window_ops = { window_read, window_write };

static size_t size_for(uint32_t pins)
{
	return sizeof(struct vioapic) + pins * sizeof(struct pin);
}

static int create(struct domain *d, const struct ioapic_info *info)
{
	struct vioapic *io = domain_alloc(d, size_for(info->pins));

	if (io == NULL) {
		return -XEN_ENOMEM;
	}
	spinlock_init(&io->lock, LOCK_VDEV);
	io->domain = d;
	io->id = (uint32_t)(info->id & 0xf) << 24;
	io->version = info->version | (info->pins - 1) << 16;
	io->pin_count = info->pins;
	for (uint32_t i = 0; i < info->pins; i++) {
		io->pin[i] = (struct pin){ .io = io,
					   .gsi = info->gsi_base + i,
					   .rte = RTE_MASKED };
	}
	io->next = d->machine->ioapics;
	d->machine->ioapics = io;
	return mmio_add(d, gaddr(info->base), WINDOW_SIZE, &window_ops, io);
}

int vioapic_create(struct domain *d)
{
	int error = 0;

	for (unsigned int i = 0; error == 0 && i < ioapic_count; i++) {
		error = create(d, &ioapic_table[i]);
	}
	return error;
}

void vioapic_destroy(struct domain *d)
{
	struct vioapic *io;

	while ((io = d->machine->ioapics) != NULL) {
		for (uint32_t i = 0; i < io->pin_count; i++) {
			const struct pin *p = &io->pin[i];

			if (p->irq.vector != 0) {
				ioapic_mask(p->gsi);
				iommu_pin_clear(p->gsi, &p->irq);
				irq_vector_free(p->irq.cpu, p->irq.vector);
			}
		}
		d->machine->ioapics = io->next;
		domain_free(d, io, size_for(io->pin_count));
	}
}
