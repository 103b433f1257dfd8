/* SPDX-License-Identifier: MIT */
/*
 * What the vCPUs did: how often each event came, and where the time went. An exit
 * takes from the record of it to that of the next entry, or until its vCPU leaves
 * the pCPU; what follows a gap in the records is not counted as time.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>

#include <xen/vcpu.h>

#include "libctl/corbel.h"
#include "toolstack/trace/trace.h"

/* How often something came, and how long it took in all. */
struct tally {
	uint32_t key;
	uint64_t count;
	uint64_t ticks;
};

struct tallies {
	struct tally *list;
	size_t count;
};

struct vcpu_sum {
	uint32_t domid;
	uint32_t vcpu;
	uint64_t guest_ticks;
	uint64_t exit_ticks;
	struct tallies exits, hypercalls, events;
};

enum phase {
	PHASE_UNKNOWN,
	PHASE_GUEST,
	PHASE_EXIT,
};

struct cpu_state {
	enum phase phase;
	uint64_t since;
	size_t who; /* place of its vCPU */
	uint32_t exit;
	bool has_hypercall;
	uint32_t hypercall;
};

struct trace_summary {
	uint32_t khz;
	bool failed; /* no memory: it is not all there */
	uint64_t first, last;
	uint64_t records, lost;
	struct vcpu_sum *vcpus;
	size_t count;
	struct cpu_state cpus[CORBEL_CPUS_MAX];
};

struct trace_summary *trace_summary_new(uint32_t khz)
{
	struct trace_summary *const s = calloc(1, sizeof(*s));

	if (s != NULL) {
		s->khz = khz;
		s->first = UINT64_MAX;
	}
	return s;
}

/* ---- lists that grow ---- */

static void *grow(struct trace_summary *s, void *list, size_t count,
		  size_t size)
{
	void *const more = reallocarray(list, count + 1, size);

	if (more == NULL) {
		s->failed = true;
		return NULL;
	}
	memset((char *)more + count * size, 0, size);
	return more;
}

static struct tally *tally_of(struct trace_summary *s, struct tallies *t,
			      uint32_t key)
{
	struct tally *more;

	for (size_t i = 0; i < t->count; i++) {
		if (t->list[i].key == key) {
			return &t->list[i];
		}
	}
	more = grow(s, t->list, t->count, sizeof(*more));
	if (more == NULL) {
		return NULL;
	}
	t->list = more;
	more = &t->list[t->count++];
	more->key = key;
	return more;
}

static void tally(struct trace_summary *s, struct tallies *t, uint32_t key,
		  uint64_t ticks)
{
	struct tally *const one = tally_of(s, t, key);

	if (one != NULL) {
		one->count++;
		one->ticks += ticks;
	}
}

/* The place of a vCPU, where there is memory for it. */
static bool find(struct trace_summary *s, const struct trace_record *r,
		 size_t *place)
{
	struct vcpu_sum *more;

	for (*place = 0; *place < s->count; ++*place) {
		if (s->vcpus[*place].domid == r->domid &&
		    s->vcpus[*place].vcpu == r->vcpu) {
			return true;
		}
	}
	more = grow(s, s->vcpus, s->count, sizeof(*more));
	if (more == NULL) {
		return false;
	}
	s->vcpus = more;
	s->vcpus[s->count].domid = r->domid;
	s->vcpus[s->count++].vcpu = r->vcpu;
	return true;
}

/* ---- time ---- */

/* The vCPU enters again, or leaves the pCPU. */
static void end_exit(struct trace_summary *s, struct cpu_state *cpu,
		     uint64_t tsc)
{
	const uint64_t ticks = tsc - cpu->since;
	struct vcpu_sum *const v = &s->vcpus[cpu->who];

	if (cpu->phase != PHASE_EXIT) {
		return;
	}
	v->exit_ticks += ticks;
	tally(s, &v->exits, cpu->exit, ticks);
	if (cpu->has_hypercall) {
		tally(s, &v->hypercalls, cpu->hypercall, ticks);
	}
}

static void begin(struct cpu_state *cpu, enum phase phase, size_t who,
		  uint64_t tsc)
{
	*cpu = (struct cpu_state){ .phase = phase, .since = tsc, .who = who };
}

static bool leaves(const struct trace_record *r)
{
	return (r->event & ~UINT32_C(0x30)) ==
	       (TRC_SCHED_RUNSTATE_CHANGE | RUNSTATE_running << 8);
}

