/* SPDX-License-Identifier: MIT */
#pragma once

/* Debug keys about domains: q, m, r; and about their events: e. Once, at boot. */
void debug_domain_init(void);
void debug_event_init(void);
