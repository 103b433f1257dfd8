/* SPDX-License-Identifier: MIT */
/*
 * Raising events, and the life of a domain's table of ports. What guests do to
 * ports by hypercall is in event_op.c.
 *
 * Sending takes no lock (event_port.h says why it may).
 */
#include "domain/event.h"
#include "domain/event_port.h"

/* A kicked vCPU looks at its ports, and arms again if it goes on waiting. */
static void wake_pollers(struct domain *d)
{
	/* Cleared before the vCPUs are looked at: one that arms later has its
	 * flag left, one that armed before is WAIT_POLL here. */
	__atomic_store_n(&d->events->polled, false, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		if (load_relaxed(&d->vcpus[i]->wait) == WAIT_POLL) {
			vcpu_kick(d->vcpus[i], WORK_EVENT);
		}
	}
}

void event_poll_arm(struct vcpu *v)
{
	/*
	 * A full barrier: either the sender sees this after it made the port
	 * pending (its own atomic operation), or the caller's
	 * event_is_pending() sees the port pending.
	 */
	__atomic_store_n(&v->domain->events->polled, true, __ATOMIC_SEQ_CST);
}

void event_raise(struct domain *d, uint32_t port, struct event_port *p)
{
	struct event_domain *ev = d->events;
	const struct event_abi *abi;

	/* event_expand_array() raises all ports after the ABI has changed. If
	 * it was too early for our bit of the old ABI, we see the change. */
	do {
		abi = load_relaxed(&ev->abi);
		abi->raise(event_port_vcpu(d, p), port, p);
	} while (unlikely(__atomic_load_n(&ev->abi, __ATOMIC_SEQ_CST) != abi));

	__atomic_fetch_add(&event_port_vcpu(d, p)->event_count, 1,
			   __ATOMIC_RELAXED);
	if (unlikely(load_relaxed(&ev->polled))) {
		wake_pollers(d);
	}
}

static void send_to_peer(struct domain *d, uint32_t port, union event_bind b)
{
	struct domain *peer = domain_find(b.domid);
	struct event_port *p =
		peer == NULL ? NULL : event_port_find(peer, b.port);
	const union event_bind back = {
		.domid = d->id,
		.kind = EVENT_INTERDOMAIN,
		.port = port,
	};

	if (event_bind_read(p).word == back.word) {
		event_raise(peer, b.port, p);
	}
}

int event_send(struct domain *self, uint32_t port)
{
	struct event_port *p = event_port_find(self, port);
	const union event_bind b = event_bind_read(p);

	switch ((enum event_kind)b.kind) {
	case EVENT_INTERDOMAIN:
		send_to_peer(self, port, b);
		return 0;
	case EVENT_IPI:
		event_raise(self, port, p);
		return 0;
	case EVENT_UNBOUND:
		return 0; /* the peer has gone: silently, as the ABI has it */
	case EVENT_FREE:
	case EVENT_VIRQ:
		break;
	}
	return -XEN_EINVAL;
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

void event_virq(struct vcpu *v, uint32_t virq)
{
	struct domain *d = v->domain;
	const uint32_t port =
		load_relaxed(&d->events->vcpus[v->id].virq_port[virq]);
	struct event_port *p = event_port_find(d, port);
	const union event_bind b = event_bind_read(p);

	if (b.kind == EVENT_VIRQ && b.port == virq) {
		event_raise(d, port, p);
	}
}

void event_virq_service(uint32_t virq)
{
	struct domain *d = domain_find(0);

	if (d != NULL) {
		event_virq(d->vcpus[0], virq);
	}
}

bool event_is_pending(struct domain *d, uint32_t port)
{
	return event_port_find(d, port) != NULL &&
	       (d->events->abi->state(d, port) & EVENT_PENDING) != 0;
}

bool event_upcall_pending(struct vcpu *v)
{
	struct vcpu_info *info = vcpu_info_map(v);

	if (info == NULL) {
		return false;
	}

	const bool pending = guest_byte_read(&info->evtchn_upcall_pending) != 0;

	vcpu_info_unmap(info);
	return pending;
}

/* Senders may have told the old place after it was copied: let the guest look
 * at everything once. */
void event_vcpu_info_moved(struct vcpu *v)
{
	struct vcpu_info *info = vcpu_info_map(v);

	if (info == NULL) {
		return;
	}
	event_2level_select_all(v, info);
	guest_byte_set(&info->evtchn_upcall_pending);
	vcpu_info_unmap(info);
	vcpu_kick(v, WORK_EVENT);
}

static size_t table_size(const struct domain *d)
{
	return sizeof(struct event_domain) +
	       d->vcpu_count * sizeof(struct event_vcpu);
}

uint64_t event_heap_pages(uint32_t max_ports)
{
	/* The table itself is at its largest with all vCPUs. */
	const size_t table = sizeof(struct event_domain) +
			     DOMAIN_MAX_VCPUS * sizeof(struct event_vcpu);

	return align_up(table, PAGE_SIZE) / PAGE_SIZE +
	       align_up(max_ports, EVENT_BUCKET_PORTS) / EVENT_BUCKET_PORTS;
}

int event_domain_init(struct domain *d, uint32_t max_ports)
{
	struct event_domain *ev = domain_alloc(d, table_size(d));

	if (ev == NULL) {
		return -XEN_ENOMEM;
	}
	spinlock_init(&ev->queue_lock, LOCK_EVENT_QUEUE);
	ev->abi = &event_2level_abi;
	ev->max_ports = max_ports;
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		ev->vcpus[i].control = MFN_NONE;
	}
	d->events = ev;
	return 0;
}

void event_domain_destroy(struct domain *d)
{
	struct event_domain *ev = d->events;

	for (uint32_t i = 0; ev != NULL && i < EVENT_BUCKETS; i++) {
		domain_free(d, ev->buckets[i].ports, PAGE_SIZE);
	}
	domain_free(d, ev, table_size(d));
	d->events = NULL;
}

bool event_close_some(struct domain *d, unsigned int budget)
{
	for (uint32_t port = 0; port < d->events->max_ports; port++) {
		const struct event_bucket *b =
			&d->events->buckets[port / EVENT_BUCKET_PORTS];

		if (load_relaxed(&b->used) == 0) {
			port |= EVENT_BUCKET_PORTS - 1;
		} else if (event_bind_read(event_port_find(d, port)).kind !=
			   EVENT_FREE) {
			if (budget-- == 0) {
				return false;
			}
			event_close(d, port);
		}
	}
	event_fifo_release(d);
	return true;
}
