/* SPDX-License-Identifier: MIT */
/* Opens what a disk is kept in, and finds out what it can do. */
#pragma once

#include <stdbool.h>

struct storage;

/*
 * Opens a regular file or block device and fills in the size and properties.
 * The descriptor; -1 on failure, and errno says why.
 */
int back_file_open(const char *path, bool read_only, struct storage *storage);
