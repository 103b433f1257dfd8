/* SPDX-License-Identifier: MIT */
/*
 * A guest without Linux. It has front halves only: nothing is mapped or copied
 * from other domains. There is one env, and no allocator behind it.
 */
#include "pv-drivers/env/bare.h"
#include "pv-drivers/env/env.h"

#include <errno.h>
#include <stddef.h>

/* The newest interface; without a word the headers give the oldest. */
#define __XEN_TOOLS__ 1
#include <xen/xen.h>

#include <xen/event_channel.h>
#include <xen/grant_table.h>

#define PORTS 32u

struct port {
	uint32_t number; /* 0: free */
	env_handler *handler;
	void *context;
};

struct env {
	volatile struct grant_entry_v1 *grants;
	unsigned int grant_count;
	struct port ports[PORTS];
};

static struct env the_env;

struct env *env_open(void)
{
	the_env.grants = bare_grants(&the_env.grant_count);
	return the_env.grants == NULL ? NULL : &the_env;
}

void env_close(struct env *e)
{
	for (unsigned int i = 0; i < PORTS; i++) {
		if (e->ports[i].number != 0) {
			env_unbind(e, e->ports[i].number);
		}
	}
}

static long event_op(unsigned int op, void *argument)
{
	return bare_hypercall(__HYPERVISOR_event_channel_op, op,
			      (unsigned long)argument, 0);
}

int env_fd(const struct env *e)
{
	(void)e;
	return -1;
}

/* Whether any port had an event; its handler has run then. */
static bool dispatch(struct env *e)
{
	bool any = false;

	for (unsigned int i = 0; i < PORTS; i++) {
		const struct port p = e->ports[i];

		if (p.number != 0 && bare_take_event(p.number)) {
			any = true;
			p.handler(p.context);
		}
	}
	return any;
}

void env_dispatch(struct env *e)
{
	dispatch(e);
}

void env_wait(struct env *e)
{
	while (!dispatch(e)) {
		bare_sleep();
	}
}

void env_notify(struct env *e, uint32_t port)
{
	struct evtchn_send send = { .port = port };

	(void)e;
	event_op(EVTCHNOP_send, &send);
}

static struct port *find(struct env *e, uint32_t number)
{
	for (unsigned int i = 0; i < PORTS; i++) {
		if (e->ports[i].number == number) {
			return &e->ports[i];
		}
	}
	return NULL;
}

int env_listen(struct env *e, uint32_t port, env_handler *handler,
	       void *context)
{
	struct port *p = find(e, port);

	if (p == NULL) {
		p = find(e, 0);
	}
	if (p == NULL) {
		return -ENOSPC;
	}
	*p = (struct port){ port, handler, context };
	bare_unmask(port);
	return 0;
}

int env_offer(struct env *e, uint16_t domain, env_handler *handler,
	      void *context)
{
	struct evtchn_alloc_unbound op = { .dom = DOMID_SELF,
					   .remote_dom = domain };

	if (event_op(EVTCHNOP_alloc_unbound, &op) != 0) {
		return -ENOSPC;
	}
	if (env_listen(e, op.port, handler, context) != 0) {
		struct evtchn_close close = { .port = op.port };

		event_op(EVTCHNOP_close, &close);
		return -ENOSPC;
	}
	return (int)op.port;
}

void env_unbind(struct env *e, uint32_t port)
{
	struct evtchn_close close = { .port = port };
	struct port *p = find(e, port);

	if (p != NULL) {
		p->number = 0;
	}
	event_op(EVTCHNOP_close, &close);
}

void *env_pages(struct env *e, unsigned int count)
{
	(void)e;
	return bare_pages(count);
}

int env_grant(struct env *e, uint16_t domain, void *page, bool writable)
{
	const uint16_t flags =
		GTF_permit_access | (writable ? 0 : GTF_readonly);

	for (uint32_t ref = GNTTAB_NR_RESERVED_ENTRIES; ref < e->grant_count;
	     ref++) {
		volatile struct grant_entry_v1 *g = &e->grants[ref];

		if (g->flags == 0) {
			g->domid = domain;
			g->frame = bare_frame(page);
			/* The rest is there before the entry counts. */
			__atomic_store_n(&g->flags, flags, __ATOMIC_SEQ_CST);
			return (int)ref;
		}
	}
	return -ENOSPC;
}

int env_revoke(struct env *e, uint32_t ref)
{
	volatile struct grant_entry_v1 *g = &e->grants[ref];
	uint16_t flags = g->flags;

	do {
		if ((flags & (GTF_reading | GTF_writing)) != 0) {
			return -EBUSY;
		}
	} while (!__atomic_compare_exchange_n(&g->flags, &flags, 0, false,
					      __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	return 0;
}
