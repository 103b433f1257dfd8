/* SPDX-License-Identifier: MIT */
/*
 * CPUID policy: what the CPU says, less what a guest must not see, plus what is
 * ours. One row per leaf: masks to keep, bits to add, and a function for what
 * depends on the vCPU.
 */
#include "virt/cpuid.h"

#include "arch/x86/features.h"
#include "core/clock.h"
#include "domain/p2m.h"
#include "virt/exit.h"
#include "virt/vdev/vlapic.h"

#define XEN_BASE    0x40000000u
#define XEN_VERSION 0x00040011u /* the ABI's 4.17 */
#define ALL         0xffffffffu

struct leaf_row {
	uint32_t leaf;
	struct cpuid_regs keep;
	void (*adjust)(struct vcpu *v, uint32_t subleaf, struct cpuid_regs *r);
};

/* Bits by name, as far as the rows need them. */
/* DTES64, MONITOR, DS-CPL, VMX, SMX, EIST, TM2, SDBG, xTPR, PDCM, DCA, TSC
 * deadline. */
#define L1C_HIDDEN                                                             \
	(1u << 2 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 8 | \
	 1u << 11 | 1u << 14 | 1u << 15 | 1u << 18 | 1u << 24)
#define L1C_X2APIC     (1u << 21)
#define L1C_OSXSAVE    (1u << 27)
#define L1C_HYPERVISOR (1u << 31)
#define L1D_APIC       (1u << 9)
#define L1D_HTT        (1u << 28)
#define L1D_HIDDEN     (1u << 21 | 1u << 22 | 1u << 29 | 1u << 30 | 1u << 31)
#define L7B_HIDDEN                                                             \
	(1u << 1 | 1u << 2 | 1u << 4 | 1u << 11 | 1u << 12 | 1u << 14 |        \
	 1u << 15 | 1u << 25)
/* UMIP, VAES, VPCLMULQDQ, VNNI, BITALG, VPOPCNTDQ, VBMI, VBMI2, GFNI, RDPID,
 * LA57, PKU stays hidden. */
#define L7C_SHOWN                                                              \
	(1u << 1 | 1u << 2 | 1u << 6 | 1u << 8 | 1u << 9 | 1u << 10 |          \
	 1u << 11 | 1u << 12 | 1u << 14 | 1u << 22)
#define L7D_SHOWN (1u << 4) /* FSRM */
#define LE1C_HIDDEN                                                            \
	(1u << 2 | 1u << 3 | 1u << 9 | 1u << 10 | 1u << 12 | 1u << 13 |        \
	 1u << 15 | 1u << 19 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 26 |     \
	 1u << 27 | 1u << 28 | 1u << 29)

static unsigned int id_bits(const struct vcpu *v)
{
	unsigned int bits = 1;

	while ((1u << bits) < vlapic_id_of(v->domain->vcpu_count)) {
		bits++;
	}
	return bits;
}

static void adjust_1(struct vcpu *v, uint32_t, struct cpuid_regs *r)
{
	const uint32_t id = vlapic_id_of(v->id);
	const uint32_t count = vlapic_id_of(v->domain->vcpu_count);

	r->ebx = (r->ebx & 0x0000ffff) | (id & 0xff) << 24 |
		 (count & 0xff) << 16;
	r->ecx |= L1C_HYPERVISOR | L1C_X2APIC;
	if ((virt->cr(v, 4) & CR4_OSXSAVE) != 0) {
		r->ecx |= L1C_OSXSAVE;
	} else {
		r->ecx &= ~L1C_OSXSAVE;
	}
	if (!vlapic_is_enabled(v)) {
		r->edx &= ~L1D_APIC;
	}
	if (v->domain->vcpu_count > 1) {
		r->edx |= L1D_HTT;
	}
}

/* Every vCPU is a core of its own: ids step by two (SDM 2A, leaf 0BH). */
static void adjust_topology(struct vcpu *v, uint32_t subleaf,
			    struct cpuid_regs *r)
{
	*r = (struct cpuid_regs){ .ecx = subleaf, .edx = vlapic_id_of(v->id) };
	if (subleaf == 0) {
		r->eax = 1;
		r->ebx = 1;
		r->ecx |= 1u << 8; /* SMT */
	} else if (subleaf == 1) {
		r->eax = id_bits(v);
		r->ebx = v->domain->vcpu_count;
		r->ecx |= 2u << 8; /* core */
	}
}

/* State components by subleaf; no supervisor ones. EBX of subleaf 0 follows
 * the guest's XCR0, which is in the CPU now. */
