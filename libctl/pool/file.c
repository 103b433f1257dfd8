/* SPDX-License-Identifier: MIT */
/*
 * The file: a line for each pool and for each domain in one.
 *
 *     pool ID CPUS WAS NAME
 *     domain NUMBER UUID POOL
 *
 * A copy without domains outlives the machine: from that the first one is made.
 */
#include "libctl/pool/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libctl/config/config.h"
#include "libctl/core/internal.h"
#include "libctl/ops/ops.h"

#define PATH_SIZE 160
#define CPUS_SIZE 512 /* every second of CORBEL_CPUS_MAX */
#define NOTHING   "-"

const char *pool_folder = "/run/corbel";
const char *pool_kept_folder = "/etc/corbel";

static void path_of(const char *name, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%.128s/%s", pool_folder, name);
}

static void kept_path(char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%.128s/pools", pool_kept_folder);
}

/* ---- reading ---- */

static bool take_cpus(char **rest, struct corbel_cpus *cpus)
{
	const char *const text = strsep(rest, " ");

	*cpus = (struct corbel_cpus){ 0 };
	return text != NULL &&
	       (strcmp(text, NOTHING) == 0 || corbel_cpus_parse(text, cpus));
}

static bool take_number(char **rest, uint64_t max, uint64_t *number)
{
	const char *const text = strsep(rest, " ");

	return text != NULL && value_number(text, number) && *number <= max;
}

static bool read_pool(struct pools *p, char *line)
{
	struct pool *const pool = pools_add(p);
	uint64_t id;

	if (pool == NULL || !take_number(&line, UINT32_MAX, &id) ||
	    !take_cpus(&line, &pool->cpus) || !take_cpus(&line, &pool->was) ||
	    line == NULL || !value_name(line)) {
		return false;
	}
	pool->id = (unsigned int)id;
	snprintf(pool->name, sizeof(pool->name), "%s", line);
	return true;
}

static bool read_member(struct pools *p, char *line)
{
	struct pool_member *const m = pools_add_member(p);
	uint64_t domid, pool;
	const char *uuid;

	if (m == NULL || !take_number(&line, UINT16_MAX, &domid)) {
		return false;
	}
	uuid = strsep(&line, " ");
	if (uuid == NULL || !value_uuid(uuid, m->uuid) ||
	    !take_number(&line, UINT32_MAX, &pool)) {
		return false;
	}
	m->domid = (uint32_t)domid;
	m->pool = (unsigned int)pool;
	return true;
}

static bool read_line(struct pools *p, char *line)
{
	const char *const kind = strsep(&line, " ");

	if (strcmp(kind, "pool") == 0) {
		return read_pool(p, line);
	}
	return strcmp(kind, "domain") == 0 && read_member(p, line);
}

static bool read_lines(struct pools *p, char *text)
{
	char *line;

	while ((line = strsep(&text, "\n")) != NULL) {
		if (line[0] != '\0' && !read_line(p, line)) {
			return false;
		}
	}
	return p->count > 0 && p->list[0].id == 0;
}

static int read_file(struct corbel *c, struct pools *p, const char *path)
{
	size_t size;
	char *const text = file_read_text(c, path, &size);
	bool good;

	if (text == NULL) {
		return -1;
	}
	good = read_lines(p, text);
	free(text);
	return good ? 0
		    : corbel_fail(c, CORBEL_FAILED, path,
				  "it is damaged; remove it, and make the "
				  "pools again");
}

/* What was there when the machine ended. No vCPU has been told yet, and the host
 * may have fewer pCPUs now. */
static int read_kept(struct corbel *c, struct pools *p, const char *path)
{
	struct corbel_cpus left;

	if (read_file(c, p, path) != 0) {
		return -1;
	}
	left = cpus_both(&p->list[0].cpus, &p->host);
	if (cpus_is_empty(&left)) {
		return corbel_fail(c, CORBEL_FAILED, path,
				   "this host has none of the pCPUs of %s; "
				   "remove it, and make the pools again",
				   p->list[0].name);
	}
	p->list[0].was = cpus_first(CORBEL_CPUS_MAX);
	return 0;
}

