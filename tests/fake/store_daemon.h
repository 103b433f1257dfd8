/* SPDX-License-Identifier: MIT */
/*
 * A store daemon that does what a test wants: a thread at the other end of a socket,
 * which the environment names.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <xen/io/xs_wire.h>

extern char store_daemon_path[];

/* Of a group of tests. */
int store_daemon_set_up(void **state);
int store_daemon_tear_down(void **state);

/* Listens, and runs `script` in the thread when a client has sent something. */
void store_daemon_start(void (*script)(void));
/* When the client is closed: waits for the thread. */
void store_daemon_end(void);

/* ---- for scripts ---- */

void store_daemon_listen(void);
void store_daemon_stop_listening(void);
/* Until a client sends something. Those that look whether anybody is there do
 * not. */
void store_daemon_accept(void);
void store_daemon_hang_up(void);
/* Returns the type of the next request. */
uint32_t store_daemon_take(char body[XENSTORE_PAYLOAD_MAX]);
void store_daemon_give(uint32_t type, const char *body, size_t size);
