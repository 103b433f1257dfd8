/* SPDX-License-Identifier: MIT */
/*
 * Disks: the front end is always a vbd; the back end is the kernel's for block
 * devices, or the user-space one for files.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "libctl/config/config.h"
#include "libctl/domain/device.h"

static bool is_kernels(const struct corbel_disk *disk)
{
	if (disk->backend == CORBEL_BACKEND_DEFAULT) {
		return disk->kind == CORBEL_DISK_BLOCK;
	}
	return disk->backend == CORBEL_BACKEND_KERNEL;
}

/* The kernel's back end takes a block device by its numbers. */
static int find_numbers(struct corbel *c, struct device *d)
{
	struct stat st;

	if (stat(d->node, &st) != 0) {
		return corbel_fail_errno(c, d->object, "%s", d->node);
	}
	if (!S_ISBLK(st.st_mode)) {
		return corbel_fail(c, CORBEL_INVALID, d->object,
				   "%s is no block device", d->node);
	}
	d->major = major(st.st_rdev);
	d->minor = minor(st.st_rdev);
	return 0;
}

static int prepare_kernels(struct corbel *c, struct device *d)
{
	const struct corbel_disk *const disk = d->disk;

	if (disk->kind == CORBEL_DISK_BLOCK) {
		if (strlen(disk->source) >= sizeof(d->node)) {
			return corbel_fail(c, CORBEL_INVALID, d->object,
					   "the name of its device is too "
					   "long");
		}
		strcpy(d->node, disk->source);
		return find_numbers(c, d);
	}
	if (device_loop_attach(c, d->object, disk->source, disk->readonly,
			       d->loop, sizeof(d->loop)) != 0) {
		return -1;
	}
	strcpy(d->node, d->loop);
	return find_numbers(c, d);
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
	if (device_share_name(c, d) != 0 || device_share_check(c, d) != 0) {
		return -1;
	}
	return kernels ? prepare_kernels(c, d) : 0;
}

static void write_storage(struct store_txn *t, const struct device *d)
{
	if (strcmp(d->back_kind, "vbd") == 0) {
		store_write(t, STORE_GUEST_READS, d->back, "type", "phy");
		store_write(t, STORE_GUEST_READS, d->back, "params", "%s",
			    d->node);
		store_write(t, STORE_GUEST_READS, d->back,
			    "physical-device-path", "%s", d->node);
		/* The last: blkback opens the device when it sees this. */
		store_write(t, STORE_GUEST_READS, d->back, "physical-device",
			    "%x:%x", d->major, d->minor);
	} else {
		store_write(t, STORE_GUEST_READS, d->back, "type", "qdisk");
		store_write(t, STORE_GUEST_READS, d->back, "params", "aio:%s",
			    d->disk->source);
	}
}

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
	store_write(t, STORE_PRIVATE, d->notes, "source", "%s", disk->source);
	store_write(t, STORE_PRIVATE, d->notes, "storage", "%s", d->storage);
	store_write(t, STORE_PRIVATE, d->notes, "mode", "%s",
		    disk->readonly ? "r" : "w");
	if (d->loop[0] != '\0') {
		store_write(t, STORE_PRIVATE, d->notes, "loop", "%s", d->loop);
	}
}
