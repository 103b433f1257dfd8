/* SPDX-License-Identifier: MIT */
/*
 * One sorted table of claims a domain, under LOCK_CLAIM; ports lie behind all
 * memory in it. The local APIC's page is not in the table, as each vCPU has its
 * own there.
 */
#include "virt/vdev/claim.h"

#include "domain/vcpu.h"
#include "lib/string.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/vlapic.h"

#define PORTS BIT(63) /* address of port 0 */

/* The low `size` bytes; size 1..8. */
static uint64_t truncate(uint64_t value, unsigned int size)
{
	return value & (~UINT64_C(0) >> (64 - 8 * size));
}

/* Index of the first claim that ends behind the address. */
static uint32_t place_locked(const struct vmachine *m, uint64_t address)
{
	uint32_t low = 0;
	uint32_t high = m->claim_count;

	while (low < high) {
		const uint32_t middle = (low + high) / 2;

		if (m->claim[middle].end <= address) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static int add_locked(struct vmachine *m, const struct claim *fresh)
{
	const uint32_t at = place_locked(m, fresh->start);
	struct claim *c = &m->claim[at];

	if (at < m->claim_count && c->start < fresh->end) {
		return -XEN_EEXIST;
	}
	if (m->claim_count == m->claim_max) {
		return -XEN_ENOSPC;
	}
	memmove(c + 1, c, (m->claim_count - at) * sizeof(*c));
	*c = *fresh;
	m->claim_count++;
	return 0;
}

static int add(struct domain *d, uint64_t start, uint64_t length,
	       const struct claim_ops *ops, void *context)
{
	const struct claim fresh = { start, start + length, ops, context };

	spin_lock(&d->machine->claim_lock);
	const int error = add_locked(d->machine, &fresh);
	spin_unlock(&d->machine->claim_lock);
	return error;
}

int mmio_add(struct domain *d, gaddr_t start, uint64_t length,
	     const struct claim_ops *ops, void *context)
{
	if (length == 0 || !range_ok(start.v, length, PORTS)) {
		return -XEN_EINVAL;
	}
	return add(d, start.v, length, ops, context);
}

int pio_add(struct domain *d, uint16_t port, uint32_t count,
	    const struct claim_ops *ops, void *context)
{
	if (count == 0 || !range_ok(port, count, 0x10000)) {
		return -XEN_EINVAL;
	}
	return add(d, PORTS + port, count, ops, context);
}

void mmio_remove(struct domain *d, gaddr_t start)
{
	struct vmachine *m = d->machine;

	spin_lock(&m->claim_lock);

	const uint32_t at = place_locked(m, start.v);
	struct claim *c = &m->claim[at];

	if (at < m->claim_count && c->start == start.v) {
		m->claim_count--;
		memmove(c, c + 1, (m->claim_count - at) * sizeof(*c));
	}
	spin_unlock(&m->claim_lock);
}

/* Copies the claim that holds all of the access; false when there is none. */
static bool find(struct vmachine *m, uint64_t address, unsigned int size,
		 struct claim *out)
{
	spin_lock(&m->claim_lock);

	const uint32_t at = place_locked(m, address);
	const struct claim *c = &m->claim[at];
	const bool found = at < m->claim_count && c->start <= address &&
			   size <= c->end - address;

	if (found) {
		*out = *c;
	}
	spin_unlock(&m->claim_lock);
	return found;
}

static uint64_t read(struct vcpu *v, uint64_t address, unsigned int size)
{
	uint64_t value = ~UINT64_C(0);
	struct claim c;

	if (find(v->domain->machine, address, size, &c)) {
		value = c.ops->read(c.context, v, address - c.start, size);
	}
	return truncate(value, size);
}

static void write(struct vcpu *v, uint64_t address, unsigned int size,
		  uint64_t value)
{
	struct claim c;

	if (find(v->domain->machine, address, size, &c) &&
	    c.ops->write != NULL) {
		c.ops->write(c.context, v, address - c.start, size,
			     truncate(value, size));
	}
}

static bool is_lapic(gaddr_t address)
{
	return (address.v & PAGE_MASK) == VLAPIC_BASE;
}

bool mmio_is_claimed(struct domain *d, gaddr_t address)
{
	struct claim c;

	return is_lapic(address) || find(d->machine, address.v, 1, &c);
}

uint64_t mmio_read(struct vcpu *v, gaddr_t address, unsigned int size)
{
	if (is_lapic(address) && vlapic_has_window(v)) {
		return truncate(vlapic_read(v, page_offset(address.v)), size);
	}
	return read(v, address.v, size);
}

void mmio_write(struct vcpu *v, gaddr_t address, unsigned int size,
		uint64_t value)
{
	if (is_lapic(address) && vlapic_has_window(v)) {
		vlapic_write(v, page_offset(address.v), size, value);
	} else {
		write(v, address.v, size, value);
	}
}

uint32_t pio_read(struct vcpu *v, uint16_t port, unsigned int size)
{
	return (uint32_t)read(v, PORTS + port, size);
}

void pio_write(struct vcpu *v, uint16_t port, unsigned int size, uint32_t value)
{
	write(v, PORTS + port, size, value);
}
