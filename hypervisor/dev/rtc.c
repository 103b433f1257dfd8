/* SPDX-License-Identifier: MIT */
/* MC146818: registers 0..9 hold the time, BCD or binary as register B says. */
#include "dev/rtc.h"

#include "arch/x86/asm.h"
#include "lib/string.h"

#define PORT_INDEX 0x70
#define PORT_DATA  0x71
#define REG_A      0x0a
#define A_UPDATING BIT(7)
#define REG_B      0x0b
#define B_24_HOURS BIT(1)
#define B_BINARY   BIT(2)
#define HOUR_PM    0x80
#define READ_TRIES 100000

/* Indexes of what is read, in the order of registers[]. */
enum { SECOND, MINUTE, HOUR, DAY, MONTH, YEAR, PARTS };

static const uint8_t registers[PARTS] = { 0, 2, 4, 7, 8, 9 };

static uint8_t reg(uint8_t index)
{
	outb(PORT_INDEX, index);
	return inb(PORT_DATA);
}

static void read_raw(uint8_t t[PARTS])
{
	for (unsigned int i = 0;
	     i < READ_TRIES && (reg(REG_A) & A_UPDATING) != 0; i++) {
		cpu_pause();
	}
	for (unsigned int i = 0; i < PARTS; i++) {
		t[i] = reg(registers[i]);
	}
}

static void convert(uint8_t t[PARTS], uint8_t b)
{
	const bool pm = (t[HOUR] & HOUR_PM) != 0;

	t[HOUR] &= (uint8_t)~HOUR_PM;
	for (unsigned int i = 0; (b & B_BINARY) == 0 && i < PARTS; i++) {
		t[i] = (uint8_t)((t[i] >> 4) * 10 + (t[i] & 0xf));
	}
	if ((b & B_24_HOURS) == 0) {
		t[HOUR] = (uint8_t)(t[HOUR] % 12 + (pm ? 12 : 0));
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
	uint8_t t[PARTS];
	uint8_t again[PARTS];

	/* An update between two registers shows as a difference. */
	for (unsigned int i = 0; i < 10; i++) {
		read_raw(t);
		read_raw(again);
		if (memcmp(t, again, sizeof(t)) == 0) {
			break;
		}
	}
	convert(t, reg(REG_B));
	if (t[MONTH] < 1 || t[MONTH] > 12 || t[DAY] < 1 || t[DAY] > 31 ||
	    t[HOUR] > 23 || t[MINUTE] > 59 || t[SECOND] > 59 || t[YEAR] > 99) {
		return 0;
	}
	return days(2000u + t[YEAR], t[MONTH], t[DAY]) * 86400 +
	       t[HOUR] * 3600u + t[MINUTE] * 60u + t[SECOND];
}
