/* SPDX-License-Identifier: MIT */
/*
 * Two-level event delivery: a pending and a mask bit for each port in the
 * shared info page, and in the vCPU's vcpu_info one selector bit for each word
 * of pending bits (ABI xen.h, struct shared_info).
 *
 * Takes no lock: raising is a chain of atomic bit sets, in the order the ABI
 * wants: pending, selector, upcall. Whoever sets a bit first does the rest, so
 * that two senders cannot leave it to each other.
 *
 * Bits are reached by 32-bit words in both layouts: x86 is little endian, so
 * bit n of an array of longs is bit n of the array of words at its place. Only
 * where the arrays lie, and how many bits one selector bit stands for, differ.
 */
#include "domain/event_port.h"
#include "domain/guest_word.h"

#define LIMIT_64           (64u * 64u)
#define LIMIT_32           (32u * 32u)

#define PENDING_OFFSET     offsetof(struct shared_info, evtchn_pending)
#define MASK_OFFSET_64     offsetof(struct shared_info, evtchn_mask)
#define MASK_OFFSET_32     (PENDING_OFFSET + LIMIT_32 / 8)
#define SELECTOR_OFFSET_64 offsetof(struct vcpu_info, evtchn_pending_sel)
#define SELECTOR_OFFSET_32 4

static uint32_t port_limit(const struct domain *d)
{
	return d->width32 ? LIMIT_32 : LIMIT_64;
}

static guest_word_t *word_at(void *base, size_t offset, uint32_t bit)
{
	return (guest_word_t *)(void *)((char *)base + offset) + bit / 32;
}

static uint32_t bit_of(uint32_t n)
{
	return (uint32_t)1 << n % 32;
}

static guest_word_t *pending_word(struct domain *d, uint32_t port)
{
	return word_at(d->shared_info, PENDING_OFFSET, port);
}

static guest_word_t *mask_word(struct domain *d, uint32_t port)
{
	return word_at(d->shared_info,
		       d->width32 ? MASK_OFFSET_32 : MASK_OFFSET_64, port);
}

static guest_word_t *selector_word(struct domain *d, struct vcpu_info *info,
				   uint32_t bit)
{
	return word_at(info,
		       d->width32 ? SELECTOR_OFFSET_32 : SELECTOR_OFFSET_64,
		       bit);
}

/* A vCPU without vcpu_info gets its upcall when it registers one. */
static void select_port(struct vcpu *v, uint32_t port)
{
	struct domain *d = v->domain;
	struct vcpu_info *info = vcpu_info_map(v);
	const uint32_t bit = port / (d->width32 ? 32 : 64);

	if (info == NULL) {
		return;
	}
	if ((guest_word_or(selector_word(d, info, bit), bit_of(bit)) &
	     bit_of(bit)) == 0) {
		event_upcall(v, info);
	}
	vcpu_info_unmap(info);
}

static void raise(struct vcpu *v, uint32_t port, struct event_port *p)
{
	struct domain *d = v->domain;
	const uint32_t bit = bit_of(port);

	(void)p;
	/* The layout may have narrowed since the port was allocated. */
	if (port >= port_limit(d)) {
		return;
	}
	if ((guest_word_or(pending_word(d, port), bit) & bit) != 0) {
		return;
	}
	if ((guest_word_read(mask_word(d, port)) & bit) == 0) {
		select_port(v, port);
	}
}

static void clear(struct domain *d, uint32_t port, struct event_port *p)
{
	(void)p;
	if (port < port_limit(d)) {
		guest_word_and(pending_word(d, port), ~bit_of(port));
	}
}

static bool is_pending(struct domain *d, uint32_t port, struct event_port *p)
{
	(void)p;
	return port < port_limit(d) &&
	       (guest_word_read(pending_word(d, port)) & bit_of(port)) != 0;
}

static void unmask(struct vcpu *v, uint32_t port, struct event_port *p)
{
	struct domain *d = v->domain;
	const uint32_t bit = bit_of(port);

	if (port >= port_limit(d)) {
		return;
	}
	if ((guest_word_and(mask_word(d, port), ~bit) & bit) != 0 &&
	    is_pending(d, port, p)) {
		select_port(v, port);
	}
}

static bool is_busy(struct domain *d, uint32_t port)
{
	(void)d;
	(void)port;
	return false;
}

const struct event_abi event_2level_abi = {
	.port_limit = port_limit,
	.raise = raise,
	.clear = clear,
	.unmask = unmask,
	.is_pending = is_pending,
	.is_busy = is_busy,
};

void event_2level_select_all(struct vcpu *v, struct vcpu_info *info)
{
	guest_word_or(selector_word(v->domain, info, 0), ~0u);
	if (!v->domain->width32) {
		guest_word_or(selector_word(v->domain, info, 32), ~0u);
	}
}
