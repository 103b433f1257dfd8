/* SPDX-License-Identifier: MIT */
#include "svcvm/store/watch.h"

#include "tests/unit/store/talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct store s;
static struct client tool;
static struct client guest; /* domain 5 */

static int setup(void **state)
{
	(void)state;
	store_init(&s, NULL, NULL);
	talk_client(&s, &tool, 0);
	talk_client(&s, &guest, 5);
	talk(&s, &tool, XS_MKDIR, 0, "/local/domain/5/dev|");
	talk(&s, &tool, XS_SET_PERMS, 0, "/local/domain/5/dev|r5|");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_remove_client(&s, &tool);
	store_remove_client(&s, &guest);
	store_free(&s);
	return 0;
}

static void watch(struct client *c, const char *payload)
{
	assert_string_equal(talk(&s, c, XS_WATCH, 0, payload), "OK|");
	assert_string_equal(talk_event(c), payload);
}

static void test_forms(void **state)
{
	(void)state;
	watch(&guest, "dev|rel|");
	watch(&guest, "/local/domain/5/dev/x|abs|");
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/5/dev/x|1");
	assert_string_equal(talk_event(&guest), "dev/x|rel|");
	assert_string_equal(talk_event(&guest), "/local/domain/5/dev/x|abs|");
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/5/dev/xx|1");
	assert_string_equal(talk_event(&guest), "dev/xx|rel|");
	assert_string_equal(talk_event(&guest), "");
}

static void test_above_is_removed(void **state)
{
	(void)state;
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/5/dev/x/y|1");
	watch(&guest, "dev/x/y|t|");
	watch(&guest, "dev/none|t|");
	talk(&s, &tool, XS_RM, 0, "/local/domain/5|");
	assert_string_equal(talk_event(&guest), "dev/x/y|t|");
	assert_string_equal(talk_event(&guest), "");
}

static void test_secrets(void **state)
{
	(void)state;
	talk(&s, &tool, XS_WRITE, 0, "/secret|");
	watch(&guest, "/|all|");
	talk(&s, &tool, XS_WRITE, 0, "/secret|1");
	talk(&s, &tool, XS_WRITE, 0, "/secret/below|1");
	assert_string_equal(talk_event(&guest), "");
	/* who could read it, or can now, hears of a change of rights */
	talk(&s, &tool, XS_SET_PERMS, 0, "/secret|r0|");
	assert_string_equal(talk_event(&guest), "/secret|all|");
	talk(&s, &tool, XS_SET_PERMS, 0, "/secret|n0|");
	assert_string_equal(talk_event(&guest), "/secret|all|");
	talk(&s, &tool, XS_RM, 0, "/secret|");
	assert_string_equal(talk_event(&guest), "");
}

static void test_transaction(void **state)
{
	uint32_t id;

	(void)state;
	watch(&tool, "/a|t|");
	id = (uint32_t)strtoul(talk(&s, &tool, XS_TRANSACTION_START, 0, "|"),
			       NULL, 10);
	talk(&s, &tool, XS_WRITE, id, "/a/b|1");
	talk(&s, &tool, XS_WRITE, id, "/a/b|2");
	talk(&s, &tool, XS_RM, id, "/a/c|");
	assert_string_equal(talk_event(&tool), "");
	talk(&s, &tool, XS_TRANSACTION_END, id, "T|");
	assert_string_equal(talk_event(&tool), "/a/b|t|");
	assert_string_equal(talk_event(&tool), "");
}

static void test_list(void **state)
{
	(void)state;
	watch(&tool, "/a|t|");
	assert_string_equal(talk(&s, &tool, XS_WATCH, 0, "/a|t|"), "!EEXIST|");
	watch(&tool, "/a|u|");
	assert_string_equal(talk(&s, &tool, XS_UNWATCH, 0, "/a|v|"),
			    "!ENOENT|");
	assert_string_equal(talk(&s, &tool, XS_UNWATCH, 0, "/a|t|"), "OK|");
	talk(&s, &tool, XS_MKDIR, 0, "/a|");
	assert_string_equal(talk_event(&tool), "/a|u|");
	talk(&s, &tool, XS_MKDIR, 0, "/a|"); /* was there: no change */
	assert_string_equal(talk_event(&tool), "");
	assert_string_equal(talk(&s, &tool, XS_RESET_WATCHES, 0, "|"), "OK|");
	talk(&s, &tool, XS_WRITE, 0, "/a|");
	assert_string_equal(talk_event(&tool), "");
	assert_string_equal(talk(&s, &tool, XS_WATCH, 0, "/a|t"), "!EINVAL|");
	assert_string_equal(talk(&s, &tool, XS_WATCH, 0, "/a b|t|"),
			    "!EINVAL|");
}

static void test_special(void **state)
{
	(void)state;
	watch(&tool, "@introduceDomain|in|");
	watch(&tool, "@releaseDomain|out|");
	watch(&tool, "/|all|");
	watch(&guest, "@introduceDomain|in|");
	assert_string_equal(talk(&s, &tool, XS_INTRODUCE, 0, "5|0|1|"), "OK|");
	assert_string_equal(talk_event(&tool), "@introduceDomain|in|");
	assert_string_equal(talk_event(&tool), "");
	assert_string_equal(talk(&s, &tool, XS_RELEASE, 0, "5|"), "OK|");
	assert_string_equal(talk_event(&tool), "@releaseDomain|out|");
	assert_string_equal(talk_event(&guest), "");
}

static void test_same_event_once(void **state)
{
	(void)state;
	watch(&tool, "/a|t|");
	talk(&s, &tool, XS_WRITE, 0, "/a|1");
	talk(&s, &tool, XS_WRITE, 0, "/a|2");
	assert_string_equal(talk_event(&tool), "/a|t|");
	assert_string_equal(talk_event(&tool), "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_forms),
		CASE(test_above_is_removed),
		CASE(test_secrets),
		CASE(test_transaction),
		CASE(test_list),
		CASE(test_special),
		CASE(test_same_event_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
