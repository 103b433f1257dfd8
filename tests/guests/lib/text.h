/* SPDX-License-Identifier: MIT */
/* Memory, strings and formatted output. */
#pragma once

#include <stdarg.h>

#include "lib/abi.h"

void *memset(void *to, int byte, size_t size);
void *memcpy(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
char *strstr(const char *text, const char *word);

/*
 * Understands %d %u %x %s %c %p %% with `l` and `ll`, widths and zero padding.
 * Cuts the text to `size`, always ends it with a NUL; returns its length.
 */
size_t text_format(char *to, size_t size, const char *format, va_list args);

/* The C library's, for what text_format() understands. */
int snprintf(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Where print() goes: to the hypervisor's console, if nobody changes it. */
extern void (*print_by)(const char *text, size_t length);

/* Prints at most 511 bytes at one go. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
