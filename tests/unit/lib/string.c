/* SPDX-License-Identifier: MIT */
#include <stddef.h>

/* Ours get other symbols, so that the host's own functions stay in place. */
void *memcpy(void *restrict, const void *restrict,
	     size_t) __asm__("our_memcpy");
void *memmove(void *, const void *, size_t) __asm__("our_memmove");
void *memset(void *, int, size_t) __asm__("our_memset");
int memcmp(const void *, const void *, size_t) __asm__("our_memcmp");
size_t strlen(const char *) __asm__("our_strlen");
int strcmp(const char *, const char *) __asm__("our_strcmp");
char *strchr(const char *, int) __asm__("our_strchr");

#include "lib/string.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SIZE 80

static uint8_t from[SIZE];
static uint8_t to[SIZE];

static void fill(void)
{
	for (unsigned int i = 0; i < SIZE; i++) {
		from[i] = (uint8_t)(i + 1);
		to[i] = 0xee;
	}
}

/* Every length and alignment copies just what it should. */
static void test_memcpy(void **state)
{
	(void)state;
	for (size_t n = 0; n < 40; n++) {
		for (size_t at = 0; at < 16; at++) {
			fill();
			assert_ptr_equal(memcpy(to + at, from + 3, n), to + at);
			for (size_t i = 0; i < SIZE; i++) {
				const bool in = i >= at && i < at + n;

				assert_int_equal(to[i],
						 in ? from[i - at + 3] : 0xee);
			}
		}
	}
}

static void test_memmove(void **state)
{
	(void)state;
	for (size_t n = 0; n < 40; n++) {
		for (size_t at = 0; at < 32; at++) {
			fill();
			memmove(from + at, from + 16, n);
			for (size_t i = 0; i < SIZE; i++) {
				const bool in = i >= at && i < at + n;
				const size_t was = in ? i - at + 16 : i;

				assert_int_equal(from[i], was + 1);
			}
		}
	}
}

static void test_memset(void **state)
{
	(void)state;
	for (size_t n = 0; n < 40; n++) {
		fill();
		memset(to + 5, 0x1a7, n);
		for (size_t i = 0; i < SIZE; i++) {
			assert_int_equal(to[i],
					 i >= 5 && i < 5 + n ? 0xa7 : 0xee);
		}
	}
}

static void test_compare(void **state)
{
	(void)state;
	assert_int_equal(memcmp("abc", "abd", 2), 0);
	assert_true(memcmp("abc", "abd", 3) < 0);
	assert_true(memcmp("\xff", "a", 1) > 0);
	assert_int_equal(strcmp("abc", "abc"), 0);
	assert_true(strcmp("ab", "abc") < 0);
	assert_true(strcmp("\xff", "a") > 0);
}

static void test_strings(void **state)
{
	static const char text[] = "a=b";

	(void)state;
	assert_int_equal(strlen(""), 0);
	assert_int_equal(strlen(text), 3);
	assert_ptr_equal(strchr(text, '='), text + 1);
	assert_ptr_equal(strchr(text, '\0'), text + 3);
	assert_null(strchr(text, 'x'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcpy),  cmocka_unit_test(test_memmove),
		cmocka_unit_test(test_memset),  cmocka_unit_test(test_compare),
		cmocka_unit_test(test_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
