/* SPDX-License-Identifier: MIT */
/*
 * Records of the hypervisor's trace (<xen/trace.h>): out of their bytes, into
 * words, counted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/trace.h>

#define TRACE_NOBODY UINT32_MAX

struct trace_record {
	uint64_t tsc;
	uint32_t event; /* TRC_* */
	unsigned int cpu;
	uint32_t domid; /* whose it is, or TRACE_NOBODY */
	uint32_t vcpu;
	unsigned int count; /* of words */
	uint32_t word[TRACE_EXTRA_MAX];
};

typedef void (*trace_got_t)(void *context, const struct trace_record *record);

/* ---- parse.c ---- */

struct trace_runs {
	uint32_t domid; /* TRACE_NOBODY: none, or not known yet */
	uint32_t vcpu;
};

/* Reads one pCPU's records, from the first on; `runs` is what it remembers of
 * who is on that pCPU. Bytes that are no records end it. */
void trace_parse(struct trace_runs *runs, unsigned int cpu, const void *bytes,
		 size_t size, trace_got_t got, void *context);

/* ---- events.c ---- */

/* A row of the table of events. */
struct trace_event {
	uint32_t event; /* TRC_*, by trace_event_number() */
	const char *name;
	const char *group; /* several can be named by it */
};

/* The same number for all changes of run states, which have both states in it. */
uint32_t trace_event_number(const struct trace_record *r);
/* NULL for one that has no name here. */
const struct trace_event *trace_event_of(const struct trace_record *r);
/* Events by their places in the table; those without a name have bit 31. */
#define TRACE_UNKNOWN (UINT32_C(1) << 31)

/* "exit,sched": false when a word is neither an event's name nor a group's. */
bool trace_events_parse(const char *text, uint32_t *set);
bool trace_events_have(uint32_t set, const struct trace_record *r);
/* What the hypervisor must record for them. */
uint32_t trace_events_mask(uint32_t set);

struct trace_argument {
	const char *name; /* NULL behind the last */
	char text[48];
	bool is_number; /* decimal */
};

#define TRACE_ARGUMENTS 4

/* What there is to say of it. */
void trace_arguments(const struct trace_record *r,
		     struct trace_argument arguments[TRACE_ARGUMENTS]);

/* ---- names.c ---- */

/* A name, or the number as text in `other`. */
const char *trace_exit_name(uint32_t code, char other[16]);
const char *trace_hypercall_name(uint32_t number, char other[16]);
/* A word of it, or NULL. */
const char *trace_runstate_name(unsigned int state);

/* ---- order.c: all pCPUs' records by their time ---- */

struct trace_order {
	struct trace_record *records;
	size_t count, room;
	bool failed; /* no memory: some are missing */
};

void trace_order_add(struct trace_order *o, const struct trace_record *r);
/* Hands out those from before `tsc`, the oldest first. */
void trace_order_take(struct trace_order *o, uint64_t tsc, trace_got_t got,
		      void *context);
void trace_order_drop(struct trace_order *o);

/* ---- print.c: `ns` since the beginning ---- */

void trace_print_head(void);
void trace_print_text(const struct trace_record *r, uint64_t ns,
		      const char *name);
/* Returns an exit code. */
int trace_print_json(const struct trace_record *r, uint64_t ns);

/* ---- summary.c ---- */

struct trace_summary;

/* `khz` is the frequency of the time stamps. NULL if there is no memory. */
struct trace_summary *trace_summary_new(uint32_t khz);
/* Each pCPU's in their order. */
void trace_summary_add(struct trace_summary *s, const struct trace_record *r);
/* Prints one vCPU after the other; `name` tells the name of a domain. */
void trace_summary_print(struct trace_summary *s,
			 const char *(*name)(void *context, uint32_t domid),
			 void *context);
void trace_summary_drop(struct trace_summary *s);
