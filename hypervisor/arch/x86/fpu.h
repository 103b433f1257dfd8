/* SPDX-License-Identifier: MIT */
/*
 * Extended CPU state of a vCPU: x87, SSE, AVX and whatever else XCR0 names,
 * with DR0..DR3 and the few registers no hardware switches. The hypervisor uses
 * none of it, so it is switched only when a pCPU turns to another vCPU.
 */
#pragma once

#include "lib/types.h"

struct fpu {
	void *area;    /* fpu_area_size() bytes, 64-byte aligned */
	uint64_t xcr0; /* the guest's */
	uint64_t dr[4];
	uint64_t tsc_aux;
};

size_t fpu_area_size(void);
/* State after reset; `area` is set already. */
void fpu_reset(struct fpu *f);
/* x87 and SSE state out of an FXSAVE image; the rest stays. */
void fpu_set_basic(struct fpu *f, const void *image);
void fpu_load(const struct fpu *f);
void fpu_save(struct fpu *f);
