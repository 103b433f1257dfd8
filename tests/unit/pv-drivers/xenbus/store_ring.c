/* SPDX-License-Identifier: MIT */
/* The store client of a guest, against the code of the store daemon. */
#include "pv-drivers/xenbus/store_ring.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pv-drivers/env/env.h"
#include "pv-drivers/env/fake.h"
#include "unit/pv-drivers/xenbus/store_peer.h"

static struct env *env;
static struct xenstore_domain_interface *page;
static struct store store;

static void no_event(void *context)
{
	(void)context;
}

static int setup(void **state)
{
	int port;

	(void)state;
	env = env_open();
	page = (struct xenstore_domain_interface *)env_pages(env, 1);
	/* Indices start near their wrap. */
	page->req_cons = page->req_prod = UINT32_MAX - 20;
	page->rsp_cons = page->rsp_prod = UINT32_MAX - 20;
	port = env_offer(env, 0, no_event, NULL);
	store_peer_open(env, page, (uint32_t)port);
	return store_ring_open(&store, env, page, (uint32_t)port);
}

static int teardown(void **state)
{
	(void)state;
	store_peer_close();
	store_close(&store);
	env_close(env);
	return 0;
}

static void test_values(void **state)
{
	char value[STORE_VALUE_MAX];

	(void)state;
	assert_int_equal(store_write(&store, "data/a", "first"), 0);
	assert_int_equal(store_read(&store, "data/a", value), 0);
	assert_string_equal(value, "first");
	assert_int_equal(store_read(&store, "data/b", value), -ENOENT);
	assert_int_equal(store_write(&store, "/mine", "x"), -EACCES);
	assert_int_equal(store_write(&store, "data/a", ""), 0);
	assert_int_equal(store_read(&store, "data/a", value), 0);
	assert_string_equal(value, "");
}

/* Requests and answers that are longer than the ring. */
static void test_long(void **state)
{
	char text[2001], value[STORE_VALUE_MAX];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(store_write(&store, "data/long", text), 0);
	assert_int_equal(store_read(&store, "data/long", value), -E2BIG);
	assert_int_equal(store.size, sizeof(text) - 1);
	assert_memory_equal(store.payload, text, sizeof(text));
	assert_int_equal(store_write(&store, "data/a", "1"), 0);
}

static void test_transactions(void **state)
{
	char value[STORE_VALUE_MAX];

	(void)state;
	assert_int_equal(store_begin(&store), 0);
	assert_int_equal(store_write(&store, "data/a", "inside"), 0);
	assert_int_equal(store_end(&store), 0);
	assert_int_equal(store_read(&store, "data/a", value), 0);

	assert_int_equal(store_begin(&store), 0);
	assert_int_equal(store_read(&store, "data/a", value), 0);
	store_peer_do(XS_WRITE, "/local/domain/7/data/a|other");
	assert_int_equal(store_write(&store, "data/a", "late"), 0);
	assert_int_equal(store_end(&store), -EAGAIN);
}

static void append(void *context, const char *name)
{
	strcat(context, name);
	strcat(context, " ");
}

static void test_list(void **state)
{
	char names[64] = "";

	(void)state;
	store_write(&store, "data/b", "");
	store_write(&store, "data/a", "");
	assert_int_equal(store_list(&store, "data", append, names), 0);
	assert_string_equal(names, "a b ");
	assert_int_equal(store_list(&store, "data/none", append, names),
			 -ENOENT);
}

static void test_watches(void **state)
{
	char path[STORE_PATH_MAX], token[STORE_PATH_MAX];

	(void)state;
	assert_int_equal(store_watch(&store, "data", "mine"), 0);
	assert_int_equal(store_event(&store, path, token), 0);
	assert_string_equal(token, "mine");
	assert_int_equal(store_event(&store, path, token), -EAGAIN);

	/* The last one is kept; it may come while we wait for an answer. */
	store_peer_do(XS_WRITE, "/local/domain/7/data/a|1");
	store_peer_do(XS_WRITE, "/local/domain/7/data/b|1");
	assert_int_equal(store_write(&store, "data/c", "1"), 0);
	assert_int_equal(store_event(&store, path, token), 0);
	assert_string_equal(path, "data/c");
	assert_int_equal(store_event(&store, path, token), -EAGAIN);

	assert_int_equal(store_unwatch(&store, "data", "mine"), 0);
	store_peer_do(XS_WRITE, "/local/domain/7/data/a|2");
	assert_int_equal(store_event(&store, path, token), -EAGAIN);
	assert_int_equal(store_unwatch(&store, "data", "mine"), -ENOENT);
}

static void test_watches_are_few(void **state)
{
	char token[8];

	(void)state;
	for (unsigned int i = 0; i < STORE_RING_WATCHES; i++) {
		snprintf(token, sizeof(token), "t%u", i);
		assert_int_equal(store_watch(&store, "data", token), 0);
	}
	assert_int_equal(store_watch(&store, "data", "more"), -ENOSPC);
	assert_int_equal(store_watch(&store, "data", ""), -EINVAL);
}

/* A daemon that lies is found out, and nobody waits for it. */
static void test_broken(void **state)
{
	char value[STORE_VALUE_MAX];

	(void)state;
	page->req_cons = page->req_prod + 1;
	assert_int_equal(store_read(&store, "data", value), -EIO);
	assert_int_equal(store_write(&store, "data/a", "1"), -EIO);
}

static void test_answer_too_long(void **state)
{
	const struct xsd_sockmsg header = { .type = XS_READ,
					    .req_id = 1,
					    .len = XENSTORE_PAYLOAD_MAX + 1 };
	char value[STORE_VALUE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(header); i++) {
		page->rsp[MASK_XENSTORE_IDX(page->rsp_prod++)] =
			((const char *)&header)[i];
	}
	assert_int_equal(store_read(&store, "data", value), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_transactions, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watches, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watches_are_few, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_answer_too_long, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("xenbus/store_ring", tests, NULL,
					   NULL);
}
