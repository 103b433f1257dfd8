/* SPDX-License-Identifier: MIT */
/*
 * What a guest's description says about its end.
 */
#include <stdint.h>
#include <xen/xen.h>

#include <xen/sched.h>

#include "libctl/corbel.h"

enum corbel_action corbel_action_of(const struct corbel_config *config,
				    unsigned int shutdown_reason)
{
	switch (shutdown_reason) {
	case SHUTDOWN_poweroff:
		return config->on_poweroff;
	case SHUTDOWN_reboot:
		return config->on_reboot;
	case SHUTDOWN_crash:
	case SHUTDOWN_watchdog:
		return config->on_crash;
	default:
		/* It is suspended: not at its end. */
		return CORBEL_PRESERVE;
	}
}
