/* SPDX-License-Identifier: MIT */
/*
 * FIFO event delivery (ABI event_channel.h): one word for each port in pages
 * the guest gave (the event array), and for each vCPU a control block with the
 * heads of 16 queues by priority. An event that becomes pending and is neither
 * masked nor linked is appended to its vCPU's queue: the tail's word gets its
 * port number, or the head in the control block does.
 *
 * The words and heads are the guest's to change at any time. Nothing read from
 * there is used as an index: our own tails say where to append.
 *
 * Locks: event_domain.queue_lock for tails, frames and all links, one for the
 * whole domain. The guest's frames are held by reference and reached through
 * windows; they are dropped under the lock, so that no event is written into a
 * page the guest has got back.
 */
#include "domain/event_op.h"
#include "domain/event_port.h"
#include "domain/guest_word.h"
#include "domain/p2m.h"
#include "mm/frames.h"
#include "mm/window.h"

#define PENDING        ((uint32_t)1 << EVTCHN_FIFO_PENDING)
#define MASKED         ((uint32_t)1 << EVTCHN_FIFO_MASKED)
#define LINKED         ((uint32_t)1 << EVTCHN_FIFO_LINKED)
#define BUSY           ((uint32_t)1 << EVTCHN_FIFO_BUSY)

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define ARRAY_PAGES    (EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)

/* A correct guest changes a linked word at most four times (set and clear
 * MASKED, clear PENDING, clear LINKED) while BUSY keeps it from unmasking. */
#define LINK_TRIES 6

struct event_fifo {
	uint32_t page_count;
	mfn_t pages[ARRAY_PAGES];
};

static uint32_t port_limit(const struct domain *d)
{
	(void)d;
	return EVTCHN_FIFO_NR_CHANNELS;
}

/* Lock held. The port's word, to be given back; NULL while there is none. */
static guest_word_t *word_map(struct event_domain *ev, uint32_t port)
{
	const struct event_fifo *f = ev->fifo;

	if (f == NULL || port / WORDS_PER_PAGE >= f->page_count) {
		return NULL;
	}

	guest_word_t *page = window_map(f->pages[port / WORDS_PER_PAGE]);

	return &page[port % WORDS_PER_PAGE];
}

static void word_unmap(const guest_word_t *word)
{
	window_unmap((const void *)((uintptr_t)word & PAGE_MASK));
}

/*
 * Appends `port` to the event of `tail`. False when the guest has taken that
 * one out of the queue (LINKED is clear), which then is empty. A guest that
 * never leaves the word alone only loses its own event.
 */
static bool append(guest_word_t *tail, uint32_t port)
{
	uint32_t old = guest_word_read(tail);

	for (unsigned int i = 0; i < LINK_TRIES; i++) {
		if (i == 1) {
			old = guest_word_or(tail, BUSY) | BUSY;
		}
		if ((old & LINKED) == 0) {
			guest_word_and(tail, ~BUSY);
			return false;
		}

		const uint32_t rest = old & ~(BUSY | EVTCHN_FIFO_LINK_MASK);

		if (guest_word_swap(tail, &old, rest | port)) {
			return true;
		}
	}
	guest_word_and(tail, ~BUSY);
	return true;
}

/* The queue was empty: the event is its head, and the vCPU is told. */
static void set_head(struct vcpu *v, uint32_t priority, uint32_t port)
{
	char *page = window_map(v->events->control);
	guest_word_t *block = (void *)(page + v->events->control_offset);
	const uint32_t bit = (uint32_t)1 << priority;

	static_assert(offsetof(struct evtchn_fifo_control_block, ready) == 0,
		      "ready is word 0");
	static_assert(offsetof(struct evtchn_fifo_control_block, head) == 8,
		      "heads begin at word 2");
	guest_word_write(&block[2 + priority], port);
	const uint32_t ready = guest_word_or(&block[0], bit);

	window_unmap(page);
	if ((ready & bit) != 0) {
		return;
	}

	struct vcpu_info *info = vcpu_info_map(v);

	if (info != NULL) {
		event_upcall(v, info);
		vcpu_info_unmap(info);
	}
}

