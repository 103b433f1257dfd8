/* SPDX-License-Identifier: MIT */
/*
 * What one guest may have of the store. Domain 0 has no limits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum quota {
	QUOTA_NODES,            /* nodes it owns */
	QUOTA_NODE_SIZE,        /* bytes of a value */
	QUOTA_NODE_PERMISSIONS, /* entries */
	QUOTA_WATCHES,
	QUOTA_TRANSACTIONS,      /* open at once */
	QUOTA_TRANSACTION_NODES, /* looked at in one transaction */
	QUOTA_MEMORY,            /* bytes of all these */
	QUOTA_OUTSTANDING,       /* bytes it was sent and has not read */
	QUOTA_REQUESTS,          /* a second: see rate.h; 0: any number */
	QUOTA_COUNT,
};

struct quota_limits {
	size_t limit[QUOTA_COUNT];
};

/* What a client has already been told off for. */
struct quota_log {
	uint64_t last[QUOTA_COUNT]; /* ns; 0: never */
};

void quota_defaults(struct quota_limits *q);

/*
 * May `domid` have `value` of it? If not, a line of the log says which quota it
 * was; each of them at most every ten seconds for one `log`.
 */
bool quota_allows(const struct quota_limits *q, struct quota_log *log,
		  uint16_t domid, enum quota which, size_t value);

/* Returns -ENOENT for a name that is none, -EINVAL for a value. */
int quota_set(struct quota_limits *q, const char *name, const char *value);

/* Adds lines "name: limit". */
void quota_print(const struct quota_limits *q, struct buf *out);
