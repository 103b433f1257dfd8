/* SPDX-License-Identifier: MIT */
/* Memory, strings and formatted output. */
#include "lib/text.h"

#include "lib/hypercall.h"

void *memset(void *to, int byte, size_t size)
{
	void *start = to;

	asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
	return start;
}

void *memcpy(void *to, const void *from, size_t size)
{
	void *start = to;

	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size)::"memory");
	return start;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *x = a;
	const uint8_t *y = b;

	for (size_t i = 0; i < size; i++) {
		if (x[i] != y[i]) {
			return x[i] - y[i];
		}
	}
	return 0;
}

size_t strlen(const char *s)
{
	size_t length = 0;

	while (s[length] != '\0') {
		length++;
	}
	return length;
}

int strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (uint8_t)*a - (uint8_t)*b;
}

char *strstr(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (; *text != '\0'; text++) {
		size_t i = 0;

		while (i < length && text[i] == word[i]) {
			i++;
		}
		if (i == length) {
			return (char *)text;
		}
	}
	return NULL;
}

struct out {
	char *to;
	size_t size;
	size_t length;
};

/* Counts what is cut off, too. */
static void put(struct out *out, char c)
{
	if (out->length + 1 < out->size) {
		out->to[out->length] = c;
	}
	out->length++;
}

/* Divides by hand: a 32-bit guest has no library for 64-bit division. */
static unsigned divide(uint64_t *value, unsigned base)
{
	uint64_t quotient = 0;
	uint64_t rest = 0;

	for (int bit = 63; bit >= 0; bit--) {
		rest = rest << 1 | (*value >> bit & 1);
		if (rest >= base) {
			rest -= base;
			quotient |= BIT(bit);
		}
	}
	*value = quotient;
	return (unsigned)rest;
}

static void put_number(struct out *out, uint64_t value, unsigned base,
		       unsigned width, char pad)
{
	char digits[24];
	unsigned count = 0;

	do {
		digits[count++] = "0123456789abcdef"[divide(&value, base)];
	} while (value != 0);
	for (unsigned i = count; i < width; i++) {
		put(out, pad);
	}
	while (count > 0) {
		put(out, digits[--count]);
	}
}

static void put_string(struct out *out, const char *s, unsigned width)
{
	size_t length = strlen(s);

	for (size_t i = 0; i < length; i++) {
		put(out, s[i]);
	}
	for (size_t i = length; i < width; i++) {
		put(out, ' ');
	}
}

static uint64_t next_unsigned(va_list *args, int longs)
{
	if (longs >= 2) {
		return va_arg(*args, unsigned long long);
	}
	return longs == 1 ? va_arg(*args, unsigned long)
			  : va_arg(*args, unsigned);
}

static int64_t next_signed(va_list *args, int longs)
{
	if (longs >= 2) {
		return va_arg(*args, long long);
	}
	return longs == 1 ? va_arg(*args, long) : va_arg(*args, int);
}

static const char *put_item(struct out *out, const char *format, va_list *args)
{
	char pad = *format == '0' ? '0' : ' ';
	unsigned width = 0;
	int longs = 0;
	int64_t value;
	uint64_t size;

	for (; *format == '-' || (*format >= '0' && *format <= '9'); format++) {
		width = *format == '-' ? 0 : width * 10 + (*format - '0');
	}
	for (; *format == 'l'; format++) {
		longs++;
	}
	switch (*format) {
	case 'd':
		value = next_signed(args, longs);
		size = (uint64_t)value;
		if (value < 0) {
			put(out, '-');
			size = -size;
		}
		put_number(out, size, 10, width, pad);
		break;
	case 'u':
		put_number(out, next_unsigned(args, longs), 10, width, pad);
		break;
	case 'x':
		put_number(out, next_unsigned(args, longs), 16, width, pad);
		break;
	case 'p':
		put_number(out, (uintptr_t)va_arg(*args, void *), 16, 0, ' ');
		break;
	case 's':
		put_string(out, va_arg(*args, const char *), width);
		break;
	case 'c':
		put(out, (char)va_arg(*args, int));
		break;
	default:
		put(out, *format);
	}
	return format + 1;
}

/* The length of the whole text. */
static size_t format_text(char *to, size_t size, const char *format,
			  va_list args)
{
	struct out out = { to, size, 0 };
	va_list list;

	va_copy(list, args);
	while (*format != '\0') {
		if (*format == '%') {
			format = put_item(&out, format + 1, &list);
		} else {
			put(&out, *format++);
		}
	}
	va_end(list);
	to[out.length < size ? out.length : size - 1] = '\0';
	return out.length;
}

size_t text_format(char *to, size_t size, const char *format, va_list args)
{
	size_t length = format_text(to, size, format, args);

	return length < size ? length : size - 1;
}

int snprintf(char *to, size_t size, const char *format, ...)
{
	va_list args;
	size_t length;

	va_start(args, format);
	length = format_text(to, size, format, args);
	va_end(args);
	return (int)length;
}

static void write_by_hypercall(const char *text, size_t length)
{
	hypercall_console(CONSOLEIO_write, length, (char *)text);
}

void (*print_by)(const char *text, size_t length) = write_by_hypercall;

void print(const char *format, ...)
{
	char line[512];
	va_list args;
	size_t length;

	va_start(args, format);
	length = text_format(line, sizeof(line), format, args);
	va_end(args);
	print_by(line, length);
}
