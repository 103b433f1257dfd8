/* SPDX-License-Identifier: MIT */
/*
 * Domains' names, which the store has, and what its daemon says of them.
 */
#pragma once

#include <stddef.h>

#include "libctl/corbel.h"

/* Of a list in the order of their numbers, in few requests. Another's store daemon
 * says the names only. */
void names_read(struct corbel *c, struct corbel_info *list, size_t count);
