/* SPDX-License-Identifier: MIT */
/*
 * C's string functions. Copies and fills of a constant size are expanded in
 * place by the compiler, which it does not do by itself in freestanding code.
 */
#pragma once

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
char *strchr(const char *s, int c);

#define memcpy __builtin_memcpy
#define memset __builtin_memset
