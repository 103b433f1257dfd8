/* SPDX-License-Identifier: MIT */
#include "core/debugkeys.h"

#include "arch/x86/hooks.h"

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

static void list_keys(void)
{
	for (unsigned int i = 0; i < key_count; i++) {
		log_info("key %c: %s\n", keys[i].key, keys[i].help);
	}
}

void debug_key_add(char key, const char *help, void (*run)(void))
{
	assert(key_count < DEBUG_KEYS_MAX);
	keys[key_count++] = (struct debug_key){ key, help, run };
}

void debug_key(char key)
{
	for (unsigned int i = 0; i < key_count; i++) {
		if (keys[i].key == key) {
			keys[i].run();
			return;
		}
	}
	/* What was typed may be anything. */
	if (key > ' ' && key <= '~') {
		log_info("key %c: not known, h for help\n", key);
	}
}
