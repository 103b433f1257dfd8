/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/rtc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define BCD_12    0x00
#define BCD_24    0x02
#define BINARY_24 0x06

static void test_forms(void **state)
{
	/* 2024-02-29 23:58:07 */
	const uint8_t binary[] = { 7, 58, 23, 29, 2, 24 };
	const uint8_t bcd[] = { 0x07, 0x58, 0x23, 0x29, 0x02, 0x24 };
	const uint8_t evening[] = { 0x07, 0x58, 0x91, 0x29, 0x02, 0x24 };

	(void)state;
	assert_int_equal(rtc_seconds(binary, BINARY_24), 1709251087);
	assert_int_equal(rtc_seconds(bcd, BCD_24), 1709251087);
	assert_int_equal(rtc_seconds(evening, BCD_12), 1709251087);
}

static void test_noon_and_midnight(void **state)
{
	/* 2000-03-01, 12 AM and 12 PM */
	const uint8_t midnight[] = { 0, 0, 0x12, 1, 3, 0 };
	const uint8_t noon[] = { 0, 0, 0x92, 1, 3, 0 };

	(void)state;
	assert_int_equal(rtc_seconds(midnight, BCD_12), 951868800);
	assert_int_equal(rtc_seconds(noon, BCD_12), 951868800 + 12 * 3600);
}

static void test_leap_days(void **state)
{
	const uint8_t last[] = { 0, 0, 0, 28, 2, 99 };
	const uint8_t next[] = { 0, 0, 0, 1, 3, 99 };

	(void)state;
	/* 2099 has none. */
	assert_int_equal(rtc_seconds(next, BINARY_24) -
				 rtc_seconds(last, BINARY_24),
			 86400);
	assert_int_equal(rtc_seconds(last, BINARY_24), 4075920000);
}

static void test_nonsense(void **state)
{
	const uint8_t bad[][RTC_PARTS] = {
		{ 60, 0, 0, 1, 1, 0 }, { 0, 60, 0, 1, 1, 0 },
		{ 0, 0, 24, 1, 1, 0 }, { 0, 0, 0, 0, 1, 0 },
		{ 0, 0, 0, 32, 1, 0 }, { 0, 0, 0, 1, 0, 0 },
		{ 0, 0, 0, 1, 13, 0 }, { 0, 0, 0, 1, 1, 100 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(rtc_seconds(bad[i], BINARY_24), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_noon_and_midnight),
		cmocka_unit_test(test_leap_days),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests_name("rtc", tests, NULL, NULL);
}
