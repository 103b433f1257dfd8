/* SPDX-License-Identifier: MIT */
/* The disks of all guests, as the store has them. */
#pragma once

#include <stdbool.h>

struct disk_place;

/*
 * Looks for disks that a process before this one served, then watches for all.
 * 0 or a negative errno value.
 */
int disks_begin(const struct disk_place *place);

/* An event of a watch: notes which disks it is about. */
void disks_event(const char *path, const char *token);

/*
 * Looks at each disk that has been noted, once however many events there were:
 * a guest can make events much faster than we can look.
 */
void disks_step(void);

/* Tells what those disks have done that have done something since the last time. */
void disks_tell_figures(void);

/* All disks do what they can. True if there is more to do: call again soon. */
bool disks_turn(void);
