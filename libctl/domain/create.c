/* SPDX-License-Identifier: MIT */
/*
 * From a configuration to a running guest: a list of steps. The domain is
 * paused until the last. When a step fails, it and those before it are undone,
 * last one first; an undo copes with a step that has done half or nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/build/acpi.h"
#include "libctl/build/build.h"
#include "libctl/domain/kept.h"
#include "libctl/domain/life.h"
#include "libctl/ops/ops.h"

/* Linux's COMMAND_LINE_SIZE; it drops what is longer. */
#define CMDLINE_MAX    2047u

#define EVENT_PORT_MAX 1023u

struct step {
	int (*run)(struct build *b);
	void (*undo)(struct build *b); /* may be NULL */
};

static int check_config(struct build *b)
{
	const struct corbel_config *config = b->config;

	if (config->name == NULL || config->name[0] == '\0') {
		return corbel_fail(b->c, CORBEL_INVALID, "guest",
				   "it has no name");
	}
	if (config->hvm) {
		return corbel_fail(b->c, CORBEL_UNSUPPORTED, b->object,
				   "HVM comes later, only PVH guests can be "
				   "started so far (<type>xenpvh</type>)");
	}
	if (config->kernel == NULL) {
		return corbel_fail(b->c, CORBEL_INVALID, b->object,
				   "no kernel is given");
	}
	if (config->vcpus < 1 || config->vcpus > ACPI_VCPUS_MAX) {
		return corbel_fail(b->c, CORBEL_INVALID, b->object,
				   "%u vCPUs: 1 to %u are possible",
				   config->vcpus, ACPI_VCPUS_MAX);
	}
	if (config->memory_kib > UINT64_MAX / 1024 / 2) {
		return corbel_fail(b->c, CORBEL_INVALID, b->object,
				   "%lu KiB of memory are too many",
				   config->memory_kib);
	}
	if (config->cmdline != NULL && strlen(config->cmdline) > CMDLINE_MAX) {
		return corbel_fail(b->c, CORBEL_INVALID, b->object,
				   "command line of %zu bytes: %u are possible",
				   strlen(config->cmdline), CMDLINE_MAX);
	}
	return 0;
}

static int check_name(struct build *b)
{
	uint32_t other;

	if (corbel_find(b->c, b->config->name, &other) == 0) {
		return corbel_fail(b->c, CORBEL_EXISTS, b->object,
				   "the name is in use by domain %u", other);
	}
	return b->c->error.code == CORBEL_NOT_FOUND ? 0 : -1;
}

/* Its place in the store goes by the uuid. */
static int check_uuid(struct build *b)
{
	struct xen_domctl_getdomaininfo *list;
	size_t count;
	int ret = 0;

	if (sysctl_domains(b->c, &list, &count) != 0) {
		return corbel_fail_errno(b->c, "domains", "list");
	}
	for (size_t i = 0; ret == 0 && i < count; i++) {
		if (list[i].domain != 0 &&
		    memcmp(list[i].handle, b->config->uuid, 16) == 0) {
			ret = corbel_fail(b->c, CORBEL_EXISTS, b->object,
					  "the uuid is in use by domain %u",
					  list[i].domain);
		}
	}
	free(list);
	return ret;
}

static int check_memory(struct build *b)
{
	const uint64_t wanted = layout_pages(&b->layout);
	struct xen_sysctl_physinfo info;

	if (sysctl_physinfo(b->c, &info) != 0) {
		return corbel_fail_errno(b->c, "host", "its memory");
	}
	return wanted <= sysctl_free_pages(&info)
		       ? 0
		       : populate_fail_memory(b, wanted);
}

static int create_domain(struct build *b)
{
	struct xen_domctl_createdomain config = {
		.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
		.max_vcpus = b->config->vcpus,
		.max_evtchn_port = EVENT_PORT_MAX,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
		.arch.emulation_flags = XEN_X86_EMU_LAPIC,
	};

	memcpy(config.handle, b->config->uuid, sizeof(config.handle));
	if (domctl_create(b->c, &config, &b->domid) != 0) {
		if (errno == ENOMEM) {
			return populate_fail_memory(b,
						    layout_pages(&b->layout));
		}
		return corbel_fail_errno(b->c, b->object, "new domain");
	}
	return 0;
}

static void undo_domain(struct build *b)
{
	if (b->domid != DOMID_INVALID) {
		life_end(b->c, b->domid, b->object);
	}
}

