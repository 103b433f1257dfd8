/* SPDX-License-Identifier: MIT */
/*
 * Device memory of the service VM: mapped one to one when it is first touched,
 * except for what the hypervisor keeps (IOMMUs, HPET, APICs) and for RAM.
 */
#pragma once

#include "lib/addr.h"

struct domain;

/* Boot only: these machine addresses are nobody's but ours. */
void identity_keep(maddr_t start, uint64_t len);

/* True when the page is device memory that the service VM may use. */
bool identity_allows(maddr_t a);

/* True when the page is mapped now: enter the guest again. */
bool identity_map(struct domain *d, gaddr_t a);
