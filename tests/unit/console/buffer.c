/* SPDX-License-Identifier: MIT */
#include "svcvm/console/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct buffer buffer;

static int set_up(void **state)
{
	(void)state;
	memset(&buffer, 0, sizeof(buffer));
	return 0;
}

static char next_byte(void)
{
	size_t size;
	char byte = *buffer_front(&buffer, &size);

	assert_true(size > 0);
	buffer_drop(&buffer, 1);
	return byte;
}

static void test_order(void **state)
{
	size_t size;

	(void)state;
	buffer_front(&buffer, &size);
	assert_int_equal(size, 0);
	buffer_add(&buffer, "ab", 2);
	buffer_add(&buffer, "c", 1);
	assert_int_equal(next_byte(), 'a');
	assert_int_equal(next_byte(), 'b');
	assert_int_equal(next_byte(), 'c');
	assert_int_equal(buffer.size, 0);
}

static void test_forgets_oldest(void **state)
{
	char *many = malloc(BUFFER_SIZE);

	(void)state;
	memset(many, '.', BUFFER_SIZE);
	buffer_add(&buffer, "abcd", 4);
	buffer_add(&buffer, many, BUFFER_SIZE - 2);
	assert_int_equal(buffer.size, BUFFER_SIZE);
	assert_int_equal(next_byte(), 'c');
	assert_int_equal(next_byte(), 'd');
	assert_int_equal(next_byte(), '.');
	free(many);
}

static void test_more_than_all(void **state)
{
	size_t size = BUFFER_SIZE + 3;
	char *many = malloc(size);

	(void)state;
	memset(many, '.', size);
	many[3] = 'x';
	buffer_add(&buffer, "abc", 3);
	buffer_add(&buffer, many, size);
	assert_int_equal(buffer.size, BUFFER_SIZE);
	assert_int_equal(next_byte(), 'x');
	free(many);
}

/* Against a queue of single bytes, with any mixture of sizes. */
static void test_any_mixture(void **state)
{
	unsigned char put = 0, got = 0;
	char piece[700];
	size_t size, front, i;
	int turn;

	(void)state;
	srand(1);
	for (turn = 0; turn < 20000; turn++) {
		size = (size_t)rand() % sizeof(piece);
		for (i = 0; i < size; i++) {
			piece[i] = (char)put++;
		}
		if (buffer.size + size > BUFFER_SIZE) {
			got += (unsigned char)(buffer.size + size -
					       BUFFER_SIZE);
		}
		buffer_add(&buffer, piece, size);
		const char *bytes = buffer_front(&buffer, &front);

		size = (size_t)rand() % sizeof(piece);
		size = size < front ? size : front;
		for (i = 0; i < size; i++) {
			assert_int_equal((unsigned char)bytes[i], got++);
		}
		buffer_drop(&buffer, size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, set_up),
		cmocka_unit_test_setup(test_forgets_oldest, set_up),
		cmocka_unit_test_setup(test_more_than_all, set_up),
		cmocka_unit_test_setup(test_any_mixture, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
