/* SPDX-License-Identifier: MIT */
/*
 * Names of nodes. Inside the daemon a path is absolute: "/", or components each
 * with one "/" before it. Names that begin with "@" are not nodes but events.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATH_HOME "/local/domain/"

/*
 * Makes a client's path absolute: what does not begin with "/" is below the
 * home of domain `domid`. Returns a string to free, or NULL when the path has
 * letters, slashes or a length that the protocol does not allow.
 */
char *path_resolve(uint16_t domid, const char *path);

/* "/local/domain/<domid>", to free. */
char *path_home(uint16_t domid);

bool path_is_special(const char *path);

/* Is `path` the node `top`, or below it? */
bool path_is_within(const char *path, const char *top);

/* The first component at `path`, which is past any "/": its length. */
size_t path_component(const char *path);
