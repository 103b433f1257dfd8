/* SPDX-License-Identifier: MIT */
#include "arch/x86/mce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "arch/x86/hooks.h"
#include "arch/x86/traps.h"
#include "lib/printf.h"

/* mce.c's handlers call these; only its words are tested here. */
void panic_at(const struct trap_frame *f, const char *fmt, ...)
{
	(void)f;
	(void)fmt;
	abort();
}

void log_from_trap(const char *fmt, ...)
{
	(void)fmt;
}

static const struct {
	uint64_t status;
	const char *words;
} cases[] = {
	/* AMD APM 2, tables 9-5 to 9-9; Intel SDM 3B, 15.9.2. */
	{ 0xbe00000000000135, "uncorrected, data cache L1, data read" },
	{ 0x9c00000000000151, "corrected, instruction cache L1, instruction "
			      "fetch" },
	{ 0x9c00000000000172, "corrected, instruction cache L2, eviction" },
	{ 0x9c0000000000017a, "corrected, generic cache L2, eviction" },
	{ 0x9c00000000000015, "corrected, data TLB L1" },
	{ 0x9c00000000000012, "corrected, instruction TLB L2" },
	{ 0xb400100000000813, "uncorrected, bus or memory controller, read" },
	{ 0x9400100000000863, "deferred, bus or memory controller, prefetch" },
	{ 0x9400000000000400, "corrected, error code 0400" },
	{ 0x94000000000001f5, "corrected, data cache L1, request" },
};

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[80];

		mce_describe(cases[i].status, buf, sizeof(buf));
		assert_string_equal(buf, cases[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