static void account(struct trace_summary *s, const struct trace_record *r,
		    size_t who)
{
	struct cpu_state *const cpu = &s->cpus[r->cpu];

	if (r->event == TRC_HVM_VMENTRY) {
		end_exit(s, cpu, r->tsc);
		begin(cpu, PHASE_GUEST, who, r->tsc);
	} else if (r->event == TRC_HVM_VMEXIT64) {
		if (cpu->phase == PHASE_GUEST && cpu->who == who) {
			s->vcpus[who].guest_ticks += r->tsc - cpu->since;
		}
		begin(cpu, PHASE_EXIT, who, r->tsc);
		cpu->exit = r->word[0];
	} else if (r->event == TRC_HVM_VMMCALL) {
		cpu->has_hypercall = true;
		cpu->hypercall = r->word[0];
	} else if (leaves(r) && cpu->who == who) {
		end_exit(s, cpu, r->tsc);
		cpu->phase = PHASE_UNKNOWN;
	}
}

void trace_summary_add(struct trace_summary *s, const struct trace_record *r)
{
	size_t who;

	if (r->cpu >= CORBEL_CPUS_MAX) {
		return;
	}
	s->records++;
	s->first = r->tsc < s->first ? r->tsc : s->first;
	s->last = r->tsc > s->last ? r->tsc : s->last;
	if (r->event == TRC_LOST_RECORDS) {
		s->lost += r->word[0];
		s->cpus[r->cpu].phase = PHASE_UNKNOWN;
		return;
	}
	if (r->domid == TRACE_NOBODY || !find(s, r, &who)) {
		return;
	}
	account(s, r, who);
	if (r->event != TRC_HVM_VMEXIT64 && r->event != TRC_HVM_VMMCALL) {
		tally(s, &s->vcpus[who].events, trace_event_number(r), 0);
	}
}

/* ---- printing ---- */

static double ms(const struct trace_summary *s, uint64_t ticks)
{
	return (double)ticks / s->khz;
}

/* Where the most time went first. */
static int by_ticks(const void *a, const void *b)
{
	const struct tally *const x = a, *const y = b;

	if (x->ticks != y->ticks) {
		return x->ticks < y->ticks ? 1 : -1;
	}
	return x->key < y->key ? -1 : 1;
}

static void print_tallies(const struct trace_summary *s,
			  const struct tallies *t, const char *title,
			  const char *(*name)(uint32_t, char[16]))
{
	char other[16];

	if (t->count == 0) {
		return;
	}
	qsort(t->list, t->count, sizeof(t->list[0]), by_ticks);
	printf("  %-20s %10s %12s %12s\n", title, "COUNT", "TIME (ms)",
	       "MEAN (us)");
	for (size_t i = 0; i < t->count; i++) {
		const struct tally *const one = &t->list[i];
		const double time = ms(s, one->ticks);

		printf("  %-20s %10" PRIu64 " %12.3f %12.3f\n",
		       name(one->key, other), one->count, time,
		       1000 * time / (double)one->count);
	}
}

static void print_events(const struct tallies *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct trace_record r = { .event = t->list[i].key };
		const struct trace_event *const e = trace_event_of(&r);

		if (e != NULL) {
			printf("%s%s %" PRIu64, i == 0 ? "  " : ", ", e->name,
			       t->list[i].count);
		} else {
			printf("%s0x%x %" PRIu64, i == 0 ? "  " : ", ", r.event,
			       t->list[i].count);
		}
	}
	printf("%s", t->count == 0 ? "" : "\n");
}

static int by_place(const void *a, const void *b)
{
	const struct vcpu_sum *const x = a, *const y = b;

	if (x->domid != y->domid) {
		return x->domid < y->domid ? -1 : 1;
	}
	return x->vcpu < y->vcpu ? -1 : 1;
}

void trace_summary_print(struct trace_summary *s,
			 const char *(*name)(void *context, uint32_t domid),
			 void *context)
{
	printf("%.3f s, %" PRIu64 " records, %" PRIu64 " lost%s\n",
	       s->records == 0 ? 0 : ms(s, s->last - s->first) / 1000,
	       s->records, s->lost,
	       s->failed ? "; some are not counted for lack of memory" : "");
	if (s->count != 0) {
		qsort(s->vcpus, s->count, sizeof(s->vcpus[0]), by_place);
	}
	for (size_t i = 0; i < s->count; i++) {
		const struct vcpu_sum *const v = &s->vcpus[i];

		printf("\n%s, vCPU %u: %.3f ms in the guest, %.3f ms in the "
		       "hypervisor for it\n",
		       name(context, v->domid), v->vcpu, ms(s, v->guest_ticks),
		       ms(s, v->exit_ticks));
		print_tallies(s, &v->exits, "EXIT", trace_exit_name);
		print_tallies(s, &v->hypercalls, "HYPERCALL",
			      trace_hypercall_name);
		print_events(&v->events);
	}
}

static void drop(struct vcpu_sum *v)
{
	free(v->exits.list);
	free(v->hypercalls.list);
	free(v->events.list);
}

void trace_summary_drop(struct trace_summary *s)
{
	for (size_t i = 0; s != NULL && i < s->count; i++) {
		drop(&s->vcpus[i]);
	}
	if (s != NULL) {
		free(s->vcpus);
	}
	free(s);
}
