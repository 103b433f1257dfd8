/* SPDX-License-Identifier: MIT */
/* Watchdogs a guest sets on itself: it is shut down when it stops poking. */
#pragma once

#include "domain/domain.h"

/* A new watchdog: its id (from 1), -XEN_EINVAL (no time), -XEN_ENOSPC or
 * -XEN_ENOMEM. */
int watchdog_start(struct domain *d, uint32_t seconds) must_check;
/* New time for a watchdog; 0 s ends it. 0 or -XEN_EINVAL. */
int watchdog_poke(struct domain *d, uint32_t id, uint32_t seconds) must_check;
/* None fires any more, their memory goes. No lock held. */
void watchdog_destroy(struct domain *d);
