/* SPDX-License-Identifier: MIT */
/*
 * The subset of libvirt's domain XML: the tables, and for each element what
 * its text and attributes mean. domain.rng says the same to others; change
 * both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/config/config.h"

#define VCPUS_MAX 128

/* ---- a guest as a whole ---- */

static int read_name(struct reader *r, xmlNode *node)
{
	char *const name = reader_text(node);

	if (name == NULL) {
		return reader_no_memory(r, node);
	}
	r->config->name = name;
	if (!value_name(name)) {
		return reader_fail(r, node, CORBEL_INVALID,
				   "<name>: '%.80s' cannot be a name (1 to 64 "
				   "letters, digits and -_.+, not digits only)",
				   name);
	}
	return 0;
}

static int read_uuid(struct reader *r, xmlNode *node)
{
	char *const text = reader_text(node);
	int ret = 0;

	if (text == NULL) {
		return reader_no_memory(r, node);
	}
	if (!value_uuid(text, r->config->uuid)) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<uuid>: '%.60s' is no UUID (01234567-89ab-"
				  "cdef-0123-456789abcdef)",
				  text);
	}
	free(text);
	return ret;
}

/* A whole number as the text of an element. */
static int read_number(struct reader *r, xmlNode *node, uint64_t *number)
{
	char *const text = reader_text(node);
	int ret = 0;

	if (text == NULL) {
		return reader_no_memory(r, node);
	}
	if (!value_number(text, number)) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<%s>: '%.60s' is no whole number",
				  (const char *)node->name, text);
	}
	free(text);
	return ret;
}

static int amount(struct reader *r, xmlNode *node, uint64_t number,
		  const char *unit, uint64_t *kib)
{
	if (!reader_is_one_of(unit, value_memory_units)) {
		char list[128];

		reader_list(value_memory_units, list, sizeof(list));
		return reader_fail(r, node, CORBEL_INVALID,
				   "<%s>: unit '%.60s' is not known (%s)",
				   (const char *)node->name, unit, list);
	}
	if (!value_memory(number, unit, kib)) {
		return reader_fail(r, node, CORBEL_INVALID,
				   "<%s>: more than any machine has",
				   (const char *)node->name);
	}
	if (*kib == 0) {
		return reader_fail(r, node, CORBEL_INVALID,
				   "<%s>: a guest without memory cannot run",
				   (const char *)node->name);
	}
	return 0;
}

static int read_amount(struct reader *r, xmlNode *node, uint64_t *kib)
{
	uint64_t number;
	char *unit;
	int ret;

	if (read_number(r, node, &number) != 0) {
		return -1;
	}
	unit = reader_attribute(node, "unit");
	ret = amount(r, node, number, unit != NULL ? unit : "KiB", kib);
	free(unit);
	return ret;
}

static int read_memory(struct reader *r, xmlNode *node)
{
	return read_amount(r, node, &r->config->memory_kib);
}

/* <memory> may come later in the file, so read_domain() compares. */
static int read_current_memory(struct reader *r, xmlNode *node)
{
	uint64_t kib;

	return read_amount(r, node, &kib);
}

static int read_vcpu(struct reader *r, xmlNode *node)
{
	uint64_t number;

	if (read_number(r, node, &number) != 0) {
		return -1;
	}
	if (number < 1 || number > VCPUS_MAX) {
		return reader_fail(r, node, CORBEL_INVALID,
				   "<vcpu>: %llu vCPUs are not possible (1 to "
				   "%d)",
				   (unsigned long long)number, VCPUS_MAX);
	}
	r->config->vcpus = (unsigned int)number;
	return 0;
}

static int read_action(struct reader *r, xmlNode *node,
		       enum corbel_action *action)
{
	static const char *const names[] = {
		[CORBEL_DESTROY] = "destroy",
		[CORBEL_RESTART] = "restart",
		[CORBEL_PRESERVE] = "preserve",
	};
	char *const text = reader_text(node);
	size_t i = 0;
	int ret = 0;

	if (text == NULL) {
		return reader_no_memory(r, node);
	}
	while (i < sizeof(names) / sizeof(names[0]) &&
	       strcmp(text, names[i]) != 0) {
		i++;
	}
	if (i == sizeof(names) / sizeof(names[0])) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<%s>: '%.60s' is not known (destroy, "
				  "restart, preserve)",
				  (const char *)node->name, text);
	} else {
		*action = (enum corbel_action)i;
	}
	free(text);
	return ret;
}

static int read_on_poweroff(struct reader *r, xmlNode *node)
{
	return read_action(r, node, &r->config->on_poweroff);
}

static int read_on_reboot(struct reader *r, xmlNode *node)
{
	return read_action(r, node, &r->config->on_reboot);
}

static int read_on_crash(struct reader *r, xmlNode *node)
{
	return read_action(r, node, &r->config->on_crash);
}

/* ---- <os> ---- */

