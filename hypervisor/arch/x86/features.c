/* SPDX-License-Identifier: MIT */
/* CPUID, once (AMD APM 3, appendix E; Intel SDM 2A, CPUID). */
#include "arch/x86/features.h"

#include "arch/x86/regs.h"
#include "lib/string.h"

struct cpu_features cpu_features;

static bool bit(uint32_t reg, unsigned int n)
{
	return ((reg >> n) & 1) != 0;
}

static void read_names(struct cpu_features *f)
{
	const struct cpuid_regs r = cpuid(0, 0);

	memcpy(f->vendor, &r.ebx, 4);
	memcpy(f->vendor + 4, &r.edx, 4);
	memcpy(f->vendor + 8, &r.ecx, 4);
	f->is_amd = strcmp(f->vendor, "AuthenticAMD") == 0 ||
		    strcmp(f->vendor, "HygonGenuine") == 0;
	f->max_ext_leaf = cpuid(0x80000000, 0).eax;
	for (uint32_t i = 0; f->max_ext_leaf >= 0x80000004 && i < 3; i++) {
		const struct cpuid_regs n = cpuid(0x80000002 + i, 0);

		memcpy(f->model_name + i * 16, &n, 16);
	}
}

static void read_standard(struct cpu_features *f)
{
	const uint32_t max_leaf = cpuid(0, 0).eax;
	const uint32_t one = cpuid(1, 0).ecx;

	f->x2apic = bit(one, 21);
	f->xsave = bit(one, 26) && max_leaf >= 0xd;
	if (max_leaf >= 7) {
		const struct cpuid_regs seven = cpuid(7, 0);

		f->fsgsbase = bit(seven.ebx, 0);
		f->smep = bit(seven.ebx, 7);
		f->smap = bit(seven.ebx, 20);
		f->umip = bit(seven.ecx, 2);
	}
	if (f->xsave) {
		const struct cpuid_regs d = cpuid(0xd, 0);

		f->xcr0 = (uint64_t)d.edx << 32 | d.eax;
		f->xsave_size = d.ecx;
	}
}

static void read_extended(struct cpu_features *f)
{
	const struct cpuid_regs one = cpuid(0x80000001, 0);

	f->rdtscp = bit(one.edx, 27);
	f->pages_1g = bit(one.edx, 26);
	f->svm = bit(one.ecx, 2) && f->max_ext_leaf >= 0x8000000a;
	f->phys_bits = 36;
	if (f->max_ext_leaf >= 0x80000008) {
		f->tsc_invariant = bit(cpuid(0x80000007, 0).edx, 8);
		f->phys_bits = (uint8_t)cpuid(0x80000008, 0).eax;
	}
	if (f->svm) {
		const struct cpuid_regs a = cpuid(0x8000000a, 0);

		f->svm_asids = a.ebx;
		f->svm_npt = bit(a.edx, 0);
		f->svm_nrips = bit(a.edx, 3);
	}
}

void features_init(void)
{
	read_names(&cpu_features);
	read_standard(&cpu_features);
	read_extended(&cpu_features);
}
