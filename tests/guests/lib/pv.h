/* SPDX-License-Identifier: MIT */
/*
 * A guest with paravirtual devices: it prints on its console's ring, and the
 * store and the front halves of pv-drivers/ work.
 */
#pragma once

#include "lib/abi.h"

struct env;
struct store;
struct xenbus_front;

extern struct env *pv_env;
extern struct store *pv_store;

/* Brings all of it up; ends the run when it cannot. */
void pv_start(void);

/* Go on with whatever the rings' indices say now. */
void pv_console_again(void);
void pv_store_again(void);

/* HVM_PARAM_* of this guest. */
uint64_t pv_param(unsigned index);

/* The page whose number a parameter holds. */
void *pv_page(unsigned param);

/* Sleeps until an interrupt, `ns` at most, and calls handlers of events. */
void pv_rest(uint64_t ns);

/* Rests until `*word` is `want` or more; false after `ns`. */
bool pv_wait_for(const volatile unsigned *word, unsigned want, uint64_t ns);

/* Steps through the states until `done`; false after a minute or an error. */
bool pv_settle(struct xenbus_front *bus,
	       bool done(const struct xenbus_front *bus));

/* Calls `use` with the folder of each device of a kind: "vbd", "vif". */
unsigned pv_each(const char *kind, void use(const char *folder));

/* A value from the store; ends the run when there is none. */
const char *pv_read(const char *path);
