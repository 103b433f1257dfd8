/* SPDX-License-Identifier: MIT */
/* The few upward calls: declared here for every floor, defined above. */
#pragma once

#include "lib/types.h"

/* core/panic.c: prints the message, registers and a backtrace; stops. */
void panic(const char *fmt, ...) printf_like(1, 2) noreturn;

/* core/log.c. Lines end with '\n'. Guest-triggered lines use LOG_GUEST. */
enum log_level {
	LOG_ERROR,
	LOG_WARNING,
	LOG_INFO,
	LOG_DEBUG,
	LOG_GUEST, /* said because of a guest: rate-limited, debug level */
};

void log_print(enum log_level level, const char *fmt, ...) printf_like(2, 3);

/* core/log.c: an error line from an NMI or machine check, said a little
 * later. Takes no lock. */
void log_from_trap(const char *fmt, ...) printf_like(1, 2);

#define log_error(...)   log_print(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_print(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_print(LOG_INFO, __VA_ARGS__)
#define log_guest(...)   log_print(LOG_GUEST, __VA_ARGS__)

/* What we guarantee ourselves; never about what a guest or a device sends. */
#define assert(cond)                                                           \
	do {                                                                   \
		if (unlikely(!(cond))) {                                       \
			panic("assertion failed: %s (%s:%d)\n", #cond,         \
			      __FILE__, __LINE__);                             \
		}                                                              \
	} while (0)
