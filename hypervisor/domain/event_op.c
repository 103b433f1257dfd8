/* SPDX-License-Identifier: MIT */
/*
 * What guests do to their event ports: make, bind, ask, close.
 *
 * A port is changed under its domain's lock. An interdomain pair is changed
 * under both locks, taken in domid order, so that each side's binding points
 * back at the other whenever no lock is held.
 */
#include "domain/event_op.h"
#include "domain/event_port.h"

int event_target(struct domain *self, uint16_t domid, struct domain **target)
{
	struct domain *d = domain_resolve(self, domid);

	if (d == NULL) {
		return -XEN_ESRCH;
	}
	if (d != self && !self->privileged) {
		return -XEN_EPERM;
	}
	*target = d;
	return 0;
}

static uint16_t resolve_id(const struct domain *self, uint16_t domid)
{
	return domid == DOMID_SELF ? self->id : domid;
}

/* Allocates and binds a port under the lock. */
static int make_port(struct domain *d, union event_bind bind, uint32_t vcpu,
		     uint32_t *port)
{
	spin_lock(&d->events->lock);

	const int found = event_port_alloc(d);

	if (found > 0) {
		event_port_set_up(d, (uint32_t)found, bind, vcpu);
		*port = (uint32_t)found;
	}
	spin_unlock(&d->events->lock);
	return found < 0 ? found : 0;
}

int event_alloc_unbound(struct domain *self, struct evtchn_alloc_unbound *op)
{
	struct domain *d;
	const int rc = event_target(self, op->dom, &d);

	if (rc != 0) {
		return rc;
	}
	return make_port(d,
			 (union event_bind){
				 .kind = EVENT_UNBOUND,
				 .domid = resolve_id(self, op->remote_dom),
			 },
			 0, &op->port);
}

/* Both locks held. */
static int bind_pair(struct domain *self, struct domain *remote,
		     struct evtchn_bind_interdomain *op)
{
	struct event_port *rp = event_port_find(remote, op->remote_port);

	if (rp == NULL) {
		return -XEN_EINVAL;
	}

	const union event_bind rb = event_bind_read(rp);

	if (rb.kind != EVENT_UNBOUND || rb.domid != self->id) {
		return -XEN_EINVAL;
	}

	const int local = event_port_alloc(self);

	if (local < 0) {
		return local;
	}

	/* The remote side may send as soon as its own binding is there, and
	 * then finds ours in place. */
	event_port_set_up(self, (uint32_t)local,
			  (union event_bind){
				  .kind = EVENT_INTERDOMAIN,
				  .domid = remote->id,
				  .port = op->remote_port,
			  },
			  0);
	event_port_bind(remote, op->remote_port,
			(union event_bind){
				.kind = EVENT_INTERDOMAIN,
				.domid = self->id,
				.port = (uint32_t)local,
			});
	op->local_port = (uint32_t)local;
	return 0;
}

int event_bind_interdomain(struct domain *self,
			   struct evtchn_bind_interdomain *op)
{
	struct domain *remote = domain_resolve(self, op->remote_dom);

	if (remote == NULL) {
		return -XEN_ESRCH;
	}

	event_lock_two(self, remote);
	const int rc = bind_pair(self, remote, op);

	event_unlock_two(self, remote);
	if (rc != 0) {
		return rc;
	}

	/* The peer may have sent before there was anybody to hear it (ABI
	 * event_channel.h, EVTCHNOP_bind_interdomain). */
	event_raise(self, op->local_port,
		    event_port_find(self, op->local_port));
	return 0;
}

/* Lock held. */
static int bind_virq(struct vcpu *v, struct evtchn_bind_virq *op)
{
	struct domain *d = v->domain;
	uint32_t *slot = event_virq_slot(v, op->virq);

	if (*slot != 0) {
		return -XEN_EEXIST;
	}

	const int port = event_port_alloc(d);

	if (port < 0) {
		return port;
	}
	event_port_set_up(d, (uint32_t)port,
			  (union event_bind){
				  .kind = EVENT_VIRQ,
				  .port = op->virq,
			  },
			  op->vcpu);
	/* Pairs with the load in raise_virq(), which checks the binding. */
	__atomic_store_n(slot, (uint32_t)port, __ATOMIC_RELEASE);
	op->port = (uint32_t)port;
	return 0;
}

int event_bind_virq(struct domain *self, struct evtchn_bind_virq *op)
{
	if (op->virq >= NR_VIRQS ||
	    (event_virq_is_global(op->virq) && op->vcpu != 0)) {
		return -XEN_EINVAL;
	}

	struct vcpu *v = domain_vcpu(self, op->vcpu);

	if (v == NULL) {
		return -XEN_ENOENT;
	}

	spin_lock(&self->events->lock);
	const int rc = bind_virq(v, op);

	spin_unlock(&self->events->lock);
	return rc;
}

