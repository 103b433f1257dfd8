/* SPDX-License-Identifier: MIT */
/*
 * Pools of pCPUs as the library's callers see them. Each call ends first what an
 * earlier one may have left half done.
 */
#include <stdio.h>
#include <stdlib.h>

#include "libctl/config/config.h"
#include "libctl/core/internal.h"
#include "libctl/domain/kept.h"
#include "libctl/domain/subject.h"
#include "libctl/pool/pool.h"

#define CPUS_TEXT 128

/* What a call is about. */
struct request {
	const char *pool; /* name or number */
	const char *name; /* a new one */
	const struct corbel_cpus *cpus;
	uint32_t domid;
};

/* Changes `p`, to be committed. */
typedef int (*change_t)(struct corbel *c, struct pools *p,
			const struct request *r);

static int change(struct corbel *c, change_t call, const struct request *r)
{
	struct pools p;
	int ret = pools_open(c, &p);

	if (ret == 0) {
		ret = pools_repair(c, &p);
	}
	if (ret == 0) {
		ret = call(c, &p, r);
	}
	if (ret == 0) {
		ret = pools_commit(c, &p);
	}
	if (ret == 0) {
		ret = pools_keep(c, &p);
	}
	pools_close(&p);
	return ret;
}

static int fail(struct corbel *c, enum corbel_error_code code, const char *pool,
		const char *why)
{
	char object[POOL_OBJECT_SIZE];

	return corbel_fail(c, code, pool_object(pool, object), "%s", why);
}

/* The same about some pCPUs. */
static int fail_cpus(struct corbel *c, enum corbel_error_code code,
		     const char *pool, const char *why,
		     const struct corbel_cpus *cpus)
{
	char object[POOL_OBJECT_SIZE], text[CPUS_TEXT];

	corbel_cpus_text(cpus, CORBEL_CPUS_MAX, text, sizeof(text));
	return corbel_fail(c, code, pool_object(pool, object), "%s: %s", why,
			   text);
}

/* ---- pCPUs that move ---- */

static bool is_left_empty(const struct pools *p, const struct pool *pool,
			  const struct corbel_cpus *without)
{
	struct corbel_cpus left = cpus_both(&pool->cpus, &p->host);

	cpus_take(&left, without);
	return cpus_is_empty(&left);
}

static int check_there(struct corbel *c, const struct pools *p,
		       const char *pool, const struct corbel_cpus *cpus)
{
	struct corbel_cpus missing = *cpus;

	cpus_take(&missing, &p->host);
	if (cpus_is_empty(cpus)) {
		return fail(c, CORBEL_INVALID, pool, "no pCPUs are named");
	}
	return cpus_is_empty(&missing)
		       ? 0
		       : fail_cpus(c, CORBEL_NOT_FOUND, pool,
				   "this host has no such pCPUs", &missing);
}

/* Those of pool 0 and of none can be had; `pool` may have some already. */
static int check_free(struct corbel *c, const struct pools *p, const char *pool,
		      const struct pool *own, const struct corbel_cpus *cpus)
{
	for (size_t i = 1; i < p->count; i++) {
		const struct pool *const other = &p->list[i];
		const struct corbel_cpus taken = cpus_both(&other->cpus, cpus);

		if (other != own && !cpus_is_empty(&taken)) {
			char why[96];

			snprintf(why, sizeof(why), "in pool %s", other->name);
			return fail_cpus(c, CORBEL_EXISTS, pool, why, &taken);
		}
	}
	if ((own == NULL || own->id != 0) &&
	    is_left_empty(p, &p->list[0], cpus)) {
		return fail(c, CORBEL_INVALID, pool,
			    "no pCPU would be left for the service VM");
	}
	return 0;
}

/* ---- the changes ---- */

static int check_name(struct corbel *c, const struct pools *p, const char *name)
{
	if (!value_name(name)) {
		return fail(c, CORBEL_INVALID, name,
			    "this cannot be a name (1 to 64 letters, digits "
			    "and -_.+, not digits only)");
	}
	for (size_t i = 0; i < p->count; i++) {
		if (strcmp(p->list[i].name, name) == 0) {
			return fail(c, CORBEL_EXISTS, name,
				    "there is one already");
		}
	}
	return 0;
}

static unsigned int free_id(const struct pools *p)
{
	unsigned int id = 1;

	while (pools_find(p, id) != NULL) {
		id++;
	}
	return id;
}

static int create(struct corbel *c, struct pools *p, const struct request *r)
{
	const unsigned int id = free_id(p);
	struct pool *pool;

	if (check_name(c, p, r->name) != 0 ||
	    check_there(c, p, r->name, r->cpus) != 0 ||
	    check_free(c, p, r->name, NULL, r->cpus) != 0) {
		return -1;
	}
	pool = pools_add(p);
	if (pool == NULL) {
		return corbel_fail_errno(c, "pools", "one more");
	}
	pool->id = id;
	snprintf(pool->name, sizeof(pool->name), "%s", r->name);
	pool->cpus = pool->was = *r->cpus;
	cpus_take(&p->list[0].cpus, r->cpus);
	return 0;
}

