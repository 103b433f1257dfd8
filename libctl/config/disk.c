/* SPDX-License-Identifier: MIT */
/*
 * <disk>: what it is on, its name in the guest, and who serves it.
 */
#include <stdlib.h>
#include <string.h>

#include "libctl/config/config.h"

static int read_source(struct reader *r, xmlNode *node,
		       struct corbel_disk *disk)
{
	const bool is_file = disk->kind == CORBEL_DISK_FILE;
	const char *const right = is_file ? "file" : "dev";
	const char *const wrong = is_file ? "dev" : "file";

	if (xmlHasProp(node, (const xmlChar *)wrong) ||
	    !xmlHasProp(node, (const xmlChar *)right)) {
		return reader_fail(r, node, CORBEL_INVALID,
				   "<source>: a disk of type '%s' has '%s=' "
				   "here",
				   is_file ? "file" : "block", right);
	}
	disk->source = reader_attribute(node, right);
	if (disk->source == NULL) {
		return reader_no_memory(r, node);
	}
	return is_file ? check_file(r, node, disk->source)
		       : check_block_device(r, node, disk->source);
}

/* The name that Linux' block front end gives to a disk hda, sda or fda; NULL if
 * it is none of these. */
static char *xen_name(const char *target)
{
	char *name;
	uint32_t number;

	if (!reader_is_one_of((char[]){ target[0], target[1], '\0' },
			      "hd|sd|fd") ||
	    asprintf(&name, "xvd%s", target + 2) < 0) {
		return NULL;
	}
	if (!value_disk_target(name, &number)) {
		free(name);
		return NULL;
	}
	return name;
}

/* virt-install names disks hda and so on unless it is told otherwise. */
static int rename_ide(struct reader *r, const xmlNode *node, char **target)
{
	char *const name = (*target)[0] == 'h' ? xen_name(*target) : NULL;

	if (name == NULL) {
		return 0;
	}
	free(*target);
	*target = name;
	return reader_warn(r, node,
			   "a PVH guest has no IDE disks: hda is xvda, hdb "
			   "xvdb");
}

static int check_hvm_target(struct reader *r, const xmlNode *node,
			    const char *target)
{
	char *const name = xen_name(target);
	uint32_t number;

	free(name);
	return name != NULL || value_disk_target(target, &number)
		       ? 0
		       : reader_fail(r, node, CORBEL_INVALID,
				     "<target>: '%.60s' is no disk of a guest "
				     "(hda, sda, xvda, ...)",
				     target);
}

static int check_pvh_target(struct reader *r, const xmlNode *node,
			    struct corbel_disk *disk)
{
	uint32_t number;

	if (rename_ide(r, node, &disk->target) != 0) {
		return -1;
	}
	return value_disk_target(disk->target, &number)
		       ? 0
		       : reader_fail(r, node, CORBEL_INVALID,
				     "<target>: '%.60s' is no disk of a guest "
				     "(xvda, xvdb, ...)",
				     disk->target);
}

static int read_target(struct reader *r, xmlNode *node,
		       struct corbel_disk *disk)
{
	const struct corbel_config *config = r->config;
	int ret;

	disk->target = reader_attribute(node, "dev");
	if (disk->target == NULL) {
		return reader_no_memory(r, node);
	}
	ret = config->hvm ? check_hvm_target(r, node, disk->target)
			  : check_pvh_target(r, node, disk);
	if (ret != 0) {
		return -1;
	}
	/* `disk` is the last of them. */
	for (size_t i = 0; &config->disks[i] != disk; i++) {
		if (strcmp(config->disks[i].target, disk->target) == 0) {
			return reader_fail(r, node, CORBEL_INVALID,
					   "<target>: '%s' is there a second "
					   "time",
					   disk->target);
		}
	}
	return 0;
}

/* libvirt's 'qemu' leaves the choice to us. */
static int take_backend(struct reader *r, xmlNode *node, const char *name,
			struct corbel_disk *disk)
{
	if (name == NULL || strcmp(name, "qemu") == 0) {
		return 0;
	}
	disk->backend = strcmp(name, "corbel") == 0 ? CORBEL_BACKEND_USER
						    : CORBEL_BACKEND_KERNEL;
	if (strcmp(name, "file") == 0 && disk->kind != CORBEL_DISK_FILE) {
		return reader_fail(r, node, CORBEL_INVALID,
				   "<driver>: name 'file' is for disks of type "
				   "'file'; this one is of type 'block' (phy, "
				   "corbel)");
	}
	return 0;
}

