/* SPDX-License-Identifier: MIT */
/* The devices of a guest of xl.cfg(5). */
#include <string.h>

#include "libctl/xlcfg/conversion.h"

/* Linux has all disks of PV back ends as xvd; the letter stays. */
static const char *target_of(struct conversion *v, const struct setting *disks,
			     const struct setting_value *at, const char *vdev)
{
	char *name;

	if (strncmp(vdev, "/dev/", 5) == 0) {
		vdev += 5;
	}
	if (strncmp(vdev, "hd", 2) != 0 && strncmp(vdev, "sd", 2) != 0) {
		return vdev;
	}
	name = arena_alloc(&v->settings.arena, strlen(vdev) + 2);
	if (name == NULL) {
		return vdev;
	}
	strcat(strcpy(name, "xvd"), vdev + 2);
	conversion_note(v, disks, at, "%s is %s", vdev, name);
	return name;
}

static const char *disk_problem(const struct xl_disk *disk)
{
	if (disk->cdrom) {
		return "there are no CD-ROMs yet";
	}
	if (disk->script != NULL) {
		return "no scripts are run for disks";
	}
	return strcmp(disk->format, "raw") != 0 ? "its format is not raw"
						: NULL;
}

static void write_disk(xmlNode *devices, const struct xl_disk *disk,
		       const char *target)
{
	const bool block = strncmp(disk->target, "/dev/", 5) == 0;
	xmlNode *const node = xml_add(devices, "disk", NULL);
	xmlNode *child;

	xml_set(node, "type", block ? "block" : "file");
	if (!block && disk->backend != NULL &&
	    strcmp(disk->backend, "phy") == 0) {
		xml_set(xml_add(node, "driver", NULL), "name", "file");
	}
	xml_set(xml_add(node, "source", NULL), block ? "dev" : "file",
		disk->target);
	child = xml_add(node, "target", NULL);
	xml_set(child, "dev", target);
	if (disk->readonly) {
		xml_add(node, "readonly", NULL);
	}
}

static void add_disk(struct conversion *v, xmlNode *devices,
		     const struct setting *disks,
		     const struct setting_value *at)
{
	struct xl_disk disk = { 0 };
	const char *problem =
		xl_disk_parse(&v->settings.arena, at->text, &disk);

	if (problem == NULL) {
		problem = disk_problem(&disk);
	}
	if (problem != NULL) {
		conversion_left_out(v, disks, at, problem);
		return;
	}
	if (disk.ignored != NULL) {
		conversion_note(v, disks, at, "without %s", disk.ignored);
	}
	write_disk(devices, &disk, target_of(v, disks, at, disk.vdev));
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
