/* SPDX-License-Identifier: MIT */
#include "lib/pqueue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NODES 200

static struct pqueue queue;
static struct pqueue_node nodes[NODES];
static bool queued[NODES];

static unsigned int check_below(const struct pqueue_node *n)
{
	if (n == NULL) {
		return 0;
	}
	if (n->parent != NULL) {
		assert_false(pqueue_key_before(n->key, n->parent->key));
	}
	assert_true(n->left == NULL || n->left->parent == n);
	assert_true(n->right == NULL || n->right->parent == n);
	return 1 + check_below(n->left) + check_below(n->right);
}

static void check(void)
{
	assert_true(queue.root == NULL || queue.root->parent == NULL);
	assert_int_equal(check_below(queue.root), queue.count);
	for (uint32_t i = 0; i < queue.count; i++) {
		assert_true(queued[pqueue_at(&queue, i) - nodes]);
	}
	assert_null(pqueue_at(&queue, queue.count));
}

static int empty(void **state)
{
	(void)state;
	queue = (struct pqueue){ NULL, 0 };
	for (unsigned int i = 0; i < NODES; i++) {
		queued[i] = false;
	}
	srand(1);
	return 0;
}

/* Any order of calls keeps a complete tree in heap order. */
static void test_random(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		const unsigned int n = (unsigned int)rand() % NODES;

		if (queued[n]) {
			pqueue_remove(&queue, &nodes[n]);
		} else {
			nodes[n].key = (uint64_t)(rand() % 50);
			pqueue_push(&queue, &nodes[n]);
		}
		queued[n] = !queued[n];
		if (i % 16 == 0) {
			check();
		}
	}
}

static void test_sorts(void **state)
{
	uint64_t last = 0;

	(void)state;
	for (unsigned int i = 0; i < NODES; i++) {
		nodes[i].key = (uint64_t)rand();
		pqueue_push(&queue, &nodes[i]);
	}
	for (unsigned int i = 0; i < NODES; i++) {
		struct pqueue_node *first = pqueue_first(&queue);

		assert_true(first->key >= last);
		last = first->key;
		pqueue_remove(&queue, first);
	}
	assert_null(pqueue_first(&queue));
}

/* Keys that wrapped around come after those that did not. */
static void test_wraps(void **state)
{
	(void)state;
	nodes[0].key = 5;
	nodes[1].key = UINT64_MAX - 5;
	pqueue_push(&queue, &nodes[0]);
	pqueue_push(&queue, &nodes[1]);
	assert_ptr_equal(pqueue_first(&queue), &nodes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_random, empty),
		cmocka_unit_test_setup(test_sorts, empty),
		cmocka_unit_test_setup(test_wraps, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
