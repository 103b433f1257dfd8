/* SPDX-License-Identifier: MIT */
/*
 * Virtual I/O APICs after Intel's 82093AA data sheet, with the EOI register of
 * later ones. They mirror the host's, as the GSI numbers in the service VM's
 * ACPI tables are the host's.
 *
 * For each pin there is the state of its line and remote IRR. A virtual device
 * drives its line itself. A physical line that fired stays up until the guest
 * ends the interrupt; then it is put down and the host may fire it again, which
 * it does at once if the device still asserts it.
 *
 * LOCK_VDEV, one per I/O APIC, protects all that changes.
 */
#include "virt/vdev/vioapic.h"

#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "core/ioapic.h"
#include "domain/domain.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/mmio.h"
#include "virt/vdev/vlapic.h"

#define WINDOW_SIZE       0x100u
#define WINDOW_INDEX      0x00u
#define WINDOW_DATA       0x10u
#define WINDOW_EOI        0x40u

#define REG_ID            0x00u
#define REG_VERSION       0x01u
#define REG_ARBITRATION   0x02u
#define REG_RTE           0x10u /* two for each pin */

#define VERSION_WITH_EOI  0x20u

#define RTE_LOGICAL       BIT(11)
#define RTE_ACTIVE_LOW    BIT(13)
#define RTE_REMOTE_IRR    BIT(14)
#define RTE_LEVEL         BIT(15)
#define RTE_MASKED        BIT(16)
#define RTE_LOW_WRITABLE  0x1afffu /* not delivery status and remote IRR */
#define RTE_HIGH_WRITABLE 0xff000000u

/* How a pin's physical line is bound; 0 when it is not. */
#define BOUND       1u
#define BOUND_LEVEL 2u
#define BOUND_LOW   4u

#define PIN_WORDS   ((VIOAPIC_MAX_PINS + 63) / 64)

struct vioapic {
	struct spinlock lock;
	struct domain *domain;              /* (o) */
	const struct vioapic_host_ops *ops; /* (o) NULL: no physical lines */
	uint64_t base;                      /* (o) */
	uint32_t gsi_base;                  /* (o) */
	uint32_t pins;                      /* (o) */
	uint8_t version;                    /* (o) */
	uint8_t index;                      /* (l) register in the window */
	uint32_t id;                        /* (l) as the register has it */
	uint64_t line[PIN_WORDS];           /* (l) one bit per pin: is up */
	uint64_t remote[PIN_WORDS];         /* (l) remote IRR */
	uint8_t bound[VIOAPIC_MAX_PINS];    /* (l) BOUND* */
	uint64_t rte[VIOAPIC_MAX_PINS];     /* (l) without remote IRR */
};

static bool is_set(const uint64_t *set, uint32_t pin)
{
	return (set[pin / 64] & BIT(pin % 64)) != 0;
}

static void set_to(uint64_t *set, uint32_t pin, bool value)
{
	if (value) {
		set[pin / 64] |= BIT(pin % 64);
	} else {
		set[pin / 64] &= ~BIT(pin % 64);
	}
}

static bool is_level(const struct vioapic *io, uint32_t pin)
{
	return (io->rte[pin] & RTE_LEVEL) != 0;
}

static bool is_masked(const struct vioapic *io, uint32_t pin)
{
	return (io->rte[pin] & RTE_MASKED) != 0;
}

static bool send_locked(struct vioapic *io, uint32_t pin)
{
	const uint64_t rte = io->rte[pin];
	const uint32_t dest = (uint32_t)(rte >> 56);
	const struct vlapic_message m = {
		.dest = dest == 0xff ? VLAPIC_DEST_ALL : dest,
		.logical = (rte & RTE_LOGICAL) != 0,
		.level = (rte & RTE_LEVEL) != 0,
		.delivery = (rte >> 8) & 7,
		.vector = (uint8_t)rte,
	};

	return vlapic_deliver(io->domain, &m) != 0;
}

/*
 * Sends for a level-triggered line that is up and has nothing on the way. If
 * nobody takes it, it is tried again when the entry is written.
 */
static void look_locked(struct vioapic *io, uint32_t pin)
{
	if (is_level(io, pin) && is_set(io->line, pin) &&
	    !is_set(io->remote, pin) && !is_masked(io, pin)) {
		set_to(io->remote, pin, send_locked(io, pin));
	}
}

/* What the line does now is the host's to say. */
static void rearm_locked(struct vioapic *io, uint32_t pin)
{
	set_to(io->line, pin, false);
	io->ops->eoi(io->domain, io->gsi_base + pin);
}

/* The guest ended the interrupt of a pin with remote IRR. */
static void end_locked(struct vioapic *io, uint32_t pin)
{
	set_to(io->remote, pin, false);
	if (io->bound[pin] != 0) {
		rearm_locked(io, pin);
	} else {
		look_locked(io, pin);
	}
}

