/* SPDX-License-Identifier: MIT */
/* MC146818: registers 0..9 hold the time, BCD or binary as register B says. */
#include "svcvm/loader/rtc.h"

#include <stdbool.h>
#include <string.h>

#define PORT_INDEX 0x70
#define PORT_DATA  0x71
#define REG_A      0x0a
#define A_UPDATING 0x80
#define REG_B      0x0b
#define B_24_HOURS 0x02
#define B_BINARY   0x04
#define HOUR_PM    0x80
#define READ_TRIES 100000

static uint8_t reg(uint8_t index)
{
	uint8_t value;

	__asm__ volatile("outb %0, %1" ::"a"(index),
			 "Nd"((uint16_t)PORT_INDEX));
	__asm__ volatile("inb %1, %0"
			 : "=a"(value)
			 : "Nd"((uint16_t)PORT_DATA));
	return value;
}

static void read_raw(uint8_t t[RTC_PARTS])
{
	static const uint8_t registers[RTC_PARTS] = { 0, 2, 4, 7, 8, 9 };

	for (unsigned int i = 0;
	     i < READ_TRIES && (reg(REG_A) & A_UPDATING) != 0; i++) {
		__asm__ volatile("pause");
	}
	for (unsigned int i = 0; i < RTC_PARTS; i++) {
		t[i] = reg(registers[i]);
	}
}

static void convert(uint8_t t[RTC_PARTS], uint8_t b)
{
	const bool pm = (t[RTC_HOUR] & HOUR_PM) != 0;

	t[RTC_HOUR] &= (uint8_t)~HOUR_PM;
	for (unsigned int i = 0; (b & B_BINARY) == 0 && i < RTC_PARTS; i++) {
		t[i] = (uint8_t)((t[i] >> 4) * 10 + (t[i] & 0xf));
	}
	if ((b & B_24_HOURS) == 0) {
		t[RTC_HOUR] = (uint8_t)(t[RTC_HOUR] % 12 + (pm ? 12 : 0));
	}
}

/* Days from 1970 to a date of the Gregorian calendar, years starting in March
 * so that the leap day comes last. */
static uint64_t days(unsigned int year, unsigned int month, unsigned int day)
{
	const unsigned int y = month > 2 ? year : year - 1;
	const unsigned int m = month > 2 ? month - 3 : month + 9;

	return (uint64_t)365 * y + y / 4 - y / 100 + y / 400 +
	       (153 * m + 2) / 5 + day - 1 - 719468;
}

uint64_t rtc_seconds(const uint8_t registers[RTC_PARTS], uint8_t b)
{
	uint8_t t[RTC_PARTS];

	memcpy(t, registers, sizeof(t));
	convert(t, b);
	if (t[RTC_MONTH] < 1 || t[RTC_MONTH] > 12 || t[RTC_DAY] < 1 ||
	    t[RTC_DAY] > 31 || t[RTC_HOUR] > 23 || t[RTC_MINUTE] > 59 ||
	    t[RTC_SECOND] > 59 || t[RTC_YEAR] > 99) {
		return 0;
	}
	return days(2000u + t[RTC_YEAR], t[RTC_MONTH], t[RTC_DAY]) * 86400 +
	       t[RTC_HOUR] * 3600u + t[RTC_MINUTE] * 60u + t[RTC_SECOND];
}

uint64_t rtc_read(void)
{
	uint8_t t[RTC_PARTS];
	uint8_t again[RTC_PARTS];

	/* An update between two registers shows as a difference. */
	for (unsigned int i = 0; i < 10; i++) {
		read_raw(t);
		read_raw(again);
		if (memcmp(t, again, sizeof(t)) == 0) {
			break;
		}
	}
	return rtc_seconds(t, reg(REG_B));
}
