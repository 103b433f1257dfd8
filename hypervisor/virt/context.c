/* SPDX-License-Identifier: MIT */
/*
 * Registers from outside. What entering the guest would refuse (AMD APM 2,
 * 15.5.1) is refused here, as is what would make the hypervisor fault when it
 * loads the rest: so nobody finds out by a vCPU that does not run.
 *
 * Not taken over: the TSC, as guests' time is the host's.
 */
#include "virt/context.h"

#include "arch/x86/features.h"
#include "arch/x86/hooks.h"
#include "lib/string.h"
#include "virt/exit.h"

#define CR0_BITS                                                               \
	(CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP |        \
	 CR0_AM | CR0_NW | CR0_CD | CR0_PG)
/* VME, PVI, TSD, DE, PSE, PAE, MCE, PGE, PCE, OSFXSR, OSXMMEXCPT. */
#define CR4_BITS        UINT64_C(0x7ff)
#define CR4_PCIDE       BIT(17)
#define EFER_FFXSR      BIT(14)
#define EFER_BITS       (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | EFER_FFXSR)
#define RFLAGS_BITS     UINT64_C(0x3f7fd7)
#define MXCSR_BITS      0xffffu
#define MXCSR_OFFSET    24 /* in an FXSAVE area */

#define EVENT_INTERRUPT 0u
#define EVENT_NMI       2u
#define EVENT_EXCEPTION 3u
#define EVENT_SOFT      4u

static bool is_long(const struct hvm_hw_cpu *s)
{
	return (s->msr_efer & EFER_LMA) != 0;
}

static bool is_canonical(uint64_t address)
{
	return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

static bool cr0_ok(struct vcpu *, const struct hvm_hw_cpu *s)
{
	const bool paging = (s->cr0 & CR0_PG) != 0;

	return (s->cr0 & ~CR0_BITS) == 0 &&
	       (!paging || (s->cr0 & CR0_PE) != 0) &&
	       (s->cr0 & (CR0_CD | CR0_NW)) != CR0_NW;
}

static bool cr3_ok(struct vcpu *, const struct hvm_hw_cpu *s)
{
	return s->cr3 >> cpu_features.phys_bits == 0;
}

/* The bits that the guest's CPUID offers. */
static uint64_t cr4_offered(struct vcpu *v)
{
	static const struct {
		uint8_t leaf;
		bool in_ecx; /* else EBX */
		uint8_t bit;
		uint64_t cr4;
	} rows[] = {
		{ 1, true, 17, CR4_PCIDE }, { 1, true, 26, CR4_OSXSAVE },
		{ 7, true, 2, CR4_UMIP },   { 7, false, 0, CR4_FSGSBASE },
		{ 7, false, 7, CR4_SMEP },  { 7, false, 20, CR4_SMAP },
	};

	uint64_t bits = CR4_BITS;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct cpuid_regs r = cpuid_guest(v, rows[i].leaf, 0);

		if (((rows[i].in_ecx ? r.ecx : r.ebx) >> rows[i].bit & 1) !=
		    0) {
			bits |= rows[i].cr4;
		}
	}
	return bits;
}

static bool cr4_ok(struct vcpu *v, const struct hvm_hw_cpu *s)
{
	return (s->cr4 & ~cr4_offered(v)) == 0 &&
	       ((s->cr4 & CR4_PCIDE) == 0 || is_long(s));
}

/* Long mode is active when it is enabled and there is paging, which then has
 * physical address extensions. */
static bool efer_ok(struct vcpu *v, const struct hvm_hw_cpu *s)
{
	const bool active =
		(s->msr_efer & EFER_LME) != 0 && (s->cr0 & CR0_PG) != 0;
	const bool fast = (s->msr_efer & EFER_FFXSR) != 0;

	return (s->msr_efer & ~EFER_BITS) == 0 && is_long(s) == active &&
	       (!active || (s->cr4 & CR4_PAE) != 0) &&
	       (!fast || (cpuid_guest(v, 0x80000001, 0).edx & 1u << 25) != 0);
}

static bool rflags_ok(struct vcpu *, const struct hvm_hw_cpu *s)
{
	const bool virtual_8086 = (s->rflags & RFLAGS_VM) != 0;

	return (s->rflags & ~RFLAGS_BITS) == 0 &&
	       (!virtual_8086 || ((s->cr0 & CR0_PE) != 0 && !is_long(s)));
}

static bool debug_ok(struct vcpu *, const struct hvm_hw_cpu *s)
{
	return s->dr6 >> 32 == 0 && s->dr7 >> 32 == 0;
}

/* Selectors have 16 bits, attributes 12. */
static bool segments_ok(struct vcpu *, const struct hvm_hw_cpu *s)
{
	const uint32_t selectors = s->cs_sel | s->ds_sel | s->es_sel |
				   s->fs_sel | s->gs_sel | s->ss_sel |
				   s->tr_sel | s->ldtr_sel;
	const uint32_t attributes =
		s->cs_arbytes | s->ds_arbytes | s->es_arbytes | s->fs_arbytes |
		s->gs_arbytes | s->ss_arbytes | s->tr_arbytes | s->ldtr_arbytes;
	const uint32_t both = SEGMENT_LONG | SEGMENT_DEFAULT_BIG;

	return selectors >> 16 == 0 && attributes >> 12 == 0 &&
	       s->gdtr_limit >> 16 == 0 && s->idtr_limit >> 16 == 0 &&
	       !(is_long(s) && (s->cs_arbytes & both) == both);
}

