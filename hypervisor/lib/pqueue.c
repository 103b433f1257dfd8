/* SPDX-License-Identifier: MIT */
#include "lib/pqueue.h"

/* The pointer that leads to what follows `n`, or to the first for NULL. */
static struct pqueue_node **next_link(struct pqueue *q, struct pqueue_node *n)
{
	return n != NULL ? &n->next : &q->first;
}

static struct pqueue_node **prev_link(struct pqueue *q, struct pqueue_node *n)
{
	return n != NULL ? &n->prev : &q->last;
}

void pqueue_push(struct pqueue *q, struct pqueue_node *n)
{
	n->prev = q->last;
	while (n->prev != NULL && pqueue_key_before(n->key, n->prev->key)) {
		n->prev = n->prev->prev;
	}
	n->next = *next_link(q, n->prev);
	*next_link(q, n->prev) = n;
	*prev_link(q, n->next) = n;
	/* Others may look at the count of a queue that they did not lock. */
	store_relaxed(&q->count, q->count + 1);
}

void pqueue_remove(struct pqueue *q, struct pqueue_node *n)
{
	*next_link(q, n->prev) = n->next;
	*prev_link(q, n->next) = n->prev;
	store_relaxed(&q->count, q->count - 1);
}
