/* SPDX-License-Identifier: MIT */
#include "svcvm/console/link.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <xen/grant_table.h>

#include "svcvm/console/log.h"

static bool is_there(const void *handle, const char *device)
{
	if (handle == NULL) {
		log_line("/dev/xen/%s: %s; is this the service VM, and is its "
			 "module loaded?",
			 device, strerror(errno));
	}
	return handle != NULL;
}

bool link_open_hypervisor(struct hypervisor *hv)
{
	hv->memory = xenforeignmemory_open(NULL, 0);
	if (!is_there(hv->memory, "privcmd")) {
		return false;
	}
	hv->grants = xengnttab_open(NULL, 0);
	if (!is_there(hv->grants, "gntdev")) {
		return false;
	}
	hv->events = xenevtchn_open(NULL, 0);
	return is_there(hv->events, "evtchn") &&
	       fcntl(xenevtchn_fd(hv->events), F_SETFL, O_NONBLOCK) == 0;
}

static void unmap(struct link *link, const struct hypervisor *hv)
{
	if (link->is_granted) {
		xengnttab_unmap(hv->grants, link->page, 1);
	} else {
		xenforeignmemory_unmap(hv->memory, link->page, 1);
	}
	link->page = NULL;
}

/* The toolstack grants the ring at creation. A guest that has reset its grant
 * table, as a crash kernel does, has it under its frame number only. */
static bool map(struct link *link, const struct hypervisor *hv, uint32_t domid,
		uint64_t gfn)
{
	xen_pfn_t frame = gfn;

	link->is_granted = true;
	link->page = xengnttab_map_grant_ref(hv->grants, domid,
					     GNTTAB_RESERVED_CONSOLE,
					     PROT_READ | PROT_WRITE);
	if (link->page != NULL) {
		return true;
	}
	link->is_granted = false;
	link->page = xenforeignmemory_map(
		hv->memory, domid, PROT_READ | PROT_WRITE, 1, &frame, NULL);
	return link->page != NULL;
}

bool link_open(struct link *link, const struct hypervisor *hv, uint32_t domid,
	       uint32_t port, uint64_t gfn)
{
	int bound;

	if (!map(link, hv, domid, gfn)) {
		log_line("domain %" PRIu32 ": its ring, frame %#" PRIx64
			 ", cannot be mapped: %s",
			 domid, gfn, strerror(errno));
		return false;
	}
	bound = xenevtchn_bind_interdomain(hv->events, domid, port);
	if (bound < 0) {
		log_line("domain %" PRIu32 ": its port %" PRIu32
			 " cannot be bound: %s",
			 domid, port, strerror(errno));
		unmap(link, hv);
		return false;
	}
	link->port = (evtchn_port_t)bound;
	return true;
}

void link_close(struct link *link, const struct hypervisor *hv)
{
	xenevtchn_unbind(hv->events, link->port);
	unmap(link, hv);
}
