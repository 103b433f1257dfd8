/* SPDX-License-Identifier: MIT */
/*
 * Where one domain is, and where its vCPUs may be.
 */
#include <errno.h>

#include "libctl/core/internal.h"
#include "libctl/domain/subject.h"
#include "libctl/pool/pool.h"

int pools_put(struct corbel *c, struct pools *p, uint32_t domid,
	      const uint8_t uuid[16], const struct pool *pool)
{
	struct pool_member *m = pools_member(p, domid, uuid);

	if (pool->id == 0) {
		if (m != NULL) {
			pools_remove_member(p, m);
		}
		return 0;
	}
	if (m == NULL) {
		m = pools_add_member(p);
	}
	if (m == NULL) {
		return corbel_fail_errno(c, "pools", "one more domain");
	}
	m->domid = domid;
	m->pool = pool->id;
	memcpy(m->uuid, uuid, sizeof(m->uuid));
	return 0;
}

static int none_here(struct corbel *c, const struct pool_pin *pin)
{
	return corbel_fail(c, CORBEL_INVALID, pin->object,
			   "vCPU %u: this host has none of these pCPUs",
			   pin->vcpu);
}

static int none_in_pool(struct corbel *c, const struct pool *pool,
			const struct corbel_cpus *all,
			const struct pool_pin *pin)
{
	char text[64];

	corbel_cpus_text(all, CORBEL_CPUS_MAX, text, sizeof(text));
	return corbel_fail(c, CORBEL_INVALID, pin->object,
			   "vCPU %u: none of these pCPUs is in its pool, %s "
			   "(%s)",
			   pin->vcpu, pool->name, text);
}

int pools_pin(struct corbel *c, const struct pools *p, const struct pool *pool,
	      const struct pool_pin *pin)
{
	const struct corbel_cpus all = cpus_both(&pool->cpus, &p->host);
	const struct corbel_cpus here = cpus_both(&pin->cpus, &p->host);
	struct corbel_cpus cpus = cpus_both(&here, &all);

	if (cpus_is_empty(&here)) {
		return none_here(c, pin);
	}
	if (cpus_is_empty(&cpus)) {
		return none_in_pool(c, pool, &all, pin);
	}
	if (domctl_set_affinity(c, pin->domid, pin->vcpu, cpus.bits,
				sizeof(cpus.bits)) == 0) {
		return 0;
	}
	return errno == EINVAL ? none_here(c, pin)
			       : corbel_fail_errno(c, pin->object,
						   "pin vCPU %u", pin->vcpu);
}

int corbel_vcpu_pin(struct corbel *c, uint32_t domid, unsigned int vcpu,
		    const struct corbel_cpus *cpus)
{
	struct xen_domctl_getdomaininfo info;
	char object[SUBJECT_SIZE];
	struct pool_pin pin = { object, domid, vcpu, *cpus };
	struct pools p;
	int ret;

	if (subject_has_vcpus(c, domid, vcpu + 1, &info) != 0) {
		return -1;
	}
	subject_name(c, domid, object, sizeof(object));
	ret = pools_look(c, &p);
	if (ret == 0) {
		ret = pools_pin(c, &p, pools_of(&p, domid, info.handle), &pin);
	}
	pools_close(&p);
	return ret;
}
