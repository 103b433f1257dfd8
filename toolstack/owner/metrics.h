/* SPDX-License-Identifier: MIT */
/*
 * What there is, in figures for Prometheus.
 */
#pragma once

#include "libctl/corbel.h"

struct evbuffer;

#define METRICS_PLACES 2

/* Where back ends have their figures: the kernel's, and corbel-blkback, which has
 * files of the same names. Tests have others. */
extern const char *metrics_devices[METRICS_PLACES];

/* The whole text, version 0.0.4 of the format. -1 after a failed call. */
int metrics_write(struct corbel *c, struct evbuffer *out);
