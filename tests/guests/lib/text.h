/* SPDX-License-Identifier: MIT */
/* Memory, strings and formatted output on the hypervisor's console. */
#pragma once

#include <stdarg.h>

#include "lib/abi.h"

void *memset(void *to, int byte, size_t size);
void *memcpy(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
const char *strstr(const char *text, const char *word);

/*
 * Understands %d %u %x %s %c %p %% with `l` and `ll`, widths and zero padding.
 * Cuts the text to `size`, always ends it with a NUL; returns its length.
 */
size_t text_format(char *to, size_t size, const char *format, va_list args);

/* Prints at most 511 bytes with one hypercall. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
