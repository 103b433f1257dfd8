/* SPDX-License-Identifier: MIT */
#include "svcvm/store/rate.h"
#include "svcvm/clock.h"
#include "svcvm/store/log.h"

#include <inttypes.h>

#define TELL_NS (60 * CLOCK_SECOND)

/* These cost as much as a request. */
#define BYTES 256

static void hold(struct rate *r, uint16_t domid, uint64_t now)
{
	r->since = now;
	r->until = now + limit_wait(&r->limit);
	r->held_count++;
	if (r->told == 0 || now - r->told >= TELL_NS) {
		r->told = now;
		log_line("domain %u: quota requests: held back, more than "
			 "%" PRIu64 " a second",
			 domid, r->limit.rate);
	}
}

uint64_t rate_left(struct rate *r, uint16_t domid, uint64_t per_second,
		   uint64_t now)
{
	const uint64_t rate = per_second < UINT32_MAX ? per_second : UINT32_MAX;

	if (now < r->until) {
		return 0;
	}
	r->held_ns = rate_held(r, now);
	r->until = 0;
	if (r->limit.rate != rate) { /* it is new, or the limit is */
		limit_start(&r->limit, rate, RATE_SAVED, now);
	}
	if (rate == 0) {
		return UINT64_MAX;
	}
	if (limit_left(&r->limit, now) == 0) {
		hold(r, domid, now);
	}
	return r->limit.left;
}

void rate_take(struct rate *r, size_t bytes)
{
	limit_take(&r->limit, 1 + bytes / BYTES);
}

uint64_t rate_wait(const struct rate *r, uint64_t now)
{
	return r->until > now ? r->until - now : 0;
}

uint64_t rate_held(const struct rate *r, uint64_t now)
{
	return r->held_ns + (r->until != 0 ? now - r->since : 0);
}
