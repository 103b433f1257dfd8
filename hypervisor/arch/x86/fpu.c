/* SPDX-License-Identifier: MIT */
/* Intel SDM 1, chapter 13; AMD APM 2, 11.5. */
#include "arch/x86/fpu.h"

#include "arch/x86/features.h"
#include "arch/x86/msr.h"
#include "arch/x86/regs.h"
#include "lib/string.h"

#define FXSAVE_SIZE      512
#define FCW_DEFAULT      0x37f
#define MXCSR_DEFAULT    0x1f80
#define MXCSR_OFFSET     24
#define XSTATE_BV_OFFSET 512
#define XCR0_DEFAULT     1

static uint64_t xgetbv(void)
{
	uint32_t lo;
	uint32_t hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

static void xsetbv(uint64_t v)
{
	__asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)v),
			 "d"((uint32_t)(v >> 32)));
}

size_t fpu_area_size(void)
{
	return cpu_features.xsave ? cpu_features.xsave_size : FXSAVE_SIZE;
}

void fpu_reset(struct fpu *f)
{
	memset(f->area, 0, fpu_area_size());
	*(uint16_t *)f->area = FCW_DEFAULT;
	*(uint32_t *)((char *)f->area + MXCSR_OFFSET) = MXCSR_DEFAULT;
	if (cpu_features.xsave) {
		*(uint64_t *)((char *)f->area + XSTATE_BV_OFFSET) = 3;
	}
	f->xcr0 = XCR0_DEFAULT;
	memset(f->dr, 0, sizeof(f->dr));
	f->tsc_aux = 0;
}

void fpu_set_basic(struct fpu *f, const void *image)
{
	/* An XSAVE area begins as an FXSAVE one does. */
	memcpy(f->area, image, FXSAVE_SIZE);
	if (cpu_features.xsave) {
		*(uint64_t *)((char *)f->area + XSTATE_BV_OFFSET) |= 3;
	}
}

static void load_debug(const uint64_t dr[4])
{
	__asm__ volatile("movq %0, %%dr0\n\t"
			 "movq %1, %%dr1\n\t"
			 "movq %2, %%dr2\n\t"
			 "movq %3, %%dr3" ::"r"(dr[0]),
			 "r"(dr[1]), "r"(dr[2]), "r"(dr[3]));
}

static void save_debug(uint64_t dr[4])
{
	__asm__ volatile("movq %%dr0, %0\n\t"
			 "movq %%dr1, %1\n\t"
			 "movq %%dr2, %2\n\t"
			 "movq %%dr3, %3"
			 : "=r"(dr[0]), "=r"(dr[1]), "=r"(dr[2]), "=r"(dr[3]));
}

void fpu_load(const struct fpu *f)
{
	/* The whole area is switched whatever the guest has enabled, so that
	 * no component of another vCPU shows when it enables more. */
	if (cpu_features.xsave) {
		xsetbv(cpu_features.xcr0);
		__asm__ volatile("xrstor64 (%0)" ::"r"(f->area), "a"(~0u),
				 "d"(~0u)
				 : "memory");
		xsetbv(f->xcr0);
	} else {
		__asm__ volatile("fxrstor64 (%0)" ::"r"(f->area) : "memory");
	}
	load_debug(f->dr);
	if (cpu_features.rdtscp) {
		wrmsr(MSR_TSC_AUX, f->tsc_aux);
	}
}

void fpu_save(struct fpu *f)
{
	if (cpu_features.xsave) {
		f->xcr0 = xgetbv();
		xsetbv(cpu_features.xcr0);
		__asm__ volatile("xsave64 (%0)" ::"r"(f->area), "a"(~0u),
				 "d"(~0u)
				 : "memory");
	} else {
		__asm__ volatile("fxsave64 (%0)" ::"r"(f->area) : "memory");
	}
	save_debug(f->dr);
	if (cpu_features.rdtscp) {
		f->tsc_aux = rdmsr(MSR_TSC_AUX);
	}
}
