/* SPDX-License-Identifier: MIT */
#include "libctl/core/internal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct corbel c;

static void text_and_object(void **state)
{
	(void)state;
	assert_int_equal(corbel_fail(&c, CORBEL_INVALID, "disk xvda",
				     "no source, %d", 5),
			 -1);
	assert_int_equal(corbel_error(&c)->code, CORBEL_INVALID);
	assert_string_equal(corbel_error(&c)->object, "disk xvda");
	assert_string_equal(corbel_error(&c)->text, "no source, 5");
}

static void errno_is_told_and_decides_the_code(void **state)
{
	static const struct {
		int number;
		enum corbel_error_code code;
	} rows[] = {
		{ EPERM, CORBEL_NOT_ALLOWED },
		{ EACCES, CORBEL_NOT_ALLOWED },
		{ ENOENT, CORBEL_NOT_FOUND },
		{ ESRCH, CORBEL_NOT_FOUND },
		{ EEXIST, CORBEL_EXISTS },
		{ ENOMEM, CORBEL_NO_MEMORY },
		{ ENOSYS, CORBEL_UNSUPPORTED },
		{ ETIMEDOUT, CORBEL_TIMEOUT },
		{ EOPNOTSUPP, CORBEL_UNSUPPORTED },
		{ EIO, CORBEL_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		errno = rows[i].number;
		corbel_fail_errno(&c, NULL, "open");
		assert_int_equal(corbel_error(&c)->code, rows[i].code);
		assert_memory_equal(corbel_error(&c)->text, "open: ", 6);
		assert_string_equal(corbel_error(&c)->text + 6,
				    strerror(rows[i].number));
		assert_string_equal(corbel_error(&c)->object, "");
	}
}

/* A failure's text may be made of the one before. */
static void nested_failure(void **state)
{
	(void)state;
	corbel_fail(&c, CORBEL_FAILED, "a", "inner");
	corbel_fail(&c, CORBEL_FAILED, c.error.object, "outer: %s",
		    c.error.text);
	assert_string_equal(corbel_error(&c)->text, "outer: inner");
	assert_string_equal(corbel_error(&c)->object, "a");
}

static void long_texts_are_cut(void **state)
{
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	errno = EIO;
	corbel_fail_errno(&c, text, "%s", text);
	assert_int_equal(strlen(c.error.text), sizeof(c.error.text) - 1);
	assert_int_equal(strlen(c.error.object), sizeof(c.error.object) - 1);
}

static void undoing_keeps_the_first_failure(void **state)
{
	struct corbel_error kept;

	(void)state;
	corbel_fail(&c, CORBEL_NO_MEMORY, "guest web1", "first");
	kept = error_keep(&c);
	corbel_fail(&c, CORBEL_FAILED, "guest web1", "second");
	error_put_back(&c, &kept);
	assert_int_equal(corbel_error(&c)->code, CORBEL_NO_MEMORY);
	assert_string_equal(corbel_error(&c)->text, "first");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_object),
		cmocka_unit_test(errno_is_told_and_decides_the_code),
		cmocka_unit_test(nested_failure),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(undoing_keeps_the_first_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
