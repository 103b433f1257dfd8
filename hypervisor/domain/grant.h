/* SPDX-License-Identifier: MIT */
/* Grant tables: memory one domain lends to another, frame by frame. */
#pragma once

#include "domain/vcpu.h"

/* A table of up to `max_frames` shared frames; the domain may itself hold up to
 * `max_maptrack` mappings of others' grants. 0 or -XEN_ENOMEM. */
int grant_domain_init(struct domain *d, uint32_t max_frames,
		      uint32_t max_maptrack) must_check;

/*
 * Teardown of a dying domain, before p2m_destroy() and in this order:
 * grant_release_some() looks at up to `budget` mappings the domain holds and
 * gives them back; true when none is left. grant_is_lent() says whether others
 * still use its frames: until then the domain must stay in domain_find(). No
 * p2m may map the table's frames when grant_domain_destroy() frees them.
 */
bool grant_release_some(struct domain *d, unsigned int budget);
bool grant_is_lent(struct domain *d);
void grant_domain_destroy(struct domain *d);

/* The heap page that is shared frame `index` of the table (grows it), for
 * XENMAPSPACE_grant_table and acquire_resource; status frames when `status`.
 * 0 and *page, or -XEN_EINVAL / -XEN_ENOMEM. */
int grant_frame(struct domain *d, uint32_t index, bool status,
		void **page) must_check;
