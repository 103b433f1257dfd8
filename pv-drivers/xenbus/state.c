/* SPDX-License-Identifier: MIT */
#include "pv-drivers/xenbus/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pv-drivers/xenbus/store.h"

static bool is_up(enum xenbus_state state)
{
	return state == XenbusStateInitialised || state == XenbusStateConnected;
}

static enum back_step back_waiting(enum xenbus_state front)
{
	if (is_up(front)) {
		return BACK_CONNECT;
	}
	if (front == XenbusStateClosing || front == XenbusStateClosed) {
		return BACK_CLOSED;
	}
	return BACK_NOTHING;
}

static enum back_step back_connected(enum xenbus_state front, bool is_attached)
{
	if (is_up(front)) {
		return is_attached ? BACK_NOTHING : BACK_CONNECT;
	}
	if (front == XenbusStateClosing) {
		return BACK_CLOSING;
	}
	/* Closed, gone, or begun again without a word. */
	return BACK_CLOSED;
}

enum back_step state_back(enum xenbus_state own, enum xenbus_state front,
			  bool is_attached)
{
	switch (own) {
	case XenbusStateUnknown: /* the folder is about to go */
		return BACK_NOTHING;
	case XenbusStateInitialising:
		return is_attached ? BACK_RELEASE : BACK_PREPARE;
	case XenbusStateInitWait:
		return back_waiting(front);
	case XenbusStateInitialised:
	case XenbusStateConnected:
		return back_connected(front, is_attached);
	case XenbusStateClosing:
		return is_up(front) || front == XenbusStateClosing
			       ? BACK_NOTHING
			       : BACK_CLOSED;
	case XenbusStateClosed:
		return front == XenbusStateInitialising ? BACK_PREPARE
							: BACK_NOTHING;
	case XenbusStateReconfiguring:
	case XenbusStateReconfigured:
		return BACK_NOTHING;
	}
	return BACK_NOTHING; /* a number that is no state */
}

enum front_step state_front(enum xenbus_state own, enum xenbus_state back)
{
	if (own == XenbusStateInitialising) {
		/* Closed is from before: the back half will see that we begin. */
		return back == XenbusStateInitWait ||
				       back == XenbusStateInitialised
			       ? FRONT_OFFER
			       : FRONT_NOTHING;
	}
	if (back == XenbusStateClosing || back == XenbusStateClosed) {
		return own == XenbusStateClosed ? FRONT_NOTHING : FRONT_CLOSE;
	}
	if (own == XenbusStateInitialised && back == XenbusStateConnected) {
		return FRONT_CONNECT;
	}
	return FRONT_NOTHING;
}

int state_key_path(char *path, const char *folder, const char *key)
{
	const int n = snprintf(path, STORE_PATH_MAX, "%s/%s", folder, key);

	return n < 0 || (unsigned int)n >= STORE_PATH_MAX ? -E2BIG : 0;
}

int state_key_read(struct store *store, const char *folder, const char *key,
		   char *value)
{
	char path[STORE_PATH_MAX];
	const int error = state_key_path(path, folder, key);

	return error != 0 ? error : store_read(store, path, value);
}

/* Decimal digits only: the guest may have written anything. */
static int parse(const char *text, uint64_t max, uint64_t *number)
{
	uint64_t n = 0;

	if (*text == '\0') {
		return -EINVAL;
	}
	for (; *text != '\0'; text++) {
		const unsigned int digit = (unsigned char)*text - '0';

		if (digit > 9 || digit > max || n > (max - digit) / 10) {
			return -EINVAL;
		}
		n = n * 10 + digit;
	}
	*number = n;
	return 0;
}

int state_number_read(struct store *store, const char *folder, const char *key,
		      uint64_t max, uint64_t *number)
{
	char value[STORE_VALUE_MAX];
	const int error = state_key_read(store, folder, key, value);

	return error != 0 ? error : parse(value, max, number);
}

int state_number_write(struct store *store, const char *folder, const char *key,
		       uint64_t number)
{
	char path[STORE_PATH_MAX];
	char value[24];
	const int error = state_key_path(path, folder, key);

	if (error != 0) {
		return error;
	}
	snprintf(value, sizeof(value), "%" PRIu64, number);
	return store_write(store, path, value);
}

enum xenbus_state state_read(struct store *store, const char *folder)
{
	uint64_t state;

	if (state_number_read(store, folder, "state", XenbusStateReconfigured,
			      &state) != 0) {
		return XenbusStateUnknown;
	}
	return (enum xenbus_state)state;
}

int state_write(struct store *store, const char *folder,
		enum xenbus_state state)
{
	return state_number_write(store, folder, "state", state);
}