static void end_vector_locked(struct vioapic *io, uint8_t vector)
{
	for (uint32_t i = 0; i < PIN_WORDS; i++) {
		for (uint64_t left = io->remote[i]; left != 0;
		     left &= left - 1) {
			const uint32_t pin =
				64 * i + (uint32_t)__builtin_ctzll(left);

			if ((uint8_t)io->rte[pin] == vector) {
				end_locked(io, pin);
			}
		}
	}
}

static uint8_t wanted_binding(uint64_t rte)
{
	return (uint8_t)(BOUND | ((rte & RTE_LEVEL) != 0 ? BOUND_LEVEL : 0) |
			 ((rte & RTE_ACTIVE_LOW) != 0 ? BOUND_LOW : 0));
}

/* True when the line behind the pin is bound as its entry asks. */
static bool bind_locked(struct vioapic *io, uint32_t pin)
{
	const uint8_t want = wanted_binding(io->rte[pin]);
	const uint32_t gsi = io->gsi_base + pin;

	if (io->bound[pin] == want) {
		return true;
	}

	const int error =
		io->ops->bind(io->domain, gsi, (want & BOUND_LEVEL) != 0,
			      (want & BOUND_LOW) != 0);

	if (error != 0) {
		log_guest("domain %u: GSI %u cannot be bound: %d\n",
			  io->domain->id, gsi, error);
		io->bound[pin] = 0;
		return false;
	}
	io->bound[pin] = want;
	set_to(io->line, pin, false);
	return true;
}

/* Makes the physical line follow the entry, whose old value was `old`. */
static void follow_locked(struct vioapic *io, uint32_t pin, uint64_t old)
{
	const uint32_t gsi = io->gsi_base + pin;
	const uint8_t was = io->bound[pin];

	if (is_masked(io, pin)) {
		if (was != 0 && (old & RTE_MASKED) == 0) {
			io->ops->mask(io->domain, gsi);
		}
		return;
	}
	if (!bind_locked(io, pin)) {
		return;
	}
	if (io->bound[pin] != was || (old & RTE_MASKED) != 0) {
		io->ops->unmask(io->domain, gsi);
	}
	/* It fired when masked: the device may have been served since. */
	if (is_set(io->line, pin) && !is_set(io->remote, pin)) {
		rearm_locked(io, pin);
	}
}

static void write_rte_locked(struct vioapic *io, uint32_t pin, uint64_t rte)
{
	const uint64_t old = io->rte[pin];

	io->rte[pin] = rte;
	/* An edge-triggered pin has no remote IRR; kernels switch a pin to edge
	 * and back to end an interrupt that got lost. */
	if (!is_level(io, pin) && is_set(io->remote, pin)) {
		end_locked(io, pin);
	}
	if (io->ops != NULL) {
		follow_locked(io, pin, old);
	}
	look_locked(io, pin);
}

static uint32_t read_register_locked(const struct vioapic *io)
{
	const uint32_t pin = (io->index - REG_RTE) / 2;

	switch (io->index) {
	case REG_ID:
	case REG_ARBITRATION:
		return io->id;
	case REG_VERSION:
		return io->version | (io->pins - 1) << 16;
	default:
		break;
	}
	if (io->index < REG_RTE || pin >= io->pins) {
		return 0;
	}

	const uint64_t rte =
		io->rte[pin] | (is_set(io->remote, pin) ? RTE_REMOTE_IRR : 0);

	return (uint32_t)(io->index % 2 == 0 ? rte : rte >> 32);
}

static void write_register_locked(struct vioapic *io, uint32_t value)
{
	const uint32_t pin = (io->index - REG_RTE) / 2;

	if (io->index == REG_ID) {
		io->id = value & 0x0f000000;
		return;
	}
	if (io->index < REG_RTE || pin >= io->pins) {
		return;
	}

	const uint64_t old = io->rte[pin];

	if (io->index % 2 == 0) {
		write_rte_locked(io, pin,
				 (old >> 32 << 32) |
					 (value & RTE_LOW_WRITABLE));
	} else {
		write_rte_locked(io, pin,
				 (uint64_t)(value & RTE_HIGH_WRITABLE) << 32 |
					 (uint32_t)old);
	}
}

static uint64_t window_read(void *context, struct vcpu *v, uint64_t offset,
			    unsigned int size)
{
	struct vioapic *io = context;
	uint64_t value = 0;

	(void)v;
	(void)size;
	spin_lock(&io->lock);
	if (offset == WINDOW_INDEX) {
		value = io->index;
	} else if (offset == WINDOW_DATA) {
		value = read_register_locked(io);
	}
	spin_unlock(&io->lock);
	return value;
}

/* 82093AA 3.1: the data window takes 32-bit accesses only. */
static void window_write(void *context, struct vcpu *v, uint64_t offset,
			 unsigned int size, uint64_t value)
{
	struct vioapic *io = context;

	(void)v;
	spin_lock(&io->lock);
	if (offset == WINDOW_INDEX) {
		io->index = (uint8_t)value;
	} else if (offset == WINDOW_DATA && size >= 4) {
		write_register_locked(io, (uint32_t)value);
	} else if (offset == WINDOW_EOI && io->version >= VERSION_WITH_EOI) {
		end_vector_locked(io, (uint8_t)value);
	}
	spin_unlock(&io->lock);
}

