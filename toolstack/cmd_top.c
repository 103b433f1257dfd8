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

/* A domain, and its rates since the sample before. */
struct row {
	const struct corbel_info *info;
	double cpu, steal; /* percent of one pCPU */
	double events;     /* a second */
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

/* With rates of 0 where there is nothing to compare with. */
static struct row row_of(const struct sample *before, const struct sample *now,
			 const struct corbel_info *info)
{
	const struct corbel_info *const old = find(before, info);
	const double seconds = (double)(now->ns - before->ns) / 1e9;
	struct row row = { .info = info };

	if (old != NULL && seconds > 0) {
		row.cpu = (double)(info->cpu_ns - old->cpu_ns) / seconds / 1e7;
		row.steal = (double)(info->steal_ns - old->steal_ns) / seconds /
			    1e7;
		row.events = (double)(info->events - old->events) / seconds;
	}
	return row;
}

/* The busiest first, then by number. */
static int compare(const void *a, const void *b)
{
	const struct row *const x = a, *const y = b;

	if (x->cpu != y->cpu) {
		return x->cpu < y->cpu ? 1 : -1;
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

static void print_table(const struct row *rows, size_t count)
{
	printf("%5s  %-18s %-9s %4s %6s %6s %8s %9s %6s\n", "ID", "NAME",
	       "STATE", "VCPU", "CPU %", "STEAL%", "EVENTS/S", "TIME (s)",
	       "MiB");
	for (size_t i = 0; i < count; i++) {
		const struct row *const r = &rows[i];
		const struct corbel_info *const d = r->info;

		printf("%5u  %-18s %-9s %4u %6.1f %6.1f %8.0f %9.1f %6" PRIu64
		       "\n",
		       d->domid, describe_name(d), describe_state(d->state),
		       d->vcpus_online, r->cpu, r->steal, r->events,
		       (double)d->cpu_ns / 1e9, d->memory_kib / 1024);
	}
}

static int print_json(const struct row *rows, size_t count)
{
	struct json *const j = json_start();

	if (j == NULL) {
		return report_errno("output", "JSON");
	}
	json_list(j, NULL);
	for (size_t i = 0; i < count; i++) {
		json_object(j, NULL);
		json_number(j, "id", rows[i].info->domid);
		json_text(j, "name", rows[i].info->name);
		json_text(j, "state", describe_state(rows[i].info->state));
		json_number(j, "vcpus_online", rows[i].info->vcpus_online);
		json_real(j, "cpu_percent", rows[i].cpu);
		json_real(j, "steal_percent", rows[i].steal);
		json_real(j, "events_per_second", rows[i].events);
		json_number(j, "memory_kib", rows[i].info->memory_kib);
		json_object_end(j);
	}
	json_list_end(j);
	return json_print(j);
}

static int print_rows(struct corbel *c, const struct row *rows, size_t count,
		      bool as_json)
{
	struct corbel_host host;

	if (as_json) {
		return print_json(rows, count);
	}
	if (corbel_host(c, &host) != 0) {
		return report_failure(c);
	}
	print_host(&host, count);
	print_table(rows, count);
	return EXIT_OK;
}

static int print(struct corbel *c, const struct sample *before,
		 const struct sample *now, bool as_json)
{
	struct row *const rows = calloc(now->count, sizeof(*rows));
	int ret;

	if (rows == NULL) {
		return report_errno("domains", "list");
	}
	for (size_t i = 0; i < now->count; i++) {
		rows[i] = row_of(before, now, &now->list[i]);
	}
	qsort(rows, now->count, sizeof(*rows), compare);
	ret = print_rows(c, rows, now->count, as_json);
	free(rows);
	if (ret == EXIT_OK && fflush(stdout) != 0) {
		ret = report_errno("output", "write");
	}
	return ret;
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
		ret = print(c, &before, &now, a->given[OPTION_JSON]);
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
	const bool screen = !a->given[OPTION_BATCH] && !a->given[OPTION_JSON] &&
			    isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	const int signals = signals_take();
	int ret;

	if (signals < 0) {
		return EXIT_FAILED;
	}
	ret = screen ? on_screen(c, a, signals) : loop(c, a, signals, false);
	signals_give_back(signals);
	return ret;
}
