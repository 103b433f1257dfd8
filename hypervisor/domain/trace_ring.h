/* SPDX-License-Identifier: MIT */
/*
 * One pCPU's ring of trace records (ABI: trace.h, struct t_buf). The pCPU writes,
 * a tool that has it mapped reads and moves `cons`; all else that stands in the
 * ring is for the tool only and is never read here.
 */
#pragma once

#include "abi/abi.h"
#include "lib/types.h"

struct trace_ring {
	struct t_buf *buf;
	uint32_t size; /* bytes for records */
	uint32_t prod; /* as in buf: up to twice the size */
	uint32_t lost; /* records, since the last that found room */
	uint64_t lost_since;
	bool fresh; /* the next record is the first of a trace */
	bool full;  /* half full, and the tool has not been told */
};

/* What there is to say of an event. */
struct trace_event {
	uint32_t event; /* TRC_* */
	uint32_t count; /* of words, TRACE_EXTRA_MAX at most */
	const uint32_t *words;
};

/* An empty ring in `pages` pages. */
void trace_ring_init(struct trace_ring *r, void *buf, uint32_t pages);

/*
 * Adds a record, or counts it as lost if the tool has left no room. `who` is
 * domid | vCPU << 16, for the record that tells of lost ones.
 */
void trace_ring_put(struct trace_ring *r, const struct trace_event *e,
		    uint64_t tsc, uint32_t who);
