/* SPDX-License-Identifier: MIT */
#pragma once

/* Adds the debug keys q, r and e. Once, at boot. */
void debug_domain_init(void);
