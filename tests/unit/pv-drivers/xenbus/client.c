/* SPDX-License-Identifier: MIT */
/*
 * The client of the store against a daemon that does what the real one seldom does.
 */
#include "pv-drivers/xenbus/client_wire.h"

#include <setjmp.h>
#include <stdarg.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <xenstore.h>

#include "fake/store_daemon.h"
#include "pv-drivers/xenbus/client_list.h"

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* ---- requests ---- */

static void script_error(void)
{
	char body[XENSTORE_PAYLOAD_MAX];

	assert_int_equal(store_daemon_take(body), XS_READ);
	assert_string_equal(body, "/a");
	store_daemon_give(XS_ERROR, "ENOENT", 7);
	store_daemon_take(body);
	store_daemon_give(XS_ERROR, "ENEW", 5);
}

static void test_error(void **state)
{
	struct xs_handle *xs;
	unsigned int len;

	(void)state;
	store_daemon_start(script_error);
	xs = xs_open(0);
	assert_null(xs_read(xs, XBT_NULL, "/a", &len));
	assert_int_equal(errno, ENOENT);
	assert_null(xs_read(xs, XBT_NULL, "/a", &len));
	assert_int_equal(errno, EINVAL);
	xs_close(xs);
	store_daemon_end();
}

/* Nothing is sent of what the daemon would hang up for. */
static void test_too_long(void **state)
{
	static char value[XENSTORE_PAYLOAD_MAX];
	struct xs_handle *xs;

	(void)state;
	store_daemon_start(script_error);
	xs = xs_open(0);
	assert_false(xs_write(xs, XBT_NULL, "/a", value, sizeof(value)));
	assert_int_equal(errno, E2BIG);
	assert_null(xs_read(xs, XBT_NULL, "/a", &(unsigned int){ 0 }));
	assert_int_equal(errno, ENOENT);
	assert_null(xs_read(xs, XBT_NULL, "/a", &(unsigned int){ 0 }));
	xs_close(xs);
	store_daemon_end();
}

static void script_wrong(void)
{
	char body[XENSTORE_PAYLOAD_MAX];

	store_daemon_take(body);
	store_daemon_give(XS_WRITE, "OK", 3);
}

static void test_wrong_answer(void **state)
{
	struct xs_handle *xs;

	(void)state;
	store_daemon_start(script_wrong);
	xs = xs_open(0);
	assert_false(xs_mkdir(xs, XBT_NULL, "/a"));
	assert_int_equal(errno, EPROTO);
	assert_false(xs_mkdir(xs, XBT_NULL, "/a"));
	assert_int_equal(errno, EPROTO);
	xs_close(xs);
	store_daemon_end();
}

/* ---- events ---- */

static void script_events(void)
{
	char body[XENSTORE_PAYLOAD_MAX];

	assert_int_equal(store_daemon_take(body), XS_WATCH);
	store_daemon_give(XS_WATCH_EVENT, "/w\0token", 9);
	store_daemon_give(XS_WATCH, "OK", 3);
	assert_int_equal(store_daemon_take(body), XS_RM);
	store_daemon_give(XS_RM, "OK", 3);
	store_daemon_give(XS_WATCH_EVENT, "/w/x\0token", 11);
}

/* One that came before an answer is not forgotten, and its descriptor says so. */
static void test_events(void **state)
{
	struct pollfd p = { .events = POLLIN };
	struct xs_handle *xs;
	char **event;

	(void)state;
	store_daemon_start(script_events);
	xs = xs_open(0);
	p.fd = xs_fileno(xs);
	assert_false(is_readable(p.fd));
	assert_null(xs_check_watch(xs));
	assert_int_equal(errno, EAGAIN);
	assert_true(xs_watch(xs, "/w", "token"));
	assert_true(is_readable(p.fd));
	event = xs_check_watch(xs);
	assert_string_equal(event[XS_WATCH_PATH], "/w");
	assert_string_equal(event[XS_WATCH_TOKEN], "token");
	free(event);
	assert_false(is_readable(p.fd));
	assert_true(xs_rm(xs, XBT_NULL, "/w/x"));
	assert_int_equal(poll(&p, 1, 10000), 1);
	event = xs_check_watch(xs);
	assert_string_equal(event[XS_WATCH_PATH], "/w/x");
	free(event);
	assert_null(xs_check_watch(xs));
	xs_close(xs);
	store_daemon_end();
}

