/* SPDX-License-Identifier: MIT */
#include "svcvm/limit.h"

#define SECOND 1000000000ull

void limit_start(struct limit *limit, uint64_t rate, unsigned int seconds,
		 uint64_t now)
{
	limit->rate = rate;
	limit->most = rate * seconds;
	limit->left = limit->most;
	limit->then = now;
}

uint64_t limit_left(struct limit *limit, uint64_t now)
{
	uint64_t passed = now - limit->then;
	uint64_t more;

	if (passed >= LIMIT_SECONDS_MAX * SECOND) {
		limit->left = limit->most;
		limit->then = now;
		return limit->left;
	}

	/* What is too little for one goes on counting. */
	more = passed * limit->rate / SECOND;
	if (more > 0) {
		limit->left += more;
		limit->then = now;
	}
	if (limit->left > limit->most) {
		limit->left = limit->most;
	}
	return limit->left;
}

void limit_take(struct limit *limit, uint64_t amount)
{
	limit->left -= amount < limit->left ? amount : limit->left;
}

uint64_t limit_wait(const struct limit *limit)
{
	uint64_t wanted = limit->rate / 4 + 1;

	if (limit->left >= wanted) {
		return 0;
	}
	return (wanted - limit->left) * SECOND / limit->rate + 1;
}
