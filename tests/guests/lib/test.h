/* SPDX-License-Identifier: MIT */
/*
 * Results. Every behaviour prints one line: `ok NAME`, `not ok NAME: why` or
 * `skip NAME: why`; the run ends with `N passed, N failed, N skipped`.
 */
#pragma once

#include "lib/text.h"

/* Each guest has one; lib/start.c calls it and then ends the run. */
void guest_main(void);

/* What PVH gave us; valid from the start of guest_main(). */
extern const struct hvm_start_info *start_info;
extern const char *command_line;

/* Prints the result `good`; the reason is used when it is bad. */
bool expect(bool good, const char *name, const char *reason, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints ok when `got` is `want`, else both numbers. */
bool expect_eq(const char *name, long got, long want);

void skip(const char *name, const char *why);

/* The run cannot go on: a failure, the summary, power off. */
_Noreturn void test_abort(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* Prints the summary and powers off. */
_Noreturn void test_end(void);

/*
 * The value of `name=NUMBER` on the command line (decimal or 0x...), or
 * `otherwise`; a word alone counts as 1.
 */
uint64_t option(const char *name, uint64_t otherwise);

/*
 * The same guests run on Xen 4.17 to check them (docs/testing.md): true there.
 * Only for behaviour where it differs on purpose, with a skip that says why.
 */
bool on_peer(void);