static void adjust_xstate(struct vcpu *, uint32_t subleaf, struct cpuid_regs *r)
{
	if (subleaf == 1) {
		r->eax &= 0x7; /* XSAVEOPT, XSAVEC, XGETBV(1); not XSAVES */
		r->ebx = 0;
		r->ecx = 0;
		r->edx = 0;
	}
}

static void adjust_ext_1(struct vcpu *v, uint32_t, struct cpuid_regs *r)
{
	if (!vlapic_is_enabled(v)) {
		r->edx &= ~L1D_APIC;
	}
}

static void adjust_ext_8(struct vcpu *v, uint32_t, struct cpuid_regs *r)
{
	r->ecx = id_bits(v) << 12 | (v->domain->vcpu_count - 1);
}

/* Leaves without a row, and those with an empty one, are zero. */
static const struct leaf_row rows[] = {
	{ 0x00, { ALL, ALL, ALL, ALL }, NULL },
	{ 0x01, { ALL, ALL, ~L1C_HIDDEN, ~L1D_HIDDEN }, adjust_1 },
	{ 0x06, { 1u << 2, 0, 0, 0 }, NULL }, /* ARAT */
	{ 0x07, { 0, ~L7B_HIDDEN, L7C_SHOWN, L7D_SHOWN }, NULL },
	{ 0x0b, { 0, 0, 0, 0 }, adjust_topology },
	{ 0x0d, { ALL, ALL, ALL, ALL }, adjust_xstate },
	{ 0x80000000, { ALL, ALL, ALL, ALL }, NULL },
	{ 0x80000001, { ALL, ALL, ~LE1C_HIDDEN, ALL }, adjust_ext_1 },
	{ 0x80000002, { ALL, ALL, ALL, ALL }, NULL },
	{ 0x80000003, { ALL, ALL, ALL, ALL }, NULL },
	{ 0x80000004, { ALL, ALL, ALL, ALL }, NULL },
	{ 0x80000005, { ALL, ALL, ALL, ALL }, NULL },
	{ 0x80000006, { ALL, ALL, ALL, ALL }, NULL },
	{ 0x80000007, { 0, 0, 0, 1u << 8 }, NULL }, /* invariant TSC */
	{ 0x80000008, { ALL, 1u << 0 | 1u << 2, 0, 0 }, adjust_ext_8 },
};

/* How guest time comes from the TSC, which is not trapped: rate, scale, host's
 * rate. The offset of subleaf 1 is 0. */
static struct cpuid_regs tsc_leaf(uint32_t subleaf)
{
	switch (subleaf) {
	case 0:
		return (struct cpuid_regs){ clock_scale.tsc_stable ? 2 : 0, 0,
					    clock_scale.tsc_khz, 0 };
	case 1:
		return (struct cpuid_regs){ 0, 0, clock_scale.mul,
					    (uint8_t)clock_scale.shift };
	case 2:
		return (struct cpuid_regs){ clock_scale.tsc_khz, 0, 0, 0 };
	default:
		return (struct cpuid_regs){ 0, 0, 0, 0 };
	}
}

static struct cpuid_regs hvm_leaf(const struct vcpu *v)
{
	uint32_t flags =
		XEN_HVM_CPUID_VCPU_ID_PRESENT | XEN_HVM_CPUID_DOMID_PRESENT;

	if (p2m_has_dma(v->domain)) {
		flags |= XEN_HVM_CPUID_IOMMU_MAPPINGS;
	}
	return (struct cpuid_regs){ flags, v->id, v->domain->id, 0 };
}

/* The ABI's own leaves (arch-x86/cpuid.h). */
static struct cpuid_regs xen_leaf(struct vcpu *v, uint32_t n, uint32_t subleaf)
{
	switch (n) {
	case 0:
		return (struct cpuid_regs){ XEN_BASE + 5,
					    XEN_CPUID_SIGNATURE_EBX,
					    XEN_CPUID_SIGNATURE_ECX,
					    XEN_CPUID_SIGNATURE_EDX };
	case 1:
		return (struct cpuid_regs){ XEN_VERSION, 0, 0, 0 };
	case 2:
		return (struct cpuid_regs){ 1, XEN_BASE, 0, 0 };
	case 3:
		return tsc_leaf(subleaf);
	case 4:
		return hvm_leaf(v);
	default:
		return (struct cpuid_regs){ 0, 0, 0, 0 };
	}
}

