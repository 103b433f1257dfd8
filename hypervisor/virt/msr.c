/* SPDX-License-Identifier: MIT */
/*
 * MSR policy: one row per register or range. What has no row does not exist:
 * #GP. Without a function a row reads as a constant and ignores writes: most of
 * these are registers that kernels touch because of the CPU's model, not because
 * of a CPUID bit.
 */
#include "virt/exit.h"

#include "arch/x86/features.h"
#include "arch/x86/msr.h"
#include "virt/mtrr.h"
#include "virt/vdev/vlapic.h"

#define HYPERCALL_MSR 0x40000000u
#define EFER_GUEST    (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | BIT(14))

struct msr_row {
	uint32_t first;
	uint32_t last;
	bool (*read)(struct vcpu *v, uint32_t msr, uint64_t *value);
	bool (*write)(struct vcpu *v, uint32_t msr, uint64_t value);
	uint64_t constant; /* when there is no read function */
};

/* Guests' time is the host's; a write would only break pvclock. */
static bool tsc_read(struct vcpu *, uint32_t, uint64_t *value)
{
	*value = rdtsc();
	return true;
}

static bool lapic_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	vlapic_set_tpr(v, virt->get_tpr(v));
	return vlapic_msr_read(v, msr, value) == 0;
}

static bool lapic_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	vlapic_set_tpr(v, virt->get_tpr(v));

	const bool ok = vlapic_msr_write(v, msr, value) == 0;

	virt->set_tpr(v, vlapic_get_tpr(v));
	return ok;
}

static bool state_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	return virt->msr_read(v, msr, value);
}

static bool state_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	return virt->msr_write(v, msr, value);
}

static bool efer_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	const uint64_t old = virt_efer(v);
	const bool paging = (virt->cr(v, 0) & CR0_PG) != 0;

	if ((value & ~EFER_GUEST) != 0) {
		return false;
	}
	/* LME may not change under paging; LMA is the CPU's (APM 2 3.1.7). */
	if (paging && ((old ^ value) & EFER_LME) != 0) {
		return false;
	}
	value = (value & ~EFER_LMA) | (old & EFER_LMA);
	return virt->msr_write(v, msr, value);
}

static bool ucode_read(struct vcpu *, uint32_t msr, uint64_t *value)
{
	return rdmsr_safe(msr, value);
}

static bool hypercall_page(struct vcpu *v, uint32_t, uint64_t value)
{
	/* Bits 11:0 number the page; there is only number 0. */
	return page_offset(value) == 0 &&
	       hypercall_page_write(v, gaddr(value)) == 0;
}

static const struct msr_row rows[] = {
	{ MSR_TSC, MSR_TSC, tsc_read, NULL, 0 },
	{ MSR_APIC_BASE, MSR_APIC_BASE, lapic_read, lapic_write, 0 },
	{ MSR_TSC_ADJUST, MSR_TSC_ADJUST, NULL, NULL, 0 },
	{ MSR_UCODE_REV, MSR_UCODE_REV, ucode_read, NULL, 0 },
	{ MSR_MTRR_CAP, MSR_MTRR_CAP, mtrr_read, NULL, 0 },
	{ MSR_SYSENTER_CS, MSR_SYSENTER_EIP, state_read, state_write, 0 },
	{ MSR_MCG_CAP, MSR_MCG_CTL, NULL, NULL, 0 },         /* no banks */
	{ MSR_MISC_ENABLE, MSR_MISC_ENABLE, NULL, NULL, 1 }, /* fast strings */
	{ MSR_DEBUGCTL, MSR_DEBUGCTL, NULL, NULL, 0 },
	{ MSR_MTRR_PHYS_BASE0, MSR_MTRR_PHYS_BASE0 + 2 * MTRR_VARIABLE - 1,
	  mtrr_read, mtrr_write, 0 },
	{ MSR_MTRR_FIX64K, MSR_MTRR_FIX64K, mtrr_read, mtrr_write, 0 },
	{ MSR_MTRR_FIX16K, MSR_MTRR_FIX16K + 1, mtrr_read, mtrr_write, 0 },
	{ MSR_MTRR_FIX4K, MSR_MTRR_FIX4K + 7, mtrr_read, mtrr_write, 0 },
	{ MSR_PAT, MSR_PAT, state_read, state_write, 0 },
	{ MSR_MTRR_DEF_TYPE, MSR_MTRR_DEF_TYPE, mtrr_read, mtrr_write, 0 },
	{ MSR_X2APIC_FIRST, MSR_X2APIC_LAST, lapic_read, lapic_write, 0 },
	{ HYPERCALL_MSR, HYPERCALL_MSR, NULL, hypercall_page, 0 },
	{ MSR_EFER, MSR_EFER, state_read, efer_write, 0 },
	{ MSR_STAR, MSR_SFMASK, state_read, state_write, 0 },
	{ MSR_FS_BASE, MSR_KERNEL_GS_BASE, state_read, state_write, 0 },
	/* AMD: system configuration, hardware configuration, patch loader,
	 * OS-visible workarounds (none), decoder and load-store controls. */
	{ MSR_SYSCFG, MSR_SYSCFG, NULL, NULL, 0 },
	{ MSR_HWCR, MSR_HWCR, NULL, NULL, BIT(24) }, /* TSC runs in P0 */
	{ 0xc0010020, 0xc0010020, NULL, NULL, 0 },
	{ 0xc0010055, 0xc0010055, NULL, NULL, 0 },
	{ 0xc0010058, 0xc0010058, NULL, NULL, 0 },
	{ 0xc0010140, 0xc0010141, NULL, NULL, 0 },
	{ 0xc0011020, 0xc0011023, NULL, NULL, 0 },
	{ 0xc0011029, 0xc001102a, NULL, NULL, 0 },
};

static const struct msr_row *find(uint32_t msr)
{
	size_t low = 0;
	size_t high = ARRAY_SIZE(rows);

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (msr < rows[middle].first) {
			high = middle;
		} else if (msr > rows[middle].last) {
			low = middle + 1;
		} else {
			return &rows[middle];
		}
	}
	return NULL;
}

bool msr_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	const struct msr_row *row = find(msr);

	if (row == NULL) {
		return false;
	}
	if (row->read == NULL) {
		*value = row->constant;
		return true;
	}
	return row->read(v, msr, value);
}

bool msr_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	const struct msr_row *row = find(msr);

	if (row == NULL) {
		return false;
	}
	return row->write == NULL || row->write(v, msr, value);
}
