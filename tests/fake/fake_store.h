/* SPDX-License-Identifier: MIT */
/*
 * libxenstore with the store in memory: transactions do not collide unless
 * told to, and watches fire at once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Forgets everything. */
void fake_store_reset(void);

/* NULL if there is no such node. */
const char *fake_store_text(const char *path);
/* Its permissions as "n0,r7": owner's default first; NULL without node. */
const char *fake_store_access(const char *path);
void fake_store_set(const char *path, const char *text);
unsigned int fake_store_count(void);

/* It is another's daemon, which cannot be asked for a name. */
extern bool fake_store_is_stock;

/* The next `count` transactions collide with others. */
void fake_store_collide(unsigned int count);
/* Writing below `path` fails with `error`, until reset; 0 for no more. */
void fake_store_refuse(const char *path, int error);

/* What was introduced last and what was released; 0 for nothing. */
extern struct fake_ring {
	uint32_t domid, port;
	uint64_t gfn;
	uint32_t released;
} fake_ring;

/* Called after each write and removal outside of, and for each one of a
 * transaction at its end: a place for back ends. */
extern void (*fake_store_changed)(const char *path, const char *text);
