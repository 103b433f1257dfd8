/* SPDX-License-Identifier: MIT */
/* The watchdog a guest sets on itself: it is shut down when it stops poking.
 * There is one for each domain. */
#pragma once

#include "domain/domain.h"

#define WATCHDOG_ID 1

void watchdog_init(struct domain *d);
/*
 * SCHEDOP_watchdog: with id 0 starts it and returns its id; else gives it new
 * time, or with 0 s ends it. -XEN_EINVAL (no such watchdog, no time),
 * -XEN_ENOSPC (it is in use).
 */
int watchdog_set(struct domain *d, uint32_t id, uint32_t seconds) must_check;
