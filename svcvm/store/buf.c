/* SPDX-License-Identifier: MIT */
#include "svcvm/store/buf.h"
#include "svcvm/store/log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *check(void *memory)
{
	if (memory == NULL) {
		log_fatal("out of memory");
	}
	return memory;
}

void *mem_alloc(size_t size)
{
	return check(calloc(1, size != 0 ? size : 1));
}

void *mem_resize(void *old, size_t size)
{
	return check(realloc(old, size != 0 ? size : 1));
}

char *mem_string(const char *text)
{
	return check(strdup(text));
}

static void reserve(struct buf *b, size_t more)
{
	if (b->room - b->len >= more) {
		return;
	}
	b->room = b->len + more + b->len / 2 + 32;
	b->data = mem_resize(b->data, b->room);
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (len == 0) {
		return;
	}
	reserve(b, len);
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void buf_add_string(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text) + 1);
}

void buf_print(struct buf *b, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len <= 0) {
		return;
	}
	reserve(b, (size_t)len + 1); /* vsnprintf writes a NUL */
	va_start(args, format);
	vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
}

void buf_drop(struct buf *b, size_t len)
{
	assert(len <= b->len);
	if (len != 0) {
		b->len -= len;
		memmove(b->data, b->data + len, b->len);
	}
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}