static bool addresses_ok(struct vcpu *, const struct hvm_hw_cpu *s)
{
	const uint64_t always[] = {
		s->fs_base,   s->gs_base,      s->shadow_gs,    s->msr_lstar,
		s->msr_cstar, s->sysenter_eip, s->sysenter_esp,
	};
	const uint64_t in_long[] = {
		s->rip, s->gdtr_base, s->idtr_base, s->ldtr_base, s->tr_base,
	};
	bool ok = is_long(s) || s->rip >> 32 == 0;

	for (size_t i = 0; i < ARRAY_SIZE(always); i++) {
		ok = ok && is_canonical(always[i]);
	}
	for (size_t i = 0; is_long(s) && i < ARRAY_SIZE(in_long); i++) {
		ok = ok && is_canonical(in_long[i]);
	}
	return ok;
}

/* XRSTOR faults on bits of MXCSR that are reserved, WRMSR on those of
 * TSC_AUX. */
static bool extended_ok(struct vcpu *, const struct hvm_hw_cpu *s)
{
	uint32_t mxcsr;

	memcpy(&mxcsr, &s->fpu_regs[MXCSR_OFFSET], sizeof(mxcsr));
	return s->msr_tsc_aux >> 32 == 0 &&
	       ((s->flags & XEN_X86_FPU_INITIALISED) == 0 ||
		(mxcsr & ~MXCSR_BITS) == 0);
}

/* APM 2 15.20. */
static bool event_ok(struct vcpu *, const struct hvm_hw_cpu *s)
{
	if (s->pending_valid == 0) {
		return true;
	}
	if (s->pending_reserved != 0) {
		return false;
	}
	switch (s->pending_type) {
	case EVENT_INTERRUPT:
	case EVENT_SOFT:
		return s->pending_error_valid == 0;
	case EVENT_NMI:
		return s->pending_error_valid == 0 && s->pending_vector == 2;
	case EVENT_EXCEPTION:
		/* BOUND does not exist in 64-bit mode. */
		return s->pending_vector < 32 && s->pending_vector != 2 &&
		       (s->pending_vector != 5 || !is_long(s));
	default:
		return false;
	}
}

static const struct {
	const char *what;
	bool (*ok)(struct vcpu *v, const struct hvm_hw_cpu *s);
} checks[] = {
	{ "CR0", cr0_ok },
	{ "CR3", cr3_ok },
	{ "EFER", efer_ok },
	{ "CR4", cr4_ok },
	{ "RFLAGS", rflags_ok },
	{ "a debug register", debug_ok },
	{ "a segment", segments_ok },
	{ "an address", addresses_ok },
	{ "MXCSR or TSC_AUX", extended_ok },
	{ "the pending event", event_ok },
};

int context_check(struct vcpu *v, const struct hvm_hw_cpu *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		if (!checks[i].ok(v, s)) {
			log_guest("domain %u vCPU %u: no such context: %s\n",
				  v->domain->id, v->id, checks[i].what);
			return -XEN_EINVAL;
		}
	}
	return 0;
}

/* The context has the general registers in a row, in another order. */
static const uint8_t gpr_place[GPR_COUNT] = {
	[GPR_RAX] = 0,  [GPR_RBX] = 1,  [GPR_RCX] = 2,  [GPR_RDX] = 3,
	[GPR_RBP] = 4,  [GPR_RSI] = 5,  [GPR_RDI] = 6,  [GPR_RSP] = 7,
	[GPR_R8] = 8,   [GPR_R9] = 9,   [GPR_R10] = 10, [GPR_R11] = 11,
	[GPR_R12] = 12, [GPR_R13] = 13, [GPR_R14] = 14, [GPR_R15] = 15,
};

static size_t gpr_offset(unsigned int gpr)
{
	static_assert(offsetof(struct hvm_hw_cpu, rsp) ==
			      offsetof(struct hvm_hw_cpu, rax) + 7 * 8,
		      "ABI hvm/save.h");
	static_assert(offsetof(struct hvm_hw_cpu, r15) ==
			      offsetof(struct hvm_hw_cpu, rax) + 15 * 8,
		      "ABI hvm/save.h");
	return offsetof(struct hvm_hw_cpu, rax) +
	       gpr_place[gpr] * sizeof(uint64_t);
}

void context_set(struct vcpu *v, const struct hvm_hw_cpu *s)
{
	virt->set_state(v, s);
	for (unsigned int i = 0; i < GPR_COUNT; i++) {
		memcpy(&v->gpr[i], (const char *)s + gpr_offset(i),
		       sizeof(v->gpr[i]));
	}
	v->rip = s->rip;
	v->rflags = s->rflags | RFLAGS_FIXED;
}

void context_get(const struct vcpu *v, struct hvm_hw_cpu *s)
{
	*s = (struct hvm_hw_cpu){ .flags = XEN_X86_FPU_INITIALISED };
	virt->get_state(v, s);
	for (unsigned int i = 0; i < GPR_COUNT; i++) {
		memcpy((char *)s + gpr_offset(i), &v->gpr[i],
		       sizeof(v->gpr[i]));
	}
	s->rip = v->rip;
	s->rflags = v->rflags;
	s->tsc = rdtsc();
}
