/* SPDX-License-Identifier: MIT */
/*
 * What CPUID shows to a domain, as tools read and narrow it (ABI domctl.h,
 * sysctl.h: CPU policies and feature sets). Features can be hidden; everything
 * else of a policy is ours, whatever a tool writes there. There is one policy for
 * all, so all indices mean it. No MSRs: none is a matter of choice.
 */
#include "call/domctl.h"
#include "call/sysctl.h"
#include "virt/cpuid.h"

/* A tool makes room for so many, also to write its own: all that the ABI has. */
#define LEAVES_MAX      128u
#define LEAF_BASIC_LAST 0x0du
#define LEAF_EXTENDED   0x80000000u
#define CACHES_MAX      4u
#define STATES_MAX      9u

/* Filled from a policy; what is beyond the room is only counted. */
struct leaves {
	struct call *call;
	const struct domain *d;
	uint64_t at;
	uint32_t room;
	uint32_t count;
};

static int put_leaf(struct leaves *l, uint32_t leaf, uint32_t subleaf)
{
	const struct cpuid_regs r = cpuid_policy(l->d, leaf, subleaf);
	const bool plain =
		leaf != 0x04 && leaf != 0x07 && leaf != 0x0b && leaf != 0x0d;
	const xen_cpuid_leaf_t entry = {
		.leaf = leaf,
		.subleaf = plain ? XEN_CPUID_NO_SUBLEAF : subleaf,
		.a = r.eax,
		.b = r.ebx,
		.c = r.ecx,
		.d = r.edx,
	};
	const uint64_t at = l->at + l->count * sizeof(entry);

	return l->count++ < l->room
		       ? guest_write(l->call->vcpu, at, &entry, sizeof(entry))
		       : 0;
}

static unsigned int subleaves_of(uint32_t leaf)
{
	switch (leaf) {
	case 0x04:
		return CACHES_MAX;
	case 0x0d:
		return STATES_MAX;
	default:
		return 1;
	}
}

static int put_range(struct leaves *l, uint32_t first, uint32_t last)
{
	int err = 0;

	for (uint32_t leaf = first; err == 0 && leaf <= last; leaf++) {
		for (unsigned int i = 0; err == 0 && i < subleaves_of(leaf);
		     i++) {
			err = put_leaf(l, leaf, i);
		}
	}
	return err;
}

static int put_policy(struct leaves *l)
{
	const uint32_t last = cpuid_policy(l->d, LEAF_EXTENDED, 0).eax;
	const uint32_t extended =
		(uint32_t)min_u64(last & 0xffff, 0x21) | LEAF_EXTENDED;
	const int err = put_range(l, 0, LEAF_BASIC_LAST);

	if (err != 0) {
		return err;
	}
	return last < LEAF_EXTENDED ? 0 : put_range(l, LEAF_EXTENDED, extended);
}

/* What both operations have in common. Without a place it says how much room
 * there should be. */
static int get_policy(struct call *c, const struct domain *d, uint64_t at,
		      uint32_t *leaves, uint32_t *msrs)
{
	struct leaves l = { .call = c, .d = d, .at = at, .room = *leaves };
	int err = 0;

	*msrs = 0;
	if (at == 0) {
		*leaves = LEAVES_MAX;
		return 0;
	}
	err = put_policy(&l);
	*leaves = l.count;
	return err == 0 && l.count > l.room ? -XEN_ENOBUFS : err;
}

long sysctl_get_cpu_policy(struct call *c, void *arg)
{
	struct xen_sysctl_cpu_policy *op =
		&((struct xen_sysctl *)arg)->u.cpu_policy;

	if (op->_rsvd != 0 || op->index > XEN_SYSCTL_cpu_policy_hvm_default) {
		return -XEN_EINVAL;
	}
	return get_policy(c, NULL, (uint64_t)(uintptr_t)op->leaves.p,
			  &op->nr_leaves, &op->nr_msrs);
}

long domctl_get_cpu_policy(struct call *c, void *arg)
{
	struct xen_domctl *op = arg;
	struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
	struct domain *d;
	const int err = domctl_live(op->domain, &d);

	return err != 0 ? err
			: get_policy(c, d, (uint64_t)(uintptr_t)p->leaves.p,
				     &p->nr_leaves, &p->nr_msrs);
}

static int limit_leaf(struct domain *d, const xen_cpuid_leaf_t *leaf)
{
	const uint32_t regs[] = { leaf->a, leaf->b, leaf->c, leaf->d };
	int err = 0;

	for (unsigned int i = 0; err == 0 && i < DOMAIN_FEATURE_WORDS; i++) {
		const struct cpuid_word *w = &cpuid_words[i];

		if (w->leaf == leaf->leaf &&
		    (leaf->subleaf == XEN_CPUID_NO_SUBLEAF ||
		     w->subleaf == leaf->subleaf)) {
			err = cpuid_limit(d, i, regs[w->reg]);
		}
	}
	return err;
}

long domctl_set_cpu_policy(struct call *c, void *arg)
{
	struct xen_domctl *op = arg;
	struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
	const uint64_t at = (uint64_t)(uintptr_t)p->leaves.p;
	xen_cpuid_leaf_t leaf;
	struct domain *d;
	int err = domctl_other(c, op->domain, &d);

	if (err == 0 && (p->nr_msrs != 0 || p->nr_leaves > LEAVES_MAX)) {
		err = -XEN_EOPNOTSUPP;
	}
	for (uint32_t i = 0; err == 0 && i < p->nr_leaves; i++) {
		err = guest_read(c->vcpu, &leaf, at + i * sizeof(leaf),
				 sizeof(leaf));
		if (err == 0) {
			err = limit_leaf(d, &leaf);
		}
	}
	return err;
}

long sysctl_get_cpu_featureset(struct call *c, void *arg)
{
	struct xen_sysctl_cpu_featureset *op =
		&((struct xen_sysctl *)arg)->u.cpu_featureset;
	const uint64_t at = (uint64_t)(uintptr_t)op->features.p;
	uint32_t words[DOMAIN_FEATURE_WORDS];

	for (unsigned int i = 0; i < DOMAIN_FEATURE_WORDS; i++) {
		const struct cpuid_word *w = &cpuid_words[i];
		const struct cpuid_regs r =
			cpuid_policy(NULL, w->leaf, w->subleaf);
		const uint32_t regs[] = { r.eax, r.ebx, r.ecx, r.edx };

		words[i] = regs[w->reg];
	}
	if (at == 0) {
		op->nr_features = DOMAIN_FEATURE_WORDS;
		return 0;
	}

	const uint32_t n =
		(uint32_t)min_u64(op->nr_features, DOMAIN_FEATURE_WORDS);
	const bool all = op->nr_features >= DOMAIN_FEATURE_WORDS;

	op->nr_features = n;
	if (guest_write(c->vcpu, at, words, n * sizeof(words[0])) != 0) {
		return -XEN_EFAULT;
	}
	return all ? 0 : -XEN_ENOBUFS;
}
