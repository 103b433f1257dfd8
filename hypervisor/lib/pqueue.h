/* SPDX-License-Identifier: MIT */
/*
 * Priority queue: a sorted list of nodes that the caller owns, so that putting
 * something in cannot fail. Searched from the end, where most of what is put in
 * belongs; there are a few entries for each vCPU at most. Callers lock.
 *
 * Keys are compared by their signed difference: they may wrap around, and all
 * that are in one queue lie within 2^63 of each other.
 */
#pragma once

#include "lib/types.h"

struct pqueue_node {
	struct pqueue_node *next; /* in the order of keys */
	struct pqueue_node *prev;
	uint64_t key; /* not to be changed while in a queue */
};

/* All zero: empty. */
struct pqueue {
	struct pqueue_node *first; /* the smallest key, NULL when empty */
	struct pqueue_node *last;
	uint32_t count;
};

/* Adds a node that is in no queue, with its key set; behind its equals. */
void pqueue_push(struct pqueue *q, struct pqueue_node *n);

/* Takes out a node that is in this queue. */
void pqueue_remove(struct pqueue *q, struct pqueue_node *n);

/* True when key `a` comes before key `b`. */
static inline bool pqueue_key_before(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}
