/* SPDX-License-Identifier: MIT */
#include "svcvm/console/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "svcvm/console/log.h"

#define PATH_SIZE (LOGFILE_NAME_SIZE + 16)

/* Room is left for ".log.N" within a file name. */
static bool is_fit(const char *name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-_.+:@";

	return name != NULL && name[0] != '\0' && name[0] != '.' &&
	       name[strspn(name, good)] == '\0' &&
	       strlen(name) < LOGFILE_NAME_SIZE;
}

void logfile_start(struct logfile *log, const struct logfile_options *options,
		   const char *guest, uint32_t domid)
{
	memset(log, 0, sizeof(*log));
	log->options = options;
	log->fd = -1;
	if (is_fit(guest)) {
		snprintf(log->name, sizeof(log->name), "%s", guest);
	} else {
		snprintf(log->name, sizeof(log->name), "dom%" PRIu32, domid);
	}
}

/* The path of the file that was full `age` times ago. */
static void path_of(const struct logfile *log, unsigned int age,
		    char path[PATH_SIZE])
{
	if (age == 0) {
		snprintf(path, PATH_SIZE, "%s.log", log->name);
	} else {
		snprintf(path, PATH_SIZE, "%s.log.%u", log->name, age);
	}
}

static void tell(struct logfile *log, const char *what)
{
	if (!log->failed) {
		log_line("%s.log: %s: %s; its output is lost until this works",
			 log->name, what, strerror(errno));
	}
	log->failed = true;
}

static bool open_file(struct logfile *log)
{
	char path[PATH_SIZE];
	struct stat status;

	path_of(log, 0, path);
	log->fd = openat(log->options->folder, path,
			 O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
				 O_NOFOLLOW | O_NONBLOCK,
			 0600);
	if (log->fd < 0 || fstat(log->fd, &status) < 0) {
		tell(log, "cannot be opened");
		logfile_close(log);
		return false;
	}
	log->size = (uint64_t)status.st_size;
	return true;
}

/* Each file becomes one older; the oldest goes. */
static void rotate(struct logfile *log)
{
	int folder = log->options->folder;
	unsigned int age = log->options->count - 1;
	char from[PATH_SIZE], to[PATH_SIZE];

	logfile_close(log);
	path_of(log, age, from);
	unlinkat(folder, from, 0);
	for (; age > 0; age--) {
		path_of(log, age - 1, from);
		path_of(log, age, to);
		renameat(folder, from, folder, to);
	}
}

static bool make_ready(struct logfile *log)
{
	if (log->fd < 0 && !open_file(log)) {
		return false;
	}
	if (log->size < log->options->size) {
		return true;
	}
	rotate(log);
	return open_file(log);
}

void logfile_write(struct logfile *log, const char *from, size_t size)
{
	ssize_t written;

	while (size > 0) {
		if (!make_ready(log)) {
			return;
		}
		written = write(log->fd, from, size);
		if (written < 0 && errno == EINTR) {
			continue;
		}
		if (written <= 0) {
			tell(log, "cannot be written");
			return;
		}
		from += written;
		size -= (size_t)written;
		log->size += (uint64_t)written;
		log->failed = false;
	}
}

void logfile_close(struct logfile *log)
{
	if (log->fd >= 0) {
		close(log->fd);
	}
	log->fd = -1;
}
