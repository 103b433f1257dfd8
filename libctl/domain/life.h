/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

struct corbel;

/* What the hypervisor may count beyond the guest's own pages. */
#define MEMORY_SLACK_KIB UINT64_C(1024)

/* Has the hypervisor end a domain and take back what it has. The domain's id
 * goes away when nobody maps its memory any more. */
int life_end(struct corbel *c, uint32_t domid, const char *object);
