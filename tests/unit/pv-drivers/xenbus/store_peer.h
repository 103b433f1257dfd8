/* SPDX-License-Identifier: MIT */
/*
 * The store daemon's end of FAKE_GUEST's ring, in this process: the daemon's
 * own code, by events of the fake environment. It has a file of its own since
 * `struct store` is another one there.
 */
#pragma once

#include <stdint.h>

struct env;
struct xenstore_domain_interface;

void store_peer_open(struct env *env, struct xenstore_domain_interface *page,
		     uint32_t port);
void store_peer_close(void);

/* As a tool does; the payload has a '|' for each NUL. */
void store_peer_do(uint32_t type, const char *payload);
