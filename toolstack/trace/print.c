/* SPDX-License-Identifier: MIT */
/*
 * A record as a line, or as an object of JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "toolstack/json.h"
#include "toolstack/trace/trace.h"

static const char *event_name(const struct trace_record *r)
{
	const struct trace_event *const e = trace_event_of(r);

	return e != NULL ? e->name : "unknown";
}

void trace_print_head(void)
{
	printf("%14s %3s  %-20s %-10s\n", "TIME (s)", "CPU", "VCPU", "EVENT");
}

void trace_print_text(const struct trace_record *r, uint64_t ns,
		      const char *name)
{
	struct trace_argument arguments[TRACE_ARGUMENTS];
	char who[300] = "-";

	if (r->domid != TRACE_NOBODY) {
		snprintf(who, sizeof(who), "%s/%u", name, r->vcpu);
	}
	printf("%4" PRIu64 ".%09" PRIu64 " %3u  %-20s %-10s", ns / 1000000000,
	       ns % 1000000000, r->cpu, who, event_name(r));
	trace_arguments(r, arguments);
	for (unsigned int i = 0;
	     i < TRACE_ARGUMENTS && arguments[i].name != NULL; i++) {
		printf(" %s=%s", arguments[i].name, arguments[i].text);
	}
	putchar('\n');
}

static void put_argument(struct json *j, const struct trace_argument *a)
{
	if (a->is_number) {
		json_number(j, a->name, strtoull(a->text, NULL, 10));
	} else {
		json_text(j, a->name, a->text);
	}
}

int trace_print_json(const struct trace_record *r, uint64_t ns)
{
	struct trace_argument arguments[TRACE_ARGUMENTS];
	struct json *const j = json_start_line();
	int result;

	json_object(j, NULL);
	json_number(j, "time", ns);
	json_number(j, "cpu", r->cpu);
	if (r->domid != TRACE_NOBODY) {
		json_number(j, "domain", r->domid);
		json_number(j, "vcpu", r->vcpu);
	}
	json_text(j, "event", event_name(r));
	trace_arguments(r, arguments);
	for (unsigned int i = 0;
	     i < TRACE_ARGUMENTS && arguments[i].name != NULL; i++) {
		put_argument(j, &arguments[i]);
	}
	json_object_end(j);
	result = json_print(j);
	putchar('\n');
	return result;
}
