/* SPDX-License-Identifier: MIT */
/*
 * Transactions of two clients: which pairs conflict.
 */
#include "svcvm/store/txn.h"

#include "tests/unit/store/talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct store s;
static struct client a;
static struct client b;

static int setup(void **state)
{
	(void)state;
	store_init(&s, NULL, NULL);
	talk_client(&s, &a, 0);
	talk_client(&s, &b, 0);
	talk(&s, &a, XS_WRITE, 0, "/d/x|1");
	talk(&s, &a, XS_WRITE, 0, "/d/y|1");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_remove_client(&s, &a);
	store_remove_client(&s, &b);
	store_free(&s);
	return 0;
}

static uint32_t start(struct client *c)
{
	return (uint32_t)strtoul(talk(&s, c, XS_TRANSACTION_START, 0, "|"),
				 NULL, 10);
}

/* Does a transaction that did `mine` end well if `other` happens before its
 * end? */
static const char *outcome(uint32_t mine, const char *mine_payload,
			   uint32_t other, const char *other_payload)
{
	const uint32_t id = start(&a);

	talk(&s, &a, mine, id, mine_payload);
	talk(&s, &b, other, 0, other_payload);
	return talk(&s, &a, XS_TRANSACTION_END, id, "T|");
}

static void test_isolation(void **state)
{
	const uint32_t id = start(&a);

	(void)state;
	assert_string_equal(talk(&s, &a, XS_WRITE, id, "/d/x|2"), "OK|");
	assert_string_equal(talk(&s, &a, XS_MKDIR, id, "/n|"), "OK|");
	assert_string_equal(talk(&s, &a, XS_RM, id, "/d/y|"), "OK|");
	assert_string_equal(talk(&s, &a, XS_READ, id, "/d/x|"), "2");
	assert_string_equal(talk(&s, &b, XS_READ, 0, "/d/x|"), "1");
	assert_string_equal(talk(&s, &a, XS_DIRECTORY, id, "/|"), "d|n|");
	assert_string_equal(talk(&s, &b, XS_DIRECTORY, 0, "/|"), "d|");
	assert_string_equal(talk(&s, &a, XS_TRANSACTION_END, id, "T|"), "OK|");
	assert_string_equal(talk(&s, &b, XS_READ, 0, "/d/x|"), "2");
	assert_string_equal(talk(&s, &b, XS_READ, 0, "/d/y|"), "!ENOENT|");
	assert_string_equal(talk(&s, &b, XS_DIRECTORY, 0, "/|"), "d|n|");
	assert_true(tree_is_sound(&s.tree));
}

static void test_abort(void **state)
{
	const uint32_t id = start(&a);

	(void)state;
	talk(&s, &a, XS_WRITE, id, "/d/x|2");
	assert_string_equal(talk(&s, &a, XS_TRANSACTION_END, id, "F|"), "OK|");
	assert_string_equal(talk(&s, &a, XS_READ, 0, "/d/x|"), "1");
	assert_string_equal(talk(&s, &a, XS_TRANSACTION_END, id, "T|"),
			    "!ENOENT|");
}

static void test_conflicts(void **state)
{
	(void)state;
	/* read what another writes, removes, or whose rights it changes */
	assert_string_equal(outcome(XS_READ, "/d/x|", XS_WRITE, "/d/x|2"),
			    "!EAGAIN|");
	assert_string_equal(outcome(XS_READ, "/d/x|", XS_SET_PERMS, "/d/x|r0|"),
			    "!EAGAIN|");
	assert_string_equal(outcome(XS_READ, "/d/y|", XS_RM, "/d|"),
			    "!EAGAIN|");
	/* found nothing where there is something now */
	assert_string_equal(outcome(XS_READ, "/e/f|", XS_WRITE, "/e/f|"),
			    "!EAGAIN|");
	/* would make a node below one that has come since */
	assert_string_equal(outcome(XS_WRITE, "/g/h/i|", XS_MKDIR, "/g|"),
			    "!EAGAIN|");
	/* listed what is longer now */
	assert_string_equal(outcome(XS_DIRECTORY, "/|", XS_MKDIR, "/j|"),
			    "!EAGAIN|");
	/* both wrote */
	assert_string_equal(outcome(XS_WRITE, "/d/x|", XS_WRITE, "/d/x|"),
			    "!EAGAIN|");
}

static void test_no_conflict(void **state)
{
	(void)state;
	assert_string_equal(outcome(XS_READ, "/d/x|", XS_WRITE, "/d/y|2"),
			    "OK|");
	/* siblings that are made at once */
	assert_string_equal(outcome(XS_WRITE, "/d/p|", XS_WRITE, "/d/q|"),
			    "OK|");
	assert_string_equal(talk(&s, &a, XS_DIRECTORY, 0, "/d|"), "p|q|x|y|");
	/* a directory whose children change in themselves */
	assert_string_equal(outcome(XS_DIRECTORY, "/d|", XS_WRITE, "/d/x|3"),
			    "OK|");
	assert_string_equal(outcome(XS_READ, "/d|", XS_MKDIR, "/d/z|"), "OK|");
}

static void test_use(void **state)
{
	const uint32_t id = start(&a);

	(void)state;
	assert_string_equal(talk(&s, &a, XS_TRANSACTION_START, id, "|"),
			    "!EBUSY|");
	assert_string_equal(talk(&s, &a, XS_READ, id + 1, "/d|"), "!ENOENT|");
	assert_string_equal(talk(&s, &b, XS_READ, id, "/d|"), "!ENOENT|");
	assert_string_equal(talk(&s, &a, XS_TRANSACTION_END, id, "X|"),
			    "!EINVAL|");
	assert_string_equal(talk(&s, &a, XS_TRANSACTION_END, 0, "T|"),
			    "!ENOENT|");
	assert_string_equal(talk(&s, &a, XS_RESET_WATCHES, id, "|"), "OK|");
	assert_string_equal(talk(&s, &a, XS_READ, id, "/d|"), "!ENOENT|");
	a.last_txn_id = UINT32_MAX;
	assert_int_equal(start(&a), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_isolation, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_abort, setup, teardown),
		cmocka_unit_test_setup_teardown(test_conflicts, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_conflict, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_use, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
