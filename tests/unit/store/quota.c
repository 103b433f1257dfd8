/* SPDX-License-Identifier: MIT */
#include "svcvm/store/quota.h"

#include "tests/unit/store/talk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct store s;
static struct client tool;
static struct client guest; /* domain 5 */
static FILE *lines;         /* what the daemon logs */
static int old_stderr;

static int setup(void **state)
{
	(void)state;
	store_init(&s, NULL, NULL);
	talk_client(&s, &tool, 0);
	talk_client(&s, &guest, 5);
	talk(&s, &tool, XS_MKDIR, 0, "/local/domain/5/data|");
	talk(&s, &tool, XS_SET_PERMS, 0, "/local/domain/5/data|n5|");
	lines = tmpfile();
	old_stderr = dup(2);
	dup2(fileno(lines), 2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dup2(old_stderr, 2);
	close(old_stderr);
	fclose(lines);
	store_remove_client(&s, &tool);
	store_remove_client(&s, &guest);
	store_free(&s);
	return 0;
}

/* Has there been exactly one line, about that quota of domain 5? */
static void assert_logged(const char *name)
{
	char text[200] = "";
	char expected[80];

	rewind(lines);
	text[fread(text, 1, sizeof(text) - 1, lines)] = '\0';
	snprintf(expected, sizeof(expected),
		 "corbel-stored: domain 5: quota %s: ", name);
	assert_memory_equal(text, expected, strlen(expected));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void limit(const char *name, const char *value)
{
	assert_int_equal(quota_set(&s.quotas, name, value), 0);
}

static void test_nodes(void **state)
{
	(void)state;
	limit("nodes", "3");
	assert_string_equal(talk(&s, &guest, XS_MKDIR, 0, "data/a/b/c|"),
			    "!ENOSPC|");
	assert_string_equal(talk(&s, &guest, XS_MKDIR, 0, "data/a/b|"), "OK|");
	assert_string_equal(talk(&s, &guest, XS_WRITE, 0, "data/c|"),
			    "!ENOSPC|");
	assert_string_equal(talk(&s, &guest, XS_WRITE, 0, "data/a/b|new"),
			    "OK|");
	assert_string_equal(
		talk(&s, &tool, XS_WRITE, 0, "/local/domain/5/data/by0|"),
		"OK|");
	assert_logged("nodes");
}

static void test_nodes_in_transactions(void **state)
{
	unsigned long one;
	unsigned long two;

	(void)state;
	limit("nodes", "3");
	one = strtoul(talk(&s, &guest, XS_TRANSACTION_START, 0, "|"), NULL, 10);
	two = strtoul(talk(&s, &guest, XS_TRANSACTION_START, 0, "|"), NULL, 10);
	talk(&s, &guest, XS_MKDIR, (uint32_t)one, "data/a/b|");
	talk(&s, &guest, XS_MKDIR, (uint32_t)two, "data/c/d|");
	assert_string_equal(
		talk(&s, &guest, XS_TRANSACTION_END, (uint32_t)one, "T|"),
		"OK|");
	assert_string_equal(
		talk(&s, &guest, XS_TRANSACTION_END, (uint32_t)two, "T|"),
		"!ENOSPC|");
	assert_int_equal(tree_owned_by(&s.tree, 5).node_count, 3);
	assert_logged("nodes");
}

static void test_node_size(void **state)
{
	(void)state;
	limit("node-size", "3");
	assert_string_equal(talk(&s, &guest, XS_WRITE, 0, "data|123"), "OK|");
	assert_string_equal(talk(&s, &guest, XS_WRITE, 0, "data|1234"),
			    "!ENOSPC|");
	assert_logged("node-size");
}

static void test_node_permissions(void **state)
{
	(void)state;
	limit("node-permissions", "2");
	assert_string_equal(talk(&s, &guest, XS_SET_PERMS, 0, "data|n5|r1|"),
			    "OK|");
	assert_string_equal(talk(&s, &guest, XS_SET_PERMS, 0, "data|n5|r1|r2|"),
			    "!ENOSPC|");
	assert_logged("node-permissions");
}

static void test_watches(void **state)
{
	(void)state;
	limit("watches", "1");
	assert_string_equal(talk(&s, &guest, XS_WATCH, 0, "data|a|"), "OK|");
	assert_string_equal(talk(&s, &guest, XS_WATCH, 0, "data|b|"),
			    "!E2BIG|");
	assert_string_equal(talk(&s, &guest, XS_WATCH, 0, "data|b|"),
			    "!E2BIG|");
	assert_logged("watches");
}

static void test_transactions(void **state)
{
	(void)state;
	limit("transactions", "1");
	assert_string_equal(talk(&s, &guest, XS_TRANSACTION_START, 0, "|"),
			    "1|");
	assert_string_equal(talk(&s, &guest, XS_TRANSACTION_START, 0, "|"),
			    "!ENOSPC|");
	assert_logged("transactions");
}

static void test_transaction_nodes(void **state)
{
	(void)state;
	limit("transaction-nodes", "4");
	talk(&s, &guest, XS_TRANSACTION_START, 0, "|");
	assert_string_equal(talk(&s, &guest, XS_WRITE, 1, "data/a|"), "OK|");
	assert_string_equal(talk(&s, &guest, XS_WRITE, 1, "data/b|"), "OK|");
	assert_string_equal(talk(&s, &guest, XS_WRITE, 1, "data/c|"),
			    "!ENOSPC|");
	assert_logged("transaction-nodes");
}

static void test_outstanding(void **state)
{
	(void)state;
	limit("outstanding", "60");
	assert_string_equal(talk(&s, &guest, XS_WATCH, 0, "data|t|"), "OK|");
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/5/data/one|");
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/5/data/two|");
	assert_string_equal(talk_event(&guest), "data|t|");
	assert_string_equal(talk_event(&guest), "data/one|t|");
	assert_string_equal(talk_event(&guest), "");
	assert_int_equal(guest.out_bytes, 0);
	assert_logged("outstanding");
}

/* Sets the quota to what the guest has and `more`. */
static void limit_memory(size_t more)
{
	s.quotas.limit[QUOTA_MEMORY] =
		tree_owned_by(&s.tree, 5).bytes + client_bytes(&guest) + more;
}

static void test_memory(void **state)
{
	(void)state;
	limit_memory(10);
	assert_string_equal(talk(&s, &guest, XS_WRITE, 0, "data|1234567890"),
			    "OK|");
	assert_string_equal(talk(&s, &guest, XS_WRITE, 0, "data|other data"),
			    "OK|"); /* in the place of the old */
	assert_string_equal(talk(&s, &guest, XS_WRITE, 0, "data|12345678901"),
			    "!ENOSPC|");
	assert_string_equal(talk(&s, &guest, XS_MKDIR, 0, "data/x|"),
			    "!ENOSPC|");
	assert_string_equal(talk(&s, &guest, XS_WATCH, 0, "data|token|"),
			    "!E2BIG|");
	assert_string_equal(talk(&s, &guest, XS_SET_PERMS, 0, "data|n5|r1|"),
			    "!ENOSPC|");
	assert_string_equal(talk(&s, &guest, XS_READ, 0, "data|"),
			    "other data");
	assert_string_equal(talk(&s, &guest, XS_RM, 0, "data|"), "OK|");
	assert_int_equal(tree_owned_by(&s.tree, 5).bytes, 0);
	assert_logged("memory");
}

/* What watches and transactions take counts, and is given back. */
static void test_memory_of_client(void **state)
{
	const size_t nothing = client_bytes(&guest);

	(void)state;
	talk(&s, &guest, XS_WATCH, 0, "data|t|");
	assert_true(client_bytes(&guest) > nothing);
	talk(&s, &guest, XS_UNWATCH, 0, "data|t|");
	assert_int_equal(client_bytes(&guest), nothing);

	talk(&s, &guest, XS_TRANSACTION_START, 0, "|");
	limit_memory(1000);
	for (int i = 0; i < 5; i++) { /* each change is kept */
		talk(&s, &guest, XS_WRITE, 1,
		     "data|100 bytes are hardly too "
		     "much for the quota of memory");
	}
	limit_memory(20);
	assert_string_equal(talk(&s, &guest, XS_WRITE, 1, "data|and some"),
			    "!ENOSPC|");
	assert_string_equal(talk(&s, &guest, XS_TRANSACTION_END, 1, "T|"),
			    "OK|");
	assert_int_equal(client_bytes(&guest), nothing);
	assert_logged("memory");
}

static void test_memory_in_transactions(void **state)
{
	(void)state;
	talk(&s, &guest, XS_TRANSACTION_START, 0, "|");
	talk(&s, &guest, XS_TRANSACTION_START, 0, "|");
	talk(&s, &guest, XS_WRITE, 1, "data/a|");
	talk(&s, &guest, XS_WRITE, 2, "data/b|");
	assert_string_equal(talk(&s, &guest, XS_TRANSACTION_END, 1, "T|"),
			    "OK|");
	s.quotas.limit[QUOTA_MEMORY] = tree_owned_by(&s.tree, 5).bytes + 10;
	assert_string_equal(talk(&s, &guest, XS_TRANSACTION_END, 2, "T|"),
			    "!ENOSPC|");
	assert_logged("memory");
}

static void test_control(void **state)
{
	char expected[200];

	(void)state;
	assert_string_equal(
		talk(&s, &tool, XS_CONTROL, 0, "quota|set|watches|3|"), "OK|");
	assert_int_equal(s.quotas.limit[QUOTA_WATCHES], 3);
	assert_non_null(strstr(talk(&s, &tool, XS_CONTROL, 0, "quota|"),
			       "\nwatches: 3\n"));
	assert_string_equal(talk(&s, &tool, XS_CONTROL, 0, "quota|set|none|3|"),
			    "!ENOENT|");
	assert_string_equal(
		talk(&s, &tool, XS_CONTROL, 0, "quota|set|watches|x|"),
		"!EINVAL|");
	assert_string_equal(talk(&s, &tool, XS_CONTROL, 0, "quota|5|"),
			    "!ENOENT|");
	talk(&s, &tool, XS_INTRODUCE, 0, "5|0|1|");
	snprintf(expected, sizeof(expected),
		 "nodes: 1\nwatches: 0\ntransactions: 0\nmemory: %zu\n"
		 "outstanding: 0\nrequests: 0\nheld: 0\nheld-ms: 0\n|",
		 tree_owned_by(&s.tree, 5).bytes);
	assert_string_equal(talk(&s, &tool, XS_CONTROL, 0, "quota|5|"),
			    expected);
	assert_string_equal(talk(&s, &guest, XS_CONTROL, 0, "quota|"),
			    "!EACCES|");
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(talk(&s, &tool, XS_CONTROL, 0, "domain|web1|"),
			    "!ENOENT|");
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/0/domid|0");
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/5/name|web1");
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/12/name|web12");
	assert_string_equal(talk(&s, &tool, XS_CONTROL, 0, "domain|web1|"),
			    "5|");
	assert_string_equal(talk(&s, &tool, XS_CONTROL, 0, "domain|web12|"),
			    "12|");
	assert_string_equal(talk(&s, &tool, XS_CONTROL, 0, "domain|web|"),
			    "!ENOENT|");
	assert_string_equal(talk(&s, &tool, XS_CONTROL, 0, "domain|"),
			    "!EINVAL|");
	assert_string_equal(talk(&s, &guest, XS_CONTROL, 0, "domain|web1|"),
			    "!EACCES|");
}

static void test_all_names(void **state)
{
	char path[64], name[1500];

	(void)state;
	assert_string_equal(talk(&s, &tool, XS_CONTROL, 0, "domains|"), "|");
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/0/domid|0");
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/5/name|web1");
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/12/name|web 12");
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/6/name|two\nlines");
	assert_string_equal(talk(&s, &tool, XS_CONTROL, 0, "domains|"),
			    "12 0 0 web 12\n5 0 0 web1\n|");
	assert_string_equal(talk(&s, &tool, XS_CONTROL, 0, "domains|12|"),
			    "5 0 0 web1\n|");
	assert_string_equal(talk(&s, &tool, XS_CONTROL, 0, "domains|5|"), "|");
	assert_string_equal(talk(&s, &guest, XS_CONTROL, 0, "domains|"),
			    "!EACCES|");

	/* Two such names and the others fill a reply. */
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	for (int i = 7; i < 10; i++) {
		char request[2000];

		snprintf(path, sizeof(path), "/local/domain/%d/name|", i);
		snprintf(request, sizeof(request), "%s%s", path, name);
		talk(&s, &tool, XS_WRITE, 0, request);
	}
	assert_int_equal(strlen(talk(&s, &tool, XS_CONTROL, 0, "domains|")),
			 strlen("12 0 0 web 12\n5 0 0 web1\n|") + 2 * 1506);
	assert_int_equal(strlen(talk(&s, &tool, XS_CONTROL, 0, "domains|8|")),
			 1506 + 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_nodes),
		CASE(test_nodes_in_transactions),
		CASE(test_node_size),
		CASE(test_node_permissions),
		CASE(test_watches),
		CASE(test_transactions),
		CASE(test_transaction_nodes),
		CASE(test_memory),
		CASE(test_memory_of_client),
		CASE(test_memory_in_transactions),
		CASE(test_outstanding),
		CASE(test_control),
		CASE(test_names),
		CASE(test_all_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
