/* SPDX-License-Identifier: MIT */
/*
 * What there is, in figures for Prometheus.
 */
#pragma once

#include "libctl/corbel.h"

struct evbuffer;

/* "/sys/bus/xen-backend/devices"; tests have another. */
extern const char *metrics_devices;

/* The whole text, version 0.0.4 of the format. -1 after a failed call. */
int metrics_write(struct corbel *c, struct evbuffer *out);
