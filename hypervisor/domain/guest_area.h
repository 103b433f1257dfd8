/* SPDX-License-Identifier: MIT */
/*
 * A small area of a guest's memory that it registered by linear address, and
 * that the hypervisor writes whatever page tables the guest uses at the time
 * (they may not map it: page tables of user space). It may cross a page.
 *
 * The frames are held: a guest that gives the page up keeps us writing to a
 * frame that is nobody else's. Callers lock.
 */
#pragma once

#include "lib/addr.h"

struct domain;
struct vcpu;

struct guest_area {
	uint64_t linear; /* 0: none registered */
	uint32_t size;
	bool resolved;
	mfn_t frames[2]; /* of its first and last byte; held if resolved */
};

/* Forgets the old area and notes a new one, if `linear` is not 0. */
void guest_area_set(struct guest_area *a, uint64_t linear, uint32_t size);
/* Finds the frames with the page tables of `v`, which runs here, unless that
 * was done. False when they cannot be written at present. */
bool guest_area_resolve(struct guest_area *a, struct vcpu *v);
/* The area must be resolved; offset + len lie in it. Ordered after earlier
 * writes for whoever reads on another CPU. */
void guest_area_write(const struct guest_area *a, uint32_t offset,
		      const void *src, uint32_t len);
