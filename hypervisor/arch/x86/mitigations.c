/* SPDX-License-Identifier: MIT */
/*
 * AMD: "Software techniques for managing speculation on AMD processors" and APM
 * 2, 3.2.9 (SPEC_CTRL, PRED_CMD). SPEC_CTRL keeps one value for hypervisor and
 * guests: guests are not shown the controls (virt/cpuid.c), so nobody else
 * writes it. Intel's controls come with VT-x.
 */
#include "arch/x86/mitigations.h"

#include "arch/x86/features.h"
#include "arch/x86/hooks.h"
#include "arch/x86/msr.h"
#include "arch/x86/regs.h"
#include "lib/printf.h"

/* CPUID 8000_0008 EBX */
#define EXT8_IBRS_ALWAYS BIT(16)
#define EXT8_SSB_NO      BIT(26)
/* CPUID 8000_0021 EAX */
#define EXT21_LFENCE_ALWAYS      BIT(2)
#define EXT21_AUTO_IBRS          BIT(8)

#define SPEC_CTRL_IBRS           BIT(0)
#define SPEC_CTRL_STIBP          BIT(1)
#define SPEC_CTRL_SSBD           BIT(2)
#define PRED_CMD_IBPB            BIT(0)
#define MSR_DE_CFG               0xc0011029u
#define DE_CFG_LFENCE_SERIALISES BIT(1)
#define EFER_AUTO_IBRS           BIT(21)

/* Indirect branches are compiled to return thunks (hypervisor/Makefile). */
#ifdef CONFIG_RETPOLINE
static const bool has_retpolines = true;
#else
static const bool has_retpolines;
#endif

static struct {
	uint64_t spec_ctrl; /* 0: the MSR is not written */
	bool ibpb;
	bool auto_ibrs;
	bool lfence_always;
	bool set_lfence;
} chosen;

static uint32_t ext21(void)
{
	return cpu_features.max_ext_leaf < 0x80000021
		       ? 0
		       : cpuid(0x80000021, 0).eax;
}

/* IBRS is for CPUs that say it may stay on; retpolines do for the others. */
static uint64_t choose_spec_ctrl(uint32_t ext8)
{
	uint64_t v = 0;

	if (cpu_features.ibrs && !chosen.auto_ibrs &&
	    (ext8 & EXT8_IBRS_ALWAYS) != 0) {
		v |= SPEC_CTRL_IBRS;
	}
	/* Siblings may run different domains: no core scheduling yet. */
	if (cpu_features.stibp) {
		v |= SPEC_CTRL_STIBP;
	}
	/* Guests cannot ask for it, so it is on for all of them. */
	if (cpu_features.ssbd && (ext8 & EXT8_SSB_NO) == 0) {
		v |= SPEC_CTRL_SSBD;
	}
	return v;
}

/* Emulators and other hypervisors swallow the write: look whether it took. */
static bool can_set_lfence(void)
{
	uint64_t v;

	if (!rdmsr_safe(MSR_DE_CFG, &v)) {
		return false;
	}
	return wrmsr_safe(MSR_DE_CFG, v | DE_CFG_LFENCE_SERIALISES) &&
	       (rdmsr(MSR_DE_CFG) & DE_CFG_LFENCE_SERIALISES) != 0;
}

static void choose_amd(void)
{
	const uint32_t ext8 = cpu_features.max_ext_leaf < 0x80000008
				      ? 0
				      : cpuid(0x80000008, 0).ebx;

	chosen.auto_ibrs = (ext21() & EXT21_AUTO_IBRS) != 0;
	chosen.lfence_always = (ext21() & EXT21_LFENCE_ALWAYS) != 0;
	chosen.set_lfence = !chosen.lfence_always && can_set_lfence();
	chosen.spec_ctrl = choose_spec_ctrl(ext8);
	chosen.ibpb = cpu_features.ibpb;
}

struct text {
	char buf[160];
	size_t len;
};

static void add(struct text *t, bool wanted, const char *word)
{
	if (wanted) {
		t->len += (size_t)snprintf(t->buf + t->len,
					   sizeof(t->buf) - t->len, "%s%s",
					   t->len == 0 ? "" : ", ", word);
	}
}

static void say(void)
{
	struct text t = { .len = 0 };

	add(&t, has_retpolines, "retpolines");
	add(&t, chosen.ibpb, "IBPB between domains");
	add(&t, chosen.auto_ibrs, "automatic IBRS");
	add(&t, (chosen.spec_ctrl & SPEC_CTRL_IBRS) != 0, "IBRS");
	add(&t, (chosen.spec_ctrl & SPEC_CTRL_STIBP) != 0, "STIBP");
	add(&t, (chosen.spec_ctrl & SPEC_CTRL_SSBD) != 0, "SSBD");
	add(&t, chosen.lfence_always || chosen.set_lfence, "LFENCE serialises");
	log_info("speculation: %s%s\n", t.len == 0 ? "nothing done" : t.buf,
		 chosen.ibpb || chosen.spec_ctrl != 0 || chosen.auto_ibrs
			 ? ""
			 : "; the CPU offers no controls");
}

void mitigations_init(void)
{
	if (cpu_features.is_amd) {
		choose_amd();
	}
	say();
}

void mitigations_cpu_init(void)
{
	if (chosen.spec_ctrl != 0) {
		wrmsr(MSR_SPEC_CTRL, chosen.spec_ctrl);
	}
	if (chosen.auto_ibrs) {
		wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_AUTO_IBRS);
	}
	if (chosen.set_lfence) {
		wrmsr(MSR_DE_CFG, rdmsr(MSR_DE_CFG) | DE_CFG_LFENCE_SERIALISES);
	}
}

void mitigations_vcpu_switch(bool other_domain)
{
	/* What one domain taught the branch predictor steers no other's. */
	if (chosen.ibpb && other_domain) {
		wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
	}
}
