/* SPDX-License-Identifier: MIT */
/*
 * The nodes of the store.
 *
 * A tree can be copied at no cost: both copies then point at the same nodes,
 * and whoever changes one makes its own copies of the nodes on the way down
 * from the root. That is what transactions stand on.
 */
#pragma once

#include "svcvm/store/perms.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree_node {
	unsigned int refs;   /* trees and nodes that point here */
	uint64_t generation; /* new with each change of value or permissions */
	uint64_t children_generation; /* the same for the list of children */
	char *name;
	char *value;
	size_t value_len;
	struct perms perms;
	struct tree_node **children; /* in the order of their names */
	size_t child_count;
};

/* What a domain owns. */
struct tree_owner {
	uint16_t domid;
	size_t node_count;
	size_t bytes; /* that the nodes take, see tree_node_bytes() */
};

struct tree {
	struct tree_node *root;
	struct tree_owner *owners; /* in no order */
	size_t owner_count;
};

enum change_kind {
	CHANGE_WRITE,
	CHANGE_MKDIR,
	CHANGE_REMOVE,
	CHANGE_PERMS,
	CHANGE_DISOWN, /* `domid` is gone; `path` is "/" */
};

/* One change, in the form that transactions and the journal keep. */
struct change {
	enum change_kind kind;
	uint16_t domid; /* who does it */
	const char *path;
	const char *data; /* value, or permissions as text */
	size_t len;
};

/* A root node that only domain 0 may use. */
void tree_init(struct tree *t);
void tree_copy(struct tree *to, const struct tree *from);
void tree_free(struct tree *t);

/* The node at an absolute path, or NULL. */
const struct tree_node *tree_find(const struct tree *t, const char *path);

/* The last node on the way to `path` that is there. Stores how many bytes of
 * `path` name it; 0 is the root. */
const struct tree_node *tree_find_nearest(const struct tree *t,
					  const char *path, size_t *len);

/*
 * Makes a change that was found to be allowed. Nodes that are missing on the
 * way to a written one are made with it; they take their permissions from
 * above them, but what a guest makes it owns. Cannot fail: there is nothing to
 * do where the node to change is not there.
 */
void tree_apply(struct tree *t, const struct change *c);

/* All zeroes for a domain that owns none. */
struct tree_owner tree_owned_by(const struct tree *t, uint16_t domid);

/* Memory that a node takes, without the allocator's share. */
size_t tree_node_bytes(const struct tree_node *n);

/* Of the generations that are given from now on the first is at least that. */
void tree_generations_from(uint64_t first);

/* Calls `visit` for each node, parents first. */
void tree_walk(const struct tree *t,
	       void (*visit)(void *context, const char *path,
			     const struct tree_node *node),
	       void *context);

/* Do counts of owners and order of names agree with the nodes? */
bool tree_is_sound(const struct tree *t);
