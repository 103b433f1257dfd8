/* SPDX-License-Identifier: MIT */
/*
 * A file's name has the time, so that they sort, and behind it what tells one
 * crash from another: the boot and the domain.
 */
#include "toolstack/history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xen/xen.h>

#include <xen/sched.h>

#include "toolstack/describe.h"

const char *history_folder = "/var/lib/corbel/history";
const char *history_console_folder = "/var/log/corbel/console";

#define TAIL_SIZE 4096u
#define FILE_SIZE (32u << 10) /* tail, each byte of it escaped, and the rest */
#define PATH_SIZE 384

/* The console daemon writes behind the guest; how long it may be quiet. */
#define QUIET_MS    300
#define QUIET_TRIES 10

bool history_is_crash(const struct corbel_info *info)
{
	if (info->state == CORBEL_STATE_CRASHED) {
		return true;
	}
	return info->state == CORBEL_STATE_SHUTDOWN &&
	       info->shutdown_reason == SHUTDOWN_watchdog;
}

/* ---- the console ---- */

static void wait_until_quiet(int fd)
{
	const struct timespec pause = { 0, QUIET_MS * 1000000l };
	off_t before = -1, now = lseek(fd, 0, SEEK_END);

	for (int i = 0; i < QUIET_TRIES && now != before; i++) {
		before = now;
		nanosleep(&pause, NULL);
		now = lseek(fd, 0, SEEK_END);
	}
}

/* The end of the console's log, empty if there is none; free() it. */
static char *read_tail(const char *name)
{
	char *const tail = calloc(1, TAIL_SIZE + 1);
	char path[PATH_SIZE];
	off_t end;
	int fd;

	snprintf(path, sizeof(path), "%.100s/%.200s.log",
		 history_console_folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (tail == NULL || fd < 0) {
		return tail;
	}
	wait_until_quiet(fd);
	end = lseek(fd, 0, SEEK_END);
	if (pread(fd, tail, TAIL_SIZE, end > TAIL_SIZE ? end - TAIL_SIZE : 0) <
	    0) {
		tail[0] = '\0';
	}
	close(fd);
	return tail;
}

/* ---- files ---- */

/* "-BOOT-DOMAIN.json", what tells this crash from all others. */
static void suffix_of(const struct corbel_info *info, char suffix[64])
{
	char boot[37] = "";
	FILE *const file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (file != NULL) {
		if (fgets(boot, sizeof(boot), file) == NULL) {
			boot[0] = '\0';
		}
		fclose(file);
	}
	snprintf(suffix, 64, "-%.8s-%u.json", boot, info->domid);
}

static int is_record(const struct dirent *entry)
{
	const size_t length = strlen(entry->d_name);

	return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static void free_entries(struct dirent **entries, int count)
{
	for (int i = 0; i < count; i++) {
		free(entries[i]);
	}
	free(entries);
}

static bool is_noted(const char *suffix)
{
	struct dirent **entries = NULL;
	const int count =
		scandir(history_folder, &entries, is_record, alphasort);
	bool noted = false;

	for (int i = 0; i < count; i++) {
		const char *const end = strchr(entries[i]->d_name, '-');

		noted = noted || (end != NULL && strcmp(end, suffix) == 0);
	}
	free_entries(entries, count);
	return noted;
}

static void drop_oldest(void)
{
	struct dirent **entries = NULL;
	const int count =
		scandir(history_folder, &entries, is_record, alphasort);
	char path[PATH_SIZE];

	for (int i = 0; i < count - HISTORY_MAX; i++) {
		snprintf(path, sizeof(path), "%.100s/%s", history_folder,
			 entries[i]->d_name);
		unlink(path);
	}
	free_entries(entries, count);
}

/* Nobody reads a half of it, and it is there after a power cut. */
static bool write_record(const char *path, const char *text)
{
	char new[PATH_SIZE + 8];
	const size_t size = strlen(text);
	bool done;
	int fd;

	snprintf(new, sizeof(new), "%s.new", path);
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) {
		return false;
	}
	done = write(fd, text, size) == (ssize_t)size && fsync(fd) == 0;
	close(fd);
	if (!done || rename(new, path) != 0) {
		unlink(new);
		return false;
	}
	return true;
}

static bool make_folder(void)
{
	char parent[PATH_SIZE];

	snprintf(parent, sizeof(parent), "%s", history_folder);
	*strrchr(parent, '/') = '\0';
	mkdir(parent, 0755);
	return mkdir(history_folder, 0700) == 0 || errno == EEXIST;
}

static struct json *record(const struct corbel_info *info, time_t now)
{
	struct json *const j = json_start_line();
	char *const tail = read_tail(info->name);

	if (j == NULL || tail == NULL) {
		json_drop(j);
		free(tail);
		return NULL;
	}
	json_object(j, NULL);
	describe_time(j, now);
	json_text(j, "name", info->name);
	describe_uuid(j, info->uuid);
	json_number(j, "id", info->domid);
	json_text(j, "reason", describe_end(info->shutdown_reason));
	json_number(j, "cpu_ns", info->cpu_ns);
	json_text(j, "console", tail);
	json_object_end(j);
	free(tail);
	return j;
}

bool history_add(const struct corbel_info *info)
{
	char path[PATH_SIZE], suffix[64];
	struct timespec now;
	struct json *j;
	bool done;

	suffix_of(info, suffix);
	if (!make_folder() || is_noted(suffix)) {
		return access(history_folder, F_OK) == 0;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	j = record(info, now.tv_sec);
	if (j == NULL) {
		return false;
	}
	snprintf(path, sizeof(path), "%.100s/%012lld.%09ld%s", history_folder,
		 (long long)now.tv_sec, now.tv_nsec, suffix);
	done = write_record(path, json_get(j));
	json_drop(j);
	drop_oldest();
	return done;
}

/* ---- reading ---- */

static bool read_record(const char *name, char text[FILE_SIZE])
{
	char path[PATH_SIZE];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "%.100s/%s", history_folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return false;
	}
	size = read(fd, text, FILE_SIZE - 1);
	close(fd);
	text[size > 0 ? size : 0] = '\0';
	return size > 0;
}

bool history_each(bool (*call)(const char *text, void *context), void *context)
{
	static char text[FILE_SIZE];
	struct dirent **entries = NULL;
	const int count =
		scandir(history_folder, &entries, is_record, alphasort);
	bool go_on = true;

	if (count < 0) {
		return errno == ENOENT;
	}
	for (int i = 0; i < count && go_on; i++) {
		/* One that is gone by now is an old one. */
		if (read_record(entries[i]->d_name, text)) {
			go_on = call(text, context);
		}
	}
	free_entries(entries, count);
	return go_on;
}
