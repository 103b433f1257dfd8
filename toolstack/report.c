/* SPDX-License-Identifier: MIT */
/*
 * Failures and progress, both on stderr.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "toolstack/clock.h"
#include "toolstack/command.h"

/* What is done sooner needs no progress; more often would only flicker. */
#define FIRST_MS 1000
#define NEXT_MS  100

static struct {
	int64_t next_ms; /* when to print again */
	bool shown;
} progress;

int report_failure(const struct corbel *c)
{
	const struct corbel_error *const e = corbel_error(c);

	report_progress_end();
	fprintf(stderr, "%s: %s%s%s\n", PROGRAM, e->object,
		e->object[0] != '\0' ? ": " : "", e->text);
	return EXIT_FAILED;
}

int report_errno(const char *object, const char *what)
{
	const int number = errno;

	report_progress_end();
	fprintf(stderr, "%s: %s: %s: %s\n", PROGRAM, object, what,
		strerror(number));
	return EXIT_FAILED;
}

int report_text(const char *object, const char *text)
{
	report_progress_end();
	fprintf(stderr, "corbel: %s: %s\n", object, text);
	return EXIT_FAILED;
}

int report_usage(const char *object, const char *text)
{
	fprintf(stderr, "%s: %s: %s\n", PROGRAM, object, text);
	return EXIT_USAGE;
}

static void show(const char *step, uint64_t done, uint64_t total, void *context)
{
	const int64_t now = clock_ms();

	(void)context;
	if (now < progress.next_ms) {
		return;
	}
	progress.next_ms = now + NEXT_MS;
	progress.shown = true;
	if (total == 0) {
		fprintf(stderr, "\r\033[K%s", step);
	} else {
		fprintf(stderr, "\r\033[K%s: %d%%", step,
			(int)((double)done * 100 / (double)total));
	}
	fflush(stderr);
}

void report_progress(struct corbel *c)
{
	if (isatty(STDERR_FILENO)) {
		progress.next_ms = clock_ms() + FIRST_MS;
		corbel_set_progress(c, show, NULL);
	}
}

void report_progress_end(void)
{
	if (progress.shown) {
		fprintf(stderr, "\r\033[K");
		progress.shown = false;
	}
}
