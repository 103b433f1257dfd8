/* SPDX-License-Identifier: MIT */
#include "pv-drivers/blk/front_device.h"

#include <errno.h>

#include "pv-drivers/xenbus/state.h"

#define RING_PAGES 1u

static int offer(void *device)
{
	struct blk_front_device *d = (struct blk_front_device *)device;
	struct store *store = d->bus.store;
	char protocol[STORE_PATH_MAX];
	int error =
		blk_front_init(&d->front, d->env, d->bus.domain, RING_PAGES);

	if (error == 0) {
		error = state_number_write(store, d->bus.folder, "ring-ref",
					   d->front.refs[0]);
	}
	if (error == 0) {
		error = state_number_write(store, d->bus.folder,
					   "event-channel", d->front.port);
	}
	if (error == 0) {
		error = state_key_path(protocol, d->bus.folder, "protocol");
	}
	return error != 0 ? error : store_write(store, protocol, "x86_64-abi");
}

/* What the back half does not say is 0. */
static int read_or_0(const struct blk_front_device *d, const char *key,
		     uint64_t *number)
{
	const int error = state_number_read(d->bus.store, d->bus.back, key,
					    UINT64_MAX, number);

	if (error == -ENOENT) {
		*number = 0;
	}
	return error == -ENOENT ? 0 : error;
}

static int connect(void *device)
{
	struct blk_front_device *d = (struct blk_front_device *)device;
	int error = read_or_0(d, "feature-flush-cache", &d->can_flush);

	if (error == 0) {
		error = read_or_0(d, "feature-max-indirect-segments",
				  &d->indirect_max);
	}
	return error != 0
		       ? error
		       : state_number_read(d->bus.store, d->bus.back, "sectors",
					   UINT64_MAX, &d->sectors);
}

static const struct xenbus_front_ops ops = {
	.offer = offer,
	.offered = XenbusStateInitialised,
	.connect = connect,
};

int blk_front_device_open(struct blk_front_device *d, struct env *env,
			  struct store *store, const char *folder)
{
	d->env = env;
	return xenbus_front_open(&d->bus, store, folder, &ops, d);
}
