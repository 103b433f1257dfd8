/* SPDX-License-Identifier: MIT */
#include "svcvm/store/proto.h"

#include "tests/unit/store/talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
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
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/5/data|mine");
	talk(&s, &tool, XS_SET_PERMS, 0, "/local/domain/5/data|n5|");
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

static const char *by_tool(uint32_t type, const char *payload)
{
	return talk(&s, &tool, type, 0, payload);
}

static const char *by_guest(uint32_t type, const char *payload)
{
	return talk(&s, &guest, type, 0, payload);
}

static void test_paths(void **state)
{
	char *path = malloc(XENSTORE_ABS_PATH_MAX + 3);

	(void)state;
	assert_string_equal(by_tool(XS_READ, "/a"), "!EINVAL|");
	assert_string_equal(by_tool(XS_READ, ""), "!EINVAL|");
	assert_string_equal(by_tool(XS_READ, "|"), "!EINVAL|");
	assert_string_equal(by_tool(XS_READ, "/a/|"), "!EINVAL|");
	assert_string_equal(by_tool(XS_READ, "/a//b|"), "!EINVAL|");
	assert_string_equal(by_tool(XS_READ, "/a%|"), "!EINVAL|");
	assert_string_equal(by_tool(XS_READ, "@introduceDomain|"), "!EINVAL|");
	assert_string_equal(by_tool(XS_READ, "/|"), "");
	for (size_t len = XENSTORE_ABS_PATH_MAX;
	     len <= XENSTORE_ABS_PATH_MAX + 1; len++) {
		memset(path, 'x', len);
		memcpy(path, "/", 1);
		memcpy(path + len, "|", 2);
		assert_string_equal(by_tool(XS_READ, path),
				    len == XENSTORE_ABS_PATH_MAX ? "!ENOENT|"
								 : "!EINVAL|");
	}
	free(path);
	assert_string_equal(by_guest(XS_READ, "data|"), "mine");
	assert_string_equal(by_guest(XS_READ, "/local/domain/5/data|"), "mine");
}

static void test_nodes(void **state)
{
	(void)state;
	assert_string_equal(by_tool(XS_READ, "/n|"), "!ENOENT|");
	assert_string_equal(by_tool(XS_WRITE, "/n/m|a|b"), "OK|");
	assert_string_equal(by_tool(XS_READ, "/n/m|"), "a|b");
	assert_string_equal(by_tool(XS_WRITE, "/n/m|"), "OK|");
	assert_string_equal(by_tool(XS_READ, "/n/m|"), "");
	assert_string_equal(by_tool(XS_WRITE, "/n/m|v"), "OK|");
	assert_string_equal(by_tool(XS_MKDIR, "/n/m|"), "OK|");
	assert_string_equal(by_tool(XS_READ, "/n/m|"), "v");
	assert_string_equal(by_tool(XS_MKDIR, "/n/a|"), "OK|");
	assert_string_equal(by_tool(XS_DIRECTORY, "/n|"), "a|m|");
	assert_string_equal(by_tool(XS_DIRECTORY, "/n/a|"), "");
	assert_string_equal(by_tool(XS_RM, "/n/a|"), "OK|");
	assert_string_equal(by_tool(XS_RM, "/n/a|"), "OK|");
	assert_string_equal(by_tool(XS_RM, "/n/a/b|"), "!ENOENT|");
	assert_string_equal(by_tool(XS_RM, "/|"), "!EINVAL|");
	assert_string_equal(by_tool(XS_RM, "/n|"), "OK|");
	assert_string_equal(by_tool(XS_DIRECTORY, "/|"), "local|");
	assert_string_equal(by_tool(XS_WRITE, "/n"), "!EINVAL|");
	assert_string_equal(by_tool(XS_WRITE, "|v"), "!EINVAL|");
}

static void test_rights(void **state)
{
	(void)state;
	assert_string_equal(by_tool(XS_WRITE, "/secret|x"), "OK|");
	assert_string_equal(by_guest(XS_READ, "/secret|"), "!EACCES|");
	assert_string_equal(by_guest(XS_READ, "/secret/none|"), "!EACCES|");
	assert_string_equal(by_guest(XS_READ, "/none|"), "!EACCES|");
	assert_string_equal(by_guest(XS_WRITE, "/mine|"), "!EACCES|");
	assert_string_equal(by_guest(XS_DIRECTORY, "/|"), "!EACCES|");
	assert_string_equal(by_guest(XS_GET_PERMS, "/secret|"), "!EACCES|");
	assert_string_equal(by_guest(XS_RM, "/secret|"), "!EACCES|");

	assert_string_equal(by_tool(XS_SET_PERMS, "/secret|n0|r5|"), "OK|");
	assert_string_equal(by_guest(XS_READ, "/secret|"), "x");
	assert_string_equal(by_guest(XS_WRITE, "/secret|y"), "!EACCES|");
	assert_string_equal(by_guest(XS_READ, "/secret/none|"), "!ENOENT|");
	assert_string_equal(by_guest(XS_GET_PERMS, "/secret|"), "n0|r5|");
	assert_string_equal(by_tool(XS_SET_PERMS, "/secret|n0|w5|"), "OK|");
	assert_string_equal(by_guest(XS_WRITE, "/secret|y"), "OK|");
	assert_string_equal(by_guest(XS_READ, "/secret|"), "!EACCES|");
	assert_string_equal(by_guest(XS_SET_PERMS, "/secret|n0|b5|"),
			    "!EPERM|");

	assert_string_equal(by_guest(XS_WRITE, "data/sub|"), "OK|");
	assert_string_equal(by_guest(XS_GET_PERMS, "data/sub|"), "n5|");
	assert_string_equal(by_guest(XS_SET_PERMS, "data/sub|n5|r1|"), "OK|");
	assert_string_equal(by_guest(XS_SET_PERMS, "data/sub|n6|"), "!EPERM|");
	assert_string_equal(by_tool(XS_SET_PERMS, "/secret|"), "!EINVAL|");
	assert_string_equal(by_tool(XS_SET_PERMS, "/secret|n0"), "!EINVAL|");
	assert_string_equal(by_tool(XS_SET_PERMS, "/none|n0|"), "!ENOENT|");
	assert_string_equal(by_tool(XS_MKDIR, "/local/domain/5/data/by0|"),
			    "OK|");
	assert_string_equal(by_guest(XS_GET_PERMS, "data/by0|"), "n5|");
}

