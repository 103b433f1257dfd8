/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

struct corbel;

/* What the hypervisor may count beyond the guest's own pages. */
#define MEMORY_SLACK_KIB UINT64_C(1024)

/* What it was made with: there is no memory map for more. */
int life_memory(struct corbel *c, uint32_t domid, uint64_t *kib);
/* Has the guest do what `request` says and waits until it has stopped, or with 0
 * seconds does not. One that has stopped already is not asked. */
int life_ask(struct corbel *c, uint32_t domid, const char *request,
	     unsigned int seconds);
/* Has the hypervisor end a domain and take back what it has. The domain's id
 * goes away when nobody maps its memory any more. */
int life_end(struct corbel *c, uint32_t domid, const char *object);
