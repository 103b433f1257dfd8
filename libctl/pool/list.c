/* SPDX-License-Identifier: MIT */
/*
 * Pools and members in memory.
 */
#include <stdlib.h>

#include "libctl/config/config.h"
#include "libctl/core/internal.h"
#include "libctl/pool/pool.h"

/* Grows in steps of 16. */
static void *grown(void *list, size_t count, size_t size)
{
	return count % 16 == 0 ? realloc(list, (count + 16) * size) : list;
}

struct pool *pools_add(struct pools *p)
{
	struct pool *const list = grown(p->list, p->count, sizeof(*list));

	if (list == NULL) {
		return NULL;
	}
	p->list = list;
	list[p->count] = (struct pool){ 0 };
	return &list[p->count++];
}

struct pool_member *pools_add_member(struct pools *p)
{
	struct pool_member *const list =
		grown(p->members, p->member_count, sizeof(*list));

	if (list == NULL) {
		return NULL;
	}
	p->members = list;
	list[p->member_count] = (struct pool_member){ 0 };
	return &list[p->member_count++];
}

void pools_remove(struct pools *p, struct pool *pool)
{
	const size_t behind = (size_t)(&p->list[p->count] - (pool + 1));

	memmove(pool, pool + 1, behind * sizeof(*pool));
	p->count--;
}

void pools_remove_member(struct pools *p, struct pool_member *member)
{
	*member = p->members[--p->member_count];
}

struct pool *pools_find(const struct pools *p, unsigned int id)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->list[i].id == id) {
			return &p->list[i];
		}
	}
	return NULL;
}

struct pool_member *pools_member(const struct pools *p, uint32_t domid,
				 const uint8_t uuid[16])
{
	for (size_t i = 0; i < p->member_count; i++) {
		struct pool_member *const m = &p->members[i];

		if (m->domid == domid && memcmp(m->uuid, uuid, 16) == 0) {
			return m;
		}
	}
	return NULL;
}

struct pool *pools_of(const struct pools *p, uint32_t domid,
		      const uint8_t uuid[16])
{
	const struct pool_member *const m = pools_member(p, domid, uuid);
	struct pool *const pool = m != NULL ? pools_find(p, m->pool) : NULL;

	return pool != NULL ? pool : &p->list[0];
}

struct pool *pools_named(struct corbel *c, const struct pools *p,
			 const char *name)
{
	char object[POOL_OBJECT_SIZE];
	uint64_t id;
	const bool is_id = value_number(name, &id);

	for (size_t i = 0; i < p->count; i++) {
		if (is_id ? p->list[i].id == id
			  : strcmp(p->list[i].name, name) == 0) {
			return &p->list[i];
		}
	}
	corbel_fail(c, CORBEL_NOT_FOUND, pool_object(name, object),
		    "there is no such pool (see: corbel cpupool-list)");
	return NULL;
}

const char *pool_object(const char *name, char object[POOL_OBJECT_SIZE])
{
	snprintf(object, POOL_OBJECT_SIZE, "pool %.64s", name);
	return object;
}
