/* SPDX-License-Identifier: MIT */
/*
 * Devices that come to a running guest and leave it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libctl/config/config.h"
#include "libctl/domain/device.h"
#include "libctl/domain/subject.h"

#define NICS_MAX 64u

/* ---- disks ---- */

int device_check_source(struct corbel *c, const char *object,
			struct corbel_disk *disk)
{
	struct stat st;

	if (disk->source[0] != '/') {
		return corbel_fail(c, CORBEL_INVALID, object,
				   "'%.200s' is no absolute path",
				   disk->source);
	}
	if (stat(disk->source, &st) != 0 || access(disk->source, R_OK) != 0) {
		return corbel_fail_errno(c, object, "%s", disk->source);
	}
	if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode)) {
		return corbel_fail(c, CORBEL_INVALID, object,
				   "%.200s is neither a file nor a block "
				   "device",
				   disk->source);
	}
	disk->kind = S_ISBLK(st.st_mode) ? CORBEL_DISK_BLOCK : CORBEL_DISK_FILE;
	return 0;
}

static int fail_drive(struct corbel *c, const char *object, const char *verb)
{
	return corbel_fail(c, CORBEL_INVALID, object,
			   "it is a CD-ROM drive (corbel cdrom-%s)", verb);
}

/* Fails if the guest has a device of that number already. */
static int check_free(struct corbel *c, const struct device *d)
{
	char *const text = store_read_in(c->xs, d->notes, "backend");

	if (device_is_drive(c, d->notes)) {
		free(text);
		return fail_drive(c, d->object, "insert");
	}
	if (text == NULL) {
		return 0;
	}
	free(text);
	return corbel_fail(c, CORBEL_EXISTS, d->object,
			   "the guest has one already");
}

static int attach_disk(struct corbel *c, uint32_t domid,
		       const struct corbel_disk *disk, const char *object)
{
	struct device d;

	if (device_disk_prepare(c, &d, domid, disk) != 0) {
		return -1;
	}
	if (check_free(c, &d) != 0) {
		device_disk_release(d.made);
		return -1;
	}
	return devices_connect(c, &d, 1, object);
}

int device_check_guest(struct corbel *c, uint32_t domid)
{
	struct xen_domctl_getdomaininfo info;

	if (handle_store(c) == NULL || subject_is_guest(c, domid) != 0) {
		return -1;
	}
	return subject_info(c, domid, &info) == 0
		       ? 0
		       : subject_fail(c, domid, "device");
}

int corbel_disk_attach(struct corbel *c, uint32_t domid, const char *source,
		       const char *target, enum corbel_disk_format format,
		       bool readonly)
{
	struct corbel_disk disk = {
		.format = format,
		.source = strdup(source),
		.target = strdup(target),
		.readonly = readonly,
	};
	char object[64];
	int ret = -1;

	snprintf(object, sizeof(object), "disk %.40s", target);
	if (disk.source == NULL || disk.target == NULL) {
		corbel_fail_errno(c, object, "attach");
	} else if (device_check_guest(c, domid) == 0 &&
		   device_check_source(c, object, &disk) == 0) {
		ret = attach_disk(c, domid, &disk, object);
	}
	free(disk.source);
	free(disk.target);
	return ret;
}

int corbel_disk_detach(struct corbel *c, uint32_t domid, const char *target,
		       unsigned int seconds)
{
	struct device d = {
		.domid = domid,
		.front_kind = "vbd",
		.back_kind = "vbd",
	};

	snprintf(d.object, sizeof(d.object), "disk %.40s", target);
	if (!value_disk_target(target, &d.id)) {
		return corbel_fail(c, CORBEL_INVALID, d.object,
				   "no disk of a guest (xvda, xvdb, ...)");
	}
	if (device_check_guest(c, domid) != 0) {
		return -1;
	}
	device_set_paths(&d);
	if (device_is_drive(c, d.notes)) {
		return fail_drive(c, d.object, "eject");
	}
	return device_detach(c, domid, "vbd", d.id, d.object, seconds);
}

/* ---- network interfaces ---- */

static int check_bridge_name(struct corbel *c, const char *bridge)
{
	char path[STORE_PATH_MAX];

	snprintf(path, sizeof(path), "/sys/class/net/%.60s/bridge", bridge);
	if (strchr(bridge, '/') == NULL && access(path, F_OK) == 0) {
		return 0;
	}
	return corbel_fail(c, CORBEL_NOT_FOUND, "interface",
			   "there is no bridge %.60s", bridge);
}

/* Prepares `d` with the first number that is free. */
static int prepare_nic(struct corbel *c, struct device *d, uint32_t domid,
		       const struct corbel_nic *nic)
{
	for (uint32_t id = 0; id < NICS_MAX; id++) {
		device_nic_prepare(d, domid, id, nic);
		if (check_free(c, d) == 0) {
			return 0;
		}
	}
	return corbel_fail(c, CORBEL_INVALID, "interface",
			   "the guest has %u already", NICS_MAX);
}

/* One that is told is taken; else one by the guest's name and the number. */
static int find_mac(struct corbel *c, const struct device *d, const char *mac,
		    uint8_t out[6])
{
	char name[256];

	if (mac == NULL) {
		if (store_domain_name(c, d->domid, name) != 0) {
			return subject_fail(c, d->domid, "name");
		}
		value_new_mac(name, d->id, out);
		return 0;
	}
	return value_mac(mac, out) ? 0
				   : corbel_fail(c, CORBEL_INVALID, d->object,
						 "'%.40s' is no address", mac);
}

int corbel_nic_attach(struct corbel *c, uint32_t domid, const char *bridge,
		      const char *mac, unsigned int *number)
{
	struct corbel_nic nic = { 0 };
	struct device d;
	int ret = -1;

	if (device_check_guest(c, domid) != 0 ||
	    check_bridge_name(c, bridge) != 0) {
		return -1;
	}
	nic.bridge = strdup(bridge);
	if (nic.bridge == NULL) {
		return corbel_fail_errno(c, "interface", "attach");
	}
	if (prepare_nic(c, &d, domid, &nic) == 0 &&
	    find_mac(c, &d, mac, nic.mac) == 0) {
		*number = d.id;
		ret = devices_connect(c, &d, 1, d.object);
	}
	free(nic.bridge);
	return ret;
}

int corbel_nic_detach(struct corbel *c, uint32_t domid, unsigned int number,
		      unsigned int seconds)
{
	char object[64];

	snprintf(object, sizeof(object), "interface %u", number);
	if (device_check_guest(c, domid) != 0) {
		return -1;
	}
	return device_detach(c, domid, "vif", number, object, seconds);
}
