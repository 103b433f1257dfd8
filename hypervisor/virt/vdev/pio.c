/* SPDX-License-Identifier: MIT */
/* Port accesses of the guest that trap. */
#include "virt/vdev/pio.h"

#include "abi/abi.h"
#include "domain/vcpu.h"
#include "virt/vdev/machine.h"

#define PORT_COUNT 0x10000u

int pio_add(struct domain *d, uint16_t port, uint32_t count,
	    const struct claim_ops *ops, void *context)
{
	if (!range_ok(port, count, PORT_COUNT)) {
		return -XEN_EINVAL;
	}
	return claim_add(&d->machine->pio, port, count, ops, context);
}

void pio_remove(struct domain *d, uint16_t port)
{
	claim_remove(&d->machine->pio, port);
}

static bool read_bytes(const struct claim_space *s, struct vcpu *v,
		       uint16_t port, unsigned int size, uint32_t *value)
{
	bool taken = false;

	for (unsigned int i = 0; i < size; i++) {
		uint64_t byte = 0xff;

		taken |= claim_read(s, v, (uint16_t)(port + i), 1, &byte);
		*value &= ~(0xffu << (8 * i));
		*value |= (uint32_t)byte << (8 * i);
	}
	return taken;
}

bool pio_read(struct vcpu *v, uint16_t port, unsigned int size, uint32_t *value)
{
	const struct claim_space *s = &v->domain->machine->pio;
	uint64_t whole;

	*value = (uint32_t)claim_truncate(~UINT64_C(0), size);
	if (claim_read(s, v, port, size, &whole)) {
		*value = (uint32_t)whole;
		return true;
	}
	return size > 1 && read_bytes(s, v, port, size, value);
}

static bool write_bytes(const struct claim_space *s, struct vcpu *v,
			uint16_t port, unsigned int size, uint32_t value)
{
	bool taken = false;

	for (unsigned int i = 0; i < size; i++) {
		taken |= claim_write(s, v, (uint16_t)(port + i), 1,
				     value >> (8 * i));
	}
	return taken;
}

bool pio_write(struct vcpu *v, uint16_t port, unsigned int size, uint32_t value)
{
	const struct claim_space *s = &v->domain->machine->pio;

	if (claim_write(s, v, port, size, value)) {
		return true;
	}
	return size > 1 && write_bytes(s, v, port, size, value);
}
