/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include "arch/x86/lapic.h"
#include "arch/x86/spinlock.h"
#include "core/clock.h"
#include "lib/printf.h"
#include "lib/string.h"

#define RING_SIZE              32768u
#define LINE_MAX               256
#define GUEST_LINES_PER_SECOND 10

uint32_t log_level_max = LOG_INFO;

static struct {
	struct spinlock lock;
	char ring[RING_SIZE];
	uint32_t head; /* running position of the next byte */
	log_sink_t sinks[LOG_SINKS_MAX];
	unsigned int sink_count;
	uint64_t guest_second; /* rate limit of LOG_GUEST lines */
	unsigned int guest_lines;
} logger = { .lock = SPINLOCK_INIT(LOCK_LOG) };

static const char *const prefixes[] = {
	[LOG_ERROR] = "ERROR: ", [LOG_WARNING] = "warning: ", [LOG_INFO] = "",
	[LOG_DEBUG] = "debug: ", [LOG_GUEST] = "guest: ",
};

void log_add_sink(log_sink_t sink)
{
	if (logger.sink_count < LOG_SINKS_MAX) {
		logger.sinks[logger.sink_count++] = sink;
	}
}

static void to_sinks_locked(const char *text, size_t len)
{
	for (unsigned int i = 0; i < logger.sink_count; i++) {
		logger.sinks[i](text, len);
	}
}

/* Guests cannot flood the log: a few lines a second. */
static bool guest_line_allowed_locked(uint64_t now)
{
	if (now / NSEC_PER_SEC != logger.guest_second) {
		logger.guest_second = now / NSEC_PER_SEC;
		logger.guest_lines = 0;
	}
	return logger.guest_lines++ < GUEST_LINES_PER_SECOND;
}

void log_print(enum log_level level, const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list args;

	if (level > log_level_max) {
		return;
	}

	const uint64_t now = clock_now();
	int n = snprintf(line, sizeof(line), "corbel [%5lu.%06lu] %s",
			 now / NSEC_PER_SEC, now % NSEC_PER_SEC / 1000,
			 prefixes[level]);

	va_start(args, fmt);
	n += vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, args);
	va_end(args);

	const size_t len = min_u64((uint64_t)n, sizeof(line) - 1);

	spin_lock(&logger.lock);
	if (level != LOG_GUEST || guest_line_allowed_locked(now)) {
		for (size_t i = 0; i < len; i++) {
			logger.ring[logger.head++ % RING_SIZE] = line[i];
		}
		to_sinks_locked(line, len);
	}
	spin_unlock(&logger.lock);
}

void log_console_write(const char *text, size_t len)
{
	spin_lock(&logger.lock);
	to_sinks_locked(text, len);
	spin_unlock(&logger.lock);
}

size_t log_read(char *buf, size_t len, uint32_t *index)
{
	size_t n = 0;

	spin_lock(&logger.lock);
	if (logger.head - *index > RING_SIZE) {
		*index = logger.head - RING_SIZE;
	}
	while (n < len && *index != logger.head) {
		buf[n++] = logger.ring[(*index)++ % RING_SIZE];
	}
	spin_unlock(&logger.lock);
	return n;
}

/*
 * A line from where no lock may be taken. An interrupt that the pCPU sends
 * itself prints it at its next interrupt point; more lines until then are lost.
 */
static struct {
	char text[200];

	enum { TRAP_LINE_FREE, TRAP_LINE_WRITTEN, TRAP_LINE_READY } state;
} trap_line; /* `state` is atomic; who moves it on from FREE owns text */

void log_from_trap(const char *fmt, ...)
{
	typeof(trap_line.state) state = TRAP_LINE_FREE;
	va_list args;

	if (__atomic_compare_exchange_n(&trap_line.state, &state,
					TRAP_LINE_WRITTEN, false,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		va_start(args, fmt);
		vsnprintf(trap_line.text, sizeof(trap_line.text), fmt, args);
		va_end(args);
		/* Release pairs with the acquire in log_trap_report(). */
		store_release(&trap_line.state, TRAP_LINE_READY);
	}
	lapic_send_self(VECTOR_REPORT);
}

void log_trap_report(void)
{
	if (load_acquire(&trap_line.state) == TRAP_LINE_READY) {
		log_error("%s", trap_line.text);
		store_release(&trap_line.state, TRAP_LINE_FREE);
	}
}

void log_break_lock(void)
{
	spinlock_init(&logger.lock, LOCK_LOG);
}