static int set_limits(struct build *b)
{
	const uint64_t kib = layout_pages(&b->layout) * 4 + MEMORY_SLACK_KIB;

	if (domctl_max_vcpus(b->c, b->domid, b->config->vcpus) != 0) {
		return corbel_fail_errno(b->c, b->object, "%u vCPUs",
					 b->config->vcpus);
	}
	if (domctl_max_memory(b->c, b->domid, kib) != 0) {
		return corbel_fail_errno(b->c, b->object,
					 "memory limit of %lu KiB", kib);
	}
	return 0;
}

static int claim_memory(struct build *b)
{
	const uint64_t pages = layout_pages(&b->layout);

	if (memory_claim(b->c, b->domid, pages) == 0) {
		return 0;
	}
	if (errno == ENOMEM) {
		return populate_fail_memory(b, pages);
	}
	return corbel_fail_errno(b->c, b->object, "claim of memory");
}

static int set_memory_map(struct build *b)
{
	struct memory_e820_entry map[LAYOUT_MAP_MAX];
	const struct layout *l = &b->layout;

	for (uint32_t i = 0; i < l->map_count; i++) {
		map[i] = (struct memory_e820_entry){
			.addr = l->map[i].addr,
			.size = l->map[i].size,
			.type = l->map[i].type,
		};
	}
	if (memory_set_map(b->c, b->domid, map, l->map_count) != 0) {
		return corbel_fail_errno(b->c, b->object, "memory map");
	}
	return 0;
}

static int add_store(struct build *b)
{
	return store_domain_add(b->c, b->domid, b->config, &b->rings);
}

static void undo_store(struct build *b)
{
	store_domain_remove(b->c, b->domid);
}

static int add_devices(struct build *b)
{
	return devices_add(b->c, b->domid, b->config);
}

static void undo_devices(struct build *b)
{
	devices_remove(b->c, b->domid);
}

static int keep(struct build *b)
{
	return kept_write(b->c, b->domid, b->config);
}

static void undo_keep(struct build *b)
{
	kept_remove(b->domid);
}

static void tidy_up(struct build *b)
{
	fill_end(b);
	files_free(b);
}

/* From here on the guest shares the pCPUs with us: first we tidy up. */
static int start(struct build *b)
{
	tidy_up(b);
	if (b->flags & CORBEL_CREATE_PAUSED) {
		return 0;
	}
	return corbel_unpause(b->c, b->domid);
}

static const struct step steps[] = {
	{ check_config, NULL },    { check_name, NULL },
	{ files_read, NULL },      { check_uuid, NULL },
	{ check_memory, NULL },    { create_domain, undo_domain },
	{ set_limits, NULL },      { cpus_set, NULL },
	{ claim_memory, NULL },    { set_memory_map, NULL },
	{ populate_memory, NULL }, { fill_kernel, NULL },
	{ fill_initrd, NULL },     { fill_tables, NULL },
	{ setup_ports, NULL },     { setup_params, NULL },
	{ setup_grants, NULL },    { setup_vcpu, NULL },
	{ add_store, undo_store }, { add_devices, undo_devices },
	{ keep, undo_keep },       { start, NULL },
};

#define STEP_COUNT (sizeof(steps) / sizeof(steps[0]))

/* Undoes steps 0 to `last`. The failure to tell is the one before. */
static void undo(struct build *b, size_t last)
{
	const struct corbel_error kept = error_keep(b->c);

	for (size_t i = last + 1; i-- > 0;) {
		if (steps[i].undo != NULL) {
			steps[i].undo(b);
		}
	}
	error_put_back(b->c, &kept);
}

static int run(struct build *b)
{
	for (size_t i = 0; i < STEP_COUNT; i++) {
		if (steps[i].run(b) != 0) {
			undo(b, i);
			return -1;
		}
	}
	return 0;
}

int corbel_create(struct corbel *c, const struct corbel_config *config,
		  unsigned int flags, uint32_t *domid)
{
	struct build *b = calloc(1, sizeof(*b));
	int rc;

	if (b == NULL) {
		return corbel_fail_errno(c, "guest", "create");
	}
	b->c = c;
	b->config = config;
	b->flags = flags;
	b->domid = DOMID_INVALID;
	snprintf(b->object, sizeof(b->object), "guest %s",
		 config->name != NULL ? config->name : "");
	rc = run(b);
	if (rc == 0) {
		*domid = b->domid;
	}
	tidy_up(b);
	free(b);
	return rc;
}
