/* SPDX-License-Identifier: MIT */
#include "domain/trace_ring.h"

#include "lib/addr.h"

#define CYCLES_WORDS 2u /* of a record: its time */
#define HEAD_WORDS   (1 + CYCLES_WORDS)

static_assert(sizeof(struct t_rec) ==
		      (HEAD_WORDS + TRACE_EXTRA_MAX) * sizeof(uint32_t),
	      "ABI trace.h: the longest record");

void trace_ring_init(struct trace_ring *r, void *buf, uint32_t pages)
{
	*r = (struct trace_ring){
		.buf = buf,
		.size = pages * (uint32_t)PAGE_SIZE -
			(uint32_t)sizeof(struct t_buf),
		.fresh = true,
	};
}

/* A tool that says it has read what was not written gets no more. */
static uint32_t unread(const struct trace_ring *r)
{
	/* Acquire: it has done with what we write over. */
	const uint32_t cons = load_acquire(&r->buf->cons);
	const uint32_t n = r->prod - cons + (r->prod < cons ? 2 * r->size : 0);

	return cons < 2 * r->size && n < r->size ? n : r->size;
}

static uint32_t room_to_end(const struct trace_ring *r)
{
	return r->prod < r->size ? r->size - r->prod : 2 * r->size - r->prod;
}

static void add(struct trace_ring *r, const struct trace_event *e, uint64_t tsc,
		bool timed)
{
	char *end = (char *)(r->buf + 1) + r->size;
	uint32_t *w = (uint32_t *)(void *)(end - room_to_end(r));
	const uint32_t *first = w;

	*w++ = e->event | e->count << TRACE_EXTRA_SHIFT |
	       (timed ? (uint32_t)TRC_HD_CYCLE_FLAG : 0);
	if (timed) {
		*w++ = (uint32_t)tsc;
		*w++ = (uint32_t)(tsc >> 32);
	}
	for (uint32_t i = 0; i < e->count; i++) {
		*w++ = e->words[i];
	}
	r->prod += (uint32_t)((char *)w - (const char *)first);
	r->prod -= r->prod >= 2 * r->size ? 2 * r->size : 0;
	/* Release: the record is there before the tool is told of it. */
	store_release(&r->buf->prod, r->prod);
}

/* No record crosses the end: one without a meaning fills what is left. */
static void fill(struct trace_ring *r, uint32_t bytes, uint64_t tsc)
{
	static const uint32_t nothing[TRACE_EXTRA_MAX];
	const uint32_t words = bytes / (uint32_t)sizeof(uint32_t) - 1;
	const bool timed = words > TRACE_EXTRA_MAX;
	const struct trace_event e = {
		.event = TRC_TRACE_WRAP_BUFFER,
		.count = words - (timed ? CYCLES_WORDS : 0),
		.words = nothing,
	};

	add(r, &e, tsc, timed);
}

static bool put(struct trace_ring *r, const struct trace_event *e, uint64_t tsc)
{
	const uint32_t bytes =
		(HEAD_WORDS + e->count) * (uint32_t)sizeof(uint32_t);
	const uint32_t to_end = room_to_end(r);
	const uint32_t filler = to_end < bytes ? to_end : 0;
	const uint32_t before = unread(r);

	if (r->size - before < filler + bytes) {
		return false;
	}
	if (filler != 0) {
		fill(r, filler, tsc);
	}
	add(r, e, tsc, true);
	r->full |=
		before < r->size / 2 && before + filler + bytes >= r->size / 2;
	return true;
}

static bool put_lost(struct trace_ring *r, uint64_t tsc, uint32_t who)
{
	const uint32_t words[] = { r->lost, who, (uint32_t)r->lost_since,
				   (uint32_t)(r->lost_since >> 32) };
	const struct trace_event e = { TRC_LOST_RECORDS, ARRAY_SIZE(words),
				       words };

	return put(r, &e, tsc);
}

void trace_ring_put(struct trace_ring *r, const struct trace_event *e,
		    uint64_t tsc, uint32_t who)
{
	if (unlikely(r->lost != 0) && put_lost(r, tsc, who)) {
		r->lost = 0;
	}
	if (likely(r->lost == 0) && put(r, e, tsc)) {
		return;
	}
	if (r->lost++ == 0) {
		r->lost_since = tsc;
	}
}
