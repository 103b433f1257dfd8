/* SPDX-License-Identifier: MIT */
#include "arch/x86/cpu.h"

#include "arch/x86/hooks.h"
#include "arch/x86/msr.h"
#include "arch/x86/regs.h"
#include "arch/x86/traps.h"
#include "lib/printf.h"

#define CPUID_MCE_MCA      (BIT(7) | BIT(14)) /* leaf 1, EDX */

#define CAP_BANKS          0xffu
#define CAP_CTL            BIT(8)
#define GLOBAL_RIPV        BIT(0) /* the interrupted program can go on */

#define STATUS_VALID       BIT(63)
#define STATUS_UNCORRECTED BIT(61)
#define STATUS_MISC_VALID  BIT(59)
#define STATUS_ADDR_VALID  BIT(58)

/* Four registers a bank: control, status, address, miscellaneous. */
#define BANK_CTL(i)    (MSR_MC0_CTL + 4 * (i))
#define BANK_STATUS(i) (BANK_CTL(i) + 1)
#define BANK_ADDR(i)   (BANK_CTL(i) + 2)
#define BANK_MISC(i)   (BANK_CTL(i) + 3)
#define BANKS_MAX      32u /* MSRs 0x400 to 0x47f */

static unsigned int bank_count; /* pCPUs are alike */

/* Says what a bank holds; returns its status, 0 when it holds nothing. */
static uint64_t read_bank(unsigned int i, char *buf, size_t size)
{
	const uint64_t status = rdmsr(BANK_STATUS(i));
	const bool has_addr = (status & STATUS_ADDR_VALID) != 0;
	const bool has_misc = (status & STATUS_MISC_VALID) != 0;

	if ((status & STATUS_VALID) == 0) {
		return 0;
	}
	snprintf(buf, size, "bank %u: %s, status %lx address %lx misc %lx", i,
		 (status & STATUS_UNCORRECTED) != 0 ? "uncorrected"
						    : "corrected",
		 status, has_addr ? rdmsr(BANK_ADDR(i)) : 0,
		 has_misc ? rdmsr(BANK_MISC(i)) : 0);
	return status;
}

/* Reports and clears the banks. When there is a fatal one it is left as it is
 * (the firmware may log it too) and returned in words. */
static bool find_fatal(char *buf, size_t size)
{
	const bool can_go_on = (rdmsr(MSR_MCG_STATUS) & GLOBAL_RIPV) != 0;

	snprintf(buf, size, "no bank says why");
	for (unsigned int i = 0; i < bank_count; i++) {
		const uint64_t status = read_bank(i, buf, size);

		if (status == 0) {
			continue;
		}
		if (!can_go_on || (status & STATUS_UNCORRECTED) != 0) {
			return true;
		}
		wrmsr(BANK_STATUS(i), 0);
	}
	wrmsr(MSR_MCG_STATUS, 0); /* another one may come */
	if (can_go_on) {
		log_from_trap("machine check on pCPU %u, %s\n", this_cpu(),
			      buf);
	}
	return !can_go_on;
}

void mce_received(const struct trap_frame *f)
{
	char text[160];

	if (find_fatal(text, sizeof(text))) {
		panic_at(f, "machine check, %s\n", text);
	}
}

void mce_in_guest(void)
{
	char text[160];

	if (find_fatal(text, sizeof(text))) {
		panic("machine check in a guest, %s\n", text);
	}
}

void mce_cpu_init(void)
{
	char text[160];

	if ((cpuid(1, 0).edx & CPUID_MCE_MCA) != CPUID_MCE_MCA) {
		return;
	}

	const uint64_t cap = rdmsr(MSR_MCG_CAP);

	bank_count = (unsigned int)min_u64(cap & CAP_BANKS, BANKS_MAX);
	if ((cap & CAP_CTL) != 0) {
		wrmsr(MSR_MCG_CTL, UINT64_MAX);
	}
	for (unsigned int i = 0; i < bank_count; i++) {
		/* From before the reset, or from the firmware. */
		if (read_bank(i, text, sizeof(text)) != 0) {
			log_warning("pCPU %u: old machine check, %s\n",
				    this_cpu(), text);
		}
		wrmsr(BANK_CTL(i), UINT64_MAX);
		wrmsr(BANK_STATUS(i), 0);
	}
}
