/* SPDX-License-Identifier: MIT */
/*
 * A log of bounded size: NAME.log, and when that is full NAME.log.1, .2 and so
 * on, the highest number being the oldest.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGFILE_NAME_SIZE 128

struct logfile_options {
	int folder;     /* descriptor */
	uint64_t size;  /* bytes in a file */
	unsigned count; /* files, 1 or more */
};

struct logfile {
	const struct logfile_options *options;
	char name[LOGFILE_NAME_SIZE];
	int fd; /* -1: not open now */
	uint64_t size;
	bool failed; /* the last attempt, and it was told */
};

/* `guest` is a guest's name, which may be NULL or unfit for a file: then the log
 * is called domN. The file is opened at the first write. */
void logfile_start(struct logfile *log, const struct logfile_options *options,
		   const char *guest, uint32_t domid);

/* A failure is told once, and what could not be written is lost. */
void logfile_write(struct logfile *log, const char *from, size_t size);

void logfile_close(struct logfile *log);
