/* SPDX-License-Identifier: MIT */
/* The front half of a guest's first console (xen/io/console.h). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "pv-drivers/ring/byte_ring.h"

struct env;
struct xencons_interface;

struct con_front {
	struct env *env;
	uint32_t port;
	struct byte_ring out;
	struct byte_ring in;
};

/* `page` and `port` are those that the toolstack made. 0 or an error. */
int con_front_open(struct con_front *con, struct env *env,
		   struct xencons_interface *page, uint32_t port);

/*
 * Writes all of it, and waits for room where there is none. -EIO if the back
 * half broke the ring's rules.
 */
int con_front_write(struct con_front *con, const char *text, size_t size);

/* Takes at most `size` bytes of input; how many there were, or -EIO. */
int con_front_read(struct con_front *con, char *to, size_t size);
