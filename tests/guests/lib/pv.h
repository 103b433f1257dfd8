/* SPDX-License-Identifier: MIT */
/*
 * A guest with paravirtual devices: it prints on its console's ring, and the
 * store and the front halves of pv-drivers/ work.
 */
#pragma once

#include "lib/abi.h"

struct env;
struct store;

extern struct env *pv_env;
extern struct store *pv_store;

/* Brings all of it up; ends the run when it cannot. */
void pv_start(void);

/* HVM_PARAM_* of this guest. */
uint64_t pv_param(unsigned index);

/* A value from the store; ends the run when there is none. */
const char *pv_read(const char *path);
