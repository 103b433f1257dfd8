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

static void check(void)
{
	const struct pqueue_node *prev = NULL;
	uint32_t count = 0;

	for (const struct pqueue_node *n = queue.first; n != NULL;
	     prev = n, n = n->next) {
		assert_true(queued[n - nodes]);
		assert_ptr_equal(n->prev, prev);
		if (prev != NULL) {
			assert_false(pqueue_key_before(n->key, prev->key));
		}
		count++;
	}
	assert_ptr_equal(queue.last, prev);
	assert_int_equal(queue.count, count);
}

static int empty(void **state)
{
	(void)state;
	queue = (struct pqueue){ .count = 0 };
	for (unsigned int i = 0; i < NODES; i++) {
		queued[i] = false;
	}
	srand(1);
	return 0;
}

/* Any order of calls keeps the list in order. */
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
		struct pqueue_node *first = queue.first;

		assert_true(first->key >= last);
		last = first->key;
		pqueue_remove(&queue, first);
	}
	assert_null(queue.first);
}

/* Keys that wrapped around come after those that did not. */
static void test_wraps(void **state)
{
	(void)state;
	nodes[0].key = 5;
	nodes[1].key = UINT64_MAX - 5;
	pqueue_push(&queue, &nodes[0]);
	pqueue_push(&queue, &nodes[1]);
	assert_ptr_equal(queue.first, &nodes[1]);
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
