/* SPDX-License-Identifier: MIT */
/*
 * Formatted text: %d %u %x %p %s %c %%, with the flags '-', '0' and '#', a
 * width, a precision for %s (also '*'), and the lengths l, ll and z.
 *
 * Output past the end of the buffer is counted and dropped.
 */
#include "lib/printf.h"

#include "lib/string.h"

struct output {
	char *buf;
	size_t size;
	size_t used; /* characters wanted so far */
};

/* One conversion: what stands between '%' and its letter. */
struct spec {
	bool left;
	bool zero;
	bool prefix; /* '#': 0x before hexadecimal numbers */
	bool is_long;
	int width;
	int precision; /* -1: none given */
};

static void put(struct output *o, char c)
{
	if (o->used < o->size) {
		o->buf[o->used] = c;
	}
	o->used++;
}

/* Text on the side of its field that the flags say. */
static void put_field(struct output *o, const struct spec *f, const char *s,
		      int len)
{
	for (int i = len; !f->left && i < f->width; i++) {
		put(o, ' ');
	}
	for (int i = 0; i < len; i++) {
		put(o, s[i]);
	}
	for (int i = len; f->left && i < f->width; i++) {
		put(o, ' ');
	}
}

static void put_string(struct output *o, const struct spec *f, const char *s)
{
	int len = 0;

	if (s == NULL) {
		s = "(null)";
	}
	while (len != f->precision && s[len] != '\0') {
		len++;
	}
	put_field(o, f, s, len);
}

/* `sign` is what stands before the digits: "", "-" or "0x". */
static void put_number(struct output *o, const struct spec *f, const char *sign,
		       uint64_t value, unsigned int base)
{
	char text[64];
	const int sign_len = (int)strlen(sign);
	const int end = (int)sizeof(text);
	int at = end;

	do {
		text[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	while (f->zero && !f->left && at > sign_len &&
	       end - at + sign_len < f->width) {
		text[--at] = '0';
	}
	at -= sign_len;
	memcpy(text + at, sign, (size_t)sign_len);
	put_field(o, f, text + at, end - at);
}

static const char *read_digits(int *number, const char *p)
{
	for (*number = 0; *p >= '0' && *p <= '9'; p++) {
		*number = *number * 10 + (*p - '0');
	}
	return p;
}

/* va_list is an array type, so it is passed on within a struct. */
struct arguments {
	va_list list;
};

static const char *read_spec(struct spec *f, const char *p, struct arguments *a)
{
	*f = (struct spec){ .precision = -1 };

	for (; *p == '-' || *p == '0' || *p == '#'; p++) {
		f->left |= *p == '-';
		f->zero |= *p == '0';
		f->prefix |= *p == '#';
	}
	p = read_digits(&f->width, p);
	if (p[0] == '.' && p[1] == '*') {
		f->precision = va_arg(a->list, int);
		p += 2;
	} else if (p[0] == '.') {
		p = read_digits(&f->precision, p + 1);
	}
	for (; *p == 'l' || *p == 'z'; p++) {
		f->is_long = true;
	}
	return p;
}

static void put_converted(struct output *o, const struct spec *f, char letter,
			  struct arguments *a)
{
	uint64_t n = 0;

	if (letter == 'p' || (f->is_long && strchr("dux", letter) != NULL)) {
		n = va_arg(a->list, uint64_t);
	} else if (letter == 'd') {
		n = (uint64_t)va_arg(a->list, int);
	} else if (strchr("uxc", letter) != NULL) {
		n = va_arg(a->list, unsigned int);
	}

	const bool negative = letter == 'd' && (int64_t)n < 0;
	const char c = (char)n;

	switch (letter) {
	case 'd':
	case 'u':
		put_number(o, f, negative ? "-" : "", negative ? -n : n, 10);
		return;
	case 'p':
	case 'x':
		put_number(o, f, f->prefix || letter == 'p' ? "0x" : "", n, 16);
		return;
	case 's':
		put_string(o, f, va_arg(a->list, const char *));
		return;
	case 'c':
		put_field(o, f, &c, 1);
		return;
	default: /* "%%", or a letter we do not know: shown as it is */
		put(o, letter);
		return;
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct output o = { .buf = buf, .size = size };
	struct arguments a;
	struct spec f;

	va_copy(a.list, args);
	while (*fmt != '\0') {
		if (*fmt != '%') {
			put(&o, *fmt++);
			continue;
		}
		fmt = read_spec(&f, fmt + 1, &a);
		if (*fmt == '\0') {
			break;
		}
		put_converted(&o, &f, *fmt++, &a);
	}
	va_end(a.list);

	if (size > 0) {
		buf[o.used < size ? o.used : size - 1] = '\0';
	}
	return (int)o.used;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}
