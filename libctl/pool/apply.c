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

/* Those that are not there any more. */
static void forget_members(struct corbel *c, struct pools *p)
{
	struct xen_domctl_getdomaininfo info;

	for (size_t i = p->member_count; i-- > 0;) {
		struct pool_member *const m = &p->members[i];

		if (subject_info(c, m->domid, &info) != 0 ||
		    memcmp(info.handle, m->uuid, sizeof(m->uuid)) != 0) {
			pools_remove_member(p, m);
		}
	}
}

static int follow_all(struct corbel *c, const struct pools *p)
{
	struct xen_domctl_getdomaininfo *all;
	size_t count;
	int ret = 0;

	if (sysctl_domains(c, &all, &count) != 0) {
		return corbel_fail_errno(c, "domains", "list");
	}
	for (size_t i = 0; ret == 0 && i < count; i++) {
		ret = follow_domain(c, p, &all[i]);
	}
	free(all);
	return ret;
}

int pools_commit(struct corbel *c, struct pools *p)
{
	forget_members(c, p);
	if (pools_write(c, p) != 0 || follow_all(c, p) != 0) {
		return -1;
	}
	for (size_t i = 0; i < p->count; i++) {
		p->list[i].was = p->list[i].cpus;
	}
	return pools_write(c, p);
}

int pools_repair(struct corbel *c, struct pools *p)
{
	forget_members(c, p);
	for (size_t i = 0; i < p->count; i++) {
		if (!cpus_equal(&p->list[i].cpus, &p->list[i].was)) {
			return pools_commit(c, p);
		}
	}
	return follow_all(c, p);
}
