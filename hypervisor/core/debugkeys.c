/* SPDX-License-Identifier: MIT */
#include "core/debugkeys.h"

#include "arch/x86/msr.h"
#include "arch/x86/percpu.h"
#include "arch/x86/regs.h"
#include "arch/x86/spinlock.h"
#include "core/clock.h"
#include "core/irq.h"
#include "core/log.h"
#include "core/panic.h"
#include "core/pcpu_watch.h"
#include "core/timer.h"
#include "lib/printf.h"
#include "lib/string.h"

static void show_registers(void);
static void reset(void);
static void list_keys(void);

static struct debug_key {
	char key;
	const char *help;
	void (*run)(void);
} keys[16] = {
	{ 'h', "this list", list_keys },
	{ 'd', "registers and call chain of this pCPU", show_registers },
	{ 'R', "reset the machine at once", reset },
	{ 'w', "what the hypervisor maps: its own, windows, guests'",
	  debug_map_show },
};

/* Keys that interrupts left for the run loop. */
static struct {
	struct spinlock lock;
	struct timer timer;
	char keys[16]; /* (l) ends with NUL */
} later = { .lock = SPINLOCK_INIT(LOCK_DEVICE) };

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

static void list_keys(void)
{
	for (const struct debug_key *k = keys; k->run != NULL; k++) {
		debug_line("key %c: %s", k->key, k->help);
	}
}

void debug_key_add(char key, const char *help, void (*run)(void))
{
	unsigned int i = 0;

	while (keys[i].run != NULL) {
		i++;
	}
	assert(i + 1 < ARRAY_SIZE(keys));
	keys[i] = (struct debug_key){ key, help, run };
}

void debug_key(char key)
{
	const uint32_t level = log_level_max;
	const struct debug_key *k = keys;

	/* Who asks gets an answer, whatever else is logged. */
	log_level_max = level < LOG_INFO ? LOG_INFO : level;
	while (k->run != NULL && k->key != key) {
		k++;
	}
	if (k->run != NULL) {
		k->run();
	} else if (key > ' ' && key <= '~') { /* may be anything */
		debug_line("key %c: not known, h for help", key);
	}
	log_level_max = level;
}

static void run_later(struct timer *)
{
	char batch[sizeof(later.keys)];

	spin_lock(&later.lock);
	memcpy(batch, later.keys, sizeof(batch));
	later.keys[0] = '\0';
	spin_unlock(&later.lock);
	for (const char *key = batch; *key != '\0'; key++) {
		debug_key(*key);
	}
}

void debug_key_later(char key)
{
	spin_lock(&later.lock);
	const size_t count = strlen(later.keys);

	if (count + 1 < sizeof(later.keys)) {
		later.keys[count] = key;
		later.keys[count + 1] = '\0';
	}
	later.timer.fire = run_later;
	spin_unlock(&later.lock);
	timer_set(&later.timer, 0);
}

static void show_registers(void)
{
	const uint64_t *frame = __builtin_frame_address(0);

	debug_line("pCPU %u (APIC id %u): cr0 %lx cr3 %lx cr4 %lx efer %lx",
		   this_cpu(), this_pcpu()->apic_id, read_cr0(), read_cr3(),
		   read_cr4(), rdmsr(MSR_EFER));
	debug_line("frame %p, %lu passes, %u locks held", (const void *)frame,
		   this_pcpu()->passes, this_pcpu()->lock_depth);
	backtrace((uintptr_t)__builtin_return_address(0), *frame);
}

static void reset(void)
{
	debug_line("reset, as asked by key");
	if (panic_reboot != NULL) {
		panic_reboot();
	}
	debug_line("this machine cannot be reset");
}
