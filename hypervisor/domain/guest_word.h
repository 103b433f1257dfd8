/* SPDX-License-Identifier: MIT */
/*
 * Atomic access to words that a guest may change at any moment: event bits,
 * event words, grant entries. Each call is one access; whoever needs two must
 * bear that the word changed in between. Unit tests replace this header and
 * play the guest there.
 */
#pragma once

#include "lib/types.h"

/* Shared pages are seen through several layouts. */
typedef uint32_t __attribute__((__may_alias__)) guest_word_t;

static inline uint32_t guest_word_read(const guest_word_t *w)
{
	return load_acquire(w);
}

static inline void guest_word_write(guest_word_t *w, uint32_t value)
{
	store_release(w, value);
}

/* These two return the value before. */
static inline uint32_t guest_word_or(guest_word_t *w, uint32_t bits)
{
	return __atomic_fetch_or(w, bits, __ATOMIC_SEQ_CST);
}

static inline uint32_t guest_word_and(guest_word_t *w, uint32_t bits)
{
	return __atomic_fetch_and(w, bits, __ATOMIC_SEQ_CST);
}

/* Stores `value` if the word is still *old, else tells what it is in *old. */
static inline bool guest_word_swap(guest_word_t *w, uint32_t *old,
				   uint32_t value)
{
	return __atomic_compare_exchange_n(w, old, value, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Sets a byte to 1 and returns what it was. */
static inline uint8_t guest_byte_set(uint8_t *b)
{
	return __atomic_exchange_n(b, 1, __ATOMIC_SEQ_CST);
}

static inline uint8_t guest_byte_read(const uint8_t *b)
{
	return load_acquire(b);
}
