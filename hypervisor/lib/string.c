/* SPDX-License-Identifier: MIT */
/*
 * The string functions that the compiler and the hypervisor call.
 *
 * Bulk work is done by string instructions: they are short, fast enough on
 * anything with SVM or VT-x, and the compiler cannot turn them into calls of
 * the function they implement, as it does with loops.
 */
#include "lib/string.h"

#include "lib/types.h"

#undef memcpy
#undef memset

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	void *to = dst;
	size_t words = n / 8;
	size_t bytes = n % 8;

	__asm__ volatile("rep movsq"
			 : "+D"(to), "+S"(src), "+c"(words)::"memory");
	__asm__ volatile("rep movsb"
			 : "+D"(to), "+S"(src), "+c"(bytes)::"memory");
	return dst;
}

/* From the last byte to the first, for areas that overlap. */
static void copy_backwards(void *dst, const void *src, size_t n)
{
	char *to = (char *)dst + n - 1;
	const char *from = (const char *)src + n - 1;

	__asm__ volatile("std; rep movsb; cld"
			 : "+D"(to), "+S"(from), "+c"(n)::"memory", "cc");
}

void *memmove(void *dst, const void *src, size_t n)
{
	/* Only a destination inside the source has to be copied backwards. */
	if ((uintptr_t)dst - (uintptr_t)src < n) {
		copy_backwards(dst, src, n);
		return dst;
	}
	return memcpy(dst, src, n);
}

void *memset(void *dst, int c, size_t n)
{
	const uint64_t pattern = (uint8_t)c * UINT64_C(0x0101010101010101);
	void *to = dst;
	size_t words = n / 8;
	size_t bytes = n % 8;

	__asm__ volatile("rep stosq"
			 : "+D"(to), "+c"(words)
			 : "a"(pattern)
			 : "memory");
	__asm__ volatile("rep stosb"
			 : "+D"(to), "+c"(bytes)
			 : "a"(pattern)
			 : "memory");
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a;
	const uint8_t *y = b;

	for (size_t i = 0; i < n; i++) {
		if (x[i] != y[i]) {
			return x[i] - y[i];
		}
	}
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0') {
		n++;
	}
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a == *b && *a != '\0') {
		a++;
		b++;
	}
	return (uint8_t)*a - (uint8_t)*b;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c) {
			/* C's own signature drops the const. */
			return (char *)(uintptr_t)s;
		}
		if (*s == '\0') {
			return NULL;
		}
	}
}