int event_bind_ipi(struct domain *self, struct evtchn_bind_ipi *op)
{
	if (domain_vcpu(self, op->vcpu) == NULL) {
		return -XEN_ENOENT;
	}
	return make_port(self, (union event_bind){ .kind = EVENT_IPI },
			 op->vcpu, &op->port);
}

/* IPIs and per-vCPU VIRQs stay where they were bound. */
static bool can_move(union event_bind b)
{
	switch ((enum event_kind)b.kind) {
	case EVENT_UNBOUND:
	case EVENT_INTERDOMAIN:
		return true;
	case EVENT_VIRQ:
		return event_virq_is_global(b.port);
	case EVENT_IPI:
	case EVENT_FREE:
		break;
	}
	return false;
}

int event_bind_vcpu(struct domain *self, const struct evtchn_bind_vcpu *op)
{
	struct event_port *p = event_port_find(self, op->port);
	int rc = -XEN_EINVAL;

	if (domain_vcpu(self, op->vcpu) == NULL) {
		return -XEN_ENOENT;
	}
	if (p == NULL) {
		return -XEN_EINVAL;
	}

	spin_lock(&self->events->lock);
	if (can_move(event_bind_read(p))) {
		__atomic_store_n(&p->vcpu, (uint16_t)op->vcpu,
				 __ATOMIC_RELAXED);
		rc = 0;
	}
	spin_unlock(&self->events->lock);
	return rc;
}

/* Locks held. The peer becomes unbound, still reserved for us. */
static void release_peer(struct domain *self, struct domain *peer,
			 uint32_t peer_port)
{
	event_port_bind(peer, peer_port,
			(union event_bind){
				.kind = EVENT_UNBOUND,
				.domid = self->id,
			});
}

/* Locks held: our own and, for an interdomain port, the peer's. */
static void close_locked(struct domain *self, uint32_t port, union event_bind b,
			 struct domain *peer)
{
	struct event_port *p = event_port_find(self, port);

	if (peer != NULL) {
		release_peer(self, peer, b.port);
	}
	if (b.kind == EVENT_VIRQ) {
		__atomic_store_n(
			event_virq_slot(event_port_vcpu(self, p), b.port), 0,
			__ATOMIC_RELAXED);
	}
	event_port_bind(self, port, (union event_bind){ .kind = EVENT_FREE });
	self->events->abi->clear(self, port, p);
}

/* Which locks it needs shows the binding, which may change before we have them:
 * then 1, and the caller tries again. */
static int try_close(struct domain *self, uint32_t port, struct event_port *p)
{
	const union event_bind b = event_bind_read(p);
	int rc = 1;

	if (b.kind == EVENT_FREE) {
		return -XEN_EINVAL;
	}

	struct domain *peer =
		b.kind == EVENT_INTERDOMAIN ? domain_find(b.domid) : NULL;

	event_lock_two(self, peer == NULL ? self : peer);
	if (event_bind_read(p).word == b.word) {
		close_locked(self, port, b, peer);
		rc = 0;
	}
	event_unlock_two(self, peer == NULL ? self : peer);
	return rc;
}

int event_close(struct domain *self, uint32_t port)
{
	struct event_port *p = event_port_find(self, port);
	int rc;

	if (p == NULL) {
		return -XEN_EINVAL;
	}
	do {
		rc = try_close(self, port, p);
	} while (rc > 0);
	return rc;
}

int event_unmask(struct domain *self, uint32_t port)
{
	struct event_port *p = event_port_find(self, port);

	if (p == NULL) {
		return -XEN_EINVAL;
	}
	self->events->abi->unmask(event_port_vcpu(self, p), port, p);
	return 0;
}

int event_status(struct domain *self, struct evtchn_status *op)
{
	struct domain *d;
	const int rc = event_target(self, op->dom, &d);

	if (rc != 0) {
		return rc;
	}

	struct event_port *p = event_port_find(d, op->port);

	if (p == NULL) {
		return -XEN_EINVAL;
	}

	const union event_bind b = event_bind_read(p);

	op->status = b.kind;
	op->vcpu = event_port_vcpu(d, p)->id;
	switch ((enum event_kind)b.kind) {
	case EVENT_UNBOUND:
		op->u.unbound.dom = b.domid;
		break;
	case EVENT_INTERDOMAIN:
		op->u.interdomain.dom = b.domid;
		op->u.interdomain.port = b.port;
		break;
	case EVENT_VIRQ:
		op->u.virq = b.port;
		break;
	case EVENT_IPI:
	case EVENT_FREE:
		break;
	}
	return 0;
}
