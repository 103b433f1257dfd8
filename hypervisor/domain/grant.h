/* SPDX-License-Identifier: MIT */
/* Grant tables: memory one domain lends to another, frame by frame. */
#pragma once

#include "domain/domain.h"

/* For the service VM: Linux keeps 1056 pages of each busy disk's ring mapped. */
#define GRANT_MAPPINGS_MAX 65536u

/* A table of up to `max_frames` shared frames; the domain may itself hold up to
 * `max_mappings` (at most GRANT_MAPPINGS_MAX) of others' grants. 0 or
 * -XEN_ENOMEM. */
int grant_domain_init(struct domain *d, uint32_t max_frames,
		      uint32_t max_mappings) must_check;

/* Pages of the heap that a table of this size takes when it is full. */
uint64_t grant_heap_pages(uint32_t max_frames, uint32_t max_mappings);

/*
 * Teardown of a dying domain, before p2m_destroy() and in this order:
 * grant_release_some() looks at up to `budget` mappings the domain holds and
 * gives them back; true when none is left. grant_is_lent() says whether others
 * still use its frames: until then the domain must stay in domain_find(). No
 * p2m may map the table's frames when grant_domain_destroy() frees them.
 */
bool grant_release_some(struct domain *d, unsigned int budget);
bool grant_is_lent(struct domain *d);
/* Whether a p2m has a page of the table itself. */
bool grant_table_is_mapped(struct domain *d);
void grant_domain_destroy(struct domain *d);

/* The heap page that is shared frame `index` of the table (grows it), for
 * XENMAPSPACE_grant_table and acquire_resource. 0 and *page, or -XEN_EINVAL
 * (also for a domain that dies, and for `status`: those frames belong to version
 * 2) / -XEN_ENOMEM. */
int grant_frame(struct domain *d, uint32_t index, bool status,
		void **page) must_check;

/*
 * What GNTTABOP_* do for the domain that calls. `arg` is a copy of the ABI's
 * struct for that operation; its out fields are filled in. 0, or an error that
 * ends the call; most report in the struct's own status field instead.
 */
int grant_map(struct domain *self, void *arg);
int grant_unmap(struct domain *self, void *arg);
int grant_copy(struct domain *self, void *arg);
int grant_query_size(struct domain *self, void *arg);
int grant_set_version(struct domain *self, void *arg);
int grant_get_version(struct domain *self, void *arg);
