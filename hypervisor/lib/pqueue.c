/* SPDX-License-Identifier: MIT */
/*
 * The heap is a complete tree. Its nodes are numbered level by level from 1, so
 * the bits of a number below its highest one are the way to it from the root: 0
 * goes left, 1 goes right.
 */
#include "lib/pqueue.h"

/* The pointer that holds node `number`, whose parent exists. */
static struct pqueue_node **link_of(struct pqueue *q, uint32_t number,
				    struct pqueue_node **parent)
{
	struct pqueue_node **link = &q->root;

	*parent = NULL;
	for (int bit = 30 - __builtin_clz(number); bit >= 0; bit--) {
		*parent = *link;
		link = (number >> bit & 1) != 0 ? &(*link)->right
						: &(*link)->left;
	}
	return link;
}

static void set_parent(struct pqueue_node *n, struct pqueue_node *parent)
{
	if (n != NULL) {
		n->parent = parent;
	}
}

/* Makes the pointer that held `old` hold `n`. */
static void replace_in_parent(struct pqueue *q, struct pqueue_node *old,
			      struct pqueue_node *n)
{
	struct pqueue_node *parent = old->parent;

	if (parent == NULL) {
		q->root = n;
	} else if (parent->left == old) {
		parent->left = n;
	} else {
		parent->right = n;
	}
	set_parent(n, parent);
}

/* Swaps a node with its parent. */
static void raise_node(struct pqueue *q, struct pqueue_node *n)
{
	struct pqueue_node *p = n->parent;
	struct pqueue_node *left = n->left;
	struct pqueue_node *right = n->right;

	replace_in_parent(q, p, n);
	if (p->left == n) {
		n->left = p;
		n->right = p->right;
		set_parent(n->right, n);
	} else {
		n->right = p;
		n->left = p->left;
		set_parent(n->left, n);
	}
	p->parent = n;
	p->left = left;
	p->right = right;
	set_parent(left, p);
	set_parent(right, p);
}

static void sift_up(struct pqueue *q, struct pqueue_node *n)
{
	while (n->parent != NULL && pqueue_key_before(n->key, n->parent->key)) {
		raise_node(q, n);
	}
}

static void sift_down(struct pqueue *q, struct pqueue_node *n)
{
	for (;;) {
		struct pqueue_node *least = n->left;

		if (least == NULL) {
			return;
		}
		if (n->right != NULL &&
		    pqueue_key_before(n->right->key, least->key)) {
			least = n->right;
		}
		if (!pqueue_key_before(least->key, n->key)) {
			return;
		}
		raise_node(q, least);
	}
}

void pqueue_push(struct pqueue *q, struct pqueue_node *n)
{
	struct pqueue_node *parent;
	struct pqueue_node **link = link_of(q, q->count + 1, &parent);

	n->parent = parent;
	n->left = NULL;
	n->right = NULL;
	*link = n;
	__atomic_store_n(&q->count, q->count + 1, __ATOMIC_RELAXED);
	sift_up(q, n);
}

void pqueue_remove(struct pqueue *q, struct pqueue_node *n)
{
	struct pqueue_node *parent;
	struct pqueue_node **link = link_of(q, q->count, &parent);
	struct pqueue_node *last = *link;

	*link = NULL;
	/* Others may look at the count of a queue that they did not lock. */
	__atomic_store_n(&q->count, q->count - 1, __ATOMIC_RELAXED);
	if (last == n) {
		return;
	}

	/* The last node takes the place of the one that goes. */
	replace_in_parent(q, n, last);
	last->left = n->left;
	last->right = n->right;
	set_parent(last->left, last);
	set_parent(last->right, last);
	sift_up(q, last);
	sift_down(q, last);
}

struct pqueue_node *pqueue_at(const struct pqueue *q, uint32_t index)
{
	const uint32_t number = index + 1;
	struct pqueue_node *n = q->root;

	if (index >= q->count) {
		return NULL;
	}
	for (int bit = 30 - __builtin_clz(number); bit >= 0; bit--) {
		n = (number >> bit & 1) != 0 ? n->right : n->left;
	}
	return n;
}
