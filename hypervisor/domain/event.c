/* SPDX-License-Identifier: MIT */
/*
 * Event ports as the rest of the hypervisor sees them: raising events, and the
 * life of a domain's table of ports. What guests do to ports by hypercall is
 * in event_op.c.
 *
 * Sending takes no lock (event_port.h says why it may).
 */
#include "domain/event.h"
#include "domain/event_op.h"
#include "domain/event_port.h"
#include "domain/guest_word.h"

/* Asks under the vCPU's lock, so that the answer fits its state. */
static bool polls_port(struct vcpu *v, uint32_t port)
{
	for (uint32_t i = 0; i < v->poll_count; i++) {
		if (v->poll_ports[i] == port) {
			return true;
		}
	}
	return false;
}

/* Forgets a vCPU that does not poll any more: it marks itself WAIT_POLL before
 * it arms, so one that is not WAIT_POLL now will arm again. */
static void wake_poller(struct event_domain *ev, struct vcpu *v, uint32_t port)
{
	bool wake = false;

	spin_lock(&v->lock);
	if (v->wait == WAIT_POLL) {
		wake = polls_port(v, port);
	} else {
		__atomic_fetch_and(&ev->polling[v->id / 64], ~BIT(v->id % 64),
				   __ATOMIC_RELAXED);
	}
	spin_unlock(&v->lock);

	if (wake) {
		vcpu_kick(v, WORK_EVENT);
	}
}

static void wake_pollers(struct domain *d, uint32_t port)
{
	struct event_domain *ev = d->events;

	for (uint32_t i = 0; i < ARRAY_SIZE(ev->polling); i++) {
		uint64_t set =
			__atomic_load_n(&ev->polling[i], __ATOMIC_RELAXED);

		while (set != 0) {
			const uint32_t n = (uint32_t)__builtin_ctzll(set);

			wake_poller(ev, d->vcpus[i * 64 + n], port);
			set &= set - 1;
		}
	}
}

static bool someone_polls(const struct event_domain *ev)
{
	uint64_t any = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ev->polling); i++) {
		any |= __atomic_load_n(&ev->polling[i], __ATOMIC_RELAXED);
	}
	return any != 0;
}

void event_poll_arm(struct vcpu *v)
{
	/*
	 * A full barrier: either the sender sees this bit after it made the
	 * port pending (its own atomic operation), or the caller's
	 * event_is_pending() sees the port pending.
	 */
	__atomic_fetch_or(&v->domain->events->polling[v->id / 64],
			  BIT(v->id % 64), __ATOMIC_SEQ_CST);
}

void event_upcall(struct vcpu *v, struct vcpu_info *info)
{
	if (guest_byte_set(&info->evtchn_upcall_pending) == 0) {
		vcpu_kick(v, WORK_EVENT);
	}
}

void event_raise(struct domain *d, uint32_t port, struct event_port *p)
{
	struct event_domain *ev = d->events;
	struct vcpu *v = event_port_vcpu(d, p);
	const struct event_abi *now =
		__atomic_load_n(&ev->abi, __ATOMIC_RELAXED);
	const struct event_abi *used;

	/*
	 * event_init_control() changes the ABI, then collects the pending bits
	 * of the old one. If it missed ours, we see the change here.
	 */
	do {
		used = now;
		used->raise(v, port, p);
		/* Ordered after the atomic operation that set the bit. */
		now = __atomic_load_n(&ev->abi, __ATOMIC_SEQ_CST);
	} while (unlikely(now != used));

	if (unlikely(someone_polls(ev))) {
		wake_pollers(d, port);
	}
}

static void send_to_peer(struct domain *d, uint32_t port, union event_bind b)
{
	struct domain *peer = domain_find(b.domid);
	const union event_bind back = {
		.domid = d->id,
		.kind = EVENT_INTERDOMAIN,
		.port = port,
	};

	if (peer == NULL) {
		return;
	}

	struct event_port *p = event_port_find(peer, b.port);

	if (p != NULL && event_bind_read(p).word == back.word) {
		event_raise(peer, b.port, p);
	}
}

int event_send(struct domain *d, uint32_t port)
{
	struct event_port *p = event_port_find(d, port);

	if (p == NULL) {
		return -XEN_EINVAL;
	}

	const union event_bind b = event_bind_read(p);

	switch ((enum event_kind)b.kind) {
	case EVENT_INTERDOMAIN:
		send_to_peer(d, port, b);
		return 0;
	case EVENT_IPI:
		event_raise(d, port, p);
		return 0;
	case EVENT_UNBOUND:
		return 0; /* the peer has gone: silently, as the ABI has it */
	case EVENT_FREE:
	case EVENT_VIRQ:
		break;
	}
	return -XEN_EINVAL;
}

