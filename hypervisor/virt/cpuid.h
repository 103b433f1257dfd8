/* SPDX-License-Identifier: MIT */
#pragma once

#include "arch/x86/regs.h"
#include "domain/domain.h"
#include "domain/vcpu.h"

/* A word of CPUID that names features. */
struct cpuid_word {
	uint32_t leaf;
	uint32_t subleaf;
	unsigned int reg; /* 0 to 3: EAX, EBX, ECX, EDX */
};

/* In the order of the ABI's feature sets (arch-x86/cpufeatureset.h). Tools may
 * hide bits of them from a domain. */
extern const struct cpuid_word cpuid_words[DOMAIN_FEATURE_WORDS];

/* What CPUID says on this pCPU to all vCPUs of a domain, less what differs
 * between vCPUs. NULL: to those of a domain from which nothing is hidden. */
struct cpuid_regs cpuid_policy(const struct domain *d, uint32_t leaf,
			       uint32_t subleaf);
/* Feature bits that are not in the value will not be shown to the domain, the
 * others will. -XEN_EINVAL: it has some that we do not show. */
int cpuid_limit(struct domain *d, unsigned int word, uint32_t value) must_check;