static const struct leaf_row *find_row(uint32_t leaf)
{
	size_t low = 0;
	size_t high = ARRAY_SIZE(rows);

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (rows[middle].leaf == leaf) {
			return &rows[middle];
		}
		if (rows[middle].leaf < leaf) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return NULL;
}

const struct cpuid_word cpuid_words[DOMAIN_FEATURE_WORDS] = {
	{ 0x01, 0, 3 },       { 0x01, 0, 2 },       { 0x80000001, 0, 3 },
	{ 0x80000001, 0, 2 }, { 0x0d, 1, 0 },       { 0x07, 0, 1 },
	{ 0x07, 0, 2 },       { 0x80000007, 0, 3 }, { 0x80000008, 0, 1 },
	{ 0x07, 0, 3 },
};

static uint32_t *reg_of(struct cpuid_regs *r, unsigned int reg)
{
	uint32_t *const regs[] = { &r->eax, &r->ebx, &r->ecx, &r->edx };

	return regs[reg];
}

/* Leaves without subleaves ignore the number. */
static bool has_word(const struct cpuid_word *w, uint32_t leaf,
		     uint32_t subleaf)
{
	return w->leaf == leaf &&
	       (w->subleaf == subleaf || (leaf != 0x07 && leaf != 0x0d));
}

static void hide(const struct domain *d, uint32_t leaf, uint32_t subleaf,
		 struct cpuid_regs *r)
{
	for (unsigned int i = 0; i < DOMAIN_FEATURE_WORDS; i++) {
		const struct cpuid_word *w = &cpuid_words[i];

		if (has_word(w, leaf, subleaf)) {
			*reg_of(r, w->reg) &= ~__atomic_load_n(
				&d->features_hidden[i], __ATOMIC_RELAXED);
		}
	}
}

static bool hides(const struct domain *d)
{
	return __atomic_load_n(&d->hides_features, __ATOMIC_RELAXED);
}

static struct cpuid_regs kept(const struct leaf_row *row, uint32_t subleaf)
{
	struct cpuid_regs r = cpuid(row->leaf, subleaf);

	r.eax &= row->keep.eax;
	r.ebx &= row->keep.ebx;
	r.ecx &= row->keep.ecx;
	r.edx &= row->keep.edx;
	return r;
}

struct cpuid_regs cpuid_policy(const struct domain *d, uint32_t leaf,
			       uint32_t subleaf)
{
	const struct leaf_row *row = find_row(leaf);
	struct cpuid_regs r = { 0, 0, 0, 0 };

	if (row == NULL) {
		return r;
	}
	r = kept(row, subleaf);
	if (leaf == 0x01) {
		r.ebx &= 0xffff;
		r.ecx = (r.ecx & ~L1C_OSXSAVE) | L1C_HYPERVISOR | L1C_X2APIC;
	} else if (leaf == 0x0d) {
		adjust_xstate(NULL, subleaf, &r);
	}
	if (d != NULL && hides(d)) {
		hide(d, leaf, subleaf, &r);
	}
	return r;
}

int cpuid_limit(struct domain *d, unsigned int word, uint32_t value)
{
	const struct cpuid_word *w = &cpuid_words[word];
	struct cpuid_regs r = cpuid_policy(NULL, w->leaf, w->subleaf);
	const uint32_t shown = *reg_of(&r, w->reg);
	uint32_t ignored = 0; /* what follows from the vCPUs */

	if (word == 0) {
		ignored = L1D_HTT;
	} else if (word == 1) {
		ignored = L1C_OSXSAVE;
	}
	if ((value & ~shown & ~ignored) != 0) {
		return -XEN_EINVAL;
	}
	__atomic_store_n(&d->features_hidden[word], shown & ~value & ~ignored,
			 __ATOMIC_RELAXED);
	__atomic_store_n(&d->hides_features, true, __ATOMIC_RELAXED);
	return 0;
}

struct cpuid_regs cpuid_guest(struct vcpu *v, uint32_t leaf, uint32_t subleaf)
{
	const struct cpuid_regs none = { 0, 0, 0, 0 };

	if (leaf - XEN_BASE < 0x100) {
		return xen_leaf(v, leaf - XEN_BASE, subleaf);
	}

	const struct leaf_row *row = find_row(leaf);

	if (row == NULL) {
		return none;
	}

	struct cpuid_regs r = kept(row, subleaf);

	if (row->adjust != NULL) {
		row->adjust(v, subleaf, &r);
	}
	if (hides(v->domain)) {
		hide(v->domain, leaf, subleaf, &r);
	}
	return r;
}
