/* SPDX-License-Identifier: MIT */
#include "svcvm/store/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void put(const char *format, va_list args)
	__attribute__((format(printf, 1, 0)));

static void put(const char *format, va_list args)
{
	flockfile(stderr);
	fputs("corbel-stored: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	funlockfile(stderr);
}

void log_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(format, args);
	va_end(args);
}

void log_fatal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(format, args);
	va_end(args);
	exit(EXIT_FAILURE);
}
