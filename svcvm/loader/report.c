/* SPDX-License-Identifier: MIT */
/*
 * A formatter just big enough for the loader's error texts.
 */
#include "svcvm/loader/report.h"

#include <stdarg.h>
#include <stddef.h>

#include <xen/errno.h>

struct writer {
	char *at;
	char *end; /* room for the final NUL starts here */
};

static void put(struct writer *w, char c)
{
	if (w->at < w->end) {
		*w->at++ = c;
	}
}

static void put_string(struct writer *w, const char *s)
{
	while (*s != '\0') {
		put(w, *s++);
	}
}

static void put_number(struct writer *w, uint64_t value, unsigned int base)
{
	char digits[20];
	size_t count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);

	while (count > 0) {
		put(w, digits[--count]);
	}
}

/* Writes one argument; returns the format after its directive. */
static const char *put_argument(struct writer *w, const char *f, va_list *args)
{
	if (*f == 's') {
		put_string(w, va_arg(*args, const char *));
		return f + 1;
	}
	if (*f == 'u') {
		put_number(w, va_arg(*args, unsigned int), 10);
		return f + 1;
	}
	if (f[0] == 'l' && f[1] == 'u') {
		put_number(w, va_arg(*args, unsigned long), 10);
		return f + 2;
	}
	if (f[0] == '#' && f[1] == 'l' && f[2] == 'x') {
		put_string(w, "0x");
		put_number(w, va_arg(*args, unsigned long), 16);
		return f + 3;
	}
	put(w, '%');
	return f;
}

int report_error(struct report *r, const char *format, ...)
{
	struct writer w = { r->text, r->text + sizeof(r->text) - 1 };
	va_list args;

	va_start(args, format);
	while (*format != '\0') {
		if (*format == '%') {
			format = put_argument(&w, format + 1, &args);
		} else {
			put(&w, *format++);
		}
	}
	va_end(args);
	*w.at = '\0';
	return -XEN_EINVAL;
}
