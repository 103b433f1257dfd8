/* SPDX-License-Identifier: MIT */
/*
 * What of the store outlives the daemon: nodes, introduced domains, and the
 * watches, open transactions and half messages of their rings. Sockets do not.
 *
 * After a restart each watch of a ring is told of its path once, for events
 * that may have been lost, and open transactions end with EAGAIN.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct client;
struct record;
struct store;

/* Writes the whole state to a new journal. */
void state_save(struct store *s);

/* Reads the journal and connects the domains in it. Returns whether there was
 * anything. */
bool state_load(struct store *s);

/* Adds something that a client keeps to the journal, unless it is a socket. The
 * strings may be NULL. */
void state_record(struct store *s, const struct client *c, uint32_t type,
		  uint32_t a, const char *first, const char *second);
