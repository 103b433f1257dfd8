/* SPDX-License-Identifier: MIT */
/* A version 1 grant table of this guest, and operations one at a time. */
#pragma once

#include "lib/abi.h"

#define GRANT_FIRST_FREE GNTTAB_NR_RESERVED_ENTRIES

/* The guest's own number: grants name it, not DOMID_SELF. */
#define GRANT_SELF 0

extern volatile struct grant_entry_v1 *grant_table;

/* Maps `frames` of the table; ends the run when it cannot. */
void grant_init(unsigned frames);

/* Fills entry `ref`: `domain` may use `gfn`. */
void grant_give(unsigned ref, unsigned domain, uint64_t gfn, bool read_only);
void grant_take_back(unsigned ref);
bool grant_in_use(unsigned ref);

/* Each returns the operation's status (GNTST_*). */
int grant_map(uint64_t gaddr, unsigned flags, unsigned domain, unsigned ref,
	      grant_handle_t *handle);
int grant_unmap(uint64_t gaddr, grant_handle_t handle);
