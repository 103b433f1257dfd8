/* SPDX-License-Identifier: MIT */
/*
 * What a Linux in a guest tells about itself: the note that its kernel keeps for
 * core files, and where it has memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The note's text if it begins at this page of 4 KiB, else NULL. */
const char *linux_note(const void *page, size_t *size);
/* A line NAME=NUMBER of such a text, in decimal or with 0x. */
bool linux_number(const char *text, size_t size, const char *name,
		  int64_t *number);
/* The lowest address of the kernel's half for which these two tables of a walk
 * have entries: where Linux shows all of memory. `second` is the table that
 * `first` names at linux_direct_entry(), which is -1 if there is none. */
int linux_direct_entry(const uint64_t first[512]);
bool linux_direct(unsigned int entry, const uint64_t second[512],
		  uint64_t *virtual);