static void test_directory_in_parts(void **state)
{
	char payload[80];
	char names[8000] = "";
	size_t offset = 0;
	const char *part;
	size_t count = 0;

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(payload, sizeof(payload), "/big/%060u|", i);
		by_tool(XS_MKDIR, payload);
	}
	assert_string_equal(by_tool(XS_DIRECTORY, "/big|"), "!E2BIG|");
	do {
		snprintf(payload, sizeof(payload), "/big|%zu|", offset);
		part = strchr(by_tool(XS_DIRECTORY_PART, payload), '|') + 1;
		strcpy(names + offset, part);
		offset += strlen(part);
		count++;
	} while (names[offset - 2] != '|'); /* an empty name is the last */
	assert_int_equal(count, 2);
	assert_int_equal(offset, 100 * 61 + 1);
	assert_memory_equal(names + 99 * 61 + 58, "99||", 4);
	assert_string_equal(by_tool(XS_DIRECTORY_PART, "/big|7|"), "!EINVAL|");
	assert_string_equal(by_tool(XS_DIRECTORY_PART, "/big|9999|"),
			    "!EINVAL|");
	assert_string_equal(by_tool(XS_DIRECTORY_PART, "/big|"), "!EINVAL|");
}

static void test_domains(void **state)
{
	static const uint32_t privileged[] = { XS_CONTROL, XS_INTRODUCE,
					       XS_RELEASE, XS_RESUME,
					       XS_SET_TARGET };

	(void)state;
	for (size_t i = 0; i < sizeof(privileged) / sizeof(privileged[0]);
	     i++) {
		assert_string_equal(by_guest(privileged[i], "5|5|5|"),
				    "!EACCES|");
	}
	assert_string_equal(by_guest(XS_GET_DOMAIN_PATH, "7|"),
			    "/local/domain/7|");
	assert_string_equal(by_guest(XS_GET_DOMAIN_PATH, "40000|"), "!EINVAL|");
	assert_string_equal(by_guest(XS_GET_DOMAIN_PATH, "7x|"), "!EINVAL|");
	assert_string_equal(by_guest(XS_IS_DOMAIN_INTRODUCED, "5|"), "F|");
	assert_string_equal(by_tool(XS_INTRODUCE, "5|1|"), "!EINVAL|");
	assert_string_equal(by_tool(XS_INTRODUCE, "0|1|2|"), "!EINVAL|");
	assert_string_equal(by_tool(XS_INTRODUCE, "5|1|2|"), "OK|");
	assert_string_equal(by_guest(XS_IS_DOMAIN_INTRODUCED, "5|"), "T|");
	assert_string_equal(by_tool(XS_RESUME, "5|"), "OK|");
	assert_string_equal(by_tool(XS_RESUME, "6|"), "!ENOENT|");
	assert_string_equal(by_tool(XS_SET_TARGET, "5|6|"), "!ENOENT|");
	assert_string_equal(by_tool(XS_RELEASE, "5|"), "OK|");
	assert_string_equal(by_tool(XS_RELEASE, "5|"), "!ENOENT|");
}

static void test_unknown(void **state)
{
	(void)state;
	assert_string_equal(by_tool(20, "/|"), "!ENOSYS|"); /* was RESTRICT */
	assert_string_equal(by_tool(XS_WATCH_EVENT, "/|"), "!ENOSYS|");
	assert_string_equal(by_tool(XS_ERROR, "/|"), "!ENOSYS|");
	assert_string_equal(by_tool(XS_TYPE_COUNT, "/|"), "!ENOSYS|");
	assert_string_equal(by_tool(UINT32_MAX, "/|"), "!ENOSYS|");
}

static void test_control(void **state)
{
	(void)state;
	assert_string_equal(by_tool(XS_CONTROL, "check|"), "OK|");
	assert_non_null(strstr(by_tool(XS_CONTROL, "help|"), "log on|off\n"));
	assert_string_equal(by_tool(XS_CONTROL, "log|off|"), "OK|");
	assert_string_equal(by_tool(XS_CONTROL, "log|loud|"), "!EINVAL|");
	assert_string_equal(by_tool(XS_CONTROL, "none|"), "!EINVAL|");
	assert_string_equal(by_tool(XS_CONTROL, ""), "!EINVAL|");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_paths),   CASE(test_nodes),
		CASE(test_rights),  CASE(test_directory_in_parts),
		CASE(test_domains), CASE(test_unknown),
		CASE(test_control),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
