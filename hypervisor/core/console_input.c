/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include "arch/x86/spinlock.h"
#include "core/debugkeys.h"

#define RING_SIZE    1024u
#define CTRL_A       0x01
#define SWITCH_COUNT 3u /* of them in a row */

static struct {
	struct spinlock lock;
	char ring[RING_SIZE];
	uint32_t head;         /* (l) running position of the next byte put */
	uint32_t tail;         /* (l) and of the next byte read */
	uint32_t switch_count; /* (l) Ctrl-A typed in a row */
	bool to_keys;          /* (l) input is for the debug keys */
} input = { .lock = SPINLOCK_INIT(LOCK_DEVICE) };

void (*console_input_hook)(void);

/* True when this byte completes the sequence that moves the input. */
static bool is_switch_locked(char c)
{
	input.switch_count = c == CTRL_A ? input.switch_count + 1 : 0;
	if (input.switch_count < SWITCH_COUNT) {
		return false;
	}
	input.switch_count = 0;
	input.to_keys = !input.to_keys;
	return true;
}

void console_input_put(char c)
{
	spin_lock(&input.lock);
	const bool switched = is_switch_locked(c);
	const bool to_keys = input.to_keys;

	if (!switched && !to_keys && input.head - input.tail < RING_SIZE) {
		input.ring[input.head++ % RING_SIZE] = c;
	}
	spin_unlock(&input.lock);

	if (switched) {
		log_info("serial input goes to %s (Ctrl-A three times moves "
			 "it)\n",
			 to_keys ? "the hypervisor's keys, h for help"
				 : "the service VM");
	} else if (to_keys) {
		debug_key_later(c);
	} else if (console_input_hook != NULL) {
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
