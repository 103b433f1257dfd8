/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>

/* Ours get other symbols, so that the host's own functions stay in place. */
int vsnprintf(char *restrict, size_t, const char *restrict,
	      va_list) __asm__("our_vsnprintf");
int snprintf(char *restrict, size_t, const char *restrict,
	     ...) __asm__("our_snprintf");

#include "lib/printf.c"

#include <limits.h>
#include <setjmp.h>

#include <cmocka.h>

static char text[64];

/* Formats and compares both the text and the length that is returned. */
#define expect(wanted, ...)                                                    \
	do {                                                                   \
		const int len = snprintf(text, sizeof(text), __VA_ARGS__);     \
		assert_string_equal(text, wanted);                             \
		assert_int_equal(len, sizeof(wanted) - 1);                     \
	} while (0)

static void test_integers(void **state)
{
	(void)state;
	expect("0 -1 4294967295", "%d %d %u", 0, -1, UINT_MAX);
	expect("-9223372036854775808", "%ld", LONG_MIN);
	expect("18446744073709551615", "%llu", ULLONG_MAX);
	expect("deadbeef 0", "%x %lx", 0xdeadbeef, 0L);
	expect("-1 7", "%lld %zu", -1LL, (size_t)7);
}

static void test_padding(void **state)
{
	(void)state;
	expect("[   42][42   ][00042]", "[%5d][%-5d][%05d]", 42, 42, 42);
	expect("[  -42][-42  ][-0042]", "[%5d][%-5d][%05d]", -42, -42, -42);
	expect("[0x002a][  0x2a]", "[%#06x][%#6x]", 42, 42);
	expect("[000]", "[%03d]", 0);
}

static void test_text(void **state)
{
	const char unterminated[3] = { 'a', 'b', 'c' };
	const char *volatile none = NULL;

	(void)state;
	expect("[ab][  ab][ab  ]", "[%s][%4s][%-4s]", "ab", "ab", "ab");
	expect("[ab][ a]", "[%.2s][%2.*s]", unterminated, 1, unterminated);
	expect("(null) x %", "%s %c %%", none, 'x');
	expect("0x1000", "%p", (void *)0x1000);
}

/* What does not fit is dropped but counted; the NUL is always there. */
static void test_size(void **state)
{
	const char *volatile long_text = "abcdef";

	(void)state;
	text[3] = '!';
	assert_int_equal(snprintf(text, 3, "%s", long_text), 6);
	assert_string_equal(text, "ab");
	assert_int_equal(text[3], '!');
	assert_int_equal(snprintf(text, 0, "%s", long_text), 6);
	assert_string_equal(text, "ab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
