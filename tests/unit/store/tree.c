/* SPDX-License-Identifier: MIT */
#include "svcvm/store/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void apply(struct tree *t, enum change_kind kind, uint16_t domid,
		  const char *path, const char *data)
{
	const struct change c = {
		.kind = kind,
		.domid = domid,
		.path = path,
		.data = data,
		/* permissions have their NUL */
		.len = strlen(data) + (kind == CHANGE_PERMS ? 1 : 0),
	};

	tree_apply(t, &c);
	assert_true(tree_is_sound(t));
}

static void assert_value(const struct tree *t, const char *path,
			 const char *value)
{
	const struct tree_node *n = tree_find(t, path);

	assert_non_null(n);
	assert_int_equal(n->value_len, strlen(value));
	assert_memory_equal(n->value, value, n->value_len);
}

static void test_write(void **state)
{
	struct tree t;

	(void)state;
	tree_init(&t);
	apply(&t, CHANGE_WRITE, 0, "/b/c/d", "one");
	apply(&t, CHANGE_WRITE, 0, "/b/a", "two");
	apply(&t, CHANGE_WRITE, 0, "/b/aa", "");
	apply(&t, CHANGE_WRITE, 0, "/", "root");
	assert_value(&t, "/b/c/d", "one");
	assert_value(&t, "/b/c", "");
	assert_value(&t, "/b/a", "two");
	assert_value(&t, "/", "root");
	assert_null(tree_find(&t, "/b/c/d/e"));
	assert_null(tree_find(&t, "/a"));
	assert_null(tree_find(&t, "@introduceDomain"));
	assert_string_equal(tree_find(&t, "/b")->children[1]->name, "aa");
	apply(&t, CHANGE_WRITE, 0, "/b/c/d", "three");
	assert_value(&t, "/b/c/d", "three");
	tree_free(&t);
}

static void test_nearest(void **state)
{
	struct tree t;
	size_t len;

	(void)state;
	tree_init(&t);
	apply(&t, CHANGE_MKDIR, 0, "/b/c", "");
	assert_string_equal(tree_find_nearest(&t, "/b/cc/d", &len)->name, "b");
	assert_int_equal(len, 2);
	assert_ptr_equal(tree_find_nearest(&t, "/x", &len), t.root);
	assert_int_equal(len, 0);
	tree_free(&t);
}

static void test_owners(void **state)
{
	struct tree t;

	(void)state;
	tree_init(&t);
	apply(&t, CHANGE_MKDIR, 0, "/h/5", "");
	apply(&t, CHANGE_PERMS, 0, "/h/5", "r5");
	apply(&t, CHANGE_WRITE, 0, "/h/5/by0", ""); /* inherits its owner */
	apply(&t, CHANGE_WRITE, 6, "/h/5/by6/x", "");
	assert_int_equal(tree_owned_by(&t, 5).node_count, 2);
	assert_int_equal(tree_owned_by(&t, 6).node_count, 2);
	assert_int_equal(tree_owned_by(&t, 0).node_count, 2);
	apply(&t, CHANGE_REMOVE, 0, "/h/5/by6", "");
	assert_int_equal(tree_owned_by(&t, 6).node_count, 0);
	apply(&t, CHANGE_REMOVE, 0, "/h/none", "");
	apply(&t, CHANGE_REMOVE, 0, "/", "");
	apply(&t, CHANGE_REMOVE, 0, "/h", "");
	assert_int_equal(tree_owned_by(&t, 5).node_count, 0);
	tree_free(&t);
}

static void test_copy(void **state)
{
	struct tree t;
	struct tree copy;
	const struct tree_node *other;

	(void)state;
	tree_init(&t);
	apply(&t, CHANGE_WRITE, 0, "/a/b", "old");
	apply(&t, CHANGE_WRITE, 0, "/other", "same");
	tree_copy(&copy, &t);
	other = tree_find(&t, "/other");
	apply(&copy, CHANGE_WRITE, 3, "/a/b", "new");
	apply(&copy, CHANGE_WRITE, 3, "/a/c", "");
	apply(&t, CHANGE_REMOVE, 0, "/a/b", "");
	assert_null(tree_find(&t, "/a/b"));
	assert_null(tree_find(&t, "/a/c"));
	assert_value(&copy, "/a/b", "new");
	assert_int_equal(tree_owned_by(&t, 3).node_count, 0);
	assert_int_equal(tree_owned_by(&copy, 3).node_count, 1);
	assert_ptr_equal(tree_find(&copy, "/other"), other);
	tree_free(&t);
	assert_value(&copy, "/other", "same");
	tree_free(&copy);
}

static void test_disown(void **state)
{
	struct tree t;
	struct tree copy;

	(void)state;
	tree_init(&t);
	apply(&t, CHANGE_MKDIR, 0, "/a/b", "");
	apply(&t, CHANGE_PERMS, 0, "/a/b", "w5");
	apply(&t, CHANGE_WRITE, 0, "/c", "");
	apply(&t, CHANGE_WRITE, 5, "/c/of5", "");
	tree_copy(&copy, &t);
	apply(&t, CHANGE_DISOWN, 5, "/", "");
	assert_int_equal(tree_owned_by(&t, 5).node_count, 0);
	assert_int_equal(perms_of(&tree_find(&t, "/a/b")->perms, 5), PERM_NONE);
	assert_int_equal(tree_owned_by(&copy, 5).node_count, 2);
	tree_free(&t);
	tree_free(&copy);
}

static void test_perms(void **state)
{
	static const char *const bad[] = { "",    "5",   "x5",     "r",
					   "r5x", "r-1", "r32752", "r 5" };
	struct perms p;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_not_equal(
			perms_parse(&p, bad[i], strlen(bad[i]) + 1), 0);
	}
	assert_int_not_equal(perms_parse(&p, "r5", 2), 0);
	assert_int_not_equal(perms_parse(&p, "", 0), 0);
	assert_int_equal(perms_parse(&p, "n5\0r6\0b7", 9), 0);
	assert_int_equal(perms_of(&p, 0), PERM_READ | PERM_WRITE);
	assert_int_equal(perms_of(&p, 5), PERM_READ | PERM_WRITE);
	assert_int_equal(perms_of(&p, 6), PERM_READ);
	assert_int_equal(perms_of(&p, 7), PERM_READ | PERM_WRITE);
	assert_int_equal(perms_of(&p, 8), PERM_NONE);
	perms_disown(&p, 5);
	assert_int_equal(perms_owner(&p), 0);
	perms_disown(&p, 6);
	assert_int_equal(p.count, 2);
	perms_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),  cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_owners), cmocka_unit_test(test_copy),
		cmocka_unit_test(test_disown), cmocka_unit_test(test_perms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
