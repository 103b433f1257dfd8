/* SPDX-License-Identifier: MIT */
/*
 * A front half's way through the states, whatever its device is. Paths may be
 * relative to the guest's own folder where the store allows that.
 */
#pragma once

#include <stdint.h>

#include <xen/io/xenbus.h>

#include "pv-drivers/xenbus/store.h"

/* What differs between devices. Each returns 0 or an error. */
struct xenbus_front_ops {
	/* Makes rings, and writes to the front half's folder where they are. */
	int (*offer)(void *device);
	/* The state after that: a network card is Connected at once. */
	enum xenbus_state offered;
	/* The back half is connected: reads what it says. Not called for a device
	 * that is Connected before. */
	int (*connect)(void *device);
};

struct xenbus_front {
	struct store *store;
	const struct xenbus_front_ops *ops;
	void *device;
	char folder[STORE_PATH_MAX];
	char back[STORE_PATH_MAX]; /* the back half's folder */
	uint16_t domain;           /* that it is in */
	enum xenbus_state state;
};

/* Finds the back half of the device in `folder` and watches its state, with the
 * folder as the token. 0 or an error. */
int xenbus_front_open(struct xenbus_front *front, struct store *store,
		      const char *folder, const struct xenbus_front_ops *ops,
		      void *device);

/* Does what the two states ask for. 0 or an error. */
int xenbus_front_step(struct xenbus_front *front);

/* Whether both halves are connected. */
bool xenbus_front_is_up(const struct xenbus_front *front);

/* Says that the device is not used any more. Steps are to follow until both
 * halves are closed: then the back half has let go of all grants. */
int xenbus_front_close(struct xenbus_front *front);
bool xenbus_front_is_closed(const struct xenbus_front *front);

/* Ends the watch. */
void xenbus_front_forget(struct xenbus_front *front);
