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

	if (reader_number(r, node, &number) != 0) {
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

	if (reader_number(r, node, &number) != 0) {
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

/* libvirt's path of a partition: here there is one level, the pools. */
static int read_partition(struct reader *r, xmlNode *node)
{
	char *const text = reader_text(node);
	int ret = 0;

	if (text == NULL) {
		return reader_no_memory(r, node);
	}
	if (text[0] != '/' || !value_name(text + 1)) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<partition>: '%.80s' is no pool (/NAME)",
				  text);
	} else {
		r->config->pool = strdup(text + 1);
		ret = r->config->pool != NULL ? 0 : reader_no_memory(r, node);
	}
	free(text);
	return ret;
}

/* ---- <os> ---- */

static int read_os_type(struct reader *r, xmlNode *node)
{
	char *const text = reader_text(node);
	int ret = 0;

	if (text == NULL) {
		return reader_no_memory(r, node);
	}
	if (reader_is_one_of(text, "linux|xen")) {
		ret = reader_fail(r, node, CORBEL_UNSUPPORTED,
				  "<type>: '%s' means classic "
				  "paravirtualization, which this hypervisor "
				  "does not do (xenpvh)",
				  text);
	} else if (!reader_is_one_of(text, "xenpvh|hvm")) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<type>: '%.60s' is not known (xenpvh, hvm)",
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

static int read_os(struct reader *r, xmlNode *node)
{
	if (r->config->hvm || r->config->kernel != NULL) {
		return 0;
	}
	return reader_fail(r, node, CORBEL_INVALID,
			   "<os>: <kernel> is missing");
}

/* ---- others ---- */

static int read_emulator(struct reader *r, xmlNode *node)
{
	return r->config->hvm
		       ? 0
		       : reader_warn(
				 r, node,
				 "ignored: a PVH guest has no device model");
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
	if (kib > r->config->memory_kib) {
		return reader_fail(r, current, CORBEL_INVALID,
				   "<currentMemory>: more than <memory>");
	}
	r->config->start_kib = kib;
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
	r->config->uuid_is_new = true;
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
	if (cputune_read(r, reader_find(node, "vcpu"),
			 reader_find(node, "cputune")) != 0) {
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
#define FREE ELEMENT_FREE
#define HVM  (ELEMENT_FREE | ELEMENT_HVM)

/* clang-format off */
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
	  .inside = disk_elements, .read = disk_read },
	{ .name = "interface", .attributes = interface_attributes,
	  .inside = interface_elements, .read = interface_read },
	{ .name = "console", .rules = ONCE,
	  .attributes = console_attributes, .inside = console_elements },
	{ .name = "emulator", .rules = ONCE | TEXT, .read = read_emulator },
	{ .name = "channel", .rules = HVM },
	{ .name = "controller", .rules = HVM },
	{ .name = "graphics", .rules = HVM },
	{ .name = "input", .rules = HVM },
	{ .name = "memballoon", .rules = HVM },
	{ .name = "redirdev", .rules = HVM },
	{ .name = "serial", .rules = HVM },
	{ .name = "sound", .rules = HVM },
	{ .name = "video", .rules = HVM },
	{ .name = NULL },
};

static const struct attribute os_type_attributes[] = {
	{ .name = "arch", .values = "x86_64" },
	{ .name = "machine", .values = "xenpvh|xenfv" },
	{ .name = NULL },
};

static const struct element os_elements[] = {
	{ .name = "type", .rules = ONCE | TEXT | MUST,
	  .attributes = os_type_attributes, .read = read_os_type },
	{ .name = "kernel", .rules = ONCE | TEXT, .read = read_kernel },
	{ .name = "initrd", .rules = ONCE | TEXT, .read = read_initrd },
	{ .name = "cmdline", .rules = ONCE | TEXT, .read = read_cmdline },
	{ .name = "loader", .rules = HVM },
	{ .name = "boot", .rules = HVM },
	{ .name = "bootmenu", .rules = HVM },
	{ .name = NULL },
};

static const struct attribute memory_attributes[] = {
	{ .name = "unit" },
	{ .name = NULL },
};

static const struct attribute vcpu_attributes[] = {
	{ .name = "placement", .values = "static" },
	{ .name = "cpuset" },
	{ .name = NULL },
};

static const struct element resource_elements[] = {
	{ .name = "partition", .rules = ONCE | TEXT | MUST,
	  .read = read_partition },
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
	{ .name = "cputune", .rules = ONCE, .inside = cputune_elements },
	{ .name = "resource", .rules = ONCE, .inside = resource_elements },
	{ .name = "os", .rules = ONCE | MUST, .inside = os_elements,
	  .read = read_os },
	{ .name = "on_poweroff", .rules = ONCE | TEXT,
	  .read = read_on_poweroff },
	{ .name = "on_reboot", .rules = ONCE | TEXT, .read = read_on_reboot },
	{ .name = "on_crash", .rules = ONCE | TEXT, .read = read_on_crash },
	{ .name = "devices", .rules = ONCE, .inside = device_elements },
	{ .name = "metadata", .rules = FREE },
	{ .name = "title", .rules = FREE },
	{ .name = "description", .rules = FREE },
	{ .name = "clock", .rules = HVM },
	{ .name = "cpu", .rules = HVM },
	{ .name = "features", .rules = HVM },
	{ .name = "pm", .rules = HVM },
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
