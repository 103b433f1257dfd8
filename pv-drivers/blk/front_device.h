/* SPDX-License-Identifier: MIT */
/* A paravirtual disk from its folder in the store, seen by its guest. */
#pragma once

#include "pv-drivers/blk/front.h"
#include "pv-drivers/xenbus/front.h"

struct blk_front_device {
	struct xenbus_front bus;
	struct env *env;
	struct blk_front front;
	uint64_t sectors; /* of 512 bytes */
	uint64_t can_flush;
	uint64_t indirect_max; /* segments of such a request; 0: none */
};

/* `folder` is device/vbd/NUMBER. What follows is xenbus_front_step()'s. */
int blk_front_device_open(struct blk_front_device *device, struct env *env,
			  struct store *store, const char *folder);
