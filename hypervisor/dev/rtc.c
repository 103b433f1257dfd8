/* SPDX-License-Identifier: MIT */
/* MC146818: registers 0..9 hold the time, BCD or binary as register B says. */
#include "dev/rtc.h"

#include "arch/x86/asm.h"

#define PORT_INDEX 0x70
#define PORT_DATA 0x71
#define REG_A 0x0a
#define A_UPDATING BIT(7)
#define REG_B 0x0b
#define B_24_HOURS BIT(1)
#define B_BINARY BIT(2)
#define HOUR_PM 0x80
#define READ_TRIES 100000

struct rtc_time {
	uint8_t second, minute, hour, day, month, year;
};

static uint8_t reg(uint8_t index)
{
	outb(PORT_INDEX, index);
	return inb(PORT_DATA);
}

static struct rtc_time read_raw(void)
{
	for (unsigned int i = 0;
	     i < READ_TRIES && (reg(REG_A) & A_UPDATING) != 0; i++) {
		cpu_pause();
	}
	return (struct rtc_time){ reg(0), reg(2), reg(4),
				  reg(7), reg(8), reg(9) };
}

static bool same(const struct rtc_time *a, const struct rtc_time *b)
{
	return a->second == b->second && a->minute == b->minute &&
	       a->hour == b->hour && a->day == b->day;
}

static uint8_t from_bcd(uint8_t v)
{
	return (uint8_t)((v >> 4) * 10 + (v & 0xf));
}

static void convert(struct rtc_time *t, uint8_t b)
{
	const bool pm = (t->hour & HOUR_PM) != 0;

	t->hour &= (uint8_t)~HOUR_PM;
	if ((b & B_BINARY) == 0) {
		t->second = from_bcd(t->second);
		t->minute = from_bcd(t->minute);
		t->hour = from_bcd(t->hour);
		t->day = from_bcd(t->day);
		t->month = from_bcd(t->month);
		t->year = from_bcd(t->year);
	}
	if ((b & B_24_HOURS) == 0) {
		t->hour = (uint8_t)(t->hour % 12 + (pm ? 12 : 0));
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

uint64_t rtc_read(void)
{
	struct rtc_time t = read_raw();
	struct rtc_time again = read_raw();

	/* An update between two registers shows as a difference. */
	for (unsigned int i = 0; i < 10 && !same(&t, &again); i++) {
		t = again;
		again = read_raw();
	}
	convert(&t, reg(REG_B));
	if (t.month < 1 || t.month > 12 || t.day < 1 || t.day > 31 ||
	    t.hour > 23 || t.minute > 59 || t.second > 59 || t.year > 99) {
		return 0;
	}
	return days(2000u + t.year, t.month, t.day) * 86400 +
	       t.hour * 3600u + t.minute * 60u + t.second;
}
