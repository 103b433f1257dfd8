/* SPDX-License-Identifier: MIT */
#include "pv-drivers/bin/disks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pv-drivers/bin/figures.h"
#include "pv-drivers/blk/back.h"
#include "pv-drivers/blk/back_uring.h"
#include "pv-drivers/blk/disk.h"
#include "pv-drivers/xenbus/state.h"
#include "pv-drivers/xenbus/store.h"

#define ROOT "/local/domain/0/backend/qdisk"

/* The token of the watch on ROOT; those of disks are their paths. */
#define ROOT_TOKEN "root"

/* Domain numbers from here on are no guests (public header xen.h). */
#define FIRST_RESERVED 0x7ff0u

#define UNUSED_SECONDS 10u

struct entry {
	struct disk *disk;
	uint16_t domain;
	uint32_t number;
	bool is_noted; /* something happened to it */
	struct blk_counts told;
	struct entry *next;
};

static struct {
	const struct disk_place *place;
	struct entry *first;
	char scanned[STORE_PATH_MAX]; /* ROOT/N while its children are listed */
	bool is_first_scan;
} disks;

static struct entry *find(const char *path)
{
	for (struct entry *e = disks.first; e != NULL; e = e->next) {
		if (strcmp(disk_path(e->disk), path) == 0) {
			return e;
		}
	}
	return NULL;
}

/*
 * What a killed process left at the kernel must end before it is repeated, and
 * before any disk of ours holds the same file open.
 */
static void wait_unused(const char *path)
{
	char params[STORE_VALUE_MAX];
	const char *file;

	if (state_read(disks.place->store, path) != XenbusStateConnected ||
	    state_key_read(disks.place->store, path, "params", params) != 0) {
		return;
	}
	file = disk_file_of(params);
	if (file != NULL && !uring_wait_unused(file, UNUSED_SECONDS)) {
		fprintf(stderr,
			"corbel-blkback: %s: in use for %u seconds, going on\n",
			file, UNUSED_SECONDS);
	}
}

static void add_disk(const char *path, uint16_t domain, uint32_t number)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		return;
	}
	e->domain = domain;
	e->number = number;
	e->disk = disk_open(disks.place, path, domain, number);
	if (e->disk == NULL) {
		free(e);
		return;
	}
	e->next = disks.first;
	disks.first = e;
}

/* Splits ROOT/domain/number; false if `path` is not that. */
static bool parse(const char *path, uint16_t *domain, uint32_t *number)
{
	unsigned int d, n;
	int length = -1;

	if (sscanf(path, ROOT "/%5u/%9u%n", &d, &n, &length) != 2 ||
	    length < 0 || path[length] != '\0' || d >= FIRST_RESERVED) {
		return false;
	}
	*domain = (uint16_t)d;
	*number = n;
	return true;
}

/* The disk of that path will be looked at; it is made if it is not there. */
static void note(const char *path)
{
	struct entry *e = find(path);
	uint16_t domain;
	uint32_t number;

	if (e == NULL && parse(path, &domain, &number)) {
		add_disk(path, domain, number);
		e = find(path);
	}
	if (e != NULL) {
		e->is_noted = true;
	}
}

static void scan_disk(void *context, const char *name)
{
	char path[STORE_PATH_MAX];

	(void)context;
	if (snprintf(path, sizeof(path), "%.200s/%.32s", disks.scanned, name) <=
	    0) {
		return;
	}
	if (disks.is_first_scan) {
		wait_unused(path);
	} else {
		note(path);
	}
}

static void scan_domain(void *context, const char *name)
{
	(void)context;
	snprintf(disks.scanned, sizeof(disks.scanned), ROOT "/%.32s", name);
	store_list(disks.place->store, disks.scanned, scan_disk, NULL);
}

static void scan(void)
{
	for (struct entry *e = disks.first; e != NULL; e = e->next) {
		e->is_noted = true;
	}
	store_list(disks.place->store, ROOT, scan_domain, NULL);
}

/*
 * An event of the watch on ROOT. Keys of a disk change often, most of them
 * written by ourselves; these four mean something.
 */
static void root_event(const char *path)
{
	static const char *const keys[] = { "state", "online", "params",
					    "frontend" };
	char folder[STORE_PATH_MAX];
	const char *key;
	unsigned int slashes = 0;

	for (const char *p = path; *p != '\0'; p++) {
		slashes += *p == '/';
	}
	if (slashes < 6) { /* above the folder of a disk */
		scan();
		return;
	}
	if (slashes == 6) {
		note(path);
		return;
	}
	key = strrchr(path, '/');
	snprintf(folder, sizeof(folder), "%.*s", (int)(key - path), path);
	for (unsigned int i = 0; i < 4; i++) {
		if (strcmp(key + 1, keys[i]) == 0) {
			note(folder);
		}
	}
}

static void drop_disks(void)
{
	struct entry **link = &disks.first;

	while (*link != NULL) {
		struct entry *e = *link;

		if (disk_is_over(e->disk)) {
			*link = e->next;
			figures_remove(e->domain, e->number);
			disk_close(e->disk);
			free(e);
		} else {
			link = &e->next;
		}
	}
}

/* The first event of the watch comes at once, and makes the second scan. */
int disks_begin(const struct disk_place *place)
{
	disks.place = place;
	figures_begin();
	disks.is_first_scan = true;
	store_list(place->store, ROOT, scan_domain, NULL);
	disks.is_first_scan = false;
	return store_watch(place->store, ROOT, ROOT_TOKEN);
}

void disks_event(const char *path, const char *token)
{
	struct entry *e;

	if (strcmp(token, ROOT_TOKEN) == 0) {
		root_event(path);
		return;
	}
	e = find(token);
	if (e != NULL) {
		e->is_noted = true;
	}
}

void disks_step(void)
{
	for (struct entry *e = disks.first; e != NULL; e = e->next) {
		if (e->is_noted) {
			e->is_noted = false;
			disk_step(e->disk);
		}
	}
}

void disks_tell_figures(void)
{
	for (struct entry *e = disks.first; e != NULL; e = e->next) {
		const struct blk_counts *const counts = disk_counts(e->disk);

		if (counts != NULL &&
		    memcmp(counts, &e->told, sizeof(*counts)) != 0) {
			e->told = *counts;
			figures_write(e->domain, e->number, counts);
		}
	}
}

bool disks_turn(void)
{
	bool more = false;

	for (struct entry *e = disks.first; e != NULL; e = e->next) {
		more |= disk_turn(e->disk);
	}
	drop_disks();
	return more;
}
