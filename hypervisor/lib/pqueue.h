/* SPDX-License-Identifier: MIT */
/*
 * Priority queue: a binary heap made of nodes that the caller owns, so that
 * putting something in cannot fail. Every call is O(log n). Callers lock.
 *
 * Keys are compared by their signed difference: they may wrap around, and all
 * that are in one queue lie within 2^63 of each other.
 */
#pragma once

#include "lib/types.h"

struct pqueue_node {
	struct pqueue_node *parent;
	struct pqueue_node *left;
	struct pqueue_node *right;
	uint64_t key; /* not to be changed while in a queue */
};

struct pqueue {
	struct pqueue_node *root; /* the smallest key */
	uint32_t count;
};

/* Adds a node that is in no queue, with its key set. */
void pqueue_push(struct pqueue *q, struct pqueue_node *n);

/* Takes out a node that is in this queue. */
void pqueue_remove(struct pqueue *q, struct pqueue_node *n);

/* Number `index` of the heap, in no order of interest; 0 is the first. */
struct pqueue_node *pqueue_at(const struct pqueue *q, uint32_t index);

/* The node with the smallest key, or NULL. */
static inline struct pqueue_node *pqueue_first(const struct pqueue *q)
{
	return q->root;
}

/* True when key `a` comes before key `b`. */
static inline bool pqueue_key_before(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}
