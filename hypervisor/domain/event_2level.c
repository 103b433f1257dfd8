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

#define PENDING_OFFSET offsetof(struct shared_info, evtchn_pending)

static size_t mask_offset(const struct domain *d)
{
	return d->width32 ? PENDING_OFFSET + 1024 / 8
			  : offsetof(struct shared_info, evtchn_mask);
}

static size_t selector_offset(const struct domain *d)
{
	return d->width32 ? 4 : offsetof(struct vcpu_info, evtchn_pending_sel);
}

static guest_word_t *word_of(void *base, size_t offset, uint32_t bit)
{
	return (guest_word_t *)(void *)((char *)base + offset) + bit / 32;
}

/* These tell what the bit was before. */
static bool bit_set(guest_word_t *word, uint32_t bit)
{
	const uint32_t mask = (uint32_t)1 << bit % 32;

	return (guest_word_or(word, mask) & mask) != 0;
}

static bool bit_clear(guest_word_t *word, uint32_t bit)
{
	const uint32_t mask = (uint32_t)1 << bit % 32;

	return (guest_word_and(word, ~mask) & mask) != 0;
}

static bool bit_read(const guest_word_t *word, uint32_t bit)
{
	return (guest_word_read(word) >> bit % 32 & 1) != 0;
}

static guest_word_t *pending_word(struct domain *d, uint32_t port)
{
	return word_of(d->shared_info, PENDING_OFFSET, port);
}

static guest_word_t *mask_word(struct domain *d, uint32_t port)
{
	return word_of(d->shared_info, mask_offset(d), port);
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
	if (!bit_set(word_of(info, selector_offset(d), bit), bit)) {
		event_upcall(v, info);
	}
	vcpu_info_unmap(info);
}

static void raise(struct vcpu *v, uint32_t port, struct event_port *)
{
	struct domain *d = v->domain;

	/* The layout may have narrowed since the port was allocated. */
	if (port < event_2level_limit(d) &&
	    !bit_set(pending_word(d, port), port) &&
	    !bit_read(mask_word(d, port), port)) {
		select_port(v, port);
	}
}

static void unmask(struct vcpu *v, uint32_t port, struct event_port *)
{
	struct domain *d = v->domain;

	if (port < event_2level_limit(d) &&
	    bit_clear(mask_word(d, port), port) &&
	    bit_read(pending_word(d, port), port)) {
		select_port(v, port);
	}
}

static void clear(struct domain *d, uint32_t port)
{
	if (port < event_2level_limit(d)) {
		bit_clear(pending_word(d, port), port);
	}
}

static uint32_t state(struct domain *d, uint32_t port)
{
	return port < event_2level_limit(d) &&
			       bit_read(pending_word(d, port), port)
		       ? EVENT_PENDING
		       : 0;
}

const struct event_abi event_2level_abi = { raise, unmask, clear, state };

void event_2level_select_all(struct vcpu *v, struct vcpu_info *info)
{
	const uint32_t bits = v->domain->width32 ? 32 : 64;

	for (uint32_t bit = 0; bit < bits; bit += 32) {
		guest_word_or(word_of(info, selector_offset(v->domain), bit),
			      ~0u);
	}
}
