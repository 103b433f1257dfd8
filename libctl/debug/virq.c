/* SPDX-License-Identifier: MIT */
#include "libctl/debug/virq.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>

xenevtchn_handle *virq_open(uint32_t virq)
{
	xenevtchn_handle *const events = xenevtchn_open(NULL, 0);
	int error;

	if (events == NULL || xenevtchn_bind_virq(events, virq) >= 0) {
		return events;
	}
	error = errno;
	xenevtchn_close(events);
	errno = error;
	return NULL;
}

int virq_take(xenevtchn_handle *events)
{
	struct pollfd p = { .fd = xenevtchn_fd(events), .events = POLLIN };
	xenevtchn_port_or_error_t port;

	if (poll(&p, 1, 0) <= 0) {
		return 0;
	}
	port = xenevtchn_pending(events);
	return port < 0 ? -1 : xenevtchn_unmask(events, (evtchn_port_t)port);
}
