/* SPDX-License-Identifier: MIT */
/*
 * corbel trace: what the hypervisor records while we listen, as lines, counted, or
 * as it is. Whatever ends it, tracing is off afterwards.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/clock.h"
#include "toolstack/command.h"
#include "toolstack/trace/trace.h"

/* How long records wait that fill no buffer. */
#define PERIOD_MS 200

/* A record can be this late: the time in it is older than itself. */
#define LATE_MS 1

struct name {
	uint32_t domid;
	char text[256];
};

struct session {
	struct corbel *c;
	const struct arguments *a;
	struct corbel_trace *trace;
	struct corbel_cpus cpus;
	uint32_t domid;  /* TRACE_NOBODY: all */
	uint32_t events; /* to be shown */
	uint32_t khz;
	uint64_t begin; /* time stamp */
	uint64_t lost;
	int result;
	struct trace_runs runs[CORBEL_CPUS_MAX];
	struct trace_order order;      /* these three: one of them is used */
	struct trace_summary *summary; /* or NULL */
	FILE *output;                  /* or NULL */
	struct name *names;
	size_t name_count;
};

/* ---- names of domains ---- */

static const char *name_of(void *context, uint32_t domid)
{
	struct session *const s = context;
	struct corbel_info info;
	struct name *more;

	for (size_t i = 0; i < s->name_count; i++) {
		if (s->names[i].domid == domid) {
			return s->names[i].text;
		}
	}
	more = reallocarray(s->names, s->name_count + 1, sizeof(*more));
	if (more == NULL) {
		return "?";
	}
	s->names = more;
	more += s->name_count++;
	more->domid = domid;
	if (corbel_info(s->c, domid, &info) == 0 && info.name[0] != '\0') {
		snprintf(more->text, sizeof(more->text), "%s", info.name);
	} else {
		snprintf(more->text, sizeof(more->text), "%" PRIu32, domid);
	}
	return more->text;
}

/* ---- what comes ---- */

static void show(void *context, const struct trace_record *r)
{
	struct session *const s = context;
	const uint64_t ticks = r->tsc > s->begin ? r->tsc - s->begin : 0;
	const uint64_t ns = (uint64_t)((double)ticks * 1e6 / s->khz);

	if (s->result != EXIT_OK) {
		return;
	}
	if (s->a->given[OPTION_JSON]) {
		s->result = trace_print_json(r, ns);
	} else {
		trace_print_text(r, ns,
				 r->domid != TRACE_NOBODY ? name_of(s, r->domid)
							  : "");
	}
}

static void got(void *context, const struct trace_record *r)
{
	struct session *const s = context;

	if (r->event == TRC_LOST_RECORDS) {
		s->lost += r->word[0];
	} else if ((s->domid != TRACE_NOBODY && r->domid != s->domid) ||
		   !trace_events_have(s->events, r)) {
		return;
	}
	if (s->summary != NULL) {
		trace_summary_add(s->summary, r);
	} else if (s->output == NULL) {
		trace_order_add(&s->order, r);
	}
}

/* As Xen's xentrace writes it: whose records follow, in how many bytes. */
static void put_raw(struct session *s, unsigned int cpu, const void *records,
		    size_t size)
{
	const uint32_t head[] = {
		TRC_TRACE_CPU_CHANGE | 2u << TRACE_EXTRA_SHIFT,
		cpu,
		(uint32_t)size,
	};

	fwrite(head, sizeof(head), 1, s->output);
	fwrite(records, size, 1, s->output);
}

static void take(void *context, unsigned int cpu, const void *records,
		 size_t size)
{
	struct session *const s = context;

	if (cpu >= CORBEL_CPUS_MAX) {
		return;
	}
	if (s->output != NULL) {
		put_raw(s, cpu, records, size);
	}
	trace_parse(&s->runs[cpu], cpu, records, size, got, s);
}

/* Who does not read any more has had enough. */
static int flush(FILE *file, const char *object)
{
	if (fflush(file) == 0 && !ferror(file)) {
		return EXIT_OK;
	}
	return errno == EPIPE ? EXIT_FAILED : report_errno(object, "write");
}

/* Shows all from before `until`. */
static int read_all(struct session *s, uint64_t until)
{
	if (corbel_trace_read(s->trace, take, s) != 0) {
		return report_failure(s->c);
	}
	trace_order_take(&s->order, until, show, s);
	if (s->result == EXIT_OK && s->order.failed) {
		s->result = report_text("trace", "no memory for the records");
	}
	if (s->result == EXIT_OK && s->output != NULL) {
		s->result = flush(s->output, s->a->text[OPTION_OUTPUT]);
	}
	if (s->result == EXIT_OK) {
		s->result = flush(stdout, "output");
	}
	return s->result;
}

/* ---- how long ---- */

static int64_t end_ms(const struct arguments *a)
{
	return a->given[OPTION_DURATION]
		       ? clock_ms() + 1000 * (int64_t)a->number[OPTION_DURATION]
		       : INT64_MAX;
}

