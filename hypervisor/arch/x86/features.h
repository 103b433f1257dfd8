/* SPDX-License-Identifier: MIT */
/* What this CPU can do, read once on the boot CPU; constant afterwards. */
#pragma once

#include "lib/types.h"

struct cpu_features {
	char vendor[13];
	char model_name[49];
	bool is_amd; /* AMD or Hygon: VMMCALL and SVM */
	uint8_t phys_bits;
	uint32_t max_ext_leaf;

	bool smep;
	bool smap;
	bool umip;
	bool fsgsbase;
	bool xsave;
	bool x2apic;
	bool tsc_invariant;
	bool rdtscp;
	bool pages_1g;

	bool svm;
	bool svm_npt;
	bool svm_nrips;
	uint32_t svm_asids;

	uint64_t xcr0;       /* all components the CPU has */
	uint32_t xsave_size; /* bytes for all of them */
};

extern struct cpu_features cpu_features;

void features_init(void);
