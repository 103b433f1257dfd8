/* SPDX-License-Identifier: MIT */
/*
 * xl list -l: guests as Xen's libxl describes them in JSON, as far as they are that
 * here.
 */
#include <stdlib.h>

#include "toolstack/describe.h"
#include "toolstack/xl/xl.h"

static void put_creation(struct json *j, const struct corbel_info *info)
{
	char uuid[37];

	describe_uuid_text(info->uuid, uuid);
	json_object(j, "c_info");
	json_text(j, "type", "pvh");
	json_text(j, "name", info->name);
	json_text(j, "uuid", uuid);
	json_text(j, "pool_name", info->pool);
	json_object_end(j);
}

/* What it boots is in the description of those that have one. */
static void put_boot(struct corbel *c, struct json *j, uint32_t domid)
{
	struct corbel_config *config;
	char *xml;

	if (corbel_xml(c, domid, &xml) != 0) {
		return;
	}
	if (corbel_config_parse(c, "xl list", xml, &config) == 0) {
		json_text(j, "kernel", config->kernel);
		if (config->initrd != NULL) {
			json_text(j, "ramdisk", config->initrd);
		}
		if (config->cmdline != NULL) {
			json_text(j, "cmdline", config->cmdline);
		}
		corbel_config_free(config);
	}
	free(xml);
}

static void put_build(struct corbel *c, struct json *j,
		      const struct corbel_info *info)
{
	const uint64_t most = info->memory_max_kib != UINT64_MAX
				      ? info->memory_max_kib
				      : info->memory_kib;

	json_object(j, "b_info");
	json_number(j, "max_vcpus", info->vcpus);
	json_list(j, "avail_vcpus");
	for (unsigned int i = 0; i < info->vcpus_online; i++) {
		json_number(j, NULL, i);
	}
	json_list_end(j);
	json_number(j, "max_memkb", most);
	json_number(j, "target_memkb", info->memory_kib);
	put_boot(c, j, info->domid);
	json_object_end(j);
}

static void put_disk(struct json *j, const struct corbel_device *d)
{
	json_object(j, NULL);
	json_text(j, "pdev_path", d->source);
	json_text(j, "vdev", d->name);
	json_text(j, "backend", d->user ? "qdisk" : "phy");
	json_text(j, "format", "raw");
	json_number(j, "readwrite", !d->readonly);
	json_object_end(j);
}

static void put_nic(struct json *j, const struct corbel_device *d)
{
	json_object(j, NULL);
	json_number(j, "devid", d->number);
	json_text(j, "mac", d->name);
	json_text(j, "bridge", d->source);
	json_text(j, "nictype", "vif");
	json_object_end(j);
}

static void put_devices(struct json *j, const char *name,
			enum corbel_device_kind kind,
			const struct corbel_device *list, size_t count)
{
	json_list(j, name);
	for (size_t i = 0; i < count; i++) {
		if (list[i].kind == kind && kind == CORBEL_DEVICE_DISK) {
			put_disk(j, &list[i]);
		} else if (list[i].kind == kind) {
			put_nic(j, &list[i]);
		}
	}
	json_list_end(j);
}

static int put_domain(struct corbel *c, const struct corbel_info *info,
		      void *json)
{
	struct json *const j = json;
	struct corbel_device *list = NULL;
	size_t count = 0;

	json_object(j, NULL);
	json_number(j, "domid", info->domid);
	json_object(j, "config");
	put_creation(j, info);
	put_build(c, j, info);
	/* The service VM has none, and one that goes loses them. */
	if (info->domid != 0 &&
	    corbel_devices(c, info->domid, &list, &count) != 0) {
		count = 0;
	}
	put_devices(j, "disks", CORBEL_DEVICE_DISK, list, count);
	put_devices(j, "nics", CORBEL_DEVICE_NIC, list, count);
	free(list);
	json_object_end(j);
	json_object_end(j);
	return 0;
}

int xl_list_long(struct corbel *c, const struct arguments *a)
{
	struct json *const j = json_start();
	int ret;

	if (j == NULL) {
		return report_errno("output", "JSON");
	}
	json_list(j, NULL);
	ret = xl_each(c, a, put_domain, j);
	if (ret != EXIT_OK) {
		json_drop(j);
		return ret;
	}
	json_list_end(j);
	return json_print(j);
}
