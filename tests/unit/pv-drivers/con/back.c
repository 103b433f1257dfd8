/* SPDX-License-Identifier: MIT */
/* The console's back half, with a guest by hand and with the front half. */
#include "pv-drivers/con/back.h"
#include "pv-drivers/con/front.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pv-drivers/env/env.h"

static struct xencons_interface page;
static struct con_back ring;

static int set_up(void **state)
{
	(void)state;
	memset(&page, 0, sizeof(page));
	con_back_open(&ring, &page);
	return 0;
}

/* What a guest does to print. */
static void print(const char *text)
{
	for (; *text != '\0'; text++) {
		page.out[page.out_prod++ % sizeof(page.out)] = *text;
	}
}

static void assert_output(const char *text)
{
	char found[CON_OUTPUT_SIZE];
	bool broken;
	size_t size = con_back_peek(&ring, found, sizeof(found), &broken);

	assert_false(broken);
	assert_int_equal(size, strlen(text));
	assert_memory_equal(found, text, size);
}

static void test_output(void **state)
{
	char two[2];
	bool broken;

	(void)state;
	assert_output("");
	print("hello");
	assert_output("hello");
	assert_output("hello");
	assert_int_equal(page.out_cons, 0);
	assert_int_equal(con_back_peek(&ring, two, 2, &broken), 2);
	con_back_consume(&ring, 2);
	assert_int_equal(page.out_cons, 2);
	assert_output("llo");
}

static void test_output_wraps(void **state)
{
	(void)state;
	page.out_prod = page.out_cons = UINT32_MAX - 1;
	con_back_open(&ring, &page);
	print("wrapped");
	assert_output("wrapped");
	con_back_consume(&ring, 7);
	assert_int_equal(page.out_cons, 5);
	assert_output("");
}

static void test_output_full(void **state)
{
	char found[CON_OUTPUT_SIZE];
	bool broken;

	(void)state;
	page.out_prod = CON_OUTPUT_SIZE;
	assert_int_equal(con_back_peek(&ring, found, sizeof(found), &broken),
			 CON_OUTPUT_SIZE);
	assert_false(broken);
}

static void test_output_broken(void **state)
{
	char found[CON_OUTPUT_SIZE];
	bool broken;

	(void)state;
	page.out_prod = CON_OUTPUT_SIZE + 1;
	assert_int_equal(con_back_peek(&ring, found, sizeof(found), &broken),
			 0);
	assert_true(broken);
	print("good again");
	assert_output("good again");
}

/* Our index in the page is for show: a guest that changes it harms nobody. */
static void test_our_index_is_ours(void **state)
{
	(void)state;
	print("text");
	page.out_cons = 12345;
	assert_output("text");
	con_back_consume(&ring, 4);
	assert_int_equal(page.out_cons, 4);
}

static void test_input(void **state)
{
	bool broken;

	(void)state;
	page.in_prod = page.in_cons = CON_INPUT_SIZE - 2;
	con_back_open(&ring, &page);
	assert_int_equal(con_back_room(&ring, &broken), CON_INPUT_SIZE);
	con_back_put(&ring, "abcd", 4);
	assert_int_equal(page.in_prod, CON_INPUT_SIZE + 2);
	assert_memory_equal(page.in + CON_INPUT_SIZE - 2, "ab", 2);
	assert_memory_equal(page.in, "cd", 2);
	assert_int_equal(con_back_room(&ring, &broken), CON_INPUT_SIZE - 4);
	page.in_cons += 3;
	assert_int_equal(con_back_room(&ring, &broken), CON_INPUT_SIZE - 1);
	assert_false(broken);
}

static void test_input_broken(void **state)
{
	bool broken;

	(void)state;
	page.in_cons = 1;
	assert_int_equal(con_back_room(&ring, &broken), CON_INPUT_SIZE);
	assert_true(broken);
	assert_int_equal(page.in_prod, 1);
	assert_int_equal(con_back_room(&ring, &broken), CON_INPUT_SIZE);
	assert_false(broken);
}

/* Another daemon begins where this one ended. */
static void test_goes_on(void **state)
{
	struct con_back other;
	bool broken;

	(void)state;
	print("old new");
	con_back_consume(&ring, 4);
	con_back_put(&ring, "xy", 2);
	con_back_open(&other, &page);
	ring = other;
	assert_output("new");
	assert_int_equal(con_back_room(&ring, &broken), CON_INPUT_SIZE - 2);
}

static char shown[3 * CON_OUTPUT_SIZE];
static size_t shown_size;

/* The back half takes pieces of odd lengths, so that the front half waits. */
static void show(void *context)
{
	bool broken;
	const size_t size =
		con_back_peek(&ring, shown + shown_size, 777, &broken);

	(void)context;
	assert_false(broken);
	shown_size += size;
	con_back_consume(&ring, size);
}

static void test_both_halves(void **state)
{
	struct env *env = env_open();
	struct con_front front;
	static char text[sizeof(shown) - 1000], typed[8];
	int port, served;

	(void)state;
	port = env_offer(env, 0, show, NULL);
	assert_int_equal(con_front_open(&front, env, &page, (uint32_t)port), 0);
	served = env_bind(env, 7, (uint32_t)port, show, NULL);
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = (char)(i * 7 + i / 256);
	}
	assert_int_equal(con_front_write(&front, text, sizeof(text)), 0);
	while (shown_size < sizeof(text)) {
		show(NULL);
	}
	assert_memory_equal(shown, text, sizeof(text));

	assert_int_equal(con_front_read(&front, typed, sizeof(typed)), 0);
	con_back_put(&ring, "typed text", 10);
	assert_int_equal(con_front_read(&front, typed, sizeof(typed)), 8);
	assert_memory_equal(typed, "typed te", 8);
	assert_int_equal(con_front_read(&front, typed, sizeof(typed)), 2);
	page.in_prod = front.in.at + CON_INPUT_SIZE + 1;
	assert_int_equal(con_front_read(&front, typed, sizeof(typed)), -EIO);
	page.out_cons = front.out.at + 1;
	assert_int_equal(con_front_write(&front, "x", 1), -EIO);
	env_unbind(env, (uint32_t)served);
	env_close(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_output, set_up),
		cmocka_unit_test_setup(test_output_wraps, set_up),
		cmocka_unit_test_setup(test_output_full, set_up),
		cmocka_unit_test_setup(test_output_broken, set_up),
		cmocka_unit_test_setup(test_our_index_is_ours, set_up),
		cmocka_unit_test_setup(test_input, set_up),
		cmocka_unit_test_setup(test_input_broken, set_up),
		cmocka_unit_test_setup(test_goes_on, set_up),
		cmocka_unit_test_setup(test_both_halves, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
