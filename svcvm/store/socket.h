/* SPDX-License-Identifier: MIT */
/*
 * Clients on a Unix socket: programs of the service VM's root.
 */
#pragma once

struct event_base;
struct store;

/* Listens at `path`. Ends the daemon if that cannot be, or if there is a daemon
 * that answers at `path`: two would take each other's requests. */
void socket_listen(struct event_base *base, struct store *s, const char *path);

/* Stops listening, removes the socket, drops its clients. */
void socket_close_all(void);
