/* SPDX-License-Identifier: MIT */
/*
 * The states two halves of a driver go through together (public headers
 * io/xenbus.h and io/blkif.h, "state diagrams"). Each half writes its own
 * state in its own folder of the store and reads the other's; what a half does
 * next follows from the two alone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <xen/io/xenbus.h>

struct store;

enum back_step {
	BACK_NOTHING,
	BACK_PREPARE, /* write what we offer; InitWait */
	BACK_CONNECT, /* read what the front half made, attach; Connected */
	BACK_CLOSING, /* take no more work; Closing */
	BACK_CLOSED,  /* let go of the front half's memory; Closed */
	BACK_RELEASE, /* the same for a device that was replaced; no state */
};

enum front_step {
	FRONT_NOTHING,
	FRONT_OFFER,   /* make rings, write where they are; Initialised */
	FRONT_CONNECT, /* read the device's properties; Connected */
	FRONT_CLOSE,   /* finish, take the rings back; Closed */
};

/*
 * What the back half does in state `own`, seeing `front`. `is_attached`: it
 * has the front half's memory. A new process finds Connected and has not.
 */
enum back_step state_back(enum xenbus_state own, enum xenbus_state front,
			  bool is_attached);

enum front_step state_front(enum xenbus_state own, enum xenbus_state back);

/* XenbusStateUnknown if there is none. */
enum xenbus_state state_read(struct store *store, const char *folder);
int state_write(struct store *store, const char *folder,
		enum xenbus_state state);

/* The key's path; -E2BIG if it is longer than STORE_PATH_MAX. */
int state_key_path(char *path, const char *folder, const char *key);

/* Keys of a folder. -ENOENT if absent, -EINVAL if not a number up to `max`. */
int state_key_read(struct store *store, const char *folder, const char *key,
		   char *value);
int state_number_read(struct store *store, const char *folder, const char *key,
		      uint64_t max, uint64_t *number);
int state_number_write(struct store *store, const char *folder, const char *key,
		       uint64_t number);
