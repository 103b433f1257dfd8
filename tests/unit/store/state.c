/* SPDX-License-Identifier: MIT */
/*
 * The daemon is killed and started again: a store is dropped as it is, and a
 * new one reads the file. What the guest sees is its ring, which stays.
 */
#include "svcvm/store/state.h"

#include "tests/unit/store/talk.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/corbel-state-XXXXXX";
static struct store s;
static struct client tool;

static void begin(void)
{
	store_init(&s, path, &talk_ops);
	state_load(&s);
	state_save(&s);
	talk_client(&s, &tool, 0);
	store_settle(&s);
}

/* No word to anybody; the file stays as it is. */
static void kill_and_begin(void)
{
	store_remove_client(&s, &tool);
	store_free(&s);
	begin();
}

static int setup(void **state)
{
	(void)state;
	strcpy(path, "/tmp/corbel-state-XXXXXX");
	close(mkstemp(path));
	memset(talk_pages, 0, sizeof(talk_pages));
	memset(talk_states, 0, sizeof(talk_states));
	begin();
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/5/data|mine");
	talk(&s, &tool, XS_SET_PERMS, 0, "/local/domain/5/data|n5|");
	talk(&s, &tool, XS_INTRODUCE, 0, "5|1|2|");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_remove_client(&s, &tool);
	store_free(&s);
	unlink(path);
	return 0;
}

static const char *by_ring(uint32_t type, uint32_t tx_id, const char *payload)
{
	return talk_ring(&s, 5, type, tx_id, payload);
}

static void test_nodes(void **state)
{
	(void)state;
	talk(&s, &tool, XS_WRITE, 0, "/a/b|1|2");
	talk(&s, &tool, XS_SET_PERMS, 0, "/a/b|b3|r4|");
	talk(&s, &tool, XS_WRITE, 0, "/c/d|");
	talk(&s, &tool, XS_RM, 0, "/c/d|");
	by_ring(XS_WRITE, 0, "data/x|1");
	for (int i = 0; i < 2; i++) { /* from the journal, then a snapshot */
		kill_and_begin();
		assert_string_equal(talk(&s, &tool, XS_READ, 0, "/a/b|"),
				    "1|2");
		assert_string_equal(talk(&s, &tool, XS_GET_PERMS, 0, "/a/b|"),
				    "b3|r4|");
		assert_string_equal(talk(&s, &tool, XS_DIRECTORY, 0, "/c|"),
				    "");
		assert_string_equal(talk(&s, &tool, XS_GET_PERMS, 0,
					 "/local/domain/5/data/x|"),
				    "n5|");
		assert_true(tree_is_sound(&s.tree));
	}
}

static void test_domains(void **state)
{
	(void)state;
	talk(&s, &tool, XS_INTRODUCE, 0, "6|1|2|");
	talk(&s, &tool, XS_INTRODUCE, 0, "7|1|2|");
	talk(&s, &tool, XS_SET_TARGET, 0, "6|5|");
	talk(&s, &tool, XS_RELEASE, 0, "7|");
	for (int i = 0; i < 2; i++) {
		kill_and_begin();
		assert_true(domain_is_introduced(&s, 5));
		assert_int_equal(domain_find(&s, 6)->client.target, 5);
		assert_null(domain_find(&s, 7));
		assert_string_equal(by_ring(XS_READ, 0, "data|"), "mine");
	}
}

static void test_watches(void **state)
{
	(void)state;
	assert_string_equal(by_ring(XS_WATCH, 0, "data|kept|"), "OK|");
	assert_string_equal(talk_ring_get(5), "@data|kept|");
	by_ring(XS_WATCH, 0, "data|gone|");
	talk_ring_get(5);
	by_ring(XS_UNWATCH, 0, "data|gone|");
	kill_and_begin();
	/* it may have missed something */
	assert_string_equal(talk_ring_get(5), "@data|kept|");
	assert_string_equal(talk_ring_get(5), "");
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/5/data/x|");
	assert_string_equal(talk_ring_get(5), "@data/x|kept|");
	by_ring(XS_RESET_WATCHES, 0, "|");
	kill_and_begin();
	assert_string_equal(talk_ring_get(5), "");
}

