/* SPDX-License-Identifier: MIT */
/* Counts and prints results, reads options, ends the run. */
#include "lib/test.h"

#include "lib/hypercall.h"

static unsigned passed, failed, skipped;

bool expect(bool good, const char *name, const char *reason, ...)
{
	char text[256];
	va_list args;

	if (good) {
		passed++;
		print("ok %s\n", name);
		return true;
	}
	failed++;
	va_start(args, reason);
	text_format(text, sizeof(text), reason, args);
	va_end(args);
	print("not ok %s: %s\n", name, text);
	return false;
}

bool expect_eq(const char *name, long got, long want)
{
	return expect(got == want, name, "got %ld (0x%lx), want %ld (0x%lx)",
		      got, got, want, want);
}

void skip(const char *name, const char *why)
{
	skipped++;
	print("skip %s: %s\n", name, why);
}

_Noreturn void test_end(void)
{
	print("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	/* The reason is all that a run without a console shows. */
	hypercall_shutdown(failed == 0 ? SHUTDOWN_poweroff : SHUTDOWN_crash);
}

_Noreturn void test_abort(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	text_format(text, sizeof(text), format, args);
	va_end(args);
	failed++;
	print("not ok run to the end: %s\n", text);
	test_end();
}

static uint64_t number(const char *s)
{
	uint64_t value = 0;
	unsigned base = 10;

	if (s[0] == '0' && s[1] == 'x') {
		base = 16;
		s += 2;
	}
	for (;; s++) {
		if (*s >= '0' && *s <= '9') {
			value = value * base + (*s - '0');
		} else if (base == 16 && *s >= 'a' && *s <= 'f') {
			value = value * base + (*s - 'a' + 10);
		} else {
			return value;
		}
	}
}

uint64_t option(const char *name, uint64_t otherwise)
{
	size_t length = strlen(name);

	for (const char *p = command_line; (p = strstr(p, name)); p += length) {
		if (p != command_line && p[-1] != ' ') {
			continue;
		}
		if (p[length] == '=') {
			return number(p + length + 1);
		}
		if (p[length] == ' ' || p[length] == '\0') {
			return 1;
		}
	}
	return otherwise;
}

bool on_peer(void)
{
	return option("peer", 0) != 0;
}
