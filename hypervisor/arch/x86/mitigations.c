/* SPDX-License-Identifier: MIT */
/*
 * AMD: "Software techniques for managing speculation on AMD processors" and APM
 * 2, 3.2.9 (SPEC_CTRL, PRED_CMD). SPEC_CTRL keeps one value for hypervisor and
 * guests: guests are not shown the controls (virt/cpuid.c), so nobody else
 * writes it. Intel's controls come with VT-x.
 */
#include "arch/x86/cpu.h"

#include "arch/x86/features.h"
#include "arch/x86/hooks.h"
#include "arch/x86/msr.h"
#include "arch/x86/regs.h"
#include "lib/printf.h"

/* Indirect branches are compiled to return thunks (hypervisor/Makefile). */
#ifdef CONFIG_RETPOLINE
#define RETPOLINES "retpolines"
#else
#define RETPOLINES "no retpolines"
#endif

/* What the CPU says: CPUID 8000_0008 EBX, and 8000_0021 EAX above it. */
#define HAS_IBPB          BIT(12)
#define HAS_IBRS          (BIT(14) | BIT(16)) /* and it may stay on */
#define HAS_STIBP         BIT(15)
#define HAS_SSBD          BIT(24)
#define HAS_NO_SSB        BIT(26)
#define HAS_LFENCE_ALWAYS BIT(32 + 2)
#define HAS_AUTO_IBRS     BIT(32 + 8)

#define PRED_CMD_IBPB     BIT(0)
#define MSR_DE_CFG        0xc0011029u

/* Set on every CPU that has all of `has` and nothing of `has_not`. Retpolines
 * do for CPUs without IBRS. Siblings may run different domains, hence STIBP;
 * guests cannot ask for SSBD, so it is on for all of them. */
static const struct control {
	const char *name;
	uint64_t has;
	uint64_t has_not;
	uint32_t msr;
	uint64_t bit;
} controls[] = {
	{ "automatic IBRS", HAS_AUTO_IBRS, 0, MSR_EFER, BIT(21) },
	{ "IBRS", HAS_IBRS, HAS_AUTO_IBRS, MSR_SPEC_CTRL, BIT(0) },
	{ "STIBP", HAS_STIBP, 0, MSR_SPEC_CTRL, BIT(1) },
	{ "SSBD", HAS_SSBD, HAS_NO_SSB, MSR_SPEC_CTRL, BIT(2) },
	{ "LFENCE serialises", 0, HAS_LFENCE_ALWAYS, MSR_DE_CFG, BIT(1) },
};

static bool is_chosen[ARRAY_SIZE(controls)];
static bool has_ibpb;

static uint64_t offered_controls(void)
{
	const uint32_t leaves = cpu_features.max_ext_leaf;
	uint64_t offered = 0;

	if (leaves >= 0x80000008) {
		offered = cpuid(0x80000008, 0).ebx;
	}
	if (leaves >= 0x80000021) {
		offered |= (uint64_t)cpuid(0x80000021, 0).eax << 32;
	}
	return offered;
}

/* Emulators and other hypervisors swallow the write: look whether it took. */
static bool turn_on(const struct control *c)
{
	uint64_t v;

	return rdmsr_safe(c->msr, &v) && wrmsr_safe(c->msr, v | c->bit) &&
	       (rdmsr(c->msr) & c->bit) != 0;
}

void mitigations_init(void)
{
	const uint64_t offered = offered_controls();
	char text[128];
	if (!cpu_features.is_amd) {
		log_info("speculation: " RETPOLINES "\n");
		return;
	}

	int len = snprintf(text, sizeof(text), "speculation: " RETPOLINES);

	has_ibpb = (offered & HAS_IBPB) != 0;
	if (has_ibpb) {
		len += snprintf(text + len, sizeof(text) - (size_t)len,
				", IBPB between domains");
	}
	for (size_t i = 0; i < ARRAY_SIZE(controls); i++) {
		const struct control *c = &controls[i];

		is_chosen[i] = (offered & (c->has | c->has_not)) == c->has &&
			       turn_on(c);
		if (is_chosen[i]) {
			len += snprintf(text + len, sizeof(text) - (size_t)len,
					", %s", c->name);
		}
	}
	log_info("%s\n", text);
}

void mitigations_cpu_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(controls); i++) {
		if (is_chosen[i]) {
			(void)!turn_on(&controls[i]);
		}
	}
}

void mitigations_vcpu_switch(bool other_domain)
{
	/* What one domain taught the branch predictor steers no other's. */
	if (has_ibpb && other_domain) {
		wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
	}
}