static int destroy(struct corbel *c, struct pools *p, const struct request *r)
{
	struct pool *const pool = pools_named(c, p, r->pool);
	char object[POOL_OBJECT_SIZE], guest[SUBJECT_SIZE];

	if (pool == NULL) {
		return -1;
	}
	if (pool->id == 0) {
		return fail(c, CORBEL_NOT_ALLOWED, pool->name,
			    "the service VM is in it");
	}
	for (size_t i = 0; i < p->member_count; i++) {
		if (p->members[i].pool == pool->id) {
			return corbel_fail(
				c, CORBEL_INVALID,
				pool_object(pool->name, object),
				"%s is in it (see: corbel cpupool-migrate)",
				subject_name(c, p->members[i].domid, guest,
					     sizeof(guest)));
		}
	}
	cpus_add(&p->list[0].cpus, &pool->cpus);
	pools_remove(p, pool);
	return 0;
}

static int rename_pool(struct corbel *c, struct pools *p,
		       const struct request *r)
{
	struct pool *const pool = pools_named(c, p, r->pool);

	if (pool == NULL || check_name(c, p, r->name) != 0) {
		return -1;
	}
	snprintf(pool->name, sizeof(pool->name), "%s", r->name);
	return 0;
}

static int add(struct corbel *c, struct pools *p, const struct request *r)
{
	struct pool *const pool = pools_named(c, p, r->pool);

	if (pool == NULL || check_there(c, p, pool->name, r->cpus) != 0 ||
	    check_free(c, p, pool->name, pool, r->cpus) != 0) {
		return -1;
	}
	cpus_take(&p->list[0].cpus, r->cpus);
	cpus_add(&pool->cpus, r->cpus);
	return 0;
}

static int take(struct corbel *c, struct pools *p, const struct request *r)
{
	struct pool *const pool = pools_named(c, p, r->pool);
	struct corbel_cpus others = *r->cpus;

	if (pool == NULL || check_there(c, p, pool->name, r->cpus) != 0) {
		return -1;
	}
	cpus_take(&others, &pool->cpus);
	if (!cpus_is_empty(&others)) {
		return fail_cpus(c, CORBEL_NOT_FOUND, pool->name, "not in it",
				 &others);
	}
	if (is_left_empty(p, pool, r->cpus)) {
		return fail(c, CORBEL_INVALID, pool->name,
			    "no pCPU would be left in it");
	}
	cpus_take(&pool->cpus, r->cpus);
	if (pool->id != 0) {
		cpus_add(&p->list[0].cpus, r->cpus);
	}
	return 0;
}

static int migrate(struct corbel *c, struct pools *p, const struct request *r)
{
	struct pool *const pool = pools_named(c, p, r->pool);
	struct xen_domctl_getdomaininfo info;

	if (pool == NULL) {
		return -1;
	}
	if (subject_info(c, r->domid, &info) != 0) {
		return subject_fail(c, r->domid, "pool");
	}
	if (pools_put(c, p, r->domid, info.handle, pool) != 0) {
		return -1;
	}
	return kept_set_pool(c, r->domid, pool->name);
}

/* ---- calls ---- */

int corbel_pool_create(struct corbel *c, const char *name,
		       const struct corbel_cpus *cpus)
{
	return change(c, create,
		      &(struct request){ .name = name, .cpus = cpus });
}

int corbel_pool_destroy(struct corbel *c, const char *pool)
{
	return change(c, destroy, &(struct request){ .pool = pool });
}

int corbel_pool_rename(struct corbel *c, const char *pool, const char *name)
{
	return change(c, rename_pool,
		      &(struct request){ .pool = pool, .name = name });
}

int corbel_pool_add(struct corbel *c, const char *pool,
		    const struct corbel_cpus *cpus)
{
	return change(c, add, &(struct request){ .pool = pool, .cpus = cpus });
}

int corbel_pool_remove(struct corbel *c, const char *pool,
		       const struct corbel_cpus *cpus)
{
	return change(c, take, &(struct request){ .pool = pool, .cpus = cpus });
}

int corbel_pool_migrate(struct corbel *c, uint32_t domid, const char *pool)
{
	return subject_is_guest(c, domid) != 0
		       ? -1
		       : change(c, migrate,
				&(struct request){ .pool = pool,
						   .domid = domid });
}

/* ---- looking ---- */

static void translate(const struct pools *p, const struct pool *pool,
		      struct corbel_pool *out)
{
	*out = (struct corbel_pool){
		.id = pool->id,
		.cpus = cpus_both(&pool->cpus, &p->host),
	};
	memcpy(out->name, pool->name, sizeof(out->name));
}

static int count_domains(struct corbel *c, const struct pools *p,
			 struct corbel_pool *list)
{
	struct xen_domctl_getdomaininfo *all;
	size_t count;

	if (sysctl_domains(c, &all, &count) != 0) {
		return corbel_fail_errno(c, "domains", "list");
	}
	for (size_t i = 0; i < count; i++) {
		list[pools_of(p, all[i].domain, all[i].handle) - p->list]
			.domains++;
	}
	free(all);
	return 0;
}

static int list_pools(struct corbel *c, const struct pools *p,
		      struct corbel_pool **list, size_t *count)
{
	struct corbel_pool *const found = calloc(p->count, sizeof(*found));

	if (found == NULL) {
		return corbel_fail_errno(c, "pools", "list");
	}
	for (size_t i = 0; i < p->count; i++) {
		translate(p, &p->list[i], &found[i]);
	}
	if (count_domains(c, p, found) != 0) {
		free(found);
		return -1;
	}
	*list = found;
	*count = p->count;
	return 0;
}

int corbel_pools(struct corbel *c, struct corbel_pool **list, size_t *count)
{
	struct pools p;
	int ret = pools_open(c, &p);

	if (ret == 0) {
		ret = pools_repair(c, &p);
	}
	if (ret == 0) {
		ret = list_pools(c, &p, list, count);
	}
	pools_close(&p);
	return ret;
}
