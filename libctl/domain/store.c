/* SPDX-License-Identifier: MIT */
/*
 * A guest's place in the store, laid out as what reads it expects: its kernel,
 * the console daemon, and tools written for other toolstacks of this ABI.
 *
 *   /local/domain/N  what the guest sees
 *   /vm/UUID         what stays the same over a reboot
 *   /libxl/N         the toolstack's own notes, device by device
 */
#include "libctl/domain/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libctl/config/config.h"

#define CONSOLE_LIMIT 1048576

struct domain_entries {
	uint32_t domid;
	const struct corbel_config *config;
	const struct domain_rings *rings;
	char home[64];  /* /local/domain/N */
	char vm[64];    /* /vm/UUID */
	char notes[64]; /* /libxl/N */
	struct timespec start;
};

static void guest_object(const struct corbel_config *config, char *text,
			 size_t size)
{
	snprintf(text, size, "guest %.100s", config->name);
}

/* ---- writing ---- */

/* Those that have something in them come with it. */
static void write_folders(struct store_txn *t, const char *home)
{
	static const struct {
		const char *name;
		enum store_access access;
	} folders[] = {
		{ "platform", STORE_GUEST_READS },
		{ "data", STORE_GUEST_OWNS },
		{ "drivers", STORE_GUEST_OWNS },
		{ "feature", STORE_GUEST_OWNS },
		{ "attr", STORE_GUEST_OWNS },
		{ "error", STORE_GUEST_OWNS },
	};

	char path[STORE_PATH_MAX];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", home, folders[i].name);
		store_folder(t, folders[i].access, path);
	}
}

/* What the guest's kernel answers and announces here is its own. */
static void write_control(struct store_txn *t, const char *home)
{
	static const char *const owned[] = {
		"control/shutdown",       "control/feature-poweroff",
		"control/feature-reboot", "control/feature-suspend",
		"control/sysrq",          "device/suspend/event-channel",
	};
	static const char *const features[] = {
		"control/platform-feature-multiprocessor-suspend",
		"control/platform-feature-xs_reset_watches",
	};

	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
		store_write(t, STORE_GUEST_OWNS, home, owned[i], "%s", "");
	}
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		store_write(t, STORE_GUEST_READS, home, features[i], "1");
	}
}

static void write_size(struct store_txn *t, const char *home, const char *name,
		       uint64_t kib)
{
	store_write(t, STORE_GUEST_READS, home, name, "%" PRIu64, kib);
}

static void write_machine(struct store_txn *t, const struct domain_entries *e)
{
	const uint64_t kib = config_start_kib(e->config);
	char name[32];

	write_size(t, e->home, "memory/static-max", kib);
	write_size(t, e->home, "memory/target", kib);
	write_size(t, e->home, "memory/maximum", e->config->memory_kib);
	store_write(t, STORE_GUEST_READS, e->home, "memory/videoram", "0");
	for (unsigned int i = 0; i < e->config->vcpus; i++) {
		snprintf(name, sizeof(name), "cpu/%u", i);
		store_write(t, STORE_GUEST_READS, e->home, name, "%s", "");
		snprintf(name, sizeof(name), "cpu/%u/availability", i);
		store_write(t, STORE_GUEST_READS, e->home, name, "online");
	}
}

static void write_home(struct store_txn *t, const struct domain_entries *e)
{
	store_remove(t, e->home);
	store_folder(t, STORE_GUEST_READS, e->home);
	write_folders(t, e->home);
	write_control(t, e->home);
	write_machine(t, e);
	store_write(t, STORE_GUEST_READS, e->home, "vm", "%s", e->vm);
	store_write(t, STORE_GUEST_READS, e->home, "name", "%s",
		    e->config->name);
	store_write(t, STORE_GUEST_READS, e->home, "domid", "%u", e->domid);
	store_write(t, STORE_GUEST_READS, e->home, "store/port", "%u",
		    e->rings->store_port);
	store_write(t, STORE_GUEST_READS, e->home, "store/ring-ref", "%" PRIu64,
		    e->rings->store_gfn);
}

static void write_vm(struct store_txn *t, const struct domain_entries *e)
{
	store_remove(t, e->vm);
	store_folder(t, STORE_GUEST_READS, e->vm);
	store_write(t, STORE_GUEST_READS, e->vm, "uuid", "%s",
		    e->vm + strlen("/vm/"));
	store_write(t, STORE_GUEST_READS, e->vm, "name", "%s", e->config->name);
	store_write(t, STORE_GUEST_READS, e->vm, "start_time", "%lld.%02ld",
		    (long long)e->start.tv_sec, e->start.tv_nsec / 10000000);
	store_write(t, STORE_GUEST_READS, e->vm, "image", "%s", "");
	store_write(t, STORE_GUEST_READS, e->vm, "image/kernel", "%s",
		    e->config->kernel != NULL ? e->config->kernel : "");
}

/* The primary console has no state to go through: the daemon maps the ring as
 * soon as the guest is introduced. */
