/* SPDX-License-Identifier: MIT */
/*
 * Formatted text: %d %i %u %x %X %p %s %c %%, with flags '-', '0', '#', '+' and
 * ' ', a width, a precision (also '*'), and the lengths hh h l ll z j t.
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
	char plus;   /* sign of positive numbers, '\0' for none */
	int width;
	int precision; /* -1: none given */
	int length;    /* bytes of an integer argument */
};

static void put(struct output *o, char c)
{
	if (o->used < o->size) {
		o->buf[o->used] = c;
	}
	o->used++;
}

static void put_many(struct output *o, char c, int count)
{
	for (; count > 0; count--) {
		put(o, c);
	}
}

static void put_text(struct output *o, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		put(o, s[i]);
	}
}

static void put_string(struct output *o, const struct spec *f, const char *s)
{
	size_t len = 0;

	if (s == NULL) {
		s = "(null)";
	}
	while ((f->precision < 0 || len < (size_t)f->precision) &&
	       s[len] != '\0') {
		len++;
	}

	const int pad = f->width - (int)len;

	if (!f->left) {
		put_many(o, ' ', pad);
	}
	put_text(o, s, len);
	if (f->left) {
		put_many(o, ' ', pad);
	}
}

/* `sign` is what stands before the digits: "", "-", "0x" and the like. */
static void put_number(struct output *o, const struct spec *f, const char *sign,
		       uint64_t value, unsigned int base, const char *digits)
{
	char text[20]; /* UINT64_MAX has 20 digits */
	int len = 0;

	while (value != 0) {
		text[len++] = digits[value % base];
		value /= base;
	}

	const int sign_len = (int)strlen(sign);
	int zeros = (f->precision < 0 ? 1 : f->precision) - len;

	/* C11 7.21.6.1: a precision switches the '0' flag off. */
	if (f->zero && !f->left && f->precision < 0) {
		zeros = f->width - sign_len - len;
		zeros = zeros < 1 - len ? 1 - len : zeros;
	}
	zeros = zeros < 0 ? 0 : zeros;

	const int pad = f->width - sign_len - zeros - len;

	if (!f->left) {
		put_many(o, ' ', pad);
	}
	put_text(o, sign, (size_t)sign_len);
	put_many(o, '0', zeros);
	while (len > 0) {
		put(o, text[--len]);
	}
	if (f->left) {
		put_many(o, ' ', pad);
	}
}

static void put_signed(struct output *o, const struct spec *f, int64_t value)
{
	const char plus[2] = { f->plus, '\0' };
	const uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;

	put_number(o, f, value < 0 ? "-" : plus, size, 10, "0123456789");
}

static void put_hex(struct output *o, const struct spec *f, uint64_t value,
		    bool upper)
{
	const char *prefix = upper ? "0X" : "0x";

	put_number(o, f, f->prefix && value != 0 ? prefix : "", value, 16,
		   upper ? "0123456789ABCDEF" : "0123456789abcdef");
}

static const char *read_flags(struct spec *f, const char *p)
{
	for (;; p++) {
		switch (*p) {
		case '-':
			f->left = true;
			break;
		case '0':
			f->zero = true;
			break;
		case '#':
			f->prefix = true;
			break;
		case '+':
			f->plus = '+';
			break;
		case ' ':
			f->plus = f->plus == '+' ? '+' : ' ';
			break;
		default:
			return p;
		}
	}
}

static const char *read_digits(int *number, const char *p)
{
	*number = 0;
	while (*p >= '0' && *p <= '9') {
		*number = *number * 10 + (*p++ - '0');
	}
	return p;
}

static const char *read_length(struct spec *f, const char *p)
{
	f->length = sizeof(int);
	switch (*p) {
	case 'h':
		f->length = p[1] == 'h' ? sizeof(char) : sizeof(short);
		return p[1] == 'h' ? p + 2 : p + 1;
	case 'l':
		f->length = sizeof(long);
		return p[1] == 'l' ? p + 2 : p + 1;
	case 'z':
	case 'j':
	case 't':
		f->length = sizeof(size_t);
		return p + 1;
	default:
		return p;
	}
}

/* va_list is an array type, so it is passed on within a struct. */
struct arguments {
	va_list list;
};

static const char *read_spec(struct spec *f, const char *p, struct arguments *a)
{
	*f = (struct spec){ .precision = -1 };

	p = read_flags(f, p);
	if (*p == '*') {
		f->width = va_arg(a->list, int);
		p++;
	} else {
		p = read_digits(&f->width, p);
	}
	if (f->width < 0) {
		f->left = true;
		f->width = -f->width;
	}
	if (p[0] == '.' && p[1] == '*') {
		f->precision = va_arg(a->list, int);
		p += 2;
	} else if (p[0] == '.') {
		p = read_digits(&f->precision, p + 1);
	}
	return read_length(f, p);
}

static int64_t next_signed(const struct spec *f, struct arguments *a)
{
	switch (f->length) {
	case 1:
		return (int8_t)va_arg(a->list, int);
	case 2:
		return (int16_t)va_arg(a->list, int);
	case 4:
		return va_arg(a->list, int);
	default:
		return va_arg(a->list, int64_t);
	}
}

static uint64_t next_unsigned(const struct spec *f, struct arguments *a)
{
	const uint64_t mask = ~UINT64_C(0) >> (64 - 8 * f->length);

	return (uint64_t)next_signed(f, a) & mask;
}

static void put_converted(struct output *o, struct spec *f, char letter,
			  struct arguments *a)
{
	char c[2] = { letter, '\0' };

	switch (letter) {
	case 'd':
	case 'i':
		put_signed(o, f, next_signed(f, a));
		return;
	case 'u':
		put_number(o, f, "", next_unsigned(f, a), 10, "0123456789");
		return;
	case 'x':
	case 'X':
		put_hex(o, f, next_unsigned(f, a), letter == 'X');
		return;
	case 'p':
		f->prefix = true;
		put_hex(o, f, (uintptr_t)va_arg(a->list, void *), false);
		return;
	case 's':
		put_string(o, f, va_arg(a->list, const char *));
		return;
	case 'c':
		c[0] = (char)va_arg(a->list, int);
		f->precision = -1;
		put_string(o, f, c);
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