static const struct claim_ops window_ops = {
	.read = window_read,
	.write = window_write,
};

static int init(struct vioapic *io, struct domain *d,
		const struct ioapic_info *info,
		const struct vioapic_host_ops *ops)
{
	if (info->pins == 0 || info->pins > VIOAPIC_MAX_PINS) {
		return -XEN_EINVAL;
	}
	spinlock_init(&io->lock, LOCK_VDEV);
	io->domain = d;
	io->ops = ops;
	io->base = info->base;
	io->gsi_base = info->gsi_base;
	io->pins = info->pins;
	io->version = info->version;
	io->id = (uint32_t)(info->id & 0xf) << 24;
	for (uint32_t pin = 0; pin < io->pins; pin++) {
		io->rte[pin] = RTE_MASKED;
	}
	return mmio_add(d, gaddr(io->base), WINDOW_SIZE, &window_ops, io);
}

int vioapic_create(struct domain *d, const struct ioapic_info *table,
		   unsigned int count, const struct vioapic_host_ops *ops)
{
	struct vmachine *m = d->machine;

	if (count == 0) {
		return 0;
	}
	m->ioapics = domain_alloc(d, count * sizeof(*m->ioapics));
	if (m->ioapics == NULL) {
		return -XEN_ENOMEM;
	}
	m->ioapic_count = count;
	for (unsigned int i = 0; i < count; i++) {
		const int error = init(&m->ioapics[i], d, &table[i], ops);

		if (error != 0) {
			return error; /* the machine is destroyed */
		}
	}
	return 0;
}

void vioapic_destroy(struct domain *d)
{
	struct vmachine *m = d->machine;

	if (m->ioapics == NULL) {
		return;
	}
	for (unsigned int i = 0; i < m->ioapic_count; i++) {
		mmio_remove(d, gaddr(m->ioapics[i].base));
	}
	domain_free(d, m->ioapics, m->ioapic_count * sizeof(*m->ioapics));
	m->ioapics = NULL;
	m->ioapic_count = 0;
}

static void reset_pin_locked(struct vioapic *io, uint32_t pin)
{
	const uint32_t gsi = io->gsi_base + pin;

	if (io->bound[pin] != 0) {
		if (!is_masked(io, pin)) {
			io->ops->mask(io->domain, gsi);
		}
		if (is_set(io->line, pin)) {
			rearm_locked(io, pin);
		}
	}
	io->rte[pin] = RTE_MASKED;
	set_to(io->remote, pin, false);
}

void vioapic_reset(struct domain *d)
{
	for (unsigned int i = 0; i < d->machine->ioapic_count; i++) {
		struct vioapic *io = &d->machine->ioapics[i];

		spin_lock(&io->lock);
		io->index = 0;
		for (uint32_t pin = 0; pin < io->pins; pin++) {
			reset_pin_locked(io, pin);
		}
		spin_unlock(&io->lock);
	}
}

/* The I/O APIC with that GSI, or NULL. */
static struct vioapic *find(struct domain *d, uint32_t gsi)
{
	for (unsigned int i = 0; i < d->machine->ioapic_count; i++) {
		struct vioapic *io = &d->machine->ioapics[i];

		if (gsi - io->gsi_base < io->pins) {
			return io;
		}
	}
	return NULL;
}

static void fired_locked(struct vioapic *io, uint32_t pin)
{
	if (is_level(io, pin)) {
		set_to(io->line, pin, true);
		look_locked(io, pin);
	} else if (!is_masked(io, pin)) {
		send_locked(io, pin);
	}
}

bool vioapic_interrupt(struct domain *d, uint32_t gsi)
{
	struct vioapic *io = find(d, gsi);

	if (io == NULL) {
		return false;
	}

	const uint32_t pin = gsi - io->gsi_base;

	spin_lock(&io->lock);

	const bool bound = io->bound[pin] != 0;

	if (bound) {
		fired_locked(io, pin);
	}
	spin_unlock(&io->lock);
	return bound;
}

void vioapic_set_line(struct domain *d, uint32_t gsi, bool high)
{
	struct vioapic *io = find(d, gsi);

	if (io == NULL) {
		return;
	}

	const uint32_t pin = gsi - io->gsi_base;

	spin_lock(&io->lock);

	const bool rises = high && !is_set(io->line, pin);

	set_to(io->line, pin, high);
	if (is_level(io, pin)) {
		look_locked(io, pin);
	} else if (rises && !is_masked(io, pin)) {
		send_locked(io, pin);
	}
	spin_unlock(&io->lock);
}

void vioapic_eoi(struct domain *d, uint8_t vector)
{
	for (unsigned int i = 0; i < d->machine->ioapic_count; i++) {
		struct vioapic *io = &d->machine->ioapics[i];

		spin_lock(&io->lock);
		end_vector_locked(io, vector);
		spin_unlock(&io->lock);
	}
}
