/* SPDX-License-Identifier: MIT */
/* The devices of a guest of xl.cfg(5). */
#include <string.h>

#include "libctl/xlcfg/conversion.h"

/* Drives may be empty. */
static void write_disk(xmlNode *devices, const struct xl_disk *disk,
		       const char *target)
{
	const bool block = strncmp(disk->target, "/dev/", 5) == 0;
	xmlNode *const node = xml_add(devices, "disk", NULL);
	xmlNode *child;

	xml_set(node, "type", block ? "block" : "file");
	if (disk->cdrom) {
		xml_set(node, "device", "cdrom");
	}
	if (xl_disk_format(disk) == CORBEL_FORMAT_QCOW2) {
		child = xml_add(node, "driver", NULL);
		xml_set(child, "name", "qemu");
		xml_set(child, "type", "qcow2");
	} else if (!block && disk->backend != NULL &&
		   strcmp(disk->backend, "phy") == 0) {
		xml_set(xml_add(node, "driver", NULL), "name", "file");
	}
	if (disk->target[0] != '\0') {
		xml_set(xml_add(node, "source", NULL), block ? "dev" : "file",
			disk->target);
	}
	xml_set(xml_add(node, "target", NULL), "dev", target);
	if (disk->readonly || disk->cdrom) {
		xml_add(node, "readonly", NULL);
	}
}

static const char *hvm_problem(const struct xl_disk *disk)
{
	if (disk->script != NULL) {
		return "no scripts are run for disks";
	}
	if (disk->target[0] == '\0' && !disk->cdrom) {
		return "it has no target, the path";
	}
	return strcmp(disk->format, "raw") == 0 ||
			       strcmp(disk->format, "qcow2") == 0 ||
			       strcmp(disk->format, "empty") == 0
		       ? NULL
		       : "its format is neither raw nor qcow2";
}

/* A PVH guest's Linux has all disks as xvd. */
static const char *name_of(struct conversion *v, const struct setting *disks,
			   const struct setting_value *at, const char *vdev)
{
	const char *const name = xl_disk_name(&v->settings.arena, vdev);

	if (v->hvm) {
		return vdev;
	}
	if (strcmp(name, vdev) != 0) {
		conversion_note(v, disks, at, "%s is %s", vdev, name);
	}
	return name;
}

static void add_disk(struct conversion *v, xmlNode *devices,
		     const struct setting *disks,
		     const struct setting_value *at)
{
	struct xl_disk disk = { 0 };
	const char *problem =
		xl_disk_parse(&v->settings.arena, at->text, &disk);

	if (problem == NULL) {
		problem = v->hvm ? hvm_problem(&disk) : xl_disk_problem(&disk);
	}
	if (problem != NULL) {
		conversion_left_out(v, disks, at, problem);
		return;
	}
	if (disk.ignored != NULL) {
		conversion_note(v, disks, at, "without %s", disk.ignored);
	}
	write_disk(devices, &disk, name_of(v, disks, at, disk.vdev));
}

static void write_vif(xmlNode *devices, const struct xl_vif *vif)
{
	xmlNode *const node = xml_add(devices, "interface", NULL);

	xml_set(node, "type", "bridge");
	xml_set(xml_add(node, "source", NULL), "bridge", vif->bridge);
	if (vif->mac != NULL) {
		xml_set(xml_add(node, "mac", NULL), "address", vif->mac);
	}
	if (vif->name != NULL) {
		xml_set(xml_add(node, "target", NULL), "dev", vif->name);
	}
	if (vif->mtu != 0) {
		xml_set_number(xml_add(node, "mtu", NULL), "size", vif->mtu);
	}
	if (vif->rate_kib != 0) {
		xml_set_number(xml_add(xml_add(node, "bandwidth", NULL),
				       "outbound", NULL),
			       "average", vif->rate_kib);
	}
}

static void add_vif(struct conversion *v, xmlNode *devices,
		    const struct setting *vifs, const struct setting_value *at)
{
	struct xl_vif vif = { 0 };
	const char *const problem =
		xl_vif_parse(&v->settings.arena, at->text, &vif);

	if (problem != NULL) {
		conversion_left_out(v, vifs, at, problem);
		return;
	}
	if (vif.ignored != NULL) {
		conversion_note(v, vifs, at, "without %s", vif.ignored);
	}
	write_vif(devices, &vif);
}

static void add_each(struct conversion *v, xmlNode *devices, const char *name,
		     void (*add_one)(struct conversion *v, xmlNode *devices,
				     const struct setting *setting,
				     const struct setting_value *at))
{
	const struct setting *const setting =
		conversion_take(v, name, SETTING_LIST);

	if (setting == NULL) {
		return;
	}
	for (const struct setting_value *at = setting->value->first; at != NULL;
	     at = at->next) {
		if (at->kind == SETTING_TEXT) {
			add_one(v, devices, setting, at);
		} else {
			conversion_left_out(v, setting, at, "it is no text");
		}
	}
}

void convert_devices(struct conversion *v, xmlNode *domain)
{
	xmlNode *const devices = xml_add(domain, "devices", NULL);

	add_each(v, devices, "disk", add_disk);
	add_each(v, devices, "vif", add_vif);
	xml_set(xml_add(devices, "console", NULL), "type", "pty");
}
