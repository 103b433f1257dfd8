/* SPDX-License-Identifier: MIT */
/*
 * What is kept of a guest in files for its life: the description that it was
 * made from, for who asks and for who starts it again. Like the guest it does not
 * outlive the machine.
 */
#pragma once

#include <stdint.h>

#include "libctl/corbel.h"

/* "/run/corbel/guests"; tests have another. */
extern const char *kept_folder;

/* A guest that was not made from a description has none to keep. */
int kept_write(struct corbel *c, uint32_t domid,
	       const struct corbel_config *config);
void kept_remove(uint32_t domid);
/* In the description that is kept, if there is one. */
int kept_set_pool(struct corbel *c, uint32_t domid, const char *pool);
