/* SPDX-License-Identifier: MIT */
#include "core/console_input.h"

#include "arch/x86/spinlock.h"

#define RING_SIZE 1024u

static struct {
	struct spinlock lock;
	char ring[RING_SIZE];
	uint32_t head; /* (l) running position of the next byte put */
	uint32_t tail; /* (l) and of the next byte read */
} input = { .lock = SPINLOCK_INIT(LOCK_DEVICE) };

void (*console_input_hook)(void);

void console_input_put(char c)
{
	spin_lock(&input.lock);
	if (input.head - input.tail < RING_SIZE) {
		input.ring[input.head++ % RING_SIZE] = c;
	}
	spin_unlock(&input.lock);

	if (console_input_hook != NULL) {
		console_input_hook();
	}
}

size_t console_input_read(char *buf, size_t len)
{
	size_t n = 0;

	spin_lock(&input.lock);
	while (n < len && input.tail != input.head) {
		buf[n++] = input.ring[input.tail++ % RING_SIZE];
	}
	spin_unlock(&input.lock);
	return n;
}
