/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor as the store sees it: Xen's user-space libraries and the
 * service VM's /proc/xen. The only part of the daemon that knows them.
 */
#pragma once

#include "svcvm/store/domain.h"

struct event_base;
struct store;

/* Opens all devices and has the loop look after events. Ends the daemon if one
 * is missing. Returns what a store needs. */
const struct domain_ops *hyper_open(void);
void hyper_run(struct event_base *base, struct store *s);

/* The port of the service VM's own ring. Returns -E of errno.h. */
int hyper_own_port(void);

void hyper_close(void);
