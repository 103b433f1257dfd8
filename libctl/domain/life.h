/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

struct corbel;

/* Has the hypervisor end a domain and take back what it has. The domain's id
 * goes away when nobody maps its memory any more. */
int life_end(struct corbel *c, uint32_t domid, const char *object);
