/* SPDX-License-Identifier: MIT */
/*
 * Pools of pCPUs, which the hypervisor knows nothing of: a file says which there
 * are and which domains are in them, and the affinity of all vCPUs follows it.
 *
 * A change is written with what was before, then applied, then written as done.
 * Who finds a change that was not done applies it again, so it does not matter
 * where one was cut off.
 *
 * Pool 0 is always there. A domain that is in no other is in it, the service VM
 * for ever. A pCPU is in one pool, or in none after it was taken from pool 0.
 */
#pragma once

#include "libctl/domain/cpus.h"

#define POOL_OBJECT_SIZE 80

struct pool {
	unsigned int id;
	char name[CORBEL_POOL_NAME];
	struct corbel_cpus cpus;
	struct corbel_cpus was; /* before a change that is not done yet */
};

/* A domain that is in another pool than 0. Numbers are used again, uuids are not
 * at the same time. */
struct pool_member {
	uint32_t domid;
	uint8_t uuid[16];
	unsigned int pool;
};

struct pool_pin {
	const char *object; /* "guest NAME" */
	uint32_t domid;
	unsigned int vcpu;
	struct corbel_cpus cpus;
};

struct pools {
	struct pool *list; /* pool 0 first */
	size_t count;
	struct pool_member *members;
	size_t member_count;
	struct corbel_cpus host; /* those that there are */
	int lock;                /* file, or -1 */
};

/* All calls that can fail: 0, or -1 after corbel_fail(). */

/* ---- list.c ---- */

/* A new one at the end of the list, all zero; NULL if there is no memory. */
struct pool *pools_add(struct pools *p);
struct pool_member *pools_add_member(struct pools *p);
void pools_remove(struct pools *p, struct pool *pool);
void pools_remove_member(struct pools *p, struct pool_member *member);

/* NULL if there is none. */
struct pool *pools_find(const struct pools *p, unsigned int id);
struct pool_member *pools_member(const struct pools *p, uint32_t domid,
				 const uint8_t uuid[16]);
/* Where this domain is. Never NULL. */
struct pool *pools_of(const struct pools *p, uint32_t domid,
		      const uint8_t uuid[16]);
/* By name or number; NULL after corbel_fail(). */
struct pool *pools_named(struct corbel *c, const struct pools *p,
			 const char *name);
/* "pool NAME", for messages. Returns `object`. */
const char *pool_object(const char *name, char object[POOL_OBJECT_SIZE]);

/* ---- file.c ---- */

/* "/run/corbel" and "/etc/corbel"; tests have others. */
extern const char *pool_folder;
extern const char *pool_kept_folder;

/* What stands in the file, else what was kept, else pool 0 alone. Nobody else has them until
 * pools_close(), which comes after a failure, too. */
int pools_open(struct corbel *c, struct pools *p);
/* The same for who will not change them: as long as nobody ever did, there is no
 * lock and no file. */
int pools_look(struct corbel *c, struct pools *p);
void pools_close(struct pools *p);
int pools_write(struct corbel *c, const struct pools *p);
/* Has the next start of the machine find them, without domains. */
int pools_keep(struct corbel *c, const struct pools *p);

/* ---- apply.c ---- */

/* Writes what was changed, has all vCPUs follow it, and writes that it is done. */
int pools_commit(struct corbel *c, struct pools *p);
/* Ends a change that somebody else began. */
int pools_repair(struct corbel *c, struct pools *p);

/* ---- place.c ---- */

/* Makes the domain part of that pool; to be written. */
int pools_put(struct corbel *c, struct pools *p, uint32_t domid,
	      const uint8_t uuid[16], const struct pool *pool);
/* Has a vCPU of a domain in that pool run on those of `cpus` that this host and the
 * pool have. Fails if there are none, about `object`. */
int pools_pin(struct corbel *c, const struct pools *p, const struct pool *pool,
	      const struct pool_pin *pin);

/* ---- xml.c ---- */

/* A description with this pool in it; free() it. NULL if there is no memory, or it
 * is no description. */
char *pool_in_xml(const char *xml, const char *pool);