static int listen_until(struct session *s, int signals, int64_t end)
{
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = corbel_trace_file(s->trace), .events = POLLIN },
	};
	int64_t left;

	while ((left = end - clock_ms()) > 0 && fds[0].revents == 0) {
		poll(fds, 2, left < PERIOD_MS ? (int)left : PERIOD_MS);
		if (read_all(s, __builtin_ia32_rdtsc() -
					LATE_MS * (uint64_t)s->khz) !=
		    EXIT_OK) {
			return EXIT_FAILED;
		}
	}
	if (corbel_trace_stop(s->trace) != 0) {
		return report_failure(s->c);
	}
	return read_all(s, UINT64_MAX);
}

/* ---- begin and end ---- */

static int run(struct session *s, int signals)
{
	int ret;

	s->begin = __builtin_ia32_rdtsc();
	if (corbel_trace_open(s->c,
			      s->summary != NULL ? TRC_ALL
						 : trace_events_mask(s->events),
			      &s->cpus, &s->trace) != 0) {
		return report_failure(s->c);
	}
	if (s->summary == NULL && s->output == NULL &&
	    !s->a->given[OPTION_JSON]) {
		trace_print_head();
	}
	ret = listen_until(s, signals, end_ms(s->a));
	corbel_trace_close(s->trace);
	if (ret == EXIT_OK && s->summary != NULL) {
		trace_summary_print(s->summary, name_of, s);
		ret = flush(stdout, "output");
	}
	if (s->lost != 0) {
		fprintf(stderr, "%s: trace: %" PRIu64 " records were lost\n",
			PROGRAM, s->lost);
	}
	return ret;
}

static int run_held(struct session *s)
{
	int signals, ret;

	/* It ends by itself then: tracing must not go on. */
	signal(SIGPIPE, SIG_IGN);
	signals = signals_take();
	if (signals < 0) {
		return EXIT_FAILED;
	}
	ret = run(s, signals);
	signals_give_back(signals);
	return ret;
}

static int check(const struct session *s)
{
	const bool *const given = s->a->given;

	if (given[OPTION_SUMMARY] + given[OPTION_JSON] + given[OPTION_OUTPUT] >
	    1) {
		return report_usage("trace",
				    "only one of --summary, --json, --output");
	}
	if (given[OPTION_SUMMARY] && given[OPTION_EVENT]) {
		return report_usage("--event", "--summary has all of them");
	}
	if (given[OPTION_OUTPUT] && s->a->operand[0] != NULL) {
		return report_usage(s->a->operand[0],
				    "--output takes all guests' records");
	}
	return EXIT_OK;
}

static int parse(struct session *s)
{
	const struct arguments *const a = s->a;
	const char *const cpus =
		a->given[OPTION_CPU] ? a->text[OPTION_CPU] : "all";

	if (!corbel_cpus_parse(cpus, &s->cpus)) {
		return report_usage(cpus, "not a list of pCPUs");
	}
	if (a->given[OPTION_EVENT] &&
	    !trace_events_parse(a->text[OPTION_EVENT], &s->events)) {
		return report_usage(a->text[OPTION_EVENT],
				    "not all of these are events");
	}
	return EXIT_OK;
}

/* Where the records go. */
static int prepare(struct session *s)
{
	struct corbel_host host;

	if (s->a->operand[0] != NULL &&
	    corbel_find(s->c, s->a->operand[0], &s->domid) != 0) {
		return report_failure(s->c);
	}
	if (corbel_host(s->c, &host) != 0) {
		return report_failure(s->c);
	}
	s->khz = host.cpu_khz;
	if (s->a->given[OPTION_SUMMARY]) {
		s->summary = trace_summary_new(host.cpu_khz);
		return s->summary != NULL ? EXIT_OK
					  : report_errno("trace", "count");
	}
	if (s->a->given[OPTION_OUTPUT]) {
		s->output = fopen(s->a->text[OPTION_OUTPUT], "we");
		return s->output != NULL
			       ? EXIT_OK
			       : report_errno(s->a->text[OPTION_OUTPUT],
					      "open");
	}
	return EXIT_OK;
}

static void forget(struct session *s)
{
	trace_order_drop(&s->order);
	trace_summary_drop(s->summary);
	if (s->output != NULL) {
		fclose(s->output);
	}
	free(s->names);
	free(s);
}

int cmd_trace(struct corbel *c, const struct arguments *a)
{
	struct session *const s = calloc(1, sizeof(*s));
	int ret;

	if (s == NULL) {
		return report_errno("trace", "begin");
	}
	s->c = c;
	s->a = a;
	s->domid = TRACE_NOBODY;
	s->events = UINT32_MAX;
	for (unsigned int i = 0; i < CORBEL_CPUS_MAX; i++) {
		s->runs[i].domid = TRACE_NOBODY;
	}
	ret = check(s);
	ret = ret != EXIT_OK ? ret : parse(s);
	ret = ret != EXIT_OK ? ret : prepare(s);
	ret = ret != EXIT_OK ? ret : run_held(s);
	forget(s);
	return ret;
}