/* Lock held; the event is pending and neither masked nor linked. */
static void link_event(struct vcpu *v, uint32_t port, struct event_port *p,
		       guest_word_t *word)
{
	struct domain *d = v->domain;
	struct event_vcpu *e = v->events;
	const uint32_t priority =
		__atomic_load_n(&p->priority, __ATOMIC_RELAXED);
	uint32_t *old_tail =
		&d->vcpus[p->queue_vcpu]->events->tail[p->queue_priority];

	/* The guest gave no queues for this vCPU: nobody to tell. */
	if (mfn_is_none(e->control)) {
		return;
	}
	/* It is in no queue, so if it is a tail, that queue is empty. */
	if (*old_tail == port) {
		*old_tail = 0;
	}
	if ((guest_word_or(word, LINKED) & LINKED) != 0) {
		return;
	}

	guest_word_t *tail = e->tail[priority] == 0
				     ? NULL
				     : word_map(d->events, e->tail[priority]);
	const bool appended = tail != NULL && append(tail, port);

	if (tail != NULL) {
		word_unmap(tail);
	}
	e->tail[priority] = port;
	p->queue_vcpu = (uint16_t)v->id;
	p->queue_priority = (uint8_t)priority;
	if (!appended) {
		set_head(v, priority, port);
	}
}

/* Lock held. */
static void raise_locked(struct vcpu *v, uint32_t port, struct event_port *p)
{
	guest_word_t *word = word_map(v->domain->events, port);

	if (word == NULL) {
		p->early = 1;
		return;
	}
	if ((guest_word_or(word, PENDING) & (MASKED | LINKED)) == 0) {
		link_event(v, port, p, word);
	}
	word_unmap(word);
}

static void raise(struct vcpu *v, uint32_t port, struct event_port *p)
{
	struct event_domain *ev = v->domain->events;

	spin_lock(&ev->queue_lock);
	if (ev->fifo != NULL) {
		raise_locked(v, port, p);
	}
	spin_unlock(&ev->queue_lock);
}

static void unmask(struct vcpu *v, uint32_t port, struct event_port *p)
{
	struct event_domain *ev = v->domain->events;

	spin_lock(&ev->queue_lock);
	guest_word_t *word = word_map(ev, port);

	if (word != NULL) {
		const uint32_t old = guest_word_and(word, ~MASKED);

		if ((old & PENDING) != 0 && (old & LINKED) == 0) {
			link_event(v, port, p, word);
		}
		word_unmap(word);
	}
	spin_unlock(&ev->queue_lock);
}

static void clear(struct domain *d, uint32_t port, struct event_port *p)
{
	struct event_domain *ev = d->events;

	spin_lock(&ev->queue_lock);
	guest_word_t *word = word_map(ev, port);

	p->early = 0;
	if (word != NULL) {
		guest_word_and(word, ~PENDING);
		word_unmap(word);
	}
	spin_unlock(&ev->queue_lock);
}

/* The port's word, 0 while there is none. */
static uint32_t word_read(struct domain *d, uint32_t port)
{
	struct event_domain *ev = d->events;
	uint32_t value = 0;

	spin_lock(&ev->queue_lock);
	guest_word_t *word = word_map(ev, port);

	if (word != NULL) {
		value = guest_word_read(word);
		word_unmap(word);
	}
	spin_unlock(&ev->queue_lock);
	return value;
}

static bool is_pending(struct domain *d, uint32_t port, struct event_port *p)
{
	return (word_read(d, port) & PENDING) != 0 ||
	       __atomic_load_n(&p->early, __ATOMIC_RELAXED) != 0;
}

static bool is_busy(struct domain *d, uint32_t port)
{
	return (word_read(d, port) & LINKED) != 0;
}

const struct event_abi event_fifo_abi = {
	.port_limit = port_limit,
	.raise = raise,
	.clear = clear,
	.unmask = unmask,
	.is_pending = is_pending,
	.is_busy = is_busy,
};

/* The frame at `g`, with a reference: ordinary writable RAM of the domain. */
static int hold_frame(struct domain *d, uint64_t g, mfn_t *frame)
{
	enum p2m_type type;
	const mfn_t m = p2m_lookup(d, gfn(g), &type);

	if (type != P2M_RAM_RW || frame_ref(m, d->id) != 0) {
		return -XEN_EINVAL;
	}
	*frame = m;
	return 0;
}

/* Both locks held: what is pending moves to the FIFO, as soon as the ports'
 * words exist. */
static void carry_over(struct domain *d)
{
	const uint32_t limit = event_2level_abi.port_limit(d);

	for (uint32_t port = 1; port < limit; port++) {
		struct event_port *p = event_port_find(d, port);

		if (p == NULL) {
			port |= EVENT_BUCKET_PORTS - 1;
			continue;
		}
		if (event_2level_abi.is_pending(d, port, p)) {
			p->early = 1;
		}
	}
}

/* Lock held. The domain's first control block turns FIFO on. */
static int turn_on(struct domain *d)
{
	struct event_domain *ev = d->events;

	if (ev->fifo != NULL) {
		return 0;
	}

	struct event_fifo *f = domain_alloc(d, sizeof(*f));

	if (f == NULL) {
		return -XEN_ENOMEM;
	}
	spin_lock(&ev->queue_lock);
	ev->fifo = f;
	/* First this, then the pending bits: see event_raise(). */
	__atomic_store_n(&ev->abi, &event_fifo_abi, __ATOMIC_SEQ_CST);
	carry_over(d);
	spin_unlock(&ev->queue_lock);
	return 0;
}