static int read_os_type(struct reader *r, xmlNode *node)
{
	char *const text = reader_text(node);
	int ret = 0;

	if (text == NULL) {
		return reader_no_memory(r, node);
	}
	if (strcmp(text, "linux") == 0) {
		ret = reader_fail(r, node, CORBEL_UNSUPPORTED,
				  "<type>: 'linux' means classic "
				  "paravirtualization, which this hypervisor "
				  "does not do (xenpvh)");
	} else if (strcmp(text, "hvm") == 0) {
		ret = reader_fail(r, node, CORBEL_UNSUPPORTED,
				  "<type>: 'hvm' is not there yet (xenpvh)");
	} else if (strcmp(text, "xenpvh") != 0) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<type>: '%.60s' is not known (xenpvh)",
				  text);
	}
	free(text);
	return ret;
}

static int read_kernel(struct reader *r, xmlNode *node)
{
	r->config->kernel = reader_text(node);
	if (r->config->kernel == NULL) {
		return reader_no_memory(r, node);
	}
	return check_file(r, node, r->config->kernel);
}

static int read_initrd(struct reader *r, xmlNode *node)
{
	r->config->initrd = reader_text(node);
	if (r->config->initrd == NULL) {
		return reader_no_memory(r, node);
	}
	return check_file(r, node, r->config->initrd);
}

static int read_cmdline(struct reader *r, xmlNode *node)
{
	r->config->cmdline = reader_text(node);
	return r->config->cmdline != NULL ? 0 : reader_no_memory(r, node);
}

/* ---- disks ---- */

