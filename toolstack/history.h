/* SPDX-License-Identifier: MIT */
/*
 * Crashes of guests, a file each: corbeld writes them, corbel shows them. They
 * are kept over restarts of the machine, the last HISTORY_MAX of them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "libctl/corbel.h"
#include "toolstack/json.h"

#define HISTORY_MAX 100

/* "/var/lib/corbel/history"; tests have another. */
extern const char *history_folder;
/* "/var/log/corbel/console". */
extern const char *history_console_folder;

/* Whether it stopped in a way that is worth to be remembered. */
bool history_is_crash(const struct corbel_info *info);
/* Notes a guest's crash; a second time for the same domain does nothing. Returns
 * false with errno. */
bool history_add(const struct corbel_info *info);
/* Each as the text of a JSON object, the oldest first. Stops when `call` returns
 * false. */
bool history_each(bool (*call)(const char *text, void *context), void *context);
