/* SPDX-License-Identifier: MIT */
#include "svcvm/console/limit.h"

#define SECOND 1000000000ull

void limit_start(struct limit *limit, uint64_t rate, uint64_t now)
{
	limit->rate = rate;
	limit->left = rate;
	limit->then = now;
}

uint64_t limit_left(struct limit *limit, uint64_t now)
{
	uint64_t passed = now - limit->then;
	uint64_t more;

	if (passed >= SECOND) {
		limit->left = limit->rate;
		limit->then = now;
		return limit->left;
	}

	/* What is too little for one byte goes on counting. */
	more = passed * limit->rate / SECOND;
	if (more > 0) {
		limit->left += more;
		limit->then = now;
	}
	if (limit->left > limit->rate) {
		limit->left = limit->rate;
	}
	return limit->left;
}

void limit_take(struct limit *limit, uint64_t bytes)
{
	limit->left -= bytes < limit->left ? bytes : limit->left;
}

uint64_t limit_wait(const struct limit *limit)
{
	uint64_t wanted = limit->rate / 4 + 1;

	if (limit->left >= wanted) {
		return 0;
	}
	return (wanted - limit->left) * SECOND / limit->rate + 1;
}
