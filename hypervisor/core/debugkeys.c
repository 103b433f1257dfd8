/* SPDX-License-Identifier: MIT */
#include "core/debugkeys.h"

#include "arch/x86/hooks.h"
#include "arch/x86/spinlock.h"
#include "core/log.h"
#include "core/pcpu_watch.h"
#include "core/timer.h"
#include "lib/printf.h"

struct debug_key {
	char key;
	const char *help;
	void (*run)(void);
};

static void list_keys(void);

static struct debug_key keys[DEBUG_KEYS_MAX] = {
	{ 'h', "this list", list_keys },
};
static unsigned int key_count = 1;

/* Keys that interrupts left for the run loop. */
static struct {
	struct spinlock lock;
	struct timer timer;
	char keys[16];      /* (l) */
	unsigned int count; /* (l) */
} later = { .lock = SPINLOCK_INIT(LOCK_DEVICE) };

static void list_keys(void)
{
	for (unsigned int i = 0; i < key_count; i++) {
		debug_line("key %c: %s", keys[i].key, keys[i].help);
	}
}

void debug_key_add(char key, const char *help, void (*run)(void))
{
	assert(key_count < DEBUG_KEYS_MAX);
	keys[key_count++] = (struct debug_key){ key, help, run };
}

static void run_key(char key)
{
	for (unsigned int i = 0; i < key_count; i++) {
		if (keys[i].key == key) {
			keys[i].run();
			return;
		}
	}
	/* What was typed may be anything. */
	if (key > ' ' && key <= '~') {
		debug_line("key %c: not known, h for help", key);
	}
}

void debug_key(char key)
{
	const uint32_t level = log_level_max;

	/* Who asks gets an answer, whatever else is logged. */
	if (level < LOG_INFO) {
		log_level_max = LOG_INFO;
	}
	run_key(key);
	log_level_max = level;
}

static void run_later(struct timer *t)
{
	char batch[ARRAY_SIZE(later.keys)];

	(void)t;
	spin_lock(&later.lock);
	const unsigned int count = later.count;

	for (unsigned int i = 0; i < count; i++) {
		batch[i] = later.keys[i];
	}
	later.count = 0;
	spin_unlock(&later.lock);

	for (unsigned int i = 0; i < count; i++) {
		debug_key(batch[i]);
	}
}

void debug_key_later(char key)
{
	spin_lock(&later.lock);
	if (later.timer.fire == NULL) {
		timer_init(&later.timer, run_later);
	}
	if (later.count < ARRAY_SIZE(later.keys)) {
		later.keys[later.count++] = key;
	}
	spin_unlock(&later.lock);
	timer_set(&later.timer, 0);
}

void debug_line(const char *fmt, ...)
{
	char line[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	log_info("%s\n", line);
	/* A serial port takes 10 ms for a line. */
	pcpu_watch_touch();
}
