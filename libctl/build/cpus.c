/* SPDX-License-Identifier: MIT */
/*
 * A new guest's share of the pCPUs, and on which of them it runs.
 */
#include <errno.h>
#include <string.h>

#include "libctl/build/build.h"
#include "libctl/ops/ops.h"

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

static bool is_empty(const struct corbel_cpus *cpus)
{
	static const struct corbel_cpus none;

	return memcmp(cpus, &none, sizeof(none)) == 0;
}

static int pin(struct build *b, unsigned int vcpu)
{
	struct corbel_cpus cpus = b->config->pins[vcpu];

	if (is_empty(&cpus) ||
	    domctl_set_affinity(b->c, b->domid, vcpu, cpus.bits,
				sizeof(cpus.bits)) == 0) {
		return 0;
	}
	if (errno != EINVAL) {
		return corbel_fail_errno(b->c, b->object, "pin vCPU %u", vcpu);
	}
	return corbel_fail(b->c, CORBEL_INVALID, b->object,
			   "vCPU %u: this host has none of its pCPUs", vcpu);
}

int cpus_set(struct build *b)
{
	const struct corbel_config *const config = b->config;

	if ((config->sched.weight != 0 || config->sched.cap != 0) &&
	    set_share(b) != 0) {
		return -1;
	}
	for (unsigned int i = 0; config->pins != NULL && i < config->vcpus;
	     i++) {
		if (pin(b, i) != 0) {
			return -1;
		}
	}
	return 0;
}
