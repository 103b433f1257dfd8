/* SPDX-License-Identifier: MIT */
/*
 * A guest that has nothing to do: it connects its disks and its network card,
 * says that it is up, and sleeps for good. tests/system makes many of them.
 */
#include "lib/clock.h"
#include "lib/pv-disk.h"
#include "lib/pv.h"
#include "lib/test.h"
#include "pv-drivers/net/front_device.h"

#define DISKS 2u

static struct pv_disk disks[DISKS];
static struct net_front_device card;

static void open_disk(const char *folder)
{
	static unsigned opened;

	if (opened == DISKS) {
		test_abort("more than %u disks", DISKS);
	}
	expect(pv_disk_open(&disks[opened++], folder), "a disk connects", "%s",
	       folder);
}

static void drop_frame(void *context, const uint8_t *frame, size_t size)
{
	(void)context;
	(void)frame;
	(void)size;
}

static void open_card(const char *folder)
{
	int rc = net_front_device_open(&card, pv_env, pv_store, folder,
				       drop_frame, NULL);

	expect(rc == 0 && pv_settle(&card.bus, xenbus_front_is_up),
	       "the card connects", "%s: %d", folder, rc);
}

void guest_main(void)
{
	pv_start();
	pv_each("vbd", open_disk);
	pv_each("vif", open_card);
	print("guest is up\n");
	for (;;) {
		pv_rest(3600 * SECOND);
	}
}
