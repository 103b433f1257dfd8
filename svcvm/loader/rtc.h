/* SPDX-License-Identifier: MIT */
/* The machine's CMOS clock, which the service VM reaches as it is. */
#pragma once

#include <stdint.h>

/* What is read of it, in this order. */
enum rtc_part {
	RTC_SECOND,
	RTC_MINUTE,
	RTC_HOUR,
	RTC_DAY,
	RTC_MONTH,
	RTC_YEAR
};

#define RTC_PARTS 6

/* UTC seconds since 1970; 0 when the clock makes no sense. */
uint64_t rtc_read(void);

/* The same from the registers' values; `b` is register B. Pure. */
uint64_t rtc_seconds(const uint8_t registers[RTC_PARTS], uint8_t b);