static void write_console(struct store_txn *t, const struct domain_entries *e)
{
	char front[STORE_PATH_MAX], back[STORE_PATH_MAX], notes[STORE_PATH_MAX];

	snprintf(front, sizeof(front), "%s/console", e->home);
	snprintf(back, sizeof(back), "/local/domain/0/backend/console/%u/0",
		 e->domid);
	snprintf(notes, sizeof(notes), "%s/device/console/0", e->notes);

	store_folder(t, STORE_GUEST_READS, front);
	store_write(t, STORE_GUEST_READS, front, "backend", "%s", back);
	store_write(t, STORE_GUEST_READS, front, "backend-id", "0");
	store_write(t, STORE_GUEST_READS, front, "limit", "%d", CONSOLE_LIMIT);
	store_write(t, STORE_GUEST_READS, front, "type", "xenconsoled");
	store_write(t, STORE_GUEST_READS, front, "output", "pty");
	store_write(t, STORE_GUEST_READS, front, "tty", "%s", "");
	store_write(t, STORE_GUEST_READS, front, "port", "%u",
		    e->rings->console_port);
	store_write(t, STORE_GUEST_READS, front, "ring-ref", "%" PRIu64,
		    e->rings->console_gfn);

	store_folder(t, STORE_GUEST_READS, back);
	store_write(t, STORE_GUEST_READS, back, "frontend", "%s", front);
	store_write(t, STORE_GUEST_READS, back, "frontend-id", "%u", e->domid);
	store_write(t, STORE_GUEST_READS, back, "online", "1");
	store_write(t, STORE_GUEST_READS, back, "state", "1");
	store_write(t, STORE_GUEST_READS, back, "protocol", "vt100");

	store_folder(t, STORE_PRIVATE, notes);
	store_write(t, STORE_PRIVATE, notes, "frontend", "%s", front);
	store_write(t, STORE_PRIVATE, notes, "backend", "%s", back);
}

static void write_notes(struct store_txn *t, const struct domain_entries *e)
{
	char path[STORE_PATH_MAX];

	store_remove(t, e->notes);
	store_folder(t, STORE_PRIVATE, e->notes);
	store_write(t, STORE_PRIVATE, e->notes, "type", "pvh");
	snprintf(path, sizeof(path), "%s/device", e->notes);
	store_folder(t, STORE_PRIVATE, path);
}

static void write_domain(struct store_txn *t, const void *context)
{
	const struct domain_entries *const e = context;

	write_home(t, e);
	write_vm(t, e);
	write_notes(t, e);
	write_console(t, e);
}

int store_domain_add(struct corbel *c, uint32_t domid,
		     const struct corbel_config *config,
		     const struct domain_rings *rings)
{
	struct domain_entries e = {
		.domid = domid,
		.config = config,
		.rings = rings,
	};
	char object[128], uuid[37];

	guest_object(config, object, sizeof(object));
	value_uuid_text(config->uuid, uuid);
	snprintf(e.home, sizeof(e.home), "/local/domain/%u", domid);
	snprintf(e.vm, sizeof(e.vm), "/vm/%s", uuid);
	snprintf(e.notes, sizeof(e.notes), "/libxl/%u", domid);
	clock_gettime(CLOCK_REALTIME, &e.start);

	if (store_transaction(c, domid, object, write_domain, &e) != 0) {
		return -1;
	}
	if (!xs_introduce_domain(c->xs, domid, rings->store_gfn,
				 rings->store_port)) {
		return corbel_fail_errno(c, object,
					 "the store did not take its ring");
	}
	return 0;
}

/* ---- removing ---- */

struct leftovers {
	uint32_t domid;
	char *vm; /* or NULL */
};

static void remove_domain(struct store_txn *t, const void *context)
{
	const struct leftovers *const l = context;
	char path[STORE_PATH_MAX];

	snprintf(path, sizeof(path), "/local/domain/0/backend/console/%u",
		 l->domid);
	store_remove(t, path);
	snprintf(path, sizeof(path), "/libxl/%u", l->domid);
	store_remove(t, path);
	snprintf(path, sizeof(path), "/local/domain/%u", l->domid);
	store_remove(t, path);
	/* The guest cannot write this, but a wrong one would cost much. */
	if (l->vm != NULL && strncmp(l->vm, "/vm/", 4) == 0) {
		store_remove(t, l->vm);
	}
}

int store_domain_remove(struct corbel *c, uint32_t domid)
{
	struct leftovers l = { .domid = domid };
	struct xs_handle *const xs = handle_store(c);
	char path[STORE_PATH_MAX], object[32];
	int ret;

	if (xs == NULL) {
		return -1;
	}
	snprintf(object, sizeof(object), "domain %u", domid);
	snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
	l.vm = store_read(xs, path);
	ret = store_transaction(c, domid, object, remove_domain, &l);
	free(l.vm);
	/* The daemon has found out by itself that a domain is gone. */
	if (!xs_release_domain(xs, domid) && errno != ENOENT &&
	    errno != EINVAL && ret == 0) {
		ret = corbel_fail_errno(c, object, "the store keeps its ring");
	}
	return ret;
}

int store_domain_name(struct corbel *c, uint32_t domid, char name[256])
{
	struct xs_handle *const xs = handle_store(c);
	char path[STORE_PATH_MAX];
	char *text;

	if (xs == NULL) {
		return -1;
	}
	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	text = store_read(xs, path);
	if (text == NULL && domid != 0) {
		return -1;
	}
	snprintf(name, 256, "%s", text != NULL ? text : SERVICE_VM_NAME);
	free(text);
	return 0;
}
