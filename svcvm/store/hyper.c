/* SPDX-License-Identifier: MIT */
#define __XEN_TOOLS__ 1 /* domctl.h, and what it needs of other headers */

#include "svcvm/store/hyper.h"
#include "svcvm/clock.h"
#include "svcvm/store/log.h"
#include "svcvm/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <event2/event.h>
#include <xencall.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include <xen/domctl.h>
#include <xen/grant_table.h>
#include <xen/io/xs_wire.h>
#include <xen/xen.h>

#define PAGE_BYTES 4096

#define OWN_PORT   "/proc/xen/xsd_port"
#define OWN_RING   "/proc/xen/xsd_kva"

static struct {
	xencall_handle *calls;
	xenevtchn_handle *events;
	xengnttab_handle *grants;
	struct xen_domctl *domctl; /* memory that a hypercall can reach */
	struct store *store;
	struct event *pending;
	struct event *again;
	int died_port;
	bool domctl_failed; /* has been said */
} hyper = { .died_port = -1 };

int hyper_own_port(void)
{
	FILE *file = fopen(OWN_PORT, "re");
	unsigned int port;
	int got;

	if (file == NULL) {
		return -errno;
	}
	got = fscanf(file, "%u", &port);
	fclose(file);
	return got == 1 ? (int)port : -EIO;
}

/* The service VM's kernel does not grant its ring; it lends the page. */
static void *map_own(void)
{
	const int fd = open(OWN_RING, O_RDWR | O_CLOEXEC);
	void *page;

	if (fd < 0) {
		log_line("%s: %s", OWN_RING, strerror(errno));
		return NULL;
	}
	page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
	close(fd);
	return page == MAP_FAILED ? NULL : page;
}

static struct xenstore_domain_interface *map(uint16_t domid)
{
	return domid == 0 ? map_own()
			  : xengnttab_map_grant_ref(hyper.grants, domid,
						    GNTTAB_RESERVED_XENSTORE,
						    PROT_READ | PROT_WRITE);
}

static void unmap(uint16_t domid, struct xenstore_domain_interface *page)
{
	if (domid == 0) {
		munmap(page, PAGE_BYTES);
	} else {
		xengnttab_unmap(hyper.grants, page, 1);
	}
}

static int bind_port(uint16_t domid, uint32_t remote_port)
{
	const int port =
		xenevtchn_bind_interdomain(hyper.events, domid, remote_port);

	return port < 0 ? -errno : port;
}

static void unbind_port(int local_port)
{
	xenevtchn_unbind(hyper.events, (evtchn_port_t)local_port);
}

static void listen_to(int local_port)
{
	xenevtchn_unmask(hyper.events, (evtchn_port_t)local_port);
}

static void notify(int local_port)
{
	xenevtchn_notify(hyper.events, (evtchn_port_t)local_port);
}

/* Asks about the first domain from `domid` on, which may be another one. */
static enum domain_state state(uint16_t domid)
{
	struct xen_domctl *op = hyper.domctl;
	const struct xen_domctl_getdomaininfo *info = &op->u.getdomaininfo;

	memset(op, 0, sizeof(*op));
	op->cmd = XEN_DOMCTL_getdomaininfo;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = domid;
	if (xencall1(hyper.calls, __HYPERVISOR_domctl,
		     (uint64_t)(uintptr_t)op) != 0) {
		if (errno == ESRCH) {
			return DOMAIN_STATE_ABSENT;
		}
		if (!hyper.domctl_failed) {
			log_line("asking about domains: %s", strerror(errno));
		}
		hyper.domctl_failed = true;
		return DOMAIN_STATE_ALIVE;
	}
	if (info->domain != domid) {
		return DOMAIN_STATE_ABSENT;
	}
	if ((info->flags & XEN_DOMINF_dying) != 0) {
		return DOMAIN_STATE_DYING;
	}
	return (info->flags & XEN_DOMINF_shutdown) != 0 ? DOMAIN_STATE_SHUTDOWN
							: DOMAIN_STATE_ALIVE;
}

static const struct domain_ops ops = {
	.map = map,
	.unmap = unmap,
	.bind = bind_port,
	.unbind = unbind_port,
	.notify = notify,
	.listen = listen_to,
	.state = state,
};

/* Goes on with rings that have more, after the loop has looked for other events;
 * event_active() would go on before. */
static void come_back(void)
{
	struct timeval time;
	uint64_t wait;

	if (domain_has_more(hyper.store, clock_ns(), &wait)) {
		time.tv_sec = (time_t)(wait / CLOCK_SECOND);
		time.tv_usec = (suseconds_t)(wait % CLOCK_SECOND / 1000);
		event_add(hyper.again, &time);
	}
}

static void on_event(int fd, short what, void *arg)
{
	const int port = xenevtchn_pending(hyper.events);
	struct domain *d;

	(void)fd;
	(void)what;
	(void)arg;
	if (port < 0) {
		return;
	}
	d = domain_of_port(hyper.store, port);
	if (d != NULL) {
		domain_event(d, clock_ns());
		come_back();
	} else {
		listen_to(port);
	}
	if (port == hyper.died_port) {
		domain_poll(hyper.store);
	}
	store_settle(hyper.store);
}

static void on_again(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	domain_service_more(hyper.store, clock_ns());
	come_back();
	store_settle(hyper.store);
}

const struct domain_ops *hyper_open(void)
{
	hyper.calls = xencall_open(NULL, 0);
	hyper.events = xenevtchn_open(NULL, 0);
	hyper.grants = xengnttab_open(NULL, 0);
	if (hyper.calls == NULL || hyper.events == NULL ||
	    hyper.grants == NULL) {
		log_fatal("/dev/xen: %s: are xen-privcmd, xen-evtchn and "
			  "xen-gntdev loaded?",
			  strerror(errno));
	}
	hyper.domctl = xencall_alloc_buffer(hyper.calls, sizeof(*hyper.domctl));
	if (hyper.domctl == NULL) {
		log_fatal("memory for hypercalls: %s", strerror(errno));
	}
	return &ops;
}

void hyper_run(struct event_base *base, struct store *s)
{
	hyper.store = s;
	hyper.died_port = xenevtchn_bind_virq(hyper.events, VIRQ_DOM_EXC);
	if (hyper.died_port < 0) {
		log_line("VIRQ_DOM_EXC: %s: the end of domains goes unnoticed",
			 strerror(errno));
	}
	hyper.pending = event_new(base, xenevtchn_fd(hyper.events),
				  EV_READ | EV_PERSIST, on_event, NULL);
	hyper.again = event_new(base, -1, 0, on_again, NULL);
	event_add(hyper.pending, NULL);
}

void hyper_close(void)
{
	event_free(hyper.pending);
	event_free(hyper.again);
	xencall_free_buffer(hyper.calls, hyper.domctl);
	xencall_close(hyper.calls);
	xenevtchn_close(hyper.events);
	xengnttab_close(hyper.grants);
}
