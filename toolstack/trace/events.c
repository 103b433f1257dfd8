/* SPDX-License-Identifier: MIT */
/*
 * The table of events, and what there is to say of each.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <xen/xen.h>

#include "toolstack/trace/trace.h"

/* Those of one group follow one another. */
static const struct trace_event events[] = {
	{ TRC_LOST_RECORDS, "lost", "lost" },
	{ TRC_SCHED_RUNSTATE_CHANGE, "runstate", "sched" },
	{ TRC_SCHED_CONTINUE_RUNNING, "runs", "sched" },
	{ TRC_HVM_VMENTRY, "entry", "guest" },
	{ TRC_HVM_VMEXIT64, "exit", "guest" },
	{ TRC_HVM_VMMCALL, "hypercall", "handler" },
	{ TRC_HVM_HLT, "halt", "handler" },
	{ TRC_HVM_MSR_READ, "msr-read", "handler" },
	{ TRC_HVM_MSR_WRITE, "msr-write", "handler" },
	{ TRC_HVM_IOPORT_READ, "port-read", "handler" },
	{ TRC_HVM_IOPORT_WRITE, "port-write", "handler" },
	{ TRC_HVM_NPF, "memory", "handler" },
	{ TRC_HVM_INJ_VIRQ, "interrupt", "interrupt" },
};

#define EVENTS (sizeof(events) / sizeof(events[0]))

uint32_t trace_event_number(const struct trace_record *r)
{
	const uint32_t plain = r->event & ~UINT32_C(0x330);

	return plain == TRC_SCHED_RUNSTATE_CHANGE ? plain : r->event;
}

const struct trace_event *trace_event_of(const struct trace_record *r)
{
	for (size_t i = 0; i < EVENTS; i++) {
		if (events[i].event == trace_event_number(r)) {
			return &events[i];
		}
	}
	return NULL;
}

/* ---- sets of them ---- */

static bool is_word(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && strncmp(text, word, length) == 0;
}

static uint32_t set_of(const char *text, size_t length)
{
	uint32_t set = 0;

	for (size_t i = 0; i < EVENTS; i++) {
		if (is_word(text, length, events[i].name) ||
		    is_word(text, length, events[i].group)) {
			set |= UINT32_C(1) << i;
		}
	}
	return set;
}

bool trace_events_parse(const char *text, uint32_t *set)
{
	*set = 0;
	for (;;) {
		const size_t length = strcspn(text, ",");
		const uint32_t more = set_of(text, length);

		*set |= more;
		if (more == 0) {
			return false;
		}
		if (text[length] == '\0') {
			return true;
		}
		text += length + 1;
	}
}

bool trace_events_have(uint32_t set, const struct trace_record *r)
{
	const struct trace_event *const e = trace_event_of(r);

	return (set &
		(e == NULL ? TRACE_UNKNOWN : UINT32_C(1) << (e - events))) != 0;
}

/* Whose they are comes from the run states. */
uint32_t trace_events_mask(uint32_t set)
{
	uint32_t mask = TRC_SCHED_MIN;

	if ((set & TRACE_UNKNOWN) != 0) {
		return TRC_ALL;
	}
	for (size_t i = 0; i < EVENTS; i++) {
		if ((set & UINT32_C(1) << i) != 0 &&
		    events[i].event != TRC_LOST_RECORDS) {
			mask |= events[i].event & TRC_ALL;
		}
	}
	return mask;
}

/* ---- arguments ---- */

static void put_text(struct trace_argument *a, const char *name,
		     const char *text)
{
	a->name = name;
	snprintf(a->text, sizeof(a->text), "%s", text);
}

static void put_number(struct trace_argument *a, const char *name,
		       uint64_t number)
{
	a->name = name;
	a->is_number = true;
	snprintf(a->text, sizeof(a->text), "%" PRIu64, number);
}

static void put_hex(struct trace_argument *a, const char *name, uint64_t number)
{
	a->name = name;
	snprintf(a->text, sizeof(a->text), "0x%" PRIx64, number);
}

static uint64_t wide(const struct trace_record *r, unsigned int i)
{
	return r->word[i] | (uint64_t)r->word[i + 1] << 32;
}

static const char *access_of(uint32_t error)
{
	return (error & 0x10) != 0 ? "fetch"
	       : (error & 2) != 0  ? "write"
				   : "read";
}

static void put_unknown(const struct trace_record *r, struct trace_argument *a)
{
	static const char *const names[] = { "word0", "word1", "word2" };

	put_hex(a++, "number", r->event);
	for (unsigned int i = 0; i < r->count && i < 3; i++) {
		put_hex(a++, names[i], r->word[i]);
	}
}

/* Words that are not there are 0. */
void trace_arguments(const struct trace_record *r,
		     struct trace_argument a[TRACE_ARGUMENTS])
{
	char other[16];

	memset(a, 0, TRACE_ARGUMENTS * sizeof(*a));
	switch (trace_event_number(r)) {
	case TRC_LOST_RECORDS:
		put_number(a, "records", r->word[0]);
		break;
	case TRC_SCHED_RUNSTATE_CHANGE:
		put_text(a, "from", trace_runstate_name(r->event >> 8));
		put_text(a + 1, "to", trace_runstate_name(r->event >> 4));
		break;
	case TRC_SCHED_CONTINUE_RUNNING:
	case TRC_HVM_VMENTRY:
	case TRC_HVM_HLT:
		break;
	case TRC_HVM_VMEXIT64:
		put_text(a, "reason", trace_exit_name(r->word[0], other));
		put_hex(a + 1, "rip", wide(r, 1));
		break;
	case TRC_HVM_VMMCALL:
		put_text(a, "call", trace_hypercall_name(r->word[0], other));
		put_number(a + 1, "operation", r->word[1]);
		break;
	case TRC_HVM_MSR_READ:
	case TRC_HVM_MSR_WRITE:
		put_hex(a, "msr", r->word[0]);
		put_hex(a + 1, "value", wide(r, 1));
		break;
	case TRC_HVM_IOPORT_READ:
	case TRC_HVM_IOPORT_WRITE:
		put_hex(a, "port", r->word[0]);
		put_hex(a + 1, "value", r->word[1]);
		break;
	case TRC_HVM_NPF:
		put_hex(a, "address", wide(r, 0));
		put_text(a + 1, "access", access_of(r->word[4]));
		break;
	case TRC_HVM_INJ_VIRQ:
		put_number(a, "vector", r->word[0]);
		break;
	default:
		put_unknown(r, a);
		break;
	}
}
