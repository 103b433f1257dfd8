/* SPDX-License-Identifier: MIT */
#include "toolstack/gdb/breakpoints.h"

#define INT3 0xcc

static struct breakpoint *find(struct breakpoints *b, uint64_t at)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->list[i].at == at) {
			return &b->list[i];
		}
	}
	return NULL;
}

bool breakpoints_has(const struct breakpoints *b, uint64_t at)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->list[i].at == at) {
			return true;
		}
	}
	return false;
}

bool breakpoints_insert(struct breakpoints *b, struct corbel_debug *d,
			unsigned int vcpu, uint64_t at)
{
	const uint8_t int3 = INT3;
	struct breakpoint *const new = &b->list[b->count];

	if (find(b, at) != NULL) {
		return true;
	}
	if (b->count == BREAKPOINTS_MAX ||
	    corbel_debug_read(d, vcpu, at, &new->byte, 1) != 1 ||
	    corbel_debug_write(d, vcpu, at, &int3, 1) != 1) {
		return false;
	}
	new->at = at;
	b->count++;
	return true;
}

static bool take_out(struct breakpoints *b, struct corbel_debug *d,
		     unsigned int vcpu, struct breakpoint *old)
{
	uint8_t byte = 0;

	/* The guest may have written something else over it, or have unmapped
	 * its page. */
	if (corbel_debug_read(d, vcpu, old->at, &byte, 1) == 1 &&
	    byte == INT3 &&
	    corbel_debug_write(d, vcpu, old->at, &old->byte, 1) != 1) {
		return false;
	}
	*old = b->list[--b->count];
	return true;
}

bool breakpoints_remove(struct breakpoints *b, struct corbel_debug *d,
			unsigned int vcpu, uint64_t at)
{
	struct breakpoint *const old = find(b, at);

	return old == NULL || take_out(b, d, vcpu, old);
}

void breakpoints_remove_all(struct breakpoints *b, struct corbel_debug *d,
			    unsigned int vcpu)
{
	while (b->count > 0 && take_out(b, d, vcpu, &b->list[b->count - 1])) {
	}
}

/* The bytes of [at, at + size) that are breakpoints'. */
static uint8_t *byte_of(const struct breakpoint *p, uint64_t at, uint8_t *bytes,
			size_t size)
{
	return p->at - at < size ? bytes + (p->at - at) : NULL;
}

void breakpoints_hide(const struct breakpoints *b, uint64_t at, uint8_t *bytes,
		      size_t size)
{
	for (size_t i = 0; i < b->count; i++) {
		uint8_t *const byte = byte_of(&b->list[i], at, bytes, size);

		if (byte != NULL) {
			*byte = b->list[i].byte;
		}
	}
}

void breakpoints_keep(struct breakpoints *b, uint64_t at, uint8_t *bytes,
		      size_t size)
{
	for (size_t i = 0; i < b->count; i++) {
		uint8_t *const byte = byte_of(&b->list[i], at, bytes, size);

		if (byte != NULL) {
			b->list[i].byte = *byte;
			*byte = INT3;
		}
	}
}
