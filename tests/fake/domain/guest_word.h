/* SPDX-License-Identifier: MIT */
/* The real accesses, each preceded by a step of the test's guest. */
#pragma once

/* clang-format off */
#define guest_word_read real_guest_word_read
#define guest_word_write real_guest_word_write
#define guest_word_or real_guest_word_or
#define guest_word_and real_guest_word_and
#define guest_word_swap real_guest_word_swap
#define guest_byte_set real_guest_byte_set
#define guest_byte_read real_guest_byte_read
#include "../../../hypervisor/domain/guest_word.h"
#undef guest_word_read
#undef guest_word_write
#undef guest_word_or
#undef guest_word_and
#undef guest_word_swap
#undef guest_byte_set
#undef guest_byte_read
/* clang-format on */

void fake_guest_runs(void *word);

static inline uint32_t guest_word_read(const guest_word_t *w)
{
	fake_guest_runs((void *)(uintptr_t)w);
	return real_guest_word_read(w);
}

static inline void guest_word_write(guest_word_t *w, uint32_t value)
{
	fake_guest_runs(w);
	real_guest_word_write(w, value);
}

static inline uint32_t guest_word_or(guest_word_t *w, uint32_t bits)
{
	fake_guest_runs(w);
	return real_guest_word_or(w, bits);
}

static inline uint32_t guest_word_and(guest_word_t *w, uint32_t bits)
{
	fake_guest_runs(w);
	return real_guest_word_and(w, bits);
}

static inline bool guest_word_swap(guest_word_t *w, uint32_t *old,
				   uint32_t value)
{
	fake_guest_runs(w);
	return real_guest_word_swap(w, old, value);
}

static inline uint8_t guest_byte_set(uint8_t *b)
{
	fake_guest_runs(b);
	return real_guest_byte_set(b);
}

static inline uint8_t guest_byte_read(const uint8_t *b)
{
	fake_guest_runs((void *)(uintptr_t)b);
	return real_guest_byte_read(b);
}
