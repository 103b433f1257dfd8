/* SPDX-License-Identifier: MIT */
/*
 * corbel top: what the domains do, again and again: on the whole screen, or as
 * text for a file.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "toolstack/command.h"
#include "toolstack/describe.h"

#define DELAY_SECONDS 3
#define HOME_CLEAR    "\033[H\033[J"

/* All domains at one time. */
struct sample {
	struct corbel_info *list;
	size_t count;
	int64_t ns; /* CLOCK_MONOTONIC */
};

/* A row of the table. */
struct row {
	const struct corbel_info *info;
	double percent; /* of one pCPU, since the sample before */
};

static int take(struct corbel *c, struct sample *s)
{
	struct timespec t;

	if (corbel_list(c, &s->list, &s->count) != 0) {
		return -1;
	}
	clock_gettime(CLOCK_MONOTONIC, &t);
	s->ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
	return 0;
}

/* NULL if it was not there, or was another domain of that number. */
static const struct corbel_info *find(const struct sample *s,
				      const struct corbel_info *info)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->list[i].domid == info->domid &&
		    s->list[i].cpu_ns <= info->cpu_ns) {
			return &s->list[i];
		}
	}
	return NULL;
}

static double percent_of(const struct sample *before, const struct sample *now,
			 const struct corbel_info *info)
{
	const struct corbel_info *const old = find(before, info);
	const int64_t ns = now->ns - before->ns;

	if (old == NULL || ns <= 0) {
		return 0;
	}
	return 100.0 * (double)(info->cpu_ns - old->cpu_ns) / (double)ns;
}

/* The busiest first, then by number. */
static int compare(const void *a, const void *b)
{
	const struct row *const x = a, *const y = b;

	if (x->percent != y->percent) {
		return x->percent < y->percent ? 1 : -1;
	}
	return x->info->domid < y->info->domid ? -1 : 1;
}

static void print_host(const struct corbel_host *host, size_t count)
{
	char now[32];
	const time_t t = time(NULL);

	strftime(now, sizeof(now), "%F %T", localtime(&t));
	printf("%s  %zu domains, %u pCPUs, %" PRIu64 " MiB, %" PRIu64
	       " MiB free\n",
	       now, count, host->cpus, host->memory_kib / 1024,
	       host->memory_free_kib / 1024);
}

static void print_row(const struct row *row, const struct corbel_host *host)
{
	const struct corbel_info *const i = row->info;

	printf("%5u  %-24s %-9s %5u %6.1f %10.1f %9" PRIu64 " %5.1f\n",
	       i->domid, describe_name(i), describe_state(i->state),
	       i->vcpus_online, row->percent, (double)i->cpu_ns / 1e9,
	       i->memory_kib / 1024,
	       100.0 * (double)i->memory_kib / (double)host->memory_kib);
}

static int print(struct corbel *c, const struct sample *before,
		 const struct sample *now)
{
	struct corbel_host host;
	struct row *rows;

	if (corbel_host(c, &host) != 0) {
		return report_failure(c);
	}
	rows = calloc(now->count, sizeof(*rows));
	if (rows == NULL) {
		return report_errno("domains", "list");
	}
	for (size_t i = 0; i < now->count; i++) {
		rows[i].info = &now->list[i];
		rows[i].percent = percent_of(before, now, &now->list[i]);
	}
	qsort(rows, now->count, sizeof(*rows), compare);
	print_host(&host, now->count);
	printf("%5s  %-24s %-9s %5s %6s %10s %9s %5s\n", "ID", "NAME", "STATE",
	       "VCPUS", "CPU %", "TIME (s)", "MEM (MiB)", "MEM %");
	for (size_t i = 0; i < now->count; i++) {
		print_row(&rows[i], &host);
	}
	free(rows);
	return fflush(stdout) == 0 ? EXIT_OK : report_errno("output", "write");
}

/* ---- waiting ---- */

/* Returns false when it is to end: by a signal, or q on the screen. */
static bool wait_delay(unsigned int seconds, int signals, bool screen)
{
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = screen ? STDIN_FILENO : -1, .events = POLLIN },
	};
	char key;

	if (poll(fds, 2, (int)seconds * 1000) < 0) {
		return errno == EINTR;
	}
	if (fds[0].revents != 0) {
		return false;
	}
	return fds[1].revents == 0 ||
	       (read(STDIN_FILENO, &key, 1) == 1 && key != 'q');
}

static int loop(struct corbel *c, const struct arguments *a, int signals,
		bool screen)
{
	const unsigned int delay =
		a->given[OPTION_DELAY] ? (unsigned int)a->number[OPTION_DELAY]
				       : DELAY_SECONDS;
	uint64_t left =
		a->given[OPTION_TIMES] ? a->number[OPTION_TIMES] : UINT64_MAX;
	struct sample before = { 0 }, now;
	int ret = EXIT_OK;

	do {
		if (take(c, &now) != 0) {
			ret = report_failure(c);
			break;
		}
		fputs(screen ? HOME_CLEAR : "", stdout);
		ret = print(c, &before, &now);
		free(before.list);
		before = now;
	} while (ret == EXIT_OK && --left > 0 &&
		 wait_delay(delay, signals, screen));
	free(before.list);
	return ret;
}

static int on_screen(struct corbel *c, const struct arguments *a, int signals)
{
	struct termios before, quiet;
	int ret;

	if (tcgetattr(STDIN_FILENO, &before) != 0) {
		return report_errno("terminal", "its settings");
	}
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	if (tcsetattr(STDIN_FILENO, TCSANOW, &quiet) != 0) {
		return report_errno("terminal", "its settings");
	}
	ret = loop(c, a, signals, true);
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	return ret;
}

int cmd_top(struct corbel *c, const struct arguments *a)
{
	const bool screen = !a->given[OPTION_BATCH] && isatty(STDIN_FILENO) &&
			    isatty(STDOUT_FILENO);
	const int signals = signals_take();
	int ret;

	if (signals < 0) {
		return EXIT_FAILED;
	}
	ret = screen ? on_screen(c, a, signals) : loop(c, a, signals, false);
	signals_give_back(signals);
	return ret;
}
