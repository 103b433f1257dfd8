/* SPDX-License-Identifier: MIT */
/*
 * Values of the configuration, out of their text. Nothing here reports: who
 * calls knows the place.
 */
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "libctl/config/config.h"

#define NAME_LENGTH_MAX 64

bool value_number(const char *text, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)text[0])) {
		return false;
	}
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

const char value_memory_units[] = "b|bytes|k|KB|KiB|M|MB|MiB|G|GB|GiB|T|TB|TiB";

/* libvirt's: letters alone and with iB count in 1024, with B in 1000. */
static const struct {
	const char *name;
	uint64_t bytes;
} memory_units[] = {
	{ "b", 1 },
	{ "bytes", 1 },
	{ "k", 1ull << 10 },
	{ "KB", 1000 },
	{ "KiB", 1ull << 10 },
	{ "M", 1ull << 20 },
	{ "MB", 1000000 },
	{ "MiB", 1ull << 20 },
	{ "G", 1ull << 30 },
	{ "GB", 1000000000 },
	{ "GiB", 1ull << 30 },
	{ "T", 1ull << 40 },
	{ "TB", 1000000000000 },
	{ "TiB", 1ull << 40 },
	{ NULL, 0 },
};

bool value_memory(uint64_t number, const char *unit, uint64_t *kib)
{
	size_t i = 0;
	uint64_t bytes;

	while (memory_units[i].name != NULL &&
	       strcmp(unit, memory_units[i].name) != 0) {
		i++;
	}
	if (memory_units[i].name == NULL ||
	    __builtin_mul_overflow(number, memory_units[i].bytes, &bytes)) {
		return false;
	}
	*kib = bytes / 1024 + (bytes % 1024 != 0);
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two hexadecimal digits; leaves `*text` behind them. */
static bool hex_byte(const char **text, uint8_t *byte)
{
	const int high = hex_digit((*text)[0]);
	const int low = high < 0 ? -1 : hex_digit((*text)[1]);

	if (low < 0) {
		return false;
	}
	*byte = (uint8_t)(high << 4 | low);
	*text += 2;
	return true;
}

bool value_uuid(const char *text, uint8_t uuid[16])
{
	for (size_t i = 0; i < 16; i++) {
		const bool dash = i == 4 || i == 6 || i == 8 || i == 10;

		if (dash && *text++ != '-') {
			return false;
		}
		if (!hex_byte(&text, &uuid[i])) {
			return false;
		}
	}
	return *text == '\0';
}

void value_uuid_text(const uint8_t u[16], char text[37])
{
	snprintf(text, 37,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		 "%02x%02x%02x%02x%02x%02x",
		 u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9],
		 u[10], u[11], u[12], u[13], u[14], u[15]);
}

bool value_mac(const char *text, uint8_t mac[6])
{
	for (size_t i = 0; i < 6; i++) {
		if (i > 0 && *text++ != ':') {
			return false;
		}
		if (!hex_byte(&text, &mac[i])) {
			return false;
		}
	}
	return *text == '\0';
}

static bool is_word(const char *text, size_t max)
{
	const size_t length = strlen(text);

	return length > 0 && length <= max && text[0] != '-' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789-_.+") == length;
}

/* Digits alone would be an id. */
bool value_name(const char *text)
{
	return is_word(text, NAME_LENGTH_MAX) &&
	       text[strspn(text, "0123456789")] != '\0';
}

/* Linux takes more, but not the names of folders. */
bool value_interface(const char *text)
{
	return is_word(text, IF_NAMESIZE - 1) && text[0] != '.';
}

/* The first 16 disks have Linux' major 202 and 16 partitions each; those
 * behind have bit 28 and 256 partitions each. */
#define XVD_MAJOR          202u
#define XVD_EXTENDED       (1u << 28)
#define XVD_MAJOR_DISKS    16u
#define XVD_EXTENDED_DISKS (1u << 20)

/* "a" is 0, "z" 25, "aa" 26. Returns how many letters, 0 for none or too
 * many. */
static size_t disk_letters(const char *text, uint32_t *disk)
{
	size_t length;
	uint32_t sum = 0;

	for (length = 0; text[length] >= 'a' && text[length] <= 'z'; length++) {
		sum = sum * 26 + (uint32_t)(text[length] - 'a') + 1;
		if (sum > XVD_EXTENDED_DISKS) {
			return 0;
		}
	}
	*disk = sum - 1;
	return length;
}

bool value_disk_target(const char *text, uint32_t *number)
{
	uint32_t disk;
	uint64_t partition = 0;
	size_t letters;

	if (strncmp(text, "xvd", 3) != 0) {
		return false;
	}
	letters = disk_letters(text + 3, &disk);
	if (letters == 0) {
		return false;
	}
	text += 3 + letters;
	if (*text != '\0' && (*text == '0' || !value_number(text, &partition) ||
			      partition > 15)) {
		return false;
	}
	*number = disk < XVD_MAJOR_DISKS
			  ? XVD_MAJOR << 8 | disk << 4 | (uint32_t)partition
			  : XVD_EXTENDED | disk << 8 | (uint32_t)partition;
	return true;
}

bool value_new_uuid(uint8_t uuid[16])
{
	if (getrandom(uuid, 16, 0) != 16) {
		return false;
	}
	/* RFC 4122 4.4: version 4, variant 1. */
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	return true;
}

void value_new_mac(const char *name, size_t index, uint8_t mac[6])
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *name != '\0'; name++) {
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	}
	hash = (hash ^ (uint32_t)index) * 16777619u;
	/* The prefix that guests of this ABI use. */
	mac[0] = 0x00;
	mac[1] = 0x16;
	mac[2] = 0x3e;
	mac[3] = (uint8_t)(hash >> 24 & 0x7f);
	mac[4] = (uint8_t)(hash >> 16);
	mac[5] = (uint8_t)(hash >> 8);
}