static void test_transaction(void **state)
{
	(void)state;
	assert_string_equal(by_ring(XS_TRANSACTION_START, 0, "|"), "1|");
	assert_string_equal(by_ring(XS_TRANSACTION_START, 0, "|"), "2|");
	assert_string_equal(by_ring(XS_WRITE, 1, "data/x|1"), "OK|");
	assert_string_equal(by_ring(XS_TRANSACTION_END, 2, "F|"), "OK|");
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/5/data/y|1");
	kill_and_begin();
	assert_string_equal(by_ring(XS_READ, 1, "data/y|"), "1");
	assert_string_equal(by_ring(XS_READ, 2, "data/y|"), "!ENOENT|");
	assert_string_equal(by_ring(XS_TRANSACTION_START, 0, "|"), "2|");
	assert_string_equal(by_ring(XS_TRANSACTION_END, 1, "T|"), "!EAGAIN|");
	assert_string_equal(by_ring(XS_READ, 0, "data/x|"), "!ENOENT|");
}

/* A request comes in two halves, and its reply goes out in two. */
static void test_half_messages(void **state)
{
	char *payload = malloc(2000);
	size_t put;

	(void)state;
	memset(payload, 'v', 1500);
	memcpy(payload, "data/x|", 7);
	payload[1500] = '\0';
	put = talk_ring_put(5, XS_WRITE, 0, payload, 0);
	domain_service(domain_find(&s, 5), talk_now);
	kill_and_begin();
	talk_ring_put(5, XS_WRITE, 0, payload, put);
	domain_service(domain_find(&s, 5), talk_now);
	assert_string_equal(talk_ring_get(5), "OK|");

	talk_ring_put(5, XS_READ, 0, "data/x|", 0);
	domain_service(domain_find(&s, 5), talk_now);
	talk_pages[5].rsp_cons += 1000;
	kill_and_begin();
	talk_pages[5].rsp_cons += 1500 - 7 + sizeof(struct xsd_sockmsg) - 1000;
	assert_int_equal(talk_pages[5].rsp_prod, talk_pages[5].rsp_cons);
	assert_string_equal(by_ring(XS_READ, 0, "data|"), "mine");
	free(payload);
}

/* Killed after the record of a request and before the ring shows anything. */
static void test_exactly_once(void **state)
{
	struct xenstore_domain_interface before;

	(void)state;
	talk_ring_put(5, XS_WATCH, 0, "data|t|", 0);
	before = talk_pages[5];
	domain_service(domain_find(&s, 5), talk_now);
	talk_pages[5] = before;
	kill_and_begin();
	assert_int_equal(talk_pages[5].req_cons, talk_pages[5].req_prod);
	domain_service(domain_find(&s, 5), talk_now);
	assert_string_equal(talk_ring_get(5), "OK|");
	assert_string_equal(talk_ring_get(5), "@data|t|");
	assert_int_equal(watch_count(&domain_find(&s, 5)->client.watches), 1);
}

static void test_torn_write(void **state)
{
	struct stat before;
	struct stat after;

	(void)state;
	stat(path, &before);
	talk(&s, &tool, XS_WRITE, 0, "/torn|1");
	stat(path, &after);
	assert_true(after.st_size > before.st_size);
	assert_int_equal(truncate(path, after.st_size - 1), 0);
	kill_and_begin();
	assert_string_equal(talk(&s, &tool, XS_READ, 0, "/torn|"), "!ENOENT|");
	assert_true(domain_is_introduced(&s, 5));
}

static void test_compaction(void **state)
{
	struct stat status;

	(void)state;
	for (unsigned int i = 0; i < 40000; i++) {
		talk(&s, &tool, XS_WRITE, 0, "/again|and again");
	}
	stat(path, &status);
	assert_true(status.st_size < 2 << 20);
	kill_and_begin();
	assert_string_equal(talk(&s, &tool, XS_READ, 0, "/again|"),
			    "and again");
	assert_string_equal(by_ring(XS_READ, 0, "data|"), "mine");
}

static void test_file_cannot_be_written(void **state)
{
	(void)state;
	close(s.journal.fd);
	s.journal.fd = open("/dev/full", O_WRONLY);
	/* the record fails, a new file takes the place of the old one */
	talk(&s, &tool, XS_WRITE, 0, "/full|1");
	kill_and_begin();
	assert_string_equal(talk(&s, &tool, XS_READ, 0, "/full|"), "1");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_nodes),
		CASE(test_domains),
		CASE(test_watches),
		CASE(test_transaction),
		CASE(test_half_messages),
		CASE(test_exactly_once),
		CASE(test_torn_write),
		CASE(test_compaction),
		CASE(test_file_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
