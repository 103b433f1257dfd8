/* SPDX-License-Identifier: MIT */
/*
 * What GNTTABOP_* do, by the ABI's own argument structs (copies; out fields are
 * filled in). `self` is the calling domain. Those that return nothing report in
 * op->status; the others return 0 or a negative error.
 */
#pragma once

#include "domain/domain.h"

void grant_map(struct domain *self, struct gnttab_map_grant_ref *op);
void grant_unmap(struct domain *self, struct gnttab_unmap_grant_ref *op);
void grant_copy(struct domain *self, struct gnttab_copy *op);
void grant_query_size(struct domain *self, struct gnttab_query_size *op);
void grant_swap(struct domain *self, struct gnttab_swap_grant_ref *op);
int grant_set_version(struct domain *self, struct gnttab_set_version *op);
int grant_get_version(struct domain *self, struct gnttab_get_version *op);
int grant_cache_flush(struct domain *self, const struct gnttab_cache_flush *op);
