/* SPDX-License-Identifier: MIT */
/* Grant tables: memory one domain lends to another, frame by frame. */
#pragma once

#include "domain/vcpu.h"

int grant_domain_init(struct domain *d, uint32_t max_frames,
		      uint32_t max_maptrack) must_check;
/* Gives back up to `budget` mappings this domain holds; true when none left. */
bool grant_release_some(struct domain *d, unsigned int budget);
void grant_domain_destroy(struct domain *d);

/* The heap page that is shared frame `index` of the table (grows it), for
 * XENMAPSPACE_grant_table and acquire_resource; status frames when `status`.
 * 0 and *page, or -XEN_EINVAL / -XEN_ENOMEM. */
int grant_frame(struct domain *d, uint32_t index, bool status, void **page)
	must_check;
