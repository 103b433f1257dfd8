/* SPDX-License-Identifier: MIT */
#pragma once

/* Policy for when the service VM stops, and for the hypervisor's own crash. */
void machine_power_init(void);