static int read_disk_source(struct reader *r, xmlNode *node,
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

static int read_disk_target(struct reader *r, xmlNode *node,
			    struct corbel_disk *disk)
{
	const struct corbel_config *config = r->config;
	uint32_t number;

	disk->target = reader_attribute(node, "dev");
	if (disk->target == NULL) {
		return reader_no_memory(r, node);
	}
	if (!value_disk_target(disk->target, &number)) {
		return reader_fail(r, node, CORBEL_INVALID,
				   "<target>: '%.60s' is no disk of a guest "
				   "(xvda, xvdb, ...)",
				   disk->target);
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

static int read_disk_driver(struct reader *r, xmlNode *node,
			    struct corbel_disk *disk)
{
	char *const name = reader_attribute(node, "name");
	int ret = 0;

	if (name == NULL) {
		return reader_no_memory(r, node);
	}
	disk->backend = strcmp(name, "corbel") == 0 ? CORBEL_BACKEND_USER
						    : CORBEL_BACKEND_KERNEL;
	if (strcmp(name, "file") == 0 && disk->kind != CORBEL_DISK_FILE) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<driver>: name 'file' is for disks of type "
				  "'file'; this one is of type 'block' (phy, "
				  "corbel)");
	}
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

static int read_disk(struct reader *r, xmlNode *node)
{
	struct corbel_disk *const disk = add_disk(r->config);
	xmlNode *const driver = reader_find(node, "driver");
	char *const type = reader_attribute(node, "type");

	if (disk == NULL || type == NULL) {
		free(type);
		return reader_no_memory(r, node);
	}
	disk->kind = strcmp(type, "file") == 0 ? CORBEL_DISK_FILE
					       : CORBEL_DISK_BLOCK;
	free(type);
	disk->readonly = reader_find(node, "readonly") != NULL;
	if (driver != NULL && read_disk_driver(r, driver, disk) != 0) {
		return -1;
	}
	if (read_disk_target(r, reader_find(node, "target"), disk) != 0) {
		return -1;
	}
	return read_disk_source(r, reader_find(node, "source"), disk);
}

/* ---- others ---- */

static int read_emulator(struct reader *r, xmlNode *node)
{
	return reader_warn(r, node, "ignored: a PVH guest has no device model");
}

/* ---- <domain> ---- */

static int compare_memory(struct reader *r, xmlNode *node)
{
	xmlNode *const current = reader_find(node, "currentMemory");
	uint64_t kib;

	if (current == NULL) {
		return 0;
	}
	if (read_amount(r, current, &kib) != 0) {
		return -1;
	}
	if (kib != r->config->memory_kib) {
		return reader_fail(r, current, CORBEL_UNSUPPORTED,
				   "<currentMemory>: to start with another "
				   "amount than <memory> is not there yet");
	}
	return 0;
}

/* A new one goes into the document as well, right behind the name. */
static int add_uuid(struct reader *r, xmlNode *node)
{
	char text[37];
	xmlNode *uuid;

	if (!value_new_uuid(r->config->uuid)) {
		return reader_fail(r, node, CORBEL_FAILED,
				   "<uuid>: the system has no random bytes");
	}
	value_uuid_text(r->config->uuid, text);
	uuid = xmlNewDocNode(node->doc, NULL, (const xmlChar *)"uuid",
			     (const xmlChar *)text);
	if (uuid == NULL ||
	    xmlAddNextSibling(reader_find(node, "name"), uuid) == NULL) {
		xmlFreeNode(uuid);
		return reader_no_memory(r, node);
	}
	return 0;
}

static int read_domain(struct reader *r, xmlNode *node)
{
	static const uint8_t none[6];
	struct corbel_config *const config = r->config;

	if (compare_memory(r, node) != 0) {
		return -1;
	}
	if (reader_find(node, "uuid") == NULL && add_uuid(r, node) != 0) {
		return -1;
	}
	for (size_t i = 0; i < config->nic_count; i++) {
		if (memcmp(config->nics[i].mac, none, sizeof(none)) == 0) {
			value_new_mac(config->name, i, config->nics[i].mac);
		}
	}
	return 0;
}

/* ---- the tables ---- */

#define TEXT ELEMENT_TEXT
#define ONCE ELEMENT_ONCE
#define MUST ELEMENT_REQUIRED

/* clang-format off */
static const struct attribute disk_attributes[] = {
	{ .name = "type", .values = "block|file", .required = true },
	{ .name = "device", .values = "disk" },
	{ .name = NULL },
};

static const struct attribute driver_attributes[] = {
	{ .name = "name", .values = "phy|file|corbel", .required = true },
	{ .name = "type", .values = "raw" },
	{ .name = NULL },
};

static const struct attribute source_attributes[] = {
	{ .name = "file" },
	{ .name = "dev" },
	{ .name = NULL },
};

static const struct attribute target_attributes[] = {
	{ .name = "dev", .required = true },
	{ .name = "bus", .values = "xen" },
	{ .name = NULL },
};

static const struct element disk_elements[] = {
	{ .name = "driver", .rules = ONCE, .attributes = driver_attributes },
	{ .name = "source", .rules = ONCE | MUST,
	  .attributes = source_attributes },
	{ .name = "target", .rules = ONCE | MUST,
	  .attributes = target_attributes },
	{ .name = "readonly", .rules = ONCE },
	{ .name = NULL },
};

static const struct attribute console_attributes[] = {
	{ .name = "type", .values = "pty", .required = true },
	{ .name = NULL },
};

static const struct attribute console_target_attributes[] = {
	{ .name = "type", .values = "xen" },
	{ .name = "port", .values = "0" },
	{ .name = NULL },
};

static const struct element console_elements[] = {
	{ .name = "target", .rules = ONCE,
	  .attributes = console_target_attributes },
	{ .name = NULL },
};

static const struct element device_elements[] = {
	{ .name = "disk", .attributes = disk_attributes,
	  .inside = disk_elements, .read = read_disk },
	{ .name = "interface", .attributes = interface_attributes,
	  .inside = interface_elements, .read = interface_read },
	{ .name = "console", .rules = ONCE,
	  .attributes = console_attributes, .inside = console_elements },
	{ .name = "emulator", .rules = ONCE | TEXT, .read = read_emulator },
	{ .name = NULL },
};

static const struct attribute os_type_attributes[] = {
	{ .name = "arch", .values = "x86_64" },
	{ .name = "machine", .values = "xenpvh" },
	{ .name = NULL },
};

static const struct element os_elements[] = {
	{ .name = "type", .rules = ONCE | TEXT | MUST,
	  .attributes = os_type_attributes, .read = read_os_type },
	{ .name = "kernel", .rules = ONCE | TEXT | MUST,
	  .read = read_kernel },
	{ .name = "initrd", .rules = ONCE | TEXT, .read = read_initrd },
	{ .name = "cmdline", .rules = ONCE | TEXT, .read = read_cmdline },
	{ .name = NULL },
};

static const struct attribute memory_attributes[] = {
	{ .name = "unit" },
	{ .name = NULL },
};

static const struct attribute vcpu_attributes[] = {
	{ .name = "placement", .values = "static" },
	{ .name = NULL },
};

static const struct element domain_elements[] = {
	{ .name = "name", .rules = ONCE | TEXT | MUST, .read = read_name },
	{ .name = "uuid", .rules = ONCE | TEXT, .read = read_uuid },
	{ .name = "memory", .rules = ONCE | TEXT | MUST,
	  .attributes = memory_attributes, .read = read_memory },
	{ .name = "currentMemory", .rules = ONCE | TEXT,
	  .attributes = memory_attributes, .read = read_current_memory },
	{ .name = "vcpu", .rules = ONCE | TEXT,
	  .attributes = vcpu_attributes, .read = read_vcpu },
	{ .name = "os", .rules = ONCE | MUST, .inside = os_elements },
	{ .name = "on_poweroff", .rules = ONCE | TEXT,
	  .read = read_on_poweroff },
	{ .name = "on_reboot", .rules = ONCE | TEXT, .read = read_on_reboot },
	{ .name = "on_crash", .rules = ONCE | TEXT, .read = read_on_crash },
	{ .name = "devices", .rules = ONCE, .inside = device_elements },
	{ .name = NULL },
};

static const struct attribute domain_attributes[] = {
	{ .name = "type", .values = "xen", .required = true },
	{ .name = NULL },
};

const struct element config_elements[] = {
	{ .name = "domain", .rules = MUST, .attributes = domain_attributes,
	  .inside = domain_elements, .read = read_domain },
	{ .name = NULL },
};
/* clang-format on */
