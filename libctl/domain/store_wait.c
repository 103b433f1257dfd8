/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a node of the store.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "libctl/domain/store.h"
#include "svcvm/clock.h"

#define TOKEN "libcorbel"

static int64_t now_ms(void)
{
	return (int64_t)(clock_ns() / CLOCK_MS);
}

static bool is_ready(struct xs_handle *xs, const char *path,
		     bool (*ready)(const char *text))
{
	char *const text = store_read(xs, path);
	const bool answer = ready(text);

	free(text);
	return answer;
}

/* Events of a watch that is gone may still come; they are dropped here. */
static void drop_events(struct xs_handle *xs)
{
	char **event;

	while ((event = xs_check_watch(xs)) != NULL) {
		free(event);
	}
}

static int wait_until(struct xs_handle *xs, const char *path,
		      bool (*ready)(const char *text), int64_t end)
{
	struct pollfd fd = { .fd = xs_fileno(xs), .events = POLLIN };
	int64_t left;
	int count;

	/* The events are taken first: what happens after has a new one. */
	for (;;) {
		drop_events(xs);
		if (is_ready(xs, path, ready)) {
			return 0;
		}
		left = end - now_ms();
		count = left > 0 ? poll(&fd, 1, (int)left) : 0;
		if (count == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (count < 0 && errno != EINTR) {
			return -1;
		}
	}
}

int store_wait(struct xs_handle *xs, const char *path,
	       bool (*ready)(const char *text), unsigned int milliseconds)
{
	int ret, number;

	if (!xs_watch(xs, path, TOKEN)) {
		return -1;
	}
	ret = wait_until(xs, path, ready, now_ms() + milliseconds);
	number = errno;
	xs_unwatch(xs, path, TOKEN);
	errno = number;
	return ret;
}
