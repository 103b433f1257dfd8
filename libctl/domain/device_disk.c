/* SPDX-License-Identifier: MIT */
/*
 * Disks: the front end is always a vbd; the back end is the kernel's for block
 * devices, or the user-space one for files. A qcow2 image is made a block device
 * first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "libctl/config/config.h"
#include "libctl/domain/device.h"

static bool is_kernels(const struct corbel_disk *disk)
{
	if (disk->backend == CORBEL_BACKEND_DEFAULT) {
		return disk->kind == CORBEL_DISK_BLOCK ||
		       disk->format == CORBEL_FORMAT_QCOW2;
	}
	return disk->backend == CORBEL_BACKEND_KERNEL;
}

/* What its back end opens. */
static const char *node_of(const struct device *d)
{
	return d->made[0] != '\0' ? d->made : d->disk->source;
}

static int make_node(struct corbel *c, struct device *d, bool kernels)
{
	const struct corbel_disk *const disk = d->disk;

	if (disk->format == CORBEL_FORMAT_QCOW2) {
		return device_nbd_attach(c, d->object, disk->source,
					 disk->readonly, d->made,
					 sizeof(d->made));
	}
	if (kernels && disk->kind == CORBEL_DISK_FILE) {
		return device_loop_attach(c, d->object, disk->source,
					  disk->readonly, d->made,
					  sizeof(d->made));
	}
	return 0;
}

/* The kernel's back end takes a block device by its numbers. */
static int find_numbers(struct corbel *c, struct device *d)
{
	const char *const node = node_of(d);
	struct stat st;

	if (stat(node, &st) != 0) {
		return corbel_fail_errno(c, d->object, "%.200s", node);
	}
	if (!S_ISBLK(st.st_mode)) {
		return corbel_fail(c, CORBEL_INVALID, d->object,
				   "%.200s is no block device", node);
	}
	d->major = major(st.st_rdev);
	d->minor = minor(st.st_rdev);
	return 0;
}

void device_disk_release(const char *made)
{
	if (strncmp(made, "/dev/nbd", strlen("/dev/nbd")) == 0) {
		device_nbd_detach(made);
	} else if (made[0] != '\0') {
		device_loop_detach(made);
	}
}

static int prepare_node(struct corbel *c, struct device *d, bool kernels)
{
	if (make_node(c, d, kernels) != 0) {
		return -1;
	}
	if (kernels && find_numbers(c, d) != 0) {
		device_disk_release(d->made);
		d->made[0] = '\0';
		return -1;
	}
	return 0;
}

int device_disk_prepare(struct corbel *c, struct device *d, uint32_t domid,
			const struct corbel_disk *disk)
{
	const bool kernels = is_kernels(disk);

	*d = (struct device){
		.disk = disk,
		.domid = domid,
		.front_kind = "vbd",
		.back_kind = kernels ? "vbd" : "qdisk",
		.server = kernels ? "module xen_blkback loaded"
				  : "corbel-blkback running",
	};
	snprintf(d->object, sizeof(d->object), "disk %.40s", disk->target);
	if (!value_disk_target(disk->target, &d->id)) {
		return corbel_fail(c, CORBEL_INVALID, d->object,
				   "no disk of a guest (xvda, xvdb, ...)");
	}
	device_set_paths(d);
	if (disk->source == NULL) {
		return 0;
	}
	if (device_share_name(c, d) != 0 || device_share_check(c, d) != 0) {
		return -1;
	}
	return prepare_node(c, d, kernels);
}

static void write_storage(struct store_txn *t, const struct device *d)
{
	if (strcmp(d->back_kind, "vbd") == 0) {
		store_write(t, STORE_GUEST_READS, d->back, "type", "phy");
		store_write(t, STORE_GUEST_READS, d->back, "params", "%s",
			    node_of(d));
		store_write(t, STORE_GUEST_READS, d->back,
			    "physical-device-path", "%s", node_of(d));
		/* The last: blkback opens the device when it sees this. */
		store_write(t, STORE_GUEST_READS, d->back, "physical-device",
			    "%x:%x", d->major, d->minor);
	} else {
		store_write(t, STORE_GUEST_READS, d->back, "type", "qdisk");
		store_write(t, STORE_GUEST_READS, d->back, "params", "aio:%s",
			    node_of(d));
	}
}

bool device_is_empty_drive(const struct device *d)
{
	return d->disk != NULL && d->disk->source == NULL;
}

void device_drive_write(struct store_txn *t, const char *notes,
			const char *target)
{
	store_folder(t, STORE_PRIVATE, notes);
	store_write(t, STORE_PRIVATE, notes, "device", "cdrom");
	store_write(t, STORE_PRIVATE, notes, "target", "%s", target);
	store_write(t, STORE_PRIVATE, notes, "mode", "r");
}

bool device_is_drive(struct corbel *c, const char *notes)
{
	char *const device = store_read_in(c->xs, notes, "device");
	const bool answer = device != NULL && strcmp(device, "cdrom") == 0;

	free(device);
	return answer;
}

static void write_notes(struct store_txn *t, const struct device *d)
{
	const struct corbel_disk *const disk = d->disk;

	store_write(t, STORE_PRIVATE, d->notes, "device", "%s",
		    disk->cdrom ? "cdrom" : "disk");
	store_write(t, STORE_PRIVATE, d->notes, "target", "%s", disk->target);
	store_write(t, STORE_PRIVATE, d->notes, "source", "%s", disk->source);
	store_write(t, STORE_PRIVATE, d->notes, "storage", "%s", d->storage);
	store_write(t, STORE_PRIVATE, d->notes, "mode", "%s",
		    disk->readonly ? "r" : "w");
	store_write(t, STORE_PRIVATE, d->notes, "format", "%s",
		    disk->format == CORBEL_FORMAT_QCOW2 ? "qcow2" : "raw");
	if (d->made[0] != '\0') {
		store_write(t, STORE_PRIVATE, d->notes, "made", "%s", d->made);
	}
}

/* Linux takes no disk that is called a CD-ROM here: those are a device model's. */
void device_disk_write(struct store_txn *t, const struct device *d)
{
	const struct corbel_disk *const disk = d->disk;

	store_write(t, STORE_FRONT, d->front, "virtual-device", "%u", d->id);
	store_write(t, STORE_FRONT, d->front, "device-type", "disk");
	store_write(t, STORE_FRONT, d->front, "trusted", "1");

	store_write(t, STORE_GUEST_READS, d->back, "dev", "%s", disk->target);
	store_write(t, STORE_GUEST_READS, d->back, "mode", "%s",
		    disk->readonly ? "r" : "w");
	store_write(t, STORE_GUEST_READS, d->back, "device-type", "disk");
	store_write(t, STORE_GUEST_READS, d->back, "removable", "0");
	store_write(t, STORE_GUEST_READS, d->back, "bootable", "1");
	store_write(t, STORE_GUEST_READS, d->back, "discard-enable", "%d",
		    !disk->readonly);
	write_storage(t, d);
	write_notes(t, d);
}
