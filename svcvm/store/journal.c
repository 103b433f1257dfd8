/* SPDX-License-Identifier: MIT */
#include "svcvm/store/journal.h"
#include "svcvm/store/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP_MAGIC 0x314c4243u /* "CBL1" */
#define COMPACT_MIN (1u << 20)

/* Before each group in the file. */
struct group_header {
	uint32_t magic;
	uint32_t sum;
	uint64_t len;
};

/* Before the strings of each record. */
struct record_header {
	uint32_t type;
	uint32_t domid;
	uint32_t a;
	uint32_t b;
	uint32_t first_len;
	uint32_t second_len;
};

/* FNV-1a: tells a torn group, which is what can happen. */
static uint32_t checksum(const char *data, size_t len)
{
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < len; i++) {
		sum = (sum ^ (uint8_t)data[i]) * 16777619u;
	}
	return sum;
}

void journal_init(struct journal *j, const char *path)
{
	*j = (struct journal){ .fd = -1, .compact_size = COMPACT_MIN };
	j->path = path == NULL ? NULL : mem_string(path);
}

void journal_free(struct journal *j)
{
	if (j->fd >= 0) {
		close(j->fd);
	}
	free(j->path);
	buf_free(&j->group);
	*j = (struct journal){ .fd = -1 };
}

static void start_group(struct journal *j)
{
	const struct group_header header = { .magic = GROUP_MAGIC };

	if (j->group.len == 0) {
		buf_add(&j->group, &header, sizeof(header));
	}
}

void journal_add(struct journal *j, const struct record *r)
{
	const struct record_header header = {
		.type = r->type,
		.domid = r->domid,
		.a = r->a,
		.b = r->b,
		.first_len = r->first_len,
		.second_len = r->second_len,
	};

	if (j->path == NULL) {
		return;
	}
	start_group(j);
	buf_add(&j->group, &header, sizeof(header));
	buf_add(&j->group, r->first, r->first_len);
	buf_add(&j->group, "", 1);
	buf_add(&j->group, r->second, r->second_len);
	buf_add(&j->group, "", 1);
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		const ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR) {
			continue;
		}
		if (done < 0) {
			return -errno;
		}
		data += done;
		len -= (size_t)done;
	}
	return 0;
}

/* The group goes to the end of `fd` and is empty afterwards. */
static int write_group(struct journal *j, int fd)
{
	const size_t len = j->group.len - sizeof(struct group_header);
	const struct group_header header = {
		.magic = GROUP_MAGIC,
		.sum = checksum(j->group.data + sizeof(header), len),
		.len = len,
	};
	int rc;

	memcpy(j->group.data, &header, sizeof(header));
	rc = write_all(fd, j->group.data, j->group.len);
	if (rc == 0) {
		j->size += j->group.len;
	}
	j->group.len = 0;
	return rc;
}

static void complain(struct journal *j, int rc)
{
	if (!j->broken) {
		log_line("%s: %s: a restart will lose what changes from now on",
			 j->path, strerror(-rc));
	}
	j->broken = true;
}

void journal_commit(struct journal *j)
{
	int rc;

	if (j->group.len == 0) {
		return;
	}
	if (j->fd < 0 || j->broken) {
		j->group.len = 0;
		return;
	}
	rc = write_group(j, j->fd);
	if (rc != 0) {
		complain(j, rc);
	}
}

bool journal_is_long(const struct journal *j)
{
	return j->path != NULL && (j->size > j->compact_size || j->broken);
}

static int replace(struct journal *j, const char *new_path)
{
	const int fd =
		open(new_path,
		     O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0) {
		return -errno;
	}
	j->size = 0;
	rc = write_group(j, fd);
	if (rc == 0 && rename(new_path, j->path) != 0) {
		rc = -errno;
	}
	if (rc != 0) {
		unlink(new_path);
		close(fd);
		return rc;
	}
	if (j->fd >= 0) {
		close(j->fd);
	}
	j->fd = fd;
	return 0;
}

void journal_replace(struct journal *j)
{
	struct buf new_path = { 0 };
	int rc;

	if (j->path == NULL) {
		return;
	}
	start_group(j);
	buf_print(&new_path, "%s.new", j->path);
	buf_add(&new_path, "", 1);
	rc = replace(j, new_path.data);
	buf_free(&new_path);
	if (rc != 0) {
		complain(j, rc);
	} else {
		j->broken = false;
	}
	j->compact_size = 4 * j->size < COMPACT_MIN ? COMPACT_MIN : 4 * j->size;
}

/* Gives the records of one group away. */
static void apply_group(const char *at, size_t len,
			void (*apply)(void *context, const struct record *r),
			void *context)
{
	while (len >= sizeof(struct record_header)) {
		struct record_header h;
		size_t strings;
		struct record r;

		memcpy(&h, at, sizeof(h));
		at += sizeof(h);
		len -= sizeof(h);
		strings = (size_t)h.first_len + h.second_len + 2;
		if (strings > len) {
			return;
		}
		r = (struct record){
			.type = h.type,
			.domid = h.domid,
			.a = h.a,
			.b = h.b,
			.first_len = h.first_len,
			.second_len = h.second_len,
			.first = at,
			.second = at + h.first_len + 1,
		};
		apply(context, &r);
		at += strings;
		len -= strings;
	}
}

static bool read_file(const char *path, struct buf *b)
{
	FILE *file = fopen(path, "re");
	char piece[512];
	size_t len;

	if (file == NULL) {
		return false;
	}
	while ((len = fread(piece, 1, sizeof(piece), file)) > 0) {
		buf_add(b, piece, len);
	}
	fclose(file);
	return true;
}

size_t journal_load(const struct journal *j,
		    void (*apply)(void *context, const struct record *record),
		    void *context)
{
	struct buf b = { 0 };
	struct group_header h;
	size_t count = 0;
	size_t at = 0;

	if (j->path == NULL || !read_file(j->path, &b)) {
		return 0;
	}
	while (b.len - at >= sizeof(h)) {
		memcpy(&h, b.data + at, sizeof(h));
		at += sizeof(h);
		if (h.magic != GROUP_MAGIC || h.len > b.len - at ||
		    checksum(b.data + at, h.len) != h.sum) {
			log_line("%s: what follows byte %zu is not whole",
				 j->path, at - sizeof(h));
			break;
		}
		apply_group(b.data + at, h.len, apply, context);
		at += h.len;
		count++;
	}
	buf_free(&b);
	return count;
}
