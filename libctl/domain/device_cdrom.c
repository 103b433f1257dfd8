/* SPDX-License-Identifier: MIT */
/*
 * CD-ROM drives. No front end knows of media that change, so a guest sees a
 * read-only disk that comes and goes; the drive is but a note of ours.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "libctl/config/config.h"
#include "libctl/domain/device.h"

/* Linux takes no notice of a disk that goes and is there again before it has
 * looked: then the new one has to go and come once more. */
#define NOTICE_MS    3000
#define NOTICE_TRIES 5

struct drive {
	struct device device; /* what is in it, or will be */
	char object[64];
	bool full;
};

static int find(struct corbel *c, struct drive *drive, uint32_t domid,
		const char *target)
{
	struct device *const d = &drive->device;
	char *text;

	*drive = (struct drive){ .device.domid = domid };
	d->front_kind = d->back_kind = "vbd";
	snprintf(drive->object, sizeof(drive->object), "drive %.40s", target);
	if (!value_disk_target(target, &d->id)) {
		return corbel_fail(c, CORBEL_INVALID, drive->object,
				   "no disk of a guest (xvda, xvdb, ...)");
	}
	if (device_check_guest(c, domid) != 0) {
		return -1;
	}
	device_set_paths(d);
	if (!device_is_drive(c, d->notes)) {
		return corbel_fail(c, CORBEL_NOT_FOUND, drive->object,
				   "the guest has no such CD-ROM drive");
	}
	text = store_read_in(c->xs, d->notes, "backend");
	drive->full = text != NULL;
	free(text);
	return 0;
}

static int empty(struct corbel *c, const struct drive *drive,
		 unsigned int seconds)
{
	return device_detach(c, drive->device.domid, "vbd", drive->device.id,
			     drive->object, seconds);
}

int corbel_cdrom_eject(struct corbel *c, uint32_t domid, const char *target,
		       unsigned int seconds)
{
	struct drive drive;

	if (find(c, &drive, domid, target) != 0) {
		return -1;
	}
	return drive.full ? empty(c, &drive, seconds)
			  : corbel_fail(c, CORBEL_NOT_FOUND, drive.object,
					"it is empty");
}

/* ---- insertion ---- */

static bool is_noticed(const char *state)
{
	return state == NULL || atoi(state) > XenbusStateInitialising;
}

static bool wait_notice(const struct drive *drive)
{
	char path[STORE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/state", drive->device.front);
	return store_wait(path, is_noticed, NOTICE_MS) == 0;
}

static int fill(struct corbel *c, struct drive *drive, unsigned int seconds)
{
	struct device *const d = &drive->device;

	for (unsigned int i = 1;; i++) {
		if (drive->full && empty(c, drive, seconds) != 0) {
			return -1;
		}
		if (devices_connect(c, d, 1, drive->object) != 0) {
			return -1;
		}
		if (!drive->full || i == NOTICE_TRIES || wait_notice(drive)) {
			return 0;
		}
	}
}

static int insert(struct corbel *c, struct drive *drive,
		  struct corbel_disk *disk, unsigned int seconds)
{
	const uint32_t domid = drive->device.domid;

	if (device_check_source(c, drive->object, disk) != 0 ||
	    device_disk_prepare(c, &drive->device, domid, disk) != 0) {
		return -1;
	}
	return fill(c, drive, seconds);
}

int corbel_cdrom_insert(struct corbel *c, uint32_t domid, const char *target,
			const char *source, unsigned int seconds)
{
	struct corbel_disk disk = {
		.source = strdup(source),
		.target = strdup(target),
		.readonly = true,
		.cdrom = true,
	};
	struct drive drive;
	int ret = -1;

	if (disk.source == NULL || disk.target == NULL) {
		corbel_fail_errno(c, "drive", "insert");
	} else if (find(c, &drive, domid, target) == 0) {
		ret = insert(c, &drive, &disk, seconds);
	}
	free(disk.source);
	free(disk.target);
	return ret;
}
