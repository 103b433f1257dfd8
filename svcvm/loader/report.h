/* SPDX-License-Identifier: MIT */
/*
 * The text of the one error that stops the loader.
 */
#pragma once

#include <stdint.h>

struct report {
	char text[160];
};

/*
 * Writes the error text, cut to fit. The format knows %s, %u, %lu and %#lx
 * only. Returns -XEN_EINVAL, so that a caller can return what it reports.
 */
int report_error(struct report *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
