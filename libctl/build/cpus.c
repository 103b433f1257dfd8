/* SPDX-License-Identifier: MIT */
/*
 * A new guest's share of the pCPUs, and on which of them it runs: before it does.
 */

#include "libctl/build/build.h"
#include "libctl/ops/ops.h"
#include "libctl/pool/pool.h"

static int set_share(struct build *b)
{
	const struct corbel_sched *const wanted = &b->config->sched;
	struct xen_domctl_sched_credit s;

	if (domctl_get_sched(b->c, b->domid, &s) != 0) {
		return corbel_fail_errno(b->c, b->object, "weight and cap");
	}
	if (wanted->weight != 0) {
		s.weight = (uint16_t)wanted->weight;
	}
	s.cap = (uint16_t)wanted->cap;
	return domctl_set_sched(b->c, b->domid, &s) == 0
		       ? 0
		       : corbel_fail_errno(b->c, b->object, "weight and cap");
}

/* A new vCPU may be anywhere. */
static bool is_whole(const struct pools *p, const struct pool *pool)
{
	const struct corbel_cpus all = cpus_both(&pool->cpus, &p->host);

	return cpus_equal(&all, &p->host);
}

/* Where a vCPU may be: its own places in the pool, or the whole of it. */
static int pin(struct build *b, const struct pools *p, const struct pool *pool,
	       unsigned int vcpu)
{
	const struct corbel_cpus *const pins = b->config->pins;
	const bool own = pins != NULL && !cpus_is_empty(&pins[vcpu]);

	if (!own && is_whole(p, pool)) {
		return 0;
	}
	return pools_pin(b->c, p, pool,
			 &(struct pool_pin){
				 .object = b->object,
				 .domid = b->domid,
				 .vcpu = vcpu,
				 .cpus = own ? pins[vcpu] : pool->cpus,
			 });
}

static int place_in(struct build *b, struct pools *p)
{
	const char *const name = b->config->pool;
	const struct pool *const pool =
		name != NULL ? pools_named(b->c, p, name) : &p->list[0];

	if (pool == NULL) {
		return -1;
	}
	/* Whoever changes pools from now on sees it in this one. */
	if (pool->id != 0 &&
	    (pools_put(b->c, p, b->domid, b->config->uuid, pool) != 0 ||
	     pools_write(b->c, p) != 0)) {
		return -1;
	}
	for (unsigned int i = 0; i < b->config->vcpus; i++) {
		if (pin(b, p, pool, i) != 0) {
			return -1;
		}
	}
	return 0;
}

static int place(struct build *b)
{
	struct pools p;
	int ret = pools_look(b->c, &p);

	if (ret == 0) {
		ret = place_in(b, &p);
	}
	pools_close(&p);
	return ret;
}

int cpus_set(struct build *b)
{
	const struct corbel_sched *const sched = &b->config->sched;

	if ((sched->weight != 0 || sched->cap != 0) && set_share(b) != 0) {
		return -1;
	}
	return place(b);
}
