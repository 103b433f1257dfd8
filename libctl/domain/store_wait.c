/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a node of the store, on a connection of its own that ends with the
 * daemon (see xs_open()): the next one is told again what is waited for.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "libctl/core/pause.h"
#include "libctl/domain/store.h"
#include "svcvm/clock.h"

#define TOKEN     "libcorbel"
#define ABSENT_MS 10000
#define AGAIN_MS  100

/* Events of a watch that is gone may still come; they are dropped here. */
static void drop_events(struct xs_handle *xs)
{
	char **event;

	while ((event = xs_check_watch(xs)) != NULL) {
		free(event);
	}
}

/* 1 if it is ready, 0 if not; -1 with errno if the store does not say. */
static int is_ready(struct xs_handle *xs, const char *path,
		    bool (*ready)(const char *text))
{
	char *const text = store_read(xs, path);
	bool answer;

	if (text == NULL && errno != ENOENT) {
		return -1;
	}
	answer = ready(text);
	free(text);
	return answer;
}

/* The events are taken first: what happens after has a new one. */
static int wait_on(struct xs_handle *xs, const char *path,
		   bool (*ready)(const char *text), int64_t end)
{
	struct pollfd fd = { .fd = xs_fileno(xs), .events = POLLIN };
	int64_t left;
	int state, count;

	if (!xs_watch(xs, path, TOKEN)) {
		return -1;
	}
	for (;;) {
		drop_events(xs);
		state = is_ready(xs, path, ready);
		if (state != 0) {
			return state > 0 ? 0 : -1;
		}
		left = end - clock_ms();
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

/* A daemon that has ended is started again, in a while. */
static struct xs_handle *open_connection(int64_t end)
{
	const int64_t absent = clock_ms() + ABSENT_MS;
	struct xs_handle *xs;
	int error;

	while ((xs = xs_open(XS_OPEN_SOCKETONLY)) == NULL) {
		error = errno;
		if (clock_ms() >= (absent < end ? absent : end)) {
			errno = error;
			break;
		}
		pause_ms(AGAIN_MS);
	}
	return xs;
}

static bool is_lost(int error)
{
	return error == ECONNRESET || error == EPIPE;
}

int store_wait(const char *path, bool (*ready)(const char *text),
	       unsigned int milliseconds)
{
	const int64_t end = clock_ms() + milliseconds;
	struct xs_handle *xs;
	int ret, error;

	do {
		xs = open_connection(end);
		if (xs == NULL) {
			return -1;
		}
		ret = wait_on(xs, path, ready, end);
		error = errno;
		xs_close(xs);
	} while (ret != 0 && is_lost(error));
	errno = error;
	return ret;
}
