/* SPDX-License-Identifier: MIT */
#include "pv-drivers/xenbus/front.h"

#include <errno.h>
#include <stdio.h>

#include "pv-drivers/xenbus/state.h"

int xenbus_front_open(struct xenbus_front *f, struct store *store,
		      const char *folder, const struct xenbus_front_ops *ops,
		      void *device)
{
	char path[STORE_PATH_MAX];
	uint64_t domain;
	int error;

	f->store = store;
	f->ops = ops;
	f->device = device;
	f->state = XenbusStateInitialising;
	if (snprintf(f->folder, sizeof(f->folder), "%s", folder) >=
	    (int)sizeof(f->folder)) {
		return -E2BIG;
	}
	error = state_key_read(store, folder, "backend", f->back);
	if (error == 0) {
		error = state_number_read(store, folder, "backend-id",
					  UINT16_MAX, &domain);
	}
	if (error != 0) {
		return error;
	}
	f->domain = (uint16_t)domain;
	error = state_key_path(path, f->back, "state");
	return error != 0 ? error : store_watch(store, path, f->folder);
}

static int move_to(struct xenbus_front *f, enum xenbus_state state)
{
	f->state = state;
	return state_write(f->store, f->folder, state);
}

static enum xenbus_state back_state(const struct xenbus_front *f)
{
	return state_read(f->store, f->back);
}

int xenbus_front_step(struct xenbus_front *f)
{
	int error = 0;

	switch (state_front(f->state, back_state(f))) {
	case FRONT_NOTHING:
		return 0;
	case FRONT_OFFER:
		error = f->ops->offer(f->device);
		return error != 0 ? error : move_to(f, f->ops->offered);
	case FRONT_CONNECT:
		error = f->ops->connect(f->device);
		return error != 0 ? error : move_to(f, XenbusStateConnected);
	case FRONT_CLOSE:
		return move_to(f, XenbusStateClosed);
	}
	return 0;
}

bool xenbus_front_is_up(const struct xenbus_front *f)
{
	return f->state == XenbusStateConnected &&
	       back_state(f) == XenbusStateConnected;
}

int xenbus_front_close(struct xenbus_front *f)
{
	return move_to(f, XenbusStateClosing);
}

bool xenbus_front_is_closed(const struct xenbus_front *f)
{
	return f->state == XenbusStateClosed &&
	       back_state(f) == XenbusStateClosed;
}

void xenbus_front_forget(struct xenbus_front *f)
{
	char path[STORE_PATH_MAX];

	if (state_key_path(path, f->back, "state") == 0) {
		store_unwatch(f->store, path, f->folder);
	}
}
