/* SPDX-License-Identifier: MIT */
/*
 * The only door to guest memory. Each access looks the frames up anew; copy
 * once, then check the copy.
 */
#pragma once

#include "domain/vcpu.h"

/*
 * By linear address of the vCPU that runs here, with its present page tables
 * and supervisor rights (SMAP is honoured as if EFLAGS.AC were as it is).
 * 0 or -XEN_EFAULT; never injects a fault. A failed write may be partial.
 */
int guest_read(struct vcpu *v, void *dst, uint64_t linear,
	       size_t len) must_check;
int guest_write(struct vcpu *v, uint64_t linear, const void *src,
		size_t len) must_check;

/* The byte at a guest-physical address of any domain, in a window that the
 * caller unmaps. NULL when the domain may not read (write) it. */
void *guest_phys_map(struct domain *d, gaddr_t addr, bool write);
/* 0 or -XEN_EFAULT. */
int guest_phys_write(struct domain *d, gaddr_t addr, const void *src,
		     size_t len) must_check;

/* From linear addresses of `v`, which runs here, to another domain. 0 or
 * -XEN_EFAULT. */
int guest_phys_fill(struct domain *d, gaddr_t addr, struct vcpu *v,
		    uint64_t linear, size_t len) must_check;

/* Hook, defined in virt/translate.c: the byte at `linear` for a supervisor
 * access, good to the end of its page and until the next window is mapped. NULL
 * when it may not be read (written). */
void *guest_map(struct vcpu *v, uint64_t linear, bool write);

/* Hook, defined in virt/translate.c: where the running vCPU's page tables put
 * `linear` for a supervisor access. 0 or -XEN_EFAULT. */
int guest_translate(struct vcpu *v, uint64_t linear, bool write,
		    gaddr_t *out) must_check;

/* Hook, the same for reading pages one after the other: puts up to `max` into
 * `out`, the first with its offset, as many as one walk is good for. Returns how
 * many, at least one, or -XEN_EFAULT. */
int guest_translate_pages(struct vcpu *v, uint64_t linear, gaddr_t *out,
			  unsigned int max) must_check;
