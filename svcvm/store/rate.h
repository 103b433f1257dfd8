/* SPDX-License-Identifier: MIT */
/*
 * How fast one guest may ask. Who has used up its allowance is held back: its
 * ring is not looked at, and its port does not ring, until a quarter of a
 * second's allowance has come back. A look at a ring costs as much as a request,
 * so that ringing without any is no way around; a long answer, or many events that
 * a request brings its own guest, cost more.
 */
#pragma once

#include "svcvm/limit.h"

#include <stddef.h>
#include <stdint.h>

/* What is saved up, in seconds: guests ask most when they start. */
#define RATE_SAVED 4

struct rate {
	struct limit limit;
	uint64_t requests;   /* that it has made */
	uint64_t held_count; /* times that it was held back */
	uint64_t held_ns;    /* of them, but for one that goes on */
	uint64_t since;      /* ns: it is held back from then on, */
	uint64_t until;      /* until then; 0: it is not */
	uint64_t told;       /* ns: when the log was; 0: never */
};

/*
 * How many requests of the guest may be handled now, which makes `per_second` on
 * average; 0 if it is held back. 0 a second is no limit. A line of the log says
 * when one is held back, at most every minute for each guest.
 */
uint64_t rate_left(struct rate *r, uint16_t domid, uint64_t per_second,
		   uint64_t now);

/* A look without a request; or one, with so many bytes for the guest. */
void rate_take(struct rate *r, size_t bytes);

/* ns until its ring may be looked at. */
uint64_t rate_wait(const struct rate *r, uint64_t now);

/* How long it was held back so far, ns. */
uint64_t rate_held(const struct rate *r, uint64_t now);
