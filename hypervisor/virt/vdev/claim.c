/* SPDX-License-Identifier: MIT */
/*
 * Sorted tables of claims. Readers take the pointer once and search; a writer
 * builds the next table under the lock and swaps the pointer. A removal only
 * clears the entry's ops, so that it needs no memory; the entry goes with the
 * next addition.
 */
#include "virt/vdev/claim.h"

#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "core/quiesce.h"
#include "mm/heap.h"

struct claim_table {
	struct quiesce_item item; /* once it was replaced */
	uint32_t count;
	struct claim claim[];
};

static size_t table_size(uint32_t count)
{
	return sizeof(struct claim_table) + count * sizeof(struct claim);
}

static void table_free(struct claim_table *t)
{
	heap_free(t, table_size(t->count));
}

static void table_retired(struct quiesce_item *item)
{
	table_free(container_of(item, struct claim_table, item));
}

static bool is_live(const struct claim *c)
{
	return __atomic_load_n(&c->ops, __ATOMIC_RELAXED) != NULL;
}

void claim_space_init(struct claim_space *s)
{
	spinlock_init(&s->lock, LOCK_CLAIM);
	s->table = NULL;
}

void claim_space_destroy(struct claim_space *s)
{
	if (s->table != NULL) {
		table_free(s->table);
		s->table = NULL;
	}
}

static uint32_t count_live(const struct claim_table *t)
{
	uint32_t live = 0;

	for (uint32_t i = 0; t != NULL && i < t->count; i++) {
		live += is_live(&t->claim[i]);
	}
	return live;
}

static bool overlaps(const struct claim_table *t, const struct claim *fresh)
{
	for (uint32_t i = 0; t != NULL && i < t->count; i++) {
		const struct claim *c = &t->claim[i];

		if (is_live(c) && fresh->start < c->end &&
		    c->start < fresh->end) {
			return true;
		}
	}
	return false;
}

/* Fills `next` with the live claims of `t` and `fresh`, in order. */
static void merge(struct claim_table *next, const struct claim_table *t,
		  const struct claim *fresh)
{
	uint32_t at = 0;
	uint32_t i = 0;

	for (; t != NULL && i < t->count && t->claim[i].start < fresh->start;
	     i++) {
		if (is_live(&t->claim[i])) {
			next->claim[at++] = t->claim[i];
		}
	}
	next->claim[at++] = *fresh;
	for (; t != NULL && i < t->count; i++) {
		if (is_live(&t->claim[i])) {
			next->claim[at++] = t->claim[i];
		}
	}
}

static int add_locked(struct claim_space *s, const struct claim *fresh)
{
	struct claim_table *old = s->table;

	if (overlaps(old, fresh)) {
		return -XEN_EEXIST;
	}

	const uint32_t count = count_live(old) + 1;
	struct claim_table *next = heap_alloc(table_size(count));

	if (next == NULL) {
		return -XEN_ENOMEM;
	}
	next->count = count;
	merge(next, old, fresh);

	/* Release pairs with the acquire in claim_find(). */
	__atomic_store_n(&s->table, next, __ATOMIC_RELEASE);
	if (old != NULL) {
		quiesce_defer(&old->item, table_retired);
	}
	return 0;
}

int claim_add(struct claim_space *s, uint64_t start, uint64_t length,
	      const struct claim_ops *ops, void *context)
{
	const struct claim fresh = {
		.start = start,
		.end = start + length,
		.ops = ops,
		.context = context,
	};

	assert(ops != NULL);
	if (fresh.end <= start) {
		return -XEN_EINVAL;
	}

	spin_lock(&s->lock);
	const int error = add_locked(s, &fresh);
	spin_unlock(&s->lock);
	return error;
}

/* The entry at or before `address`, dead or alive. */
static struct claim *find_entry(struct claim_table *t, uint64_t address)
{
	uint32_t low = 0;
	uint32_t high = t->count;

	while (low < high) {
		const uint32_t middle = (low + high) / 2;

		if (t->claim[middle].start <= address) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low == 0 ? NULL : &t->claim[low - 1];
}

void claim_remove(struct claim_space *s, uint64_t start)
{
	spin_lock(&s->lock);
	if (s->table != NULL) {
		struct claim *c = find_entry(s->table, start);

		if (c != NULL && c->start == start) {
			__atomic_store_n(&c->ops, NULL, __ATOMIC_RELAXED);
		}
	}
	spin_unlock(&s->lock);
}

const struct claim *claim_find(const struct claim_space *s, uint64_t address)
{
	struct claim_table *t = __atomic_load_n(&s->table, __ATOMIC_ACQUIRE);

	if (t == NULL) {
		return NULL;
	}

	const struct claim *c = find_entry(t, address);

	return c != NULL && address < c->end && is_live(c) ? c : NULL;
}

bool claim_read(const struct claim_space *s, struct vcpu *v, uint64_t address,
		unsigned int size, uint64_t *value)
{
	const struct claim *c = claim_find(s, address);

	if (c == NULL || size > c->end - address) {
		return false;
	}

	/* Once: it may be removed meanwhile. */
	const struct claim_ops *ops =
		__atomic_load_n(&c->ops, __ATOMIC_RELAXED);

	if (ops == NULL) {
		return false;
	}
	*value = claim_truncate(
		ops->read(c->context, v, address - c->start, size), size);
	return true;
}

bool claim_write(const struct claim_space *s, struct vcpu *v, uint64_t address,
		 unsigned int size, uint64_t value)
{
	const struct claim *c = claim_find(s, address);

	if (c == NULL || size > c->end - address) {
		return false;
	}

	const struct claim_ops *ops =
		__atomic_load_n(&c->ops, __ATOMIC_RELAXED);

	if (ops == NULL) {
		return false;
	}
	ops->write(c->context, v, address - c->start, size,
		   claim_truncate(value, size));
	return true;
}