/* All that there could be, so that the host need not be asked. */
static int make_first(struct corbel *c, struct pools *p)
{
	struct pool *const pool = pools_add(p);

	if (pool == NULL) {
		return corbel_fail_errno(c, "pools", "read");
	}
	strcpy(pool->name, "Pool-0");
	pool->cpus = pool->was = cpus_first(CORBEL_CPUS_MAX);
	return 0;
}

static int read_pools(struct corbel *c, struct pools *p)
{
	struct xen_sysctl_physinfo info;
	char path[PATH_SIZE], kept[PATH_SIZE];

	if (sysctl_physinfo(c, &info) != 0) {
		return corbel_fail_errno(c, "host", "information");
	}
	p->host = cpus_first(info.nr_cpus);
	path_of("pools", path);
	kept_path(kept);
	if (access(path, F_OK) == 0) {
		return read_file(c, p, path);
	}
	return access(kept, F_OK) == 0 ? read_kept(c, p, kept)
				       : make_first(c, p);
}

int pools_open(struct corbel *c, struct pools *p)
{
	char path[PATH_SIZE];

	*p = (struct pools){ .lock = -1 };
	path_of("pools.lock", path);
	if (mkdir(pool_folder, 0755) != 0 && errno != EEXIST) {
		return corbel_fail_errno(c, pool_folder, "make the folder");
	}
	p->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (p->lock < 0 || flock(p->lock, LOCK_EX) != 0) {
		return corbel_fail_errno(c, path, "lock");
	}
	return read_pools(c, p);
}

int pools_look(struct corbel *c, struct pools *p)
{
	char path[PATH_SIZE], kept[PATH_SIZE];

	path_of("pools", path);
	kept_path(kept);
	if (access(path, F_OK) == 0 || access(kept, F_OK) == 0) {
		return pools_open(c, p);
	}
	*p = (struct pools){ .lock = -1 };
	p->host = cpus_first(CORBEL_CPUS_MAX);
	return make_first(c, p);
}

void pools_close(struct pools *p)
{
	free(p->list);
	free(p->members);
	if (p->lock >= 0) {
		close(p->lock);
	}
}

/* ---- writing ---- */

static void put_cpus(FILE *out, const struct corbel_cpus *cpus)
{
	char text[CPUS_SIZE];

	corbel_cpus_text(cpus, CORBEL_CPUS_MAX, text, sizeof(text));
	fprintf(out, " %s", text[0] != '\0' ? text : NOTHING);
}

static void put_pools(FILE *out, const struct pools *p)
{
	for (size_t i = 0; i < p->count; i++) {
		fprintf(out, "pool %u", p->list[i].id);
		put_cpus(out, &p->list[i].cpus);
		put_cpus(out, &p->list[i].was);
		fprintf(out, " %s\n", p->list[i].name);
	}
}

static void put_all(FILE *out, const struct pools *p)
{
	char uuid[37];

	put_pools(out, p);
	for (size_t i = 0; i < p->member_count; i++) {
		value_uuid_text(p->members[i].uuid, uuid);
		fprintf(out, "domain %" PRIu32 " %s %u\n", p->members[i].domid,
			uuid, p->members[i].pool);
	}
}

static int write_file(struct corbel *c, const struct pools *p, const char *path,
		      void (*put)(FILE *out, const struct pools *p))
{
	char *text = NULL;
	size_t size;
	FILE *const out = open_memstream(&text, &size);
	int ret = -1;

	if (out == NULL) {
		return corbel_fail_errno(c, path, "write");
	}
	put(out, p);
	if (fclose(out) == 0) {
		ret = file_write_text(c, path, text);
	} else {
		corbel_fail_errno(c, path, "write");
	}
	free(text);
	return ret;
}

int pools_write(struct corbel *c, const struct pools *p)
{
	char path[PATH_SIZE];

	path_of("pools", path);
	return write_file(c, p, path, put_all);
}

int pools_keep(struct corbel *c, const struct pools *p)
{
	char path[PATH_SIZE];

	kept_path(path);
	if (mkdir(pool_kept_folder, 0755) != 0 && errno != EEXIST) {
		return corbel_fail_errno(c, pool_kept_folder,
					 "make the folder");
	}
	return write_file(c, p, path, put_pools);
}
