/* SPDX-License-Identifier: MIT */
/*
 * Domains' names, which the store has.
 */
#pragma once

#include <stddef.h>

#include "libctl/corbel.h"

/* An empty one where the store has none: a domain that is being built or removed. */
void names_read(struct corbel *c, struct corbel_info *info);
/* The same for a list in the order of their numbers, in few requests. */
void names_read_all(struct corbel *c, struct corbel_info *list, size_t count);
