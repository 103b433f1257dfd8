/* SPDX-License-Identifier: MIT */
/*
 * A process in the service VM, over /dev/xen/gntdev and /dev/xen/evtchn. It
 * has back halves only: a process cannot grant pages of its own choice.
 */
#include "pv-drivers/env/env.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenevtchn.h>
#include <xengnttab.h>
#include <xentoollog.h>

/* Pieces that go to the kernel in one call. */
#define BATCH 256u

struct port {
	env_handler *handler; /* NULL: not bound */
	void *context;
};

struct env {
	/* That nothing is printed for: what guests do wrong is told by us. */
	xentoollog_logger_stdiostream *quiet;
	xengnttab_handle *grants;
	xenevtchn_handle *events;
	struct port *ports; /* by port number */
	uint32_t port_count;
	xengnttab_grant_copy_segment_t batch[BATCH]; /* scratch */
};

struct env *env_open(void)
{
	struct env *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		return NULL;
	}
	e->quiet = xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
	e->grants = xengnttab_open((xentoollog_logger *)e->quiet, 0);
	e->events = xenevtchn_open(NULL, 0);
	if (e->grants == NULL || e->events == NULL) {
		env_close(e);
		return NULL;
	}
	return e;
}

void env_close(struct env *e)
{
	const int error = errno;

	if (e->grants != NULL) {
		xengnttab_close(e->grants);
	}
	if (e->events != NULL) {
		xenevtchn_close(e->events);
	}
	if (e->quiet != NULL) {
		xtl_logger_destroy((xentoollog_logger *)e->quiet);
	}
	free(e->ports);
	free(e);
	errno = error;
}

int env_fd(const struct env *e)
{
	return xenevtchn_fd(e->events);
}

/*
 * Reads one port: the descriptor is a blocking one, and says readable for at
 * least one. The caller's loop comes again if there are more.
 */
void env_dispatch(struct env *e)
{
	const xenevtchn_port_or_error_t port = xenevtchn_pending(e->events);

	if (port < 0) {
		return;
	}
	/* Unmask first: an event during the handler must not get lost. */
	xenevtchn_unmask(e->events, (evtchn_port_t)port);
	if ((uint32_t)port < e->port_count && e->ports[port].handler != NULL) {
		e->ports[port].handler(e->ports[port].context);
	}
}

void env_notify(struct env *e, uint32_t port)
{
	xenevtchn_notify(e->events, port);
}

static int reserve_port(struct env *e, uint32_t port)
{
	if (port < e->port_count) {
		return 0;
	}

	const uint32_t count = port + 64;
	struct port *ports = realloc(e->ports, count * sizeof(ports[0]));

	if (ports == NULL) {
		return -ENOMEM;
	}
	for (uint32_t i = e->port_count; i < count; i++) {
		ports[i] = (struct port){ NULL, NULL };
	}
	e->ports = ports;
	e->port_count = count;
	return 0;
}

int env_bind(struct env *e, uint16_t domain, uint32_t remote_port,
	     env_handler *handler, void *context)
{
	const xenevtchn_port_or_error_t port =
		xenevtchn_bind_interdomain(e->events, domain, remote_port);

	if (port < 0) {
		return -errno;
	}
	if (reserve_port(e, (uint32_t)port) != 0) {
		xenevtchn_unbind(e->events, (evtchn_port_t)port);
		return -ENOMEM;
	}
	e->ports[port] = (struct port){ handler, context };
	return port;
}

void env_unbind(struct env *e, uint32_t port)
{
	e->ports[port].handler = NULL;
	xenevtchn_unbind(e->events, port);
}

void *env_map(struct env *e, uint16_t domain, const uint32_t *refs,
	      unsigned int count, bool writable)
{
	/* The library's argument is not const, but it does not write there. */
	uint32_t copy[64];

	if (count > sizeof(copy) / sizeof(copy[0])) {
		errno = EINVAL;
		return NULL;
	}
	for (unsigned int i = 0; i < count; i++) {
		copy[i] = refs[i];
	}
	return xengnttab_map_domain_grant_refs(
		e->grants, count, domain, copy,
		PROT_READ | (writable ? PROT_WRITE : 0));
}

void env_unmap(struct env *e, void *address, unsigned int count)
{
	xengnttab_unmap(e->grants, address, count);
}

static xengnttab_grant_copy_segment_t
segment_of(uint16_t domain, const struct env_copy *c, bool to_granted)
{
	xengnttab_grant_copy_segment_t s = {
		.len = c->bytes,
		.flags = to_granted ? GNTCOPY_dest_gref : GNTCOPY_source_gref,
	};
	union xengnttab_copy_ptr granted = { 0 };
	const union xengnttab_copy_ptr local = { .virt = c->local };

	granted.foreign.ref = c->ref;
	granted.foreign.offset = c->offset;
	granted.foreign.domid = domain;
	s.source = to_granted ? local : granted;
	s.dest = to_granted ? granted : local;
	return s;
}

static int copy_batch(struct env *e, unsigned int count)
{
	if (xengnttab_grant_copy(e->grants, count, e->batch) != 0) {
		return -errno;
	}
	for (unsigned int i = 0; i < count; i++) {
		if (e->batch[i].status != GNTST_okay) {
			return -EFAULT;
		}
	}
	return 0;
}

int env_copy(struct env *e, uint16_t domain, const struct env_copy *pieces,
	     unsigned int count, bool to_granted)
{
	int error = 0;

	while (count != 0 && error == 0) {
		const unsigned int now = count < BATCH ? count : BATCH;

		for (unsigned int i = 0; i < now; i++) {
			e->batch[i] =
				segment_of(domain, &pieces[i], to_granted);
		}
		error = copy_batch(e, now);
		pieces += now;
		count -= now;
	}
	return error;
}
