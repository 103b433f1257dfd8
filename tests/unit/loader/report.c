/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct report r;

static void test_arguments(void **state)
{
	(void)state;
	assert_int_equal(report_error(&r, "%s: %u of %lu at %#lx", "name", 0,
				      18446744073709551615ul, 0xabcul),
			 -22);
	assert_string_equal(r.text, "name: 0 of 18446744073709551615 at 0xabc");
}

static void test_cut_to_fit(void **state)
{
	char text[2 * sizeof(r.text)];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	report_error(&r, "%s%#lx", text, 1ul);
	assert_int_equal(strlen(r.text), sizeof(r.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_cut_to_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
