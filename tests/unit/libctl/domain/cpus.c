/* SPDX-License-Identifier: MIT */
#include "libctl/corbel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What `text` says, on a host with 8 pCPUs. */
static void means(const char *text, const char *again)
{
	struct corbel_cpus cpus;
	char out[64];

	assert_true(corbel_cpus_parse(text, &cpus));
	corbel_cpus_text(&cpus, 8, out, sizeof(out));
	assert_string_equal(out, again);
}

static void reads_what_it_writes(void **state)
{
	(void)state;
	means("0", "0");
	means("0,2-5", "0,2-5");
	means("5,2,4,3", "2-5");
	means("all", "all");
	means("0-7", "all");
	means("0-255", "all");
	means("all,^3", "0-2,4-7");
	means("0-3,^1-2,6", "0,3,6");
	means("^1", "");
	means("200", "");
}

static void refuses_anything_else(void **state)
{
	static const char *const texts[] = {
		"",    ",",    "1,",  ",1",   "a",     "1-",
		"3-2", "-1",   "256", "0x1",  "1 2",   "^",
		"^^1", "alls", "1;2", "0--3", "1-2-3", "99999999999999999999",
	};
	struct corbel_cpus cpus;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (corbel_cpus_parse(texts[i], &cpus)) {
			fail_msg("\"%s\" was taken", texts[i]);
		}
	}
}

static void cuts_off_what_has_no_room(void **state)
{
	struct corbel_cpus cpus;
	char out[64];

	(void)state;
	assert_true(corbel_cpus_parse("0,2,4,6", &cpus));
	for (size_t size = 1; size < sizeof(out); size++) {
		memset(out, 'x', sizeof(out));
		corbel_cpus_text(&cpus, 8, out, size);
		assert_true(strlen(out) < size);
		assert_memory_equal(out, "0,2,4,6", strlen(out));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_writes),
		cmocka_unit_test(refuses_anything_else),
		cmocka_unit_test(cuts_off_what_has_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
