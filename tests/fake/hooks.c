/* SPDX-License-Identifier: MIT */
/* The upward calls of arch/x86/hooks.h: a panic ends the test program. */
#include "arch/x86/hooks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	abort();
}

void log_print(enum log_level level, const char *fmt, ...)
{
	va_list args;

	if (getenv("FAKE_LOG") == NULL) {
		return;
	}
	fprintf(stderr, "%d: ", (int)level);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
}
