/* SPDX-License-Identifier: MIT */
/*
 * A guest that sends events without end, on every port that somebody listens
 * to, and takes all ports there are.
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/pv-disk.h"
#include "lib/pv.h"
#include "lib/test.h"
#include "pv-drivers/env/env.h"
#include "pv-drivers/xenbus/store_ring.h"

#define SENDS 20000u

static struct pv_disk disk;

static void storm(uint32_t port)
{
	for (unsigned i = 0; i < SENDS; i++) {
		env_notify(pv_env, port);
	}
}

static void storm_disk(const char *folder)
{
	bool good = pv_disk_open(&disk, folder);

	if (good) {
		storm(disk.device.front.port);
		good = pv_disk_move(&disk, BLKIF_OP_READ, 0, PV_DISK_PAGES) &&
		       pv_disk_close(&disk);
	}
	expect(good, "a disk's port", "%s: state %d", folder,
	       disk.device.bus.state);
}

static void take_all_ports(void)
{
	static unsigned ports[EVENT_PORTS];
	unsigned count = 0;
	int port;

	while (count < EVENT_PORTS &&
	       (port = event_alloc_unbound(DOMID_SELF, 0)) > 0) {
		ports[count++] = (unsigned)port;
	}
	expect(count > 0 && count < EVENT_PORTS, "ports end somewhere",
	       "%u ports", count);
	for (unsigned i = 0; i < count; i++) {
		event_send(ports[i]);
		event_close(ports[i]);
	}
	expect(event_alloc_unbound(DOMID_SELF, 0) > 0, "ports are given back",
	       "there is none");
}

/* Nobody of the service VM offers us any. */
static void bind_others(void)
{
	unsigned bound = 0;

	for (unsigned port = 0; port < 2 * EVENT_PORTS; port++) {
		bound += event_bind_interdomain(0, port) >= 0;
	}
	expect(bound == 0, "ports of others", "%u could be bound", bound);
}

void guest_main(void)
{
	pv_start();
	storm(pv_store->port);
	expect(pv_read("name")[0] != '\0', "the store's port", "no answer");
	storm((uint32_t)pv_param(HVM_PARAM_CONSOLE_EVTCHN));
	expect(true, "the console's port", "no console");
	pv_each("vbd", storm_disk);
	take_all_ports();
	bind_others();
}
