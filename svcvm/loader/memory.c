/* SPDX-License-Identifier: MIT */
/*
 * The memory and string functions that compilers and libraries call.
 *
 * Kernels are copied and cleared by these, so they use string instructions,
 * which are the fastest way on processors and emulators alike.
 */
#include <stdint.h>
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	void *at = to;
	size_t words = size / 8;
	size_t rest = size % 8;

	__asm__ volatile("rep movsq"
			 : "+D"(at), "+S"(from), "+c"(words)
			 :
			 : "memory");
	__asm__ volatile("rep movsb"
			 : "+D"(at), "+S"(from), "+c"(rest)
			 :
			 : "memory");
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	/* Going up is right unless `to` lies inside the source. */
	if ((uintptr_t)to - (uintptr_t)from >= size) {
		return memcpy(to, from, size);
	}
	while (size-- > 0) {
		t[size] = f[size];
	}
	return to;
}

void *memset(void *to, int value, size_t size)
{
	const uint64_t pattern = (unsigned char)value * 0x0101010101010101u;
	void *at = to;
	size_t words = size / 8;
	size_t rest = size % 8;

	__asm__ volatile("rep stosq"
			 : "+D"(at), "+c"(words)
			 : "a"(pattern)
			 : "memory");
	__asm__ volatile("rep stosb"
			 : "+D"(at), "+c"(rest)
			 : "a"(pattern)
			 : "memory");
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a;
	const unsigned char *y = b;

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
