/* SPDX-License-Identifier: MIT */
/*
 * Transactions.
 *
 * One works on its own copy of the tree and remembers what it looked at and
 * what it changed. It can end well if nobody has changed what it looked at;
 * its changes are then made again, to the store. Nodes that only others looked
 * at or changed do not matter, nor does a sibling that appears beside a node
 * that it makes, unless it listed that directory.
 */
#pragma once

#include "svcvm/store/tree.h"

#include <sys/queue.h>

enum txn_look {
	TXN_LOOK_NODE, /* is it there, its value, its permissions */
	TXN_LOOK_CHILDREN,
};

struct txn_access {
	char *path;
	enum txn_look look;
};

struct txn {
	TAILQ_ENTRY(txn) link;
	uint32_t id;      /* never 0 */
	bool doomed;      /* was open when the daemon was started again */
	struct tree base; /* the store when it began; never changed */
	struct tree tree; /* the base with its own changes */
	struct txn_access *accesses;
	size_t access_count;
	struct change *changes; /* with strings of their own */
	size_t change_count;
	size_t bytes; /* that accesses and changes take */
};

TAILQ_HEAD(txn_list, txn);

struct txn *txn_new(uint32_t id, const struct tree *live);
void txn_free(struct txn *txn);
struct txn *txn_find(const struct txn_list *list, uint32_t id);

size_t txn_count(const struct txn_list *list);

/* An id that is not in the list; `*last` is the one given before. */
uint32_t txn_new_id(const struct txn_list *list, uint32_t *last);

/* The outcome now depends on `path`. */
void txn_look(struct txn *txn, const char *path, enum txn_look look);

/* Changes the copy, and remembers. */
void txn_change(struct txn *txn, const struct change *c);

/* Has the store changed under it? */
bool txn_conflicts(const struct txn *txn, const struct tree *live);
