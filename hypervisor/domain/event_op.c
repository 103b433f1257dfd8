/* SPDX-License-Identifier: MIT */
/*
 * What guests do to their event ports: make, bind, ask, close.
 *
 * What ports are changes under one lock for all domains, so that each side of
 * an interdomain pair points back at the other whenever the lock is free. These
 * calls are rare; sending does not need it.
 */
#include "domain/event.h"
#include "domain/event_port.h"

/*
 * A closed port may still hang in one of the guest's FIFO queues. Few do; a
 * guest that marks all its event words so must not make us look at them all.
 */
#define BUSY_MAX 64u

static struct spinlock lock = SPINLOCK_INIT(LOCK_EVENT);

static bool virq_is_global(uint32_t virq)
{
	return virq != VIRQ_TIMER && virq != VIRQ_DEBUG &&
	       virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

/* Lock held. */
static bool bucket_make(struct domain *d, struct event_bucket *b)
{
	if (b->ports == NULL) {
		/* Pairs with the load in event_port_find(). */
		store_release(&b->ports, domain_alloc_page(d));
	}
	return b->ports != NULL;
}

/* Lock held. The lowest free port, -XEN_ENOSPC or -XEN_ENOMEM. */
static int find_free(struct domain *d)
{
	struct event_domain *ev = d->events;
	const uint32_t limit =
		ev->abi == &event_fifo_abi
			? ev->max_ports
			: (uint32_t)min_u64(ev->max_ports,
					    event_2level_limit(d));
	uint32_t busy = 0;

	/* Port 0 is never used. */
	for (uint32_t port = 1; port < limit && busy < BUSY_MAX; port++) {
		struct event_bucket *b =
			&ev->buckets[port / EVENT_BUCKET_PORTS];

		if (b->used == EVENT_BUCKET_PORTS) {
			port |= EVENT_BUCKET_PORTS - 1;
			continue;
		}
		if (!bucket_make(d, b)) {
			return -XEN_ENOMEM;
		}
		if (event_bind_read(event_port_at(d, port)).kind !=
		    EVENT_FREE) {
			continue;
		}
		if ((ev->abi->state(d, port) & EVENT_LINKED) == 0) {
			return (int)port;
		}
		busy++;
	}
	return -XEN_ENOSPC;
}

/* Lock held. Changes what a port is. */
static void set(struct domain *d, uint32_t port, union event_bind bind)
{
	struct event_bucket *b = &d->events->buckets[port / EVENT_BUCKET_PORTS];
	struct event_port *p = event_port_at(d, port);

	b->used -= event_bind_read(p).kind != EVENT_FREE;
	b->used += bind.kind != EVENT_FREE;
	/* Pairs with event_bind_read() in senders. */
	store_release(&p->bind, bind.word);
}

/* Lock held. Makes a port and stores its number in *port. */
static int make(struct domain *d, union event_bind bind, uint32_t vcpu,
		uint32_t *port)
{
	if (load_relaxed(&d->state) == DOMAIN_DYING) {
		return -XEN_EINVAL;
	}

	const int found = find_free(d);

	if (found < 0) {
		return found;
	}
	*port = (uint32_t)found;

	struct event_port *p = event_port_at(d, *port);

	store_relaxed(&p->vcpu, (uint16_t)vcpu);
	p->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	set(d, *port, bind);
	return 0;
}

int event_alloc_unbound(struct domain *self, void *arg)
{
	struct evtchn_alloc_unbound *op = arg;
	const union event_bind bind = {
		.kind = EVENT_UNBOUND,
		.domid = op->remote_dom == DOMID_SELF ? self->id
						      : op->remote_dom,
	};
	struct domain *d;
	int rc = domain_target(self, op->dom, &d);

	if (rc != 0) {
		return rc;
	}
	spin_lock(&lock);
	rc = make(d, bind, 0, &op->port);
	spin_unlock(&lock);
	return rc;
}

/* Lock held. */
static int bind_pair(struct domain *self, struct domain *remote,
		     struct evtchn_bind_interdomain *op)
{
	const union event_bind there =
		event_bind_read(event_port_find(remote, op->remote_port));
	union event_bind bind = {
		.kind = EVENT_INTERDOMAIN,
		.domid = remote->id,
		.port = op->remote_port,
	};

	if (there.kind != EVENT_UNBOUND || there.domid != self->id) {
		return -XEN_EINVAL;
	}

	/* The remote side may send as soon as its own binding is there, and
	 * then finds ours in place. */
	const int rc = make(self, bind, 0, &op->local_port);

	if (rc == 0) {
		bind.domid = self->id;
		bind.port = op->local_port;
		set(remote, op->remote_port, bind);
	}
	return rc;
}

int event_bind_interdomain(struct domain *self, void *arg)
{
	struct evtchn_bind_interdomain *op = arg;
	struct domain *remote = domain_resolve(self, op->remote_dom);

	if (remote == NULL) {
		return -XEN_ESRCH;
	}
	spin_lock(&lock);
	const int rc = bind_pair(self, remote, op);

	spin_unlock(&lock);
	if (rc == 0) {
		/* The peer may have sent before there was anybody to hear it
		 * (ABI event_channel.h, EVTCHNOP_bind_interdomain). */
		event_raise(self, op->local_port,
			    event_port_at(self, op->local_port));
	}
	return rc;
}

int event_bind_virq(struct domain *self, void *arg)
{
	struct evtchn_bind_virq *op = arg;
	const union event_bind bind = { .kind = EVENT_VIRQ, .port = op->virq };
	int rc = -XEN_EEXIST;

	if (op->virq >= NR_VIRQS ||
	    (virq_is_global(op->virq) && op->vcpu != 0)) {
		return -XEN_EINVAL;
	}
	if (op->vcpu >= self->vcpu_count) {
		return -XEN_ENOENT;
	}

	uint32_t *slot = &self->events->vcpus[op->vcpu].virq_port[op->virq];

	spin_lock(&lock);
	if (*slot == 0) {
		rc = make(self, bind, op->vcpu, &op->port);
	}
	if (rc == 0) {
		/* Senders check the binding. */
		store_relaxed(slot, op->port);
	}
	spin_unlock(&lock);
	return rc;
}

int event_bind_ipi(struct domain *self, void *arg)
{
	struct evtchn_bind_ipi *op = arg;
	const union event_bind bind = { .kind = EVENT_IPI };

	if (op->vcpu >= self->vcpu_count) {
		return -XEN_ENOENT;
	}
	spin_lock(&lock);
	const int rc = make(self, bind, op->vcpu, &op->port);

	spin_unlock(&lock);
	return rc;
}

int event_bind_vcpu(struct domain *self, void *arg)
{
	const struct evtchn_bind_vcpu *op = arg;
	struct event_port *p = event_port_find(self, op->port);
	int rc = -XEN_EINVAL;

	if (op->vcpu >= self->vcpu_count) {
		return -XEN_ENOENT;
	}
	spin_lock(&lock);
	const union event_bind b = event_bind_read(p);

	/* IPIs and per-vCPU VIRQs stay where they were bound. */
	if (b.kind == EVENT_UNBOUND || b.kind == EVENT_INTERDOMAIN ||
	    (b.kind == EVENT_VIRQ && virq_is_global(b.port))) {
		store_relaxed(&p->vcpu, (uint16_t)op->vcpu);
		rc = 0;
	}
	spin_unlock(&lock);
	return rc;
}

/* Lock held. The peer becomes unbound, still reserved for us; a VIRQ can be
 * bound again. */
static void unbind(struct domain *self, struct event_port *p)
{
	const union event_bind b = event_bind_read(p);
	const union event_bind unbound = {
		.kind = EVENT_UNBOUND,
		.domid = self->id,
	};

	if (b.kind == EVENT_INTERDOMAIN) {
		struct domain *peer = domain_find(b.domid);

		/* A dying domain closes its ports before it goes. */
		if (peer != NULL) {
			set(peer, b.port, unbound);
		}
	} else if (b.kind == EVENT_VIRQ) {
		/* A global one may have moved, but its slot has not. */
		const uint32_t vcpu = virq_is_global(b.port) ? 0 : p->vcpu;

		store_relaxed(&self->events->vcpus[vcpu].virq_port[b.port], 0);
	}
}

int event_close(struct domain *self, uint32_t port)
{
	struct event_port *p = event_port_find(self, port);
	int rc = -XEN_EINVAL;

	spin_lock(&lock);
	if (event_bind_read(p).kind != EVENT_FREE) {
		unbind(self, p);
		set(self, port, (union event_bind){ .kind = EVENT_FREE });
		self->events->abi->clear(self, port);
		rc = 0;
	}
	spin_unlock(&lock);
	return rc;
}

int event_status(struct domain *self, void *arg)
{
	struct evtchn_status *op = arg;
	struct domain *d;
	const int rc = domain_target(self, op->dom, &d);

	if (rc != 0) {
		return rc;
	}

	const struct event_port *p = event_port_find(d, op->port);
	const union event_bind b = event_bind_read(p);

	if (p == NULL) {
		return -XEN_EINVAL;
	}
	op->status = b.kind;
	op->vcpu = event_port_vcpu(d, p)->id;
	if (b.kind == EVENT_VIRQ) {
		op->u.virq = b.port;
	} else {
		/* unbound.dom is at the same place. */
		op->u.interdomain.dom = b.domid;
		op->u.interdomain.port = b.port;
	}
	return 0;
}
