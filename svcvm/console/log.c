/* SPDX-License-Identifier: MIT */
#include "svcvm/console/log.h"

#include <stdarg.h>
#include <stdio.h>

void log_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	flockfile(stderr);
	fputs("corbel-consoled: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	funlockfile(stderr);
	va_end(args);
}
