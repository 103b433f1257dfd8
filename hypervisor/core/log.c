/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include "arch/x86/spinlock.h"
#include "core/clock.h"
#include "lib/printf.h"
#include "lib/string.h"

#define RING_SIZE 32768u
#define LINE_MAX 256
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
	unsigned int guest_dropped;
} logger = { .lock = SPINLOCK_INIT(LOCK_LOG) };

static const char *const prefixes[] = {
	[LOG_ERROR] = "ERROR: ",
	[LOG_WARNING] = "warning: ",
	[LOG_INFO] = "",
	[LOG_DEBUG] = "debug: ",
	[LOG_GUEST] = "guest: ",
};

void log_add_sink(log_sink_t sink)
{
	if (logger.sink_count < LOG_SINKS_MAX) {
		logger.sinks[logger.sink_count++] = sink;
	}
}

static void emit_locked(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		logger.ring[logger.head++ % RING_SIZE] = text[i];
	}
	for (unsigned int i = 0; i < logger.sink_count; i++) {
		logger.sinks[i](text, len);
	}
}

/* Guests cannot flood the log: a few lines a second, then a count. */
static bool guest_line_allowed_locked(uint64_t now)
{
	if (now / NSEC_PER_SEC != logger.guest_second) {
		logger.guest_second = now / NSEC_PER_SEC;
		logger.guest_lines = 0;
	}
	if (logger.guest_lines++ < GUEST_LINES_PER_SECOND) {
		return true;
	}
	logger.guest_dropped++;
	return false;
}

static size_t format_line(char *line, size_t size, enum log_level level,
			  uint64_t now, const char *fmt, va_list args)
{
	int n = snprintf(line, size, "corbel [%5llu.%06llu] %s",
			 (unsigned long long)(now / NSEC_PER_SEC),
			 (unsigned long long)(now % NSEC_PER_SEC / 1000),
			 prefixes[level]);

	n += vsnprintf(line + n, size - (size_t)n, fmt, args);
	return min_u64((uint64_t)n, size - 1);
}

void log_print(enum log_level level, const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list args;

	if (level > log_level_max) {
		return;
	}

	const uint64_t now = clock_now();

	va_start(args, fmt);
	const size_t len =
		format_line(line, sizeof(line), level, now, fmt, args);
	va_end(args);

	spin_lock(&logger.lock);
	if (level != LOG_GUEST || guest_line_allowed_locked(now)) {
		emit_locked(line, len);
	}
	spin_unlock(&logger.lock);
}

void log_console_write(const char *text, size_t len)
{
	spin_lock(&logger.lock);
	for (unsigned int i = 0; i < logger.sink_count; i++) {
		logger.sinks[i](text, len);
	}
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

void log_break_lock(void)
{
	spinlock_init(&logger.lock, LOCK_LOG);
}
