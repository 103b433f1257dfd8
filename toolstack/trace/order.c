/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "toolstack/trace/trace.h"

void trace_order_add(struct trace_order *o, const struct trace_record *r)
{
	struct trace_record *more;

	if (o->count == o->room) {
		o->room = o->room == 0 ? 4096 : 2 * o->room;
		more = realloc(o->records, o->room * sizeof(*more));
		if (more == NULL) {
			o->room = o->count;
			o->failed = true;
			return;
		}
		o->records = more;
	}
	o->records[o->count++] = *r;
}

/* Of one pCPU they come in order, and two can have the same time: where they are
 * decides. */
static int compare(const void *a, const void *b)
{
	const struct trace_record *const *const x = a, *const *const y = b;

	if ((*x)->tsc != (*y)->tsc) {
		return (*x)->tsc < (*y)->tsc ? -1 : 1;
	}
	return *x < *y ? -1 : *x > *y;
}

static void hand_out(struct trace_order *o, const struct trace_record **sorted,
		     uint64_t tsc, trace_got_t got, void *context)
{
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < o->count; i++) {
		if (o->records[i].tsc < tsc) {
			sorted[count++] = &o->records[i];
		}
	}
	qsort(sorted, count, sizeof(struct trace_record *), compare);
	for (size_t i = 0; i < count; i++) {
		got(context, sorted[i]);
	}
	for (size_t i = 0; i < o->count; i++) {
		if (o->records[i].tsc >= tsc) {
			o->records[kept++] = o->records[i];
		}
	}
	o->count = kept;
}

void trace_order_take(struct trace_order *o, uint64_t tsc, trace_got_t got,
		      void *context)
{
	const struct trace_record **const sorted =
		calloc(o->count + 1, sizeof(*sorted));

	if (sorted == NULL) {
		o->failed = true;
		return;
	}
	hand_out(o, sorted, tsc, got, context);
	free(sorted);
}

void trace_order_drop(struct trace_order *o)
{
	free(o->records);
	memset(o, 0, sizeof(*o));
}
