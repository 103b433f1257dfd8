/* SPDX-License-Identifier: MIT */
/* The table of event ports: finding, taking and giving back. */
#include "domain/event_port.h"

/*
 * A closed port may still hang in one of the guest's FIFO queues. Few do; a
 * guest that marks all its event words so must not make us look at them all.
 */
#define BUSY_MAX 64u

static uint32_t port_limit(const struct domain *d)
{
	const struct event_domain *ev = d->events;
	const uint32_t limit = ev->abi->port_limit(d);

	return limit < ev->max_ports ? limit : ev->max_ports;
}

static bool bucket_make(struct domain *d, struct event_bucket *b)
{
	if (b->ports == NULL) {
		struct event_port *ports = domain_alloc_page(d);

		/* Pairs with the load in event_port_find(). */
		__atomic_store_n(&b->ports, ports, __ATOMIC_RELEASE);
	}
	return b->ports != NULL;
}

int event_port_alloc(struct domain *d)
{
	struct event_domain *ev = d->events;
	const uint32_t limit = port_limit(d);
	uint32_t busy = 0;

	if (__atomic_load_n(&d->state, __ATOMIC_RELAXED) == DOMAIN_DYING) {
		return -XEN_EINVAL;
	}

	/* Port 0 is never used. */
	for (uint32_t port = 1; port < limit; port++) {
		struct event_bucket *b =
			&ev->buckets[port / EVENT_BUCKET_PORTS];

		if (b->used == EVENT_BUCKET_PORTS) {
			port |= EVENT_BUCKET_PORTS - 1;
			continue;
		}
		if (!bucket_make(d, b)) {
			return -XEN_ENOMEM;
		}
		if (event_bind_read(event_port_find(d, port)).kind !=
		    EVENT_FREE) {
			continue;
		}
		if (!ev->abi->is_busy(d, port)) {
			return (int)port;
		}
		if (++busy == BUSY_MAX) {
			break;
		}
	}
	return -XEN_ENOSPC;
}

void event_port_bind(struct domain *d, uint32_t port, union event_bind bind)
{
	struct event_bucket *b = &d->events->buckets[port / EVENT_BUCKET_PORTS];
	struct event_port *p = event_port_find(d, port);

	b->used -= event_bind_read(p).kind != EVENT_FREE;
	b->used += bind.kind != EVENT_FREE;
	/* Pairs with event_bind_read() in senders. */
	__atomic_store_n(&p->bind, bind.word, __ATOMIC_RELEASE);
}

void event_port_set_up(struct domain *d, uint32_t port, union event_bind bind,
		       uint32_t vcpu)
{
	struct event_port *p = event_port_find(d, port);

	__atomic_store_n(&p->vcpu, (uint16_t)vcpu, __ATOMIC_RELAXED);
	__atomic_store_n(&p->priority, EVTCHN_FIFO_PRIORITY_DEFAULT,
			 __ATOMIC_RELAXED);
	event_port_bind(d, port, bind);
}

void event_lock_two(struct domain *a, struct domain *b)
{
	struct domain *first = a->id < b->id ? a : b;
	struct domain *second = a->id < b->id ? b : a;

	spin_lock(&first->events->lock);
	if (first != second) {
		spin_lock(&second->events->lock);
	}
}

void event_unlock_two(struct domain *a, struct domain *b)
{
	spin_unlock(&a->events->lock);
	if (a != b) {
		spin_unlock(&b->events->lock);
	}
}

bool event_virq_is_global(uint32_t virq)
{
	return virq != VIRQ_TIMER && virq != VIRQ_DEBUG &&
	       virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

uint32_t *event_virq_slot(struct vcpu *v, uint32_t virq)
{
	return event_virq_is_global(virq) ? &v->domain->events->virq_port[virq]
					  : &v->events->virq_port[virq];
}
