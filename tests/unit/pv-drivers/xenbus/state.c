/* SPDX-License-Identifier: MIT */
#include "pv-drivers/xenbus/state.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pv-drivers/xenbus/store.h"

#define N BACK_NOTHING
#define P BACK_PREPARE
#define C BACK_CONNECT
#define G BACK_CLOSING
#define D BACK_CLOSED
#define R BACK_RELEASE

/*
 * By own state (down) and the front half's (across), 0 to 6; states 7 and 8
 * are for devices that change while connected, which none of ours does.
 */
static const enum back_step detached[7][7] = {
	{ N, N, N, N, N, N, N }, { P, P, P, P, P, P, P },
	{ N, N, N, C, C, D, D }, { D, D, D, C, C, G, D },
	{ D, D, D, C, C, G, D }, { D, D, D, N, N, N, D },
	{ N, P, N, N, N, N, N },
};

static const enum back_step attached[7][7] = {
	{ N, N, N, N, N, N, N }, { R, R, R, R, R, R, R },
	{ N, N, N, C, C, D, D }, { D, D, D, N, N, G, D },
	{ D, D, D, N, N, G, D }, { D, D, D, N, N, N, D },
	{ N, P, N, N, N, N, N },
};

static void test_back(void **state)
{
	(void)state;
	for (unsigned int own = 0; own < 7; own++) {
		for (unsigned int front = 0; front < 7; front++) {
			assert_int_equal(state_back(own, front, false),
					 detached[own][front]);
			assert_int_equal(state_back(own, front, true),
					 attached[own][front]);
		}
	}
	assert_int_equal(
		state_back(XenbusStateReconfigured, XenbusStateConnected, true),
		BACK_NOTHING);
}

static void test_front(void **state)
{
	(void)state;
	assert_int_equal(state_front(1, 1), FRONT_NOTHING);
	assert_int_equal(state_front(1, 2), FRONT_OFFER);
	assert_int_equal(state_front(3, 2), FRONT_NOTHING);
	assert_int_equal(state_front(3, 4), FRONT_CONNECT);
	assert_int_equal(state_front(4, 4), FRONT_NOTHING);
	assert_int_equal(state_front(4, 5), FRONT_CLOSE);
	assert_int_equal(state_front(6, 5), FRONT_NOTHING);
	assert_int_equal(state_front(1, 6), FRONT_NOTHING);
}

static int read_as(struct store *s, const char *value, uint64_t max,
		   uint64_t *number)
{
	store_write(s, "/d/k", value);
	return state_number_read(s, "/d", "k", max, number);
}

static void test_numbers(void **state)
{
	struct store *s = store_open();
	uint64_t n = 0;

	(void)state;
	assert_int_equal(state_number_read(s, "/d", "k", 9, &n), -ENOENT);
	assert_int_equal(read_as(s, "0", 0, &n), 0);
	assert_int_equal(read_as(s, "42", 42, &n), 0);
	assert_int_equal(n, 42);
	assert_int_equal(read_as(s, "43", 42, &n), -EINVAL);
	assert_int_equal(read_as(s, "18446744073709551615", UINT64_MAX, &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(read_as(s, "18446744073709551616", UINT64_MAX, &n),
			 -EINVAL);
	assert_int_equal(read_as(s, "5", 4, &n), -EINVAL);
	assert_int_equal(read_as(s, "4", 4, &n), 0);
	assert_int_equal(read_as(s, "", 42, &n), -EINVAL);
	assert_int_equal(read_as(s, "-1", 42, &n), -EINVAL);
	assert_int_equal(read_as(s, "1 ", 42, &n), -EINVAL);
	assert_int_equal(read_as(s, "0x1", 42, &n), -EINVAL);
	store_close(s);
}

static void test_states(void **state)
{
	struct store *s = store_open();

	(void)state;
	assert_int_equal(state_read(s, "/d"), XenbusStateUnknown);
	assert_int_equal(state_write(s, "/d", XenbusStateConnected), 0);
	assert_int_equal(state_read(s, "/d"), XenbusStateConnected);
	store_write(s, "/d/state", "9");
	assert_int_equal(state_read(s, "/d"), XenbusStateUnknown);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_front),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_states),
	};

	return cmocka_run_group_tests_name("xenbus/state", tests, NULL, NULL);
}
