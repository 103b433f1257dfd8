/* SPDX-License-Identifier: MIT */
/*
 * All vCPUs run where their domain's pool is.
 */
#include <errno.h>
#include <stdlib.h>

#include "libctl/core/internal.h"
#include "libctl/domain/subject.h"
#include "libctl/pool/pool.h"

/*
 * Where a vCPU may run from now on, which may run on `now` so far: in the whole
 * pool if it could in all that the pool was, else in what is left of its places.
 * The same again for an answer of this.
 */
static struct corbel_cpus follow(const struct pools *p, const struct pool *pool,
				 const struct corbel_cpus *now)
{
	const struct corbel_cpus whole = cpus_both(&pool->cpus, &p->host);
	const struct corbel_cpus was = cpus_both(&pool->was, &p->host);
	const struct corbel_cpus left = cpus_both(now, &whole);

	return cpus_equal(now, &was) || cpus_is_empty(&left) ? whole : left;
}

static int follow_vcpu(struct corbel *c, const struct pools *p,
		       const struct pool *pool, uint32_t domid, uint32_t vcpu)
{
	struct corbel_cpus now, next;

	if (domctl_get_affinity(c, domid, vcpu, now.bits, sizeof(now.bits)) !=
	    0) {
		return -1;
	}
	next = follow(p, pool, &now);
	return cpus_equal(&now, &next)
		       ? 0
		       : domctl_set_affinity(c, domid, vcpu, next.bits,
					     sizeof(next.bits));
}

static int follow_domain(struct corbel *c, const struct pools *p,
			 const struct xen_domctl_getdomaininfo *info)
{
	const struct pool *const pool = pools_of(p, info->domain, info->handle);

	for (uint32_t i = 0; i <= info->max_vcpu_id; i++) {
		/* One that goes away meanwhile runs nowhere. */
		if (follow_vcpu(c, p, pool, info->domain, i) != 0) {
			return errno == ESRCH ? 0
					      : subject_fail(c, info->domain,
							     "pin to its pool");
		}
	}
	return 0;
}

/* All domains that there are. */
struct domains {
	struct xen_domctl_getdomaininfo *list;
	size_t count;
};

static bool is_there(const struct domains *d, const struct pool_member *m)
{
	for (size_t i = 0; i < d->count; i++) {
		if (d->list[i].domain == m->domid) {
			return memcmp(d->list[i].handle, m->uuid,
				      sizeof(m->uuid)) == 0;
		}
	}
	return false;
}

static void forget_members(struct pools *p, const struct domains *d)
{
	for (size_t i = p->member_count; i-- > 0;) {
		if (!is_there(d, &p->members[i])) {
			pools_remove_member(p, &p->members[i]);
		}
	}
}

static int follow_all(struct corbel *c, const struct pools *p,
		      const struct domains *d)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < d->count; i++) {
		ret = follow_domain(c, p, &d->list[i]);
	}
	return ret;
}

static int commit(struct corbel *c, struct pools *p, const struct domains *d)
{
	if (pools_write(c, p) != 0 || follow_all(c, p, d) != 0) {
		return -1;
	}
	for (size_t i = 0; i < p->count; i++) {
		p->list[i].was = p->list[i].cpus;
	}
	return pools_write(c, p);
}

static bool is_done(const struct pools *p)
{
	for (size_t i = 0; i < p->count; i++) {
		if (!cpus_equal(&p->list[i].cpus, &p->list[i].was)) {
			return false;
		}
	}
	return true;
}

/* With all domains that there are, and without the members that are not. */
static int apply(struct corbel *c, struct pools *p,
		 int (*call)(struct corbel *c, struct pools *p,
			     const struct domains *d))
{
	struct domains d;
	int ret;

	if (sysctl_domains(c, &d.list, &d.count) != 0) {
		return corbel_fail_errno(c, "domains", "list");
	}
	forget_members(p, &d);
	ret = call(c, p, &d);
	free(d.list);
	return ret;
}

static int repair(struct corbel *c, struct pools *p, const struct domains *d)
{
	return is_done(p) ? follow_all(c, p, d) : commit(c, p, d);
}

int pools_commit(struct corbel *c, struct pools *p)
{
	return apply(c, p, commit);
}

int pools_repair(struct corbel *c, struct pools *p)
{
	return apply(c, p, repair);
}
