/* SPDX-License-Identifier: MIT */
/*
 * A machine and its domains in user space: RAM is an array, a p2m is a table of
 * FAKE_GFNS entries, guest-linear addresses are guest-physical ones. Everything
 * is checked more strictly than the hypervisor itself would: leaked windows,
 * locks, references and heap pages show in fake_check_clean().
 */
#pragma once

#include "core/quiesce.h"
#include "domain/domain.h"
#include "domain/p2m.h"
#include "domain/vcpu.h"
#include "mm/frames.h"

#define FAKE_FRAMES    1024u /* RAM: mfn 0x1000 up */
#define FAKE_FIRST_MFN 0x1000u
#define FAKE_GFNS      8192u /* in each p2m; has gfn == mfn for all of RAM */

/* Forgets everything: RAM free, no domain, no failures ordered. */
void fake_reset(void);

/* A running domain with `vcpus` vCPUs and shared info, nothing else: no
 * events, no grants, no RAM. vCPU 0 becomes current if there is none. */
struct domain *fake_domain_add(uint16_t id, unsigned int vcpus);
/* Out of domain_find() and freed, after the tested code took its parts down. */
void fake_domain_remove(struct domain *d);
/* `count` fresh frames of its own at `first`, as P2M_RAM_RW. */
void fake_domain_add_ram(struct domain *d, uint64_t first, unsigned int count);

/* The frame's bytes, past windows and checks. */
void *fake_frame(mfn_t m);
/* What the guest sees at a gaddr; the gfn must be mapped. */
void *fake_guest(struct domain *d, uint64_t addr);
/* Copies from there. 0 or -XEN_EFAULT. */
int fake_guest_read(struct domain *d, void *dst, gaddr_t addr, size_t len);
unsigned int fake_frame_refs(mfn_t m);

void fake_set_current(struct vcpu *v);
/* Kicks since the last call, and the work bits they set. */
unsigned int fake_kicks(struct vcpu *v, uint32_t *work);

/* The n-th allocation from now (0 = the next) fails, as do all after it until
 * fake_alloc_fail_after(-1). */
void fake_alloc_fail_after(int n);
/* Bytes domains have in the hypervisor's heap. */
size_t fake_alloc_bytes(void);
/* p2m_map() fails likewise. */
void fake_p2m_fail_after(int n);
unsigned int fake_p2m_flushes(void);
/* Windows mapped and not unmapped. */
unsigned int fake_windows(void);
/* Runs what quiesce_defer() was given. */
void fake_quiesce(void);

/* Called before each access through domain/guest_word.h: play the guest here.
 * Not called again from within itself. */
extern void (*fake_guest_step)(void *word);

/* Ends the program when windows or locks are still held. */
void fake_check_clean(void);
