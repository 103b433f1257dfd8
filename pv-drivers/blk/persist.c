/* SPDX-License-Identifier: MIT */
/*
 * The pages are in a hash table with chains, and in a ring list from the one
 * used last to the one unused longest. Both link by number; entry `limit` is
 * the list's head.
 */
#include "pv-drivers/blk/persist.h"

#include <stdlib.h>

#include "pv-drivers/env/env.h"

#define BUCKETS 1024u
#define NONE    UINT32_MAX

struct page {
	uint32_t ref;
	uint32_t chain; /* the next of the same bucket */
	uint32_t newer;
	uint32_t older;
	void *address;
};

struct persist {
	struct env *env;
	uint16_t domain;
	uint32_t limit;
	uint32_t count;
	uint32_t buckets[BUCKETS];
	struct page pages[];
};

struct persist *persist_open(struct env *env, uint16_t domain, uint32_t limit)
{
	struct persist *p =
		calloc(1, sizeof(*p) + (limit + 1) * sizeof(p->pages[0]));

	if (p == NULL) {
		return NULL;
	}
	p->env = env;
	p->domain = domain;
	p->limit = limit;
	p->pages[limit].newer = limit;
	p->pages[limit].older = limit;
	for (unsigned int i = 0; i < BUCKETS; i++) {
		p->buckets[i] = NONE;
	}
	return p;
}

void persist_close(struct persist *p)
{
	for (uint32_t i = 0; i < p->count; i++) {
		env_unmap(p->env, p->pages[i].address, 1);
	}
	free(p);
}

static uint32_t *bucket(struct persist *p, uint32_t ref)
{
	return &p->buckets[ref % BUCKETS];
}

static void unlink_page(struct persist *p, uint32_t i)
{
	p->pages[p->pages[i].newer].older = p->pages[i].older;
	p->pages[p->pages[i].older].newer = p->pages[i].newer;
}

static void link_newest(struct persist *p, uint32_t i)
{
	p->pages[i].newer = p->limit;
	p->pages[i].older = p->pages[p->limit].older;
	p->pages[p->pages[i].older].newer = i;
	p->pages[p->limit].older = i;
}

static uint32_t find(struct persist *p, uint32_t ref)
{
	uint32_t i = *bucket(p, ref);

	while (i != NONE && p->pages[i].ref != ref) {
		i = p->pages[i].chain;
	}
	return i;
}

static void unchain(struct persist *p, uint32_t victim)
{
	uint32_t *link = bucket(p, p->pages[victim].ref);

	while (*link != victim) {
		link = &p->pages[*link].chain;
	}
	*link = p->pages[victim].chain;
}

/* An entry that is in no list: an unused one, or the oldest one, unmapped. */
static uint32_t free_entry(struct persist *p)
{
	const uint32_t oldest = p->pages[p->limit].newer;

	if (p->count < p->limit) {
		return p->count++;
	}
	unchain(p, oldest);
	unlink_page(p, oldest);
	env_unmap(p->env, p->pages[oldest].address, 1);
	return oldest;
}

void *persist_page(struct persist *p, uint32_t ref)
{
	uint32_t i = find(p, ref);

	if (i != NONE) {
		unlink_page(p, i);
		link_newest(p, i);
		return p->pages[i].address;
	}

	void *address = env_map(p->env, p->domain, &ref, 1, true);

	if (address == NULL) {
		return NULL;
	}
	i = free_entry(p);
	p->pages[i].address = address;
	p->pages[i].ref = ref;
	p->pages[i].chain = *bucket(p, ref);
	*bucket(p, ref) = i;
	link_newest(p, i);
	return address;
}
