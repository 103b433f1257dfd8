/* SPDX-License-Identifier: MIT */
/*
 * Tracing: what each pCPU does, for a tool in the service VM (ABI: trace.h,
 * XEN_SYSCTL_tbuf_op). A pCPU writes into a ring of its own, without a lock.
 * There are no rings before a tool has asked for them.
 */
#pragma once

#include "domain/trace_ring.h"
#include "domain/vcpu.h"

extern uint32_t trace_mask; /* atomic: the events wanted, TRC_*; 0: off */

static inline bool trace_is_on(void)
{
	return unlikely(load_relaxed(&trace_mask) != 0);
}

/* Records the event if it is wanted. Any lock may be held. */
void trace_record(uint32_t event, const uint32_t *words, uint32_t count);

#define TRACE(event, ...)                                                      \
	do {                                                                   \
		const uint32_t words_[] = { __VA_ARGS__ };                     \
		trace_record(event, words_, ARRAY_SIZE(words_));               \
	} while (0)

/* The same with no lock held; tells the tool if the ring got half full. */
void trace_tell(void);

/*
 * What XEN_SYSCTL_TBUFOP_* do.
 *
 * Rings of that many pages, or a few more, in the place of the old ones; 4 MiB in
 * all is the most. With 0 there are none any more. Tracing is off then. -XEN_EBUSY
 * while anybody has the old ones mapped, -XEN_ENOMEM (or more than half of what is
 * free).
 */
int trace_set_size(uint32_t pages) must_check;
/* -XEN_EINVAL when there are no rings. */
int trace_enable(bool on) must_check;
void trace_set_events(uint32_t mask);
void trace_set_cpus(const struct cpuset *cpus);
void trace_get_info(struct xen_sysctl_tbuf_op *op);

/* Maps a page of the rings, or of their description, into the service VM. -XEN_EPERM,
 * -XEN_EINVAL, and what physmap_add_page() says. */
int trace_map(struct domain *d, gfn_t g, mfn_t m) must_check;