static void raise_virq(struct domain *d, uint32_t *slot, uint32_t virq)
{
	const uint32_t port = __atomic_load_n(slot, __ATOMIC_RELAXED);
	struct event_port *p = event_port_find(d, port);

	if (port == 0 || p == NULL) {
		return;
	}

	const union event_bind b = event_bind_read(p);

	if (b.kind == EVENT_VIRQ && b.port == virq) {
		event_raise(d, port, p);
	}
}

void event_virq(struct vcpu *v, uint32_t virq)
{
	raise_virq(v->domain, &v->events->virq_port[virq], virq);
}

void event_virq_global(struct domain *d, uint32_t virq)
{
	raise_virq(d, &d->events->virq_port[virq], virq);
}

bool event_is_pending(struct domain *d, uint32_t port)
{
	struct event_port *p = event_port_find(d, port);
	const struct event_abi *abi =
		__atomic_load_n(&d->events->abi, __ATOMIC_ACQUIRE);

	return p != NULL && abi->is_pending(d, port, p);
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

int event_domain_init(struct domain *d, uint32_t max_ports)
{
	const uint32_t buckets =
		(uint32_t)(align_up(max_ports, EVENT_BUCKET_PORTS) /
			   EVENT_BUCKET_PORTS);
	struct event_domain *ev = domain_alloc(d, sizeof(*ev));

	if (ev == NULL) {
		return -XEN_ENOMEM;
	}
	ev->buckets = domain_alloc(d, buckets * sizeof(ev->buckets[0]));
	if (ev->buckets == NULL) {
		domain_free(d, ev, sizeof(*ev));
		return -XEN_ENOMEM;
	}
	spinlock_init(&ev->lock, LOCK_EVENT);
	spinlock_init(&ev->queue_lock, LOCK_EVENT_QUEUE);
	ev->abi = &event_2level_abi;
	ev->max_ports = max_ports;
	ev->bucket_count = buckets;
	d->events = ev;
	return 0;
}

void event_domain_destroy(struct domain *d)
{
	struct event_domain *ev = d->events;

	if (ev == NULL) {
		return;
	}
	for (uint32_t i = 0; i < ev->bucket_count; i++) {
		if (ev->buckets[i].ports != NULL) {
			domain_free_page(d, ev->buckets[i].ports);
		}
	}
	domain_free(d, ev->buckets, ev->bucket_count * sizeof(ev->buckets[0]));
	domain_free(d, ev, sizeof(*ev));
	d->events = NULL;
}

int event_vcpu_init(struct vcpu *v)
{
	struct event_vcpu *e = domain_alloc(v->domain, sizeof(*e));

	if (e == NULL) {
		return -XEN_ENOMEM;
	}
	e->control = MFN_NONE;
	v->events = e;
	return 0;
}

void event_vcpu_destroy(struct vcpu *v)
{
	if (v->events != NULL) {
		domain_free(v->domain, v->events, sizeof(*v->events));
		v->events = NULL;
	}
}

/* Closes ports of one bucket; true when it is empty. */
static bool close_bucket(struct domain *d, uint32_t bucket,
			 unsigned int *budget)
{
	const uint32_t first = bucket * EVENT_BUCKET_PORTS;

	for (uint32_t i = 0; i < EVENT_BUCKET_PORTS; i++) {
		struct event_port *p = event_port_find(d, first + i);

		if (p == NULL || event_bind_read(p).kind == EVENT_FREE) {
			continue;
		}
		if (*budget == 0) {
			return false;
		}
		(*budget)--;
		event_close(d, first + i);
	}
	return true;
}

bool event_close_some(struct domain *d, unsigned int budget)
{
	struct event_domain *ev = d->events;

	for (uint32_t i = 0; i < ev->bucket_count; i++) {
		const uint32_t used =
			__atomic_load_n(&ev->buckets[i].used, __ATOMIC_RELAXED);

		if (used != 0 && !close_bucket(d, i, &budget)) {
			return false;
		}
	}
	event_fifo_release(d);
	return true;
}

void event_domain_reset(struct domain *d)
{
	while (!event_close_some(d, EVENT_BUCKET_PORTS)) {
	}
}