/* Lock held. */
static int add_control(struct vcpu *v, mfn_t frame, uint32_t offset)
{
	struct event_domain *ev = v->domain->events;

	if (!mfn_is_none(v->events->control)) {
		return -XEN_EINVAL;
	}

	const int rc = turn_on(v->domain);

	if (rc != 0) {
		return rc;
	}
	spin_lock(&ev->queue_lock);
	v->events->control = frame;
	v->events->control_offset = offset;
	spin_unlock(&ev->queue_lock);
	return 0;
}

int event_init_control(struct domain *self, struct evtchn_init_control *op)
{
	struct vcpu *v = domain_vcpu(self, op->vcpu);
	mfn_t frame;

	if (v == NULL) {
		return -XEN_ENOENT;
	}
	if (!range_ok(op->offset, sizeof(struct evtchn_fifo_control_block),
		      PAGE_SIZE) ||
	    op->offset % 8 != 0) {
		return -XEN_EINVAL;
	}

	int rc = hold_frame(self, op->control_gfn, &frame);

	if (rc != 0) {
		return rc;
	}
	spin_lock(&self->events->lock);
	rc = add_control(v, frame, op->offset);
	spin_unlock(&self->events->lock);
	if (rc != 0) {
		frame_unref(frame);
		return rc;
	}
	op->link_bits = EVTCHN_FIFO_LINK_BITS;
	return 0;
}

/* Lock held: events of ports whose words have just come to be. */
static void raise_early(struct domain *d, uint32_t first)
{
	for (uint32_t port = first; port < first + WORDS_PER_PAGE; port++) {
		struct event_port *p = event_port_find(d, port);

		if (p == NULL) {
			port |= EVENT_BUCKET_PORTS - 1;
			continue;
		}
		if (p->early) {
			p->early = 0;
			raise_locked(event_port_vcpu(d, p), port, p);
		}
	}
}

/* Lock held. */
static int add_page(struct domain *d, mfn_t frame)
{
	struct event_fifo *f = d->events->fifo;

	if (f == NULL) {
		return -XEN_EOPNOTSUPP;
	}
	if (f->page_count == ARRAY_PAGES) {
		return -XEN_ENOSPC;
	}
	f->pages[f->page_count++] = frame;
	raise_early(d, (uint32_t)((f->page_count - 1) * WORDS_PER_PAGE));
	return 0;
}

int event_expand_array(struct domain *self,
		       const struct evtchn_expand_array *op)
{
	mfn_t frame;
	int rc = hold_frame(self, op->array_gfn, &frame);

	if (rc != 0) {
		return rc;
	}
	spin_lock(&self->events->queue_lock);
	rc = add_page(self, frame);
	spin_unlock(&self->events->queue_lock);
	if (rc != 0) {
		frame_unref(frame);
	}
	return rc;
}

int event_set_priority(struct domain *self,
		       const struct evtchn_set_priority *op)
{
	struct event_domain *ev = self->events;
	struct event_port *p = event_port_find(self, op->port);
	int rc = -XEN_ENOSYS;

	if (op->priority > EVTCHN_FIFO_PRIORITY_MIN || p == NULL) {
		return -XEN_EINVAL;
	}
	spin_lock(&ev->queue_lock);
	if (ev->fifo != NULL) {
		__atomic_store_n(&p->priority, (uint8_t)op->priority,
				 __ATOMIC_RELAXED);
		rc = 0;
	}
	spin_unlock(&ev->queue_lock);
	return rc;
}

static void forget_queues(struct event_vcpu *e)
{
	if (e == NULL || mfn_is_none(e->control)) {
		return;
	}
	frame_unref(e->control);
	e->control = MFN_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(e->tail); i++) {
		e->tail[i] = 0;
	}
}

void event_fifo_release(struct domain *d)
{
	struct event_domain *ev = d->events;

	spin_lock(&ev->queue_lock);
	struct event_fifo *f = ev->fifo;

	if (f != NULL) {
		__atomic_store_n(&ev->abi, &event_2level_abi, __ATOMIC_SEQ_CST);
		ev->fifo = NULL;
		for (uint32_t i = 0; i < f->page_count; i++) {
			frame_unref(f->pages[i]);
		}
		for (uint32_t i = 0; i < d->vcpu_count; i++) {
			forget_queues(d->vcpus[i]->events);
		}
		domain_free(d, f, sizeof(*f));
	}
	spin_unlock(&ev->queue_lock);
}
