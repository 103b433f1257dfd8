/* SPDX-License-Identifier: MIT */
/*
 * The file from which the daemon goes on after it was killed.
 *
 * Records are gathered in a group, which one write(2) appends before anybody
 * hears of what it holds. A group that is not all there, because the daemon
 * ended in that write, does not count. The file is in memory (tmpfs): it has to
 * survive the process, not the machine, so nothing is synced.
 */
#pragma once

#include "svcvm/store/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum record_type {
	RECORD_CHANGE = 1, /* domid; a: kind; first: path; second: data */
	RECORD_DOMAIN,     /* domid introduced; a: port; b: gfn */
	RECORD_RELEASE,    /* domid */
	RECORD_TARGET,     /* domid; a: its target */
	RECORD_WATCH,      /* domid; a: skip; first: path; second: token */
	RECORD_UNWATCH,    /* domid; first: path; second: token */
	RECORD_FORGET,     /* domid: no watches, no transactions */
	RECORD_TXN_START,  /* domid; a: id */
	RECORD_TXN_END,    /* domid; a: id */
	/* domid; a: requests taken; b: bytes sent; first: the part of a request
	 * that is in; second: what is to be sent next */
	RECORD_STREAM,
};

struct record {
	uint32_t type;
	uint32_t domid;
	uint32_t a;
	uint32_t b;
	uint32_t first_len;
	uint32_t second_len;
	const char *first;
	const char *second;
};

struct journal {
	char *path; /* NULL: keeps nothing */
	int fd;
	struct buf group;
	size_t size;         /* of the file */
	size_t compact_size; /* size from which on it is written anew */
	bool broken;         /* could not be written to */
};

/* Keeps `path`; nothing is read or written yet. */
void journal_init(struct journal *j, const char *path);
void journal_free(struct journal *j);

/*
 * Gives each record of the file to `apply`, whose strings end with a NUL that
 * is not counted. Returns the number of groups, 0 if there is no file.
 */
size_t journal_load(const struct journal *j,
		    void (*apply)(void *context, const struct record *record),
		    void *context);

/* Adds to the group. */
void journal_add(struct journal *j, const struct record *record);

/* Writes the group. */
void journal_commit(struct journal *j);

/* Is it time to write the file anew? */
bool journal_is_long(const struct journal *j);

/* A new file that holds the group and nothing else takes the place of the old
 * one, in one step. The caller has added the whole state to the group. */
void journal_replace(struct journal *j);
