/* SPDX-License-Identifier: MIT */
/* A paravirtual network card from its folder in the store, seen by its guest. */
#pragma once

#include "pv-drivers/net/front.h"
#include "pv-drivers/xenbus/front.h"

struct net_front_device {
	struct xenbus_front bus;
	struct env *env;
	struct net_front front;
	uint8_t mac[6];
	net_front_receive *receive;
	void *context;
};

/* `folder` is device/vif/NUMBER. What follows is xenbus_front_step()'s. */
int net_front_device_open(struct net_front_device *device, struct env *env,
			  struct store *store, const char *folder,
			  net_front_receive *receive, void *context);
