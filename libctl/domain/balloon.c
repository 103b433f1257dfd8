/* SPDX-License-Identifier: MIT */
/*
 * How much memory a running guest uses, and how much it may be told to use.
 *
 * In the store, KiB: memory/static-max is what the guest was made with and its
 * memory map has, from which Linux reckons how much a target is in its own terms;
 * memory/maximum what it may have, beyond that map by adding memory as a machine
 * does; memory/limit, where it is, what the admin lets it have of that; and
 * memory/target what its balloon driver is to keep.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "libctl/config/config.h"
#include "libctl/domain/life.h"
#include "libctl/domain/store.h"
#include "libctl/domain/subject.h"

struct size_node {
	const char *name;
	uint64_t kib;
};

static void write_size(struct store_txn *t, const void *context)
{
	const struct size_node *const size = context;
	char home[STORE_PATH_MAX];

	snprintf(home, sizeof(home), "/local/domain/%u/memory", t->domid);
	store_write(t, STORE_GUEST_READS, home, size->name, "%" PRIu64,
		    size->kib);
}

/* Leaves `*kib` as it is where there is no such node and one `may_lack`. */
static int read_size(struct corbel *c, uint32_t domid, const char *name,
		     bool may_lack, uint64_t *kib)
{
	struct xs_handle *const xs = handle_store(c);
	char path[STORE_PATH_MAX];
	char *text;
	bool is_number;

	if (xs == NULL) {
		return -1;
	}
	snprintf(path, sizeof(path), "/local/domain/%u/memory/%s", domid, name);
	text = store_read(xs, path);
	if (text == NULL && may_lack && errno == ENOENT) {
		return 0;
	}
	is_number = text != NULL && value_number(text, kib);
	if (text != NULL && !is_number) {
		errno = EINVAL;
	}
	free(text);
	return is_number ? 0 : subject_fail(c, domid, path);
}

int life_memory(struct corbel *c, uint32_t domid, uint64_t *kib)
{
	return read_size(c, domid, "static-max", false, kib);
}

/* The most that the guest can ever have; one that another toolstack has made has
 * what it was made with. */
static int read_maximum(struct corbel *c, uint32_t domid, uint64_t *kib)
{
	return life_memory(c, domid, kib) != 0
		       ? -1
		       : read_size(c, domid, "maximum", true, kib);
}

static int check_size(struct corbel *c, const char *object, uint64_t kib,
		      uint64_t least, uint64_t most)
{
	if (kib >= least && kib <= most) {
		return 0;
	}
	return corbel_fail(c, CORBEL_INVALID, object,
			   "%" PRIu64 " KiB of memory: %" PRIu64 " to %" PRIu64
			   " are possible",
			   kib, least, most);
}

int corbel_memory_set(struct corbel *c, uint32_t domid, uint64_t kib)
{
	const struct size_node target = { "target", kib };
	char object[SUBJECT_SIZE];
	uint64_t most;

	subject_name(c, domid, object, sizeof(object));
	if (subject_is_guest(c, domid) != 0 ||
	    read_maximum(c, domid, &most) != 0 ||
	    read_size(c, domid, "limit", true, &most) != 0 ||
	    check_size(c, object, kib, 1, most) != 0 ||
	    store_transaction(c, domid, object, write_size, &target) != 0) {
		return -1;
	}
	return domctl_max_memory(c, domid, kib + MEMORY_SLACK_KIB) == 0
		       ? 0
		       : subject_fail(c, domid, "limit of its memory");
}

int corbel_memory_limit(struct corbel *c, uint32_t domid, uint64_t kib)
{
	const struct size_node limit = { "limit", kib };
	char object[SUBJECT_SIZE];
	uint64_t target, most;

	subject_name(c, domid, object, sizeof(object));
	if (subject_is_guest(c, domid) != 0 ||
	    read_maximum(c, domid, &most) != 0 ||
	    read_size(c, domid, "target", false, &target) != 0 ||
	    check_size(c, object, kib, target, most) != 0) {
		return -1;
	}
	return store_transaction(c, domid, object, write_size, &limit);
}
