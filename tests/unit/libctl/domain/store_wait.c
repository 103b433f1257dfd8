/* SPDX-License-Identifier: MIT */
/* Waiting for a node, with a daemon that comes and goes meanwhile. */
#include "libctl/domain/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake/store_daemon.h"

static const char *const node = "/a/state";

static bool is_four(const char *text)
{
	return text != NULL && strcmp(text, "4") == 0;
}

static bool is_gone(const char *text)
{
	return text == NULL;
}

/* The client's watch, with its first event. */
static void take_watch(void)
{
	char body[XENSTORE_PAYLOAD_MAX];

	assert_int_equal(store_daemon_take(body), XS_WATCH);
	assert_string_equal(body, node);
	store_daemon_give(XS_WATCH, "OK", 3);
	store_daemon_give(XS_WATCH_EVENT, "/a/state\0libcorbel", 19);
}

static void answer_read(const char *text)
{
	char body[XENSTORE_PAYLOAD_MAX];

	assert_int_equal(store_daemon_take(body), XS_READ);
	assert_string_equal(body, node);
	store_daemon_give(XS_READ, text, strlen(text));
}

static void refuse_read(void)
{
	char body[XENSTORE_PAYLOAD_MAX];

	store_daemon_take(body);
	store_daemon_give(XS_ERROR, "ENOENT", 7);
}

static void script_change(void)
{
	take_watch();
	answer_read("1");
	store_daemon_give(XS_WATCH_EVENT, "/a/state\0libcorbel", 19);
	answer_read("4");
}

static void waits_for_a_change(void **state)
{
	(void)state;
	store_daemon_start(script_change);
	assert_int_equal(store_wait(node, is_four, 60000), 0);
	store_daemon_end();
}

static void script_gone(void)
{
	take_watch();
	refuse_read();
}

static void a_node_may_go(void **state)
{
	(void)state;
	store_daemon_start(script_gone);
	assert_int_equal(store_wait(node, is_gone, 60000), 0);
	store_daemon_end();
}

static void script_restart(void)
{
	take_watch();
	answer_read("1");
	store_daemon_stop_listening();
	store_daemon_hang_up();
	store_daemon_listen();
	store_daemon_accept();
	take_watch();
	answer_read("4");
}

static void the_next_daemon_is_asked(void **state)
{
	(void)state;
	store_daemon_start(script_restart);
	assert_int_equal(store_wait(node, is_four, 60000), 0);
	store_daemon_end();
}

/* What it would have answered is not known: the node is not gone. */
static void script_die(void)
{
	char body[XENSTORE_PAYLOAD_MAX];

	take_watch();
	store_daemon_take(body);
	store_daemon_stop_listening();
	store_daemon_hang_up();
}

static void an_absent_daemon_is_told(void **state)
{
	(void)state;
	store_daemon_start(script_die);
	assert_int_equal(store_wait(node, is_gone, 300), -1);
	assert_int_equal(errno, ENOENT);
	store_daemon_end();
}

static void script_silent(void)
{
	take_watch();
	answer_read("1");
}

static void time_runs_out(void **state)
{
	(void)state;
	store_daemon_start(script_silent);
	assert_int_equal(store_wait(node, is_four, 0), -1);
	assert_int_equal(errno, ETIMEDOUT);
	store_daemon_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_for_a_change),
		cmocka_unit_test(a_node_may_go),
		cmocka_unit_test(the_next_daemon_is_asked),
		cmocka_unit_test(an_absent_daemon_is_told),
		cmocka_unit_test(time_runs_out),
	};

	return cmocka_run_group_tests(tests, store_daemon_set_up,
				      store_daemon_tear_down);
}