/* ---- a daemon that ends ---- */

static void script_hang_up(void)
{
	char body[XENSTORE_PAYLOAD_MAX];

	store_daemon_take(body);
	store_daemon_hang_up();
}

static void test_hang_up(void **state)
{
	struct xs_handle *xs;

	(void)state;
	store_daemon_start(script_hang_up);
	xs = xs_open(0);
	assert_false(xs_rm(xs, XBT_NULL, "/a"));
	assert_int_equal(errno, ECONNRESET);
	assert_true(is_readable(xs_fileno(xs)));
	assert_null(xs_check_watch(xs));
	assert_int_equal(errno, ECONNRESET);
	xs_close(xs);
	store_daemon_end();
}

/* As with the kernel in between: the connection stays, nobody answers. */
static void script_go_away(void)
{
	char body[XENSTORE_PAYLOAD_MAX];

	store_daemon_take(body);
	store_daemon_stop_listening();
}

static void test_gone(void **state)
{
	struct iovec piece = { (void *)(uintptr_t) "/a", 3 };
	struct wire w;

	(void)state;
	store_daemon_start(script_go_away);
	assert_true(wire_open(&w, store_daemon_path, store_daemon_path));
	w.patience_s = 1;
	assert_null(wire_call(&w, XS_RM, 0, &piece, 1));
	assert_int_equal(errno, ETIMEDOUT);
	assert_null(wire_call(&w, XS_RM, 0, &piece, 1));
	assert_int_equal(errno, ETIMEDOUT);
	wire_close(&w);
	store_daemon_end();
	assert_null(xs_open(0));
}

static void script_slow(void)
{
	char body[XENSTORE_PAYLOAD_MAX];

	store_daemon_take(body);
	store_daemon_stop_listening();
	usleep(1500000);
	store_daemon_listen();
	usleep(2500000);
	store_daemon_give(XS_RM, "OK", 3);
}

/* It is away, is back, and takes its time. */
static void test_back_again(void **state)
{
	struct iovec piece = { (void *)(uintptr_t) "/a", 3 };
	struct wire_message *m;
	struct wire w;

	(void)state;
	store_daemon_start(script_slow);
	assert_true(wire_open(&w, store_daemon_path, store_daemon_path));
	w.patience_s = 3;
	m = wire_call(&w, XS_RM, 0, &piece, 1);
	assert_non_null(m);
	free(m);
	wire_close(&w);
	store_daemon_end();
}

/* ---- long lists ---- */

static void script_list(void)
{
	char body[XENSTORE_PAYLOAD_MAX];

	store_daemon_take(body);
	store_daemon_give(XS_ERROR, "E2BIG", 6);
	assert_int_equal(store_daemon_take(body), XS_DIRECTORY_PART);
	assert_string_equal(body + 2, "0");
	store_daemon_give(XS_DIRECTORY_PART, "7\0one\0two", 10);
	store_daemon_take(body);
	assert_string_equal(body + 2, "8");
	store_daemon_give(XS_DIRECTORY_PART, "8\0three\0",
			  9); /* another list */
	store_daemon_take(body);
	assert_string_equal(body + 2, "0");
	store_daemon_give(XS_DIRECTORY_PART, "8\0four", 7);
	store_daemon_take(body);
	assert_string_equal(body + 2, "5");
	store_daemon_give(XS_DIRECTORY_PART, "8\0five\0", 8);
}

static void test_long_list(void **state)
{
	struct xs_handle *xs;
	unsigned int count;
	char **names;

	(void)state;
	store_daemon_start(script_list);
	xs = xs_open(0);
	names = xs_directory(xs, XBT_NULL, "/", &count);
	assert_non_null(names);
	assert_int_equal(count, 2);
	assert_string_equal(names[0], "four");
	assert_string_equal(names[1], "five");
	free(names);
	xs_close(xs);
	store_daemon_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_wrong_answer),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_hang_up),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_back_again),
		cmocka_unit_test(test_long_list),
	};

	return cmocka_run_group_tests(tests, store_daemon_set_up,
				      store_daemon_tear_down);
}
