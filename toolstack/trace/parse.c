/* SPDX-License-Identifier: MIT */
/*
 * Bytes to records. A record does not say whose it is: that is known from the
 * changes of who runs on its pCPU.
 */
#include <stdint.h>
#include <string.h>
#include <xen/xen.h>

#include <xen/vcpu.h>

#include "toolstack/trace/trace.h"

#define WORD  sizeof(uint32_t)
#define TIMED UINT32_C(0x80000000)

static bool is_runstate(const struct trace_record *r)
{
	return trace_event_number(r) == TRC_SCHED_RUNSTATE_CHANGE;
}

static unsigned int new_state(const struct trace_record *r)
{
	return r->event >> 4 & 3;
}

static unsigned int old_state(const struct trace_record *r)
{
	return r->event >> 8 & 3;
}

static void own(struct trace_record *r, const struct trace_runs *runs)
{
	r->domid = runs->domid;
	r->vcpu = runs->vcpu;
}

static void take_scheduling(struct trace_runs *runs, struct trace_record *r)
{
	r->domid = r->word[0] >> 16;
	r->vcpu = r->word[0] & 0xffff;
	if (!is_runstate(r) || new_state(r) == RUNSTATE_running) {
		*runs = (struct trace_runs){ r->domid, r->vcpu };
	} else if (old_state(r) == RUNSTATE_running) {
		runs->domid = TRACE_NOBODY;
	}
}

static void take_lost(struct trace_runs *runs, struct trace_record *r)
{
	runs->domid = r->word[1] & 0xffff;
	runs->vcpu = r->word[1] >> 16;
	if (runs->domid == DOMID_IDLE) {
		runs->domid = TRACE_NOBODY;
	}
	own(r, runs);
}

static void take(struct trace_runs *runs, struct trace_record *r)
{
	if (r->count >= 1 &&
	    (is_runstate(r) || r->event == TRC_SCHED_CONTINUE_RUNNING)) {
		take_scheduling(runs, r);
	} else if (r->count >= 2 && r->event == TRC_LOST_RECORDS) {
		take_lost(runs, r);
	} else {
		own(r, runs);
	}
}

/* Returns its size, 0 if it is cut off. */
static size_t read_one(const char *bytes, size_t size, struct trace_record *r)
{
	uint32_t head, time[2] = { 0 };
	size_t at = WORD;

	if (size < WORD) {
		return 0;
	}
	memcpy(&head, bytes, WORD);
	r->event = TRC_HD_TO_EVENT(head);
	r->count = TRC_HD_EXTRA(head);
	if (size < WORD * (1 + ((head & TIMED) != 0 ? 2u : 0u) + r->count)) {
		return 0;
	}
	if ((head & TIMED) != 0) {
		memcpy(time, bytes + at, sizeof(time));
		at += sizeof(time);
	}
	r->tsc = time[0] | (uint64_t)time[1] << 32;
	memcpy(r->word, bytes + at, r->count * WORD);
	return at + r->count * WORD;
}

void trace_parse(struct trace_runs *runs, unsigned int cpu, const void *bytes,
		 size_t size, trace_got_t got, void *context)
{
	const char *at = bytes;
	size_t used;

	do {
		struct trace_record r = { .cpu = cpu };

		used = read_one(at, size, &r);
		if (used != 0 && r.event != TRC_TRACE_WRAP_BUFFER) {
			take(runs, &r);
			got(context, &r);
		}
		at += used;
		size -= used;
	} while (used != 0);
}