static int read_driver(struct reader *r, xmlNode *node,
		       struct corbel_disk *disk)
{
	char *const name = reader_attribute(node, "name");
	char *const type = reader_attribute(node, "type");
	int ret;

	disk->format = type != NULL && strcmp(type, "qcow2") == 0
			       ? CORBEL_FORMAT_QCOW2
			       : CORBEL_FORMAT_RAW;
	ret = take_backend(r, node, name, disk);
	free(type);
	free(name);
	return ret;
}

static struct corbel_disk *add_disk(struct corbel_config *config)
{
	struct corbel_disk *const disks = realloc(
		config->disks, (config->disk_count + 1) * sizeof(*disks));

	if (disks == NULL) {
		return NULL;
	}
	config->disks = disks;
	disks[config->disk_count] = (struct corbel_disk){ 0 };
	return &disks[config->disk_count++];
}

static bool is_like(const xmlNode *node, const char *name, const char *value)
{
	char *const text = reader_attribute(node, name);
	const bool same = text != NULL && strcmp(text, value) == 0;

	free(text);
	return same;
}

static int check_pvh_disk(struct reader *r, const xmlNode *node,
			  const struct corbel_disk *disk)
{
	if (is_like(node, "device", "floppy")) {
		return reader_fail(r, node, CORBEL_UNSUPPORTED,
				   "<disk>: a PVH guest has no floppies "
				   "(device='disk' or 'cdrom')");
	}
	return disk->cdrom || reader_find(node, "source") != NULL
		       ? 0
		       : reader_fail(r, node, CORBEL_INVALID,
				     "<disk>: <source> is missing");
}

int disk_read(struct reader *r, xmlNode *node)
{
	struct corbel_disk *const disk = add_disk(r->config);
	const bool hvm = r->config->hvm;
	xmlNode *const driver = reader_find(node, "driver");
	xmlNode *const source = reader_find(node, "source");

	if (disk == NULL) {
		return reader_no_memory(r, node);
	}
	disk->kind = is_like(node, "type", "file") ? CORBEL_DISK_FILE
						   : CORBEL_DISK_BLOCK;
	disk->cdrom = is_like(node, "device", "cdrom");
	disk->readonly = disk->cdrom || reader_find(node, "readonly") != NULL;
	if (!hvm && check_pvh_disk(r, node, disk) != 0) {
		return -1;
	}
	if (!hvm && driver != NULL && read_driver(r, driver, disk) != 0) {
		return -1;
	}
	if (read_target(r, reader_find(node, "target"), disk) != 0) {
		return -1;
	}
	return source == NULL ? 0 : read_source(r, source, disk);
}

/* clang-format off */
const struct attribute disk_attributes[] = {
	{ .name = "type", .values = "block|file", .required = true },
	{ .name = "device", .values = "disk|cdrom|floppy" },
	{ .name = NULL },
};

static const struct attribute driver_attributes[] = {
	{ .name = "name", .values = "phy|file|corbel|qemu" },
	{ .name = "type", .values = "raw|qcow2" },
	{ .name = NULL },
};

static const struct attribute source_attributes[] = {
	{ .name = "file" },
	{ .name = "dev" },
	{ .name = NULL },
};

static const struct attribute target_attributes[] = {
	{ .name = "dev", .required = true },
	{ .name = "bus", .values = "xen|ide|scsi|sata|usb|fdc" },
	{ .name = NULL },
};

const struct element disk_elements[] = {
	{ .name = "driver", .rules = ELEMENT_ONCE,
	  .attributes = driver_attributes },
	{ .name = "source", .rules = ELEMENT_ONCE,
	  .attributes = source_attributes },
	{ .name = "target", .rules = ELEMENT_ONCE | ELEMENT_REQUIRED,
	  .attributes = target_attributes },
	{ .name = "readonly", .rules = ELEMENT_ONCE },
	{ .name = NULL },
};
/* clang-format on */
