/* SPDX-License-Identifier: MIT */
/* Lists of names, as the store sends them. */
#pragma once

#include <stddef.h>

#include "pv-drivers/xenbus/client_wire.h"

/* The names in `text`, each with a NUL behind it, in one block to free. */
char **client_split(const char *text, size_t size, unsigned int *count);

/* What is in a node that has more than fits into one answer. NULL with errno. */
char **client_long_list(struct wire *w, uint32_t transaction, const char *path,
			unsigned int *count);
