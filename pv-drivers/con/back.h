/* SPDX-License-Identifier: MIT */
/* The back half of a guest's console (xen/io/console.h): its ring alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/io/console.h>

#include "pv-drivers/ring/byte_ring.h"

#define CON_OUTPUT_SIZE sizeof(((struct xencons_interface *)NULL)->out)
#define CON_INPUT_SIZE  sizeof(((struct xencons_interface *)NULL)->in)

struct con_back {
	struct byte_ring out;
	struct byte_ring in;
};

/* Goes on where the page says that our end was: whoever served the ring before
 * may have ended at any moment. */
void con_back_open(struct con_back *con, struct xencons_interface *page);

/*
 * Copies what the guest has written, at most `size` bytes, and returns how much
 * that was. It stays in the ring until con_back_consume(). Where the guest's
 * index is impossible, sets `*broken` and drops what is in the ring.
 */
size_t con_back_peek(struct con_back *con, char *to, size_t size, bool *broken);

/* Gives `size` bytes of what con_back_peek() found back to the guest. */
void con_back_consume(struct con_back *con, size_t size);

/* Room for input, in bytes. Sets `*broken` as above, and then drops what the
 * guest has not read. */
size_t con_back_room(struct con_back *con, bool *broken);

/* Hands input to the guest; `size` is at most what con_back_room() said. */
void con_back_put(struct con_back *con, const char *from, size_t size);
