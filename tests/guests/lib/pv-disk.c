/* SPDX-License-Identifier: MIT */
/* A disk of a guest with paravirtual devices, and data pages for it. */
#include "lib/pv-disk.h"

#include "lib/clock.h"
#include "lib/memory.h"
#include "lib/pv.h"
#include "lib/test.h"
#include "pv-drivers/env/env.h"
#include "pv-drivers/xenbus/state.h"

#define PATIENCE (60 * SECOND)

static void grant_data(struct pv_disk *disk)
{
	if (disk->data == NULL) {
		disk->data = page_alloc(PV_DISK_PAGES);
	}
	for (unsigned i = 0; i < PV_DISK_PAGES; i++) {
		int ref = env_grant(pv_env, disk->device.bus.domain,
				    disk->data + i * PAGE_SIZE, true);

		if (ref < 0) {
			test_abort("no grant left");
		}
		disk->refs[i] = (uint32_t)ref;
	}
}

bool pv_disk_open(struct pv_disk *disk, const char *folder)
{
	struct blk_front_device *device = &disk->device;

	disk->answers = 0;
	disk->errors = 0;
	/* From Closed it is the way back. */
	if (state_write(pv_store, folder, XenbusStateInitialising) != 0 ||
	    blk_front_device_open(device, pv_env, pv_store, folder) != 0 ||
	    !pv_settle(&device->bus, xenbus_front_is_up)) {
		return false;
	}
	grant_data(disk);
	return true;
}

static bool take_back(const uint32_t *refs, unsigned count)
{
	bool all = true;

	for (unsigned i = 0; i < count; i++) {
		all &= env_revoke(pv_env, refs[i]) == 0;
	}
	return all;
}

bool pv_disk_close(struct pv_disk *disk)
{
	struct blk_front_device *device = &disk->device;

	if (xenbus_front_close(&device->bus) != 0 ||
	    !pv_settle(&device->bus, xenbus_front_is_closed)) {
		return false;
	}
	xenbus_front_forget(&device->bus);
	env_unbind(pv_env, device->front.port);
	return take_back(device->front.refs, device->front.pages) &&
	       take_back(disk->refs, PV_DISK_PAGES);
}

void pv_disk_done(void *context, int16_t status)
{
	struct pv_disk *disk = context;

	disk->answers++;
	disk->errors += status != BLKIF_RSP_OKAY;
}

void pv_disk_segments(const struct pv_disk *disk, unsigned first,
		      unsigned count, struct blkif_request_segment *segments)
{
	for (unsigned i = 0; i < count; i++) {
		segments[i] = (struct blkif_request_segment){
			.gref = disk->refs[first + i],
			.last_sect = PAGE_SIZE / SECTOR - 1,
		};
	}
}

static bool ask(struct pv_disk *disk, uint8_t operation, uint64_t sector,
		unsigned first, unsigned pages)
{
	struct blkif_request_segment segments[PV_DISK_REQUEST];

	pv_disk_segments(disk, first, pages, segments);
	return blk_front_request(&disk->device.front, operation, sector,
				 segments, pages, pv_disk_done, disk) == 0;
}

bool pv_disk_move(struct pv_disk *disk, uint8_t operation, uint64_t sector,
		  unsigned pages)
{
	unsigned at = 0;
	unsigned want = disk->answers;
	unsigned errors = disk->errors;

	do {
		unsigned now = pages == 0 ? 0 : PV_DISK_REQUEST;

		if (!ask(disk, operation, sector + PV_DISK_SECTORS(at), at,
			 now)) {
			return false;
		}
		want++;
		at += now;
	} while (at < pages);
	blk_front_push(&disk->device.front);
	return pv_wait_for(&disk->answers, want, PATIENCE) &&
	       disk->errors == errors;
}
