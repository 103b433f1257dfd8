/* SPDX-License-Identifier: MIT */
/* AMD APM 2, 7.7. */
#include "virt/mtrr.h"

#include "arch/x86/features.h"
#include "arch/x86/msr.h"
#include "lib/string.h"
#include "virt/virt.h"

#define TYPE_WB     6u
#define FIXED_COUNT 11
#define CAP         (MTRR_VARIABLE | BIT(8) | BIT(10)) /* fixed ranges, WC */
#define DEF_ENABLE  BIT(11)
#define DEF_FIXED   BIT(10)
#define ALL_WB      UINT64_C(0x0606060606060606)

struct mtrr {
	uint64_t def_type;
	uint64_t fixed[FIXED_COUNT]; /* in the order of the MSR numbers */
	uint64_t variable[2 * MTRR_VARIABLE];
};

int mtrr_create(struct domain *d)
{
	struct mtrr *m = domain_alloc(d, sizeof(*m));

	if (m == NULL) {
		return -XEN_ENOMEM;
	}
	m->def_type = DEF_ENABLE | DEF_FIXED | TYPE_WB;
	for (unsigned int i = 0; i < FIXED_COUNT; i++) {
		m->fixed[i] = i == 2 ? 0 : ALL_WB; /* 0xa0000: uncached */
	}
	d->mtrr = m;
	return 0;
}

void mtrr_destroy(struct domain *d)
{
	domain_free(d, d->mtrr, sizeof(*d->mtrr));
	d->mtrr = NULL;
}

static uint64_t *field(struct mtrr *m, uint32_t msr)
{
	if (msr == MSR_MTRR_DEF_TYPE) {
		return &m->def_type;
	}
	if (msr == MSR_MTRR_FIX64K) {
		return &m->fixed[0];
	}
	if (msr >= MSR_MTRR_FIX16K && msr <= MSR_MTRR_FIX16K + 1) {
		return &m->fixed[1 + msr - MSR_MTRR_FIX16K];
	}
	if (msr >= MSR_MTRR_FIX4K && msr <= MSR_MTRR_FIX4K + 7) {
		return &m->fixed[3 + msr - MSR_MTRR_FIX4K];
	}
	return &m->variable[msr - MSR_MTRR_PHYS_BASE0];
}

bool mtrr_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	*value = msr == MSR_MTRR_CAP ? CAP : *field(v->domain->mtrr, msr);
	return true;
}

static bool type_ok(uint64_t type)
{
	return type <= 1 || (type >= 4 && type <= 6);
}

static bool value_ok(uint32_t msr, uint64_t value)
{
	if (msr == MSR_MTRR_DEF_TYPE) {
		return (value & ~UINT64_C(0xcff)) == 0 && type_ok(value & 0xff);
	}
	if (msr >= MSR_MTRR_FIX64K && msr <= MSR_MTRR_FIX4K + 7) {
		for (unsigned int i = 0; i < 8; i++) {
			if (!type_ok(value >> (8 * i) & 0xff)) {
				return false;
			}
		}
		return true;
	}
	if (value >> cpu_features.phys_bits != 0) {
		return false;
	}
	return (msr & 1) != 0 || type_ok(value & 0xff);
}

bool mtrr_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	if (!value_ok(msr, value)) {
		return false;
	}
	*field(v->domain->mtrr, msr) = value;
	return true;
}

/* APM 2 7.8.1. */
static bool pat_ok(uint64_t pat)
{
	for (unsigned int i = 0; i < 8; i++) {
		const uint64_t type = pat >> (8 * i) & 0xff;

		if (!type_ok(type) && type != 7) {
			return false;
		}
	}
	return true;
}

bool mtrr_check(const struct hvm_hw_mtrr *m)
{
	bool ok = pat_ok(m->msr_pat_cr) &&
		  value_ok(MSR_MTRR_DEF_TYPE, m->msr_mtrr_def_type);

	for (unsigned int i = 0; i < FIXED_COUNT; i++) {
		ok = ok && value_ok(MSR_MTRR_FIX64K, m->msr_mtrr_fixed[i]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(m->msr_mtrr_var); i++) {
		ok = ok &&
		     value_ok(MSR_MTRR_PHYS_BASE0 + i, m->msr_mtrr_var[i]);
	}
	return ok;
}

static_assert(sizeof(((struct mtrr *)NULL)->fixed) ==
		      sizeof(((struct hvm_hw_mtrr *)NULL)->msr_mtrr_fixed),
	      "ABI hvm/save.h");
static_assert(sizeof(((struct mtrr *)NULL)->variable) ==
		      sizeof(((struct hvm_hw_mtrr *)NULL)->msr_mtrr_var),
	      "ABI hvm/save.h");

void mtrr_set(struct vcpu *v, const struct hvm_hw_mtrr *m)
{
	struct mtrr *to = v->domain->mtrr;

	to->def_type = m->msr_mtrr_def_type;
	memcpy(to->fixed, m->msr_mtrr_fixed, sizeof(to->fixed));
	memcpy(to->variable, m->msr_mtrr_var, sizeof(to->variable));
	(void)virt->msr_write(v, MSR_PAT, m->msr_pat_cr);
}

void mtrr_get(const struct vcpu *v, struct hvm_hw_mtrr *m)
{
	const struct mtrr *from = v->domain->mtrr;

	m->msr_mtrr_cap = CAP;
	m->msr_mtrr_def_type = from->def_type;
	memcpy(m->msr_mtrr_fixed, from->fixed, sizeof(from->fixed));
	memcpy(m->msr_mtrr_var, from->variable, sizeof(from->variable));
	(void)virt->msr_read(v, MSR_PAT, &m->msr_pat_cr);
}
