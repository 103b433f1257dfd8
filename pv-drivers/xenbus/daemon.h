/* SPDX-License-Identifier: MIT */
/* Is the store daemon there? */
#pragma once

#include <stdbool.h>

#define DAEMON_SOCKET "/run/xenstored/socket"

/* A connection to its socket, or -1 with errno. */
int daemon_connect(const char *path);

/* True also while it is too busy to take the connection. */
bool daemon_listens(const char *path);
