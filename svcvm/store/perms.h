/* SPDX-License-Identifier: MIT */
/*
 * Who may do what with a node. The first entry names the owner, who may do all,
 * and says what everybody else may do; each further entry says it for one
 * domain. Domain 0 may do all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

#define PERM_NONE  0u
#define PERM_READ  1u
#define PERM_WRITE 2u

struct perm {
	uint16_t domid;
	uint8_t bits;
};

struct perms {
	size_t count; /* at least 1 */
	struct perm *entries;
};

/* "r5", "w5", "b5" or "n5", each with a NUL, `len` bytes in all. Returns
 * -EINVAL for anything else. */
int perms_parse(struct perms *p, const char *text, size_t len);

/* Adds the same form to `out`. */
void perms_format(const struct perms *p, struct buf *out);

/* What domain `domid` may do: PERM_ bits. */
unsigned int perms_of(const struct perms *p, uint16_t domid);

uint16_t perms_owner(const struct perms *p);

/* One entry. */
void perms_init(struct perms *p, uint16_t owner, unsigned int others);
void perms_copy(struct perms *to, const struct perms *from);
void perms_free(struct perms *p);

bool perms_mention(const struct perms *p, uint16_t domid);

/* Takes a domain that is gone out of it, so that a later domain with the same
 * number gets nothing. What it owned becomes domain 0's, and nobody else's. */
void perms_disown(struct perms *p, uint16_t domid);
