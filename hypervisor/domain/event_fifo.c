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
#include "domain/event.h"
#include "domain/event_port.h"
#include "domain/physmap.h"
#include "mm/window.h"

#define MASKED         ((uint32_t)1 << EVTCHN_FIFO_MASKED)
#define BUSY           ((uint32_t)1 << EVTCHN_FIFO_BUSY)

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))

/* A correct guest changes a linked word at most four times (set and clear
 * MASKED, clear PENDING, clear LINKED) while BUSY keeps it from unmasking. */
#define LINK_TRIES 6

/* Lock held. The port's word, to be given back; NULL while there is none. */
static guest_word_t *word_map(struct event_domain *ev, uint32_t port)
{
	guest_word_t *page;

	if (port / WORDS_PER_PAGE >= ev->page_count) {
		return NULL;
	}
	page = window_map(ev->pages[port / WORDS_PER_PAGE]);
	return &page[port % WORDS_PER_PAGE];
}

static void word_unmap(const guest_word_t *word)
{
	if (word != NULL) {
		window_unmap((const void *)((uintptr_t)word & PAGE_MASK));
	}
}

/* The same for those who do not hold the lock yet. */
static guest_word_t *word_lock(struct event_domain *ev, uint32_t port)
{
	spin_lock(&ev->queue_lock);
	return word_map(ev, port);
}

static void word_unlock(struct event_domain *ev, const guest_word_t *word)
{
	word_unmap(word);
	spin_unlock(&ev->queue_lock);
}

/*
 * Appends `port` to the event of `tail`. False when the guest has taken that
 * one out of the queue (LINKED is clear), which then is empty. A guest that
 * never leaves the word alone only loses its own event.
 */
static bool append(guest_word_t *tail, uint32_t port)
{
	uint32_t old = guest_word_or(tail, BUSY) | BUSY;

	for (unsigned int i = 0; i < LINK_TRIES; i++) {
		const uint32_t rest = old & ~(BUSY | EVTCHN_FIFO_LINK_MASK);

		if ((old & EVENT_LINKED) == 0) {
			break;
		}
		if (guest_word_swap(tail, &old, rest | port)) {
			return true;
		}
	}
	guest_word_and(tail, ~BUSY);
	return (old & EVENT_LINKED) != 0;
}

/* The queue was empty: the event is its head, and the vCPU is told. */
static void set_head(struct vcpu *v, uint32_t priority, uint32_t port)
{
	const struct event_vcpu *e = &v->domain->events->vcpus[v->id];
	char *page = window_map(e->control);
	guest_word_t *block = (void *)(page + e->control_offset);
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

/* Lock held; the event is pending and was neither masked nor linked. */
static void link_event(struct vcpu *v, uint32_t port, struct event_port *p,
		       guest_word_t *word)
{
	struct event_domain *ev = v->domain->events;
	struct event_vcpu *e = &ev->vcpus[v->id];
	const uint32_t priority = load_relaxed(&p->priority);
	const uint16_t queue =
		(uint16_t)(v->id * EVTCHN_FIFO_MAX_QUEUES + priority);
	const uint32_t tail = e->tail[priority];
	bool appended = false;

	/* The guest gave no queues for this vCPU: nobody to tell. */
	if (mfn_is_none(e->control) ||
	    (guest_word_or(word, EVENT_LINKED) & EVENT_LINKED) != 0) {
		return;
	}
	/* A tail that is linked elsewhere by now, as is this port, has left the
	 * queue and left it empty. */
	if (tail != 0 && tail != port &&
	    event_port_at(v->domain, tail)->queue == queue) {
		guest_word_t *tail_word = word_map(ev, tail);

		appended = append(tail_word, port);
		word_unmap(tail_word);
	}
	e->tail[priority] = port;
	p->queue = queue;
	if (!appended) {
		set_head(v, priority, port);
	}
}

static void raise(struct vcpu *v, uint32_t port, struct event_port *p)
{
	struct event_domain *ev = v->domain->events;
	guest_word_t *word = word_lock(ev, port);

	/* Without a word, event_expand_array() makes up for it. */
	if (word != NULL && (guest_word_or(word, EVENT_PENDING) &
			     (MASKED | EVENT_LINKED)) == 0) {
		link_event(v, port, p, word);
	}
	word_unlock(ev, word);
}

static void unmask(struct vcpu *v, uint32_t port, struct event_port *p)
{
	struct event_domain *ev = v->domain->events;
	guest_word_t *word = word_lock(ev, port);

	if (word != NULL && (guest_word_and(word, ~MASKED) &
			     (EVENT_PENDING | EVENT_LINKED)) == EVENT_PENDING) {
		link_event(v, port, p, word);
	}
	word_unlock(ev, word);
}

static void clear(struct domain *d, uint32_t port)
{
	guest_word_t *word = word_lock(d->events, port);

	if (word != NULL) {
		guest_word_and(word, ~EVENT_PENDING);
	}
	word_unlock(d->events, word);
}

static uint32_t state(struct domain *d, uint32_t port)
{
	guest_word_t *word = word_lock(d->events, port);
	const uint32_t value = word == NULL ? 0 : guest_word_read(word);

	word_unlock(d->events, word);
	return value;
}

const struct event_abi event_fifo_abi = { raise, unmask, clear, state };

/* A domain's first control block turns FIFO on. */
int event_init_control(struct domain *self, void *arg)
{
	struct evtchn_init_control *op = arg;
	struct event_domain *ev = self->events;
	mfn_t frame;

	if (op->vcpu >= self->vcpu_count) {
		return -XEN_ENOENT;
	}
	if (!range_ok(op->offset, sizeof(struct evtchn_fifo_control_block),
		      PAGE_SIZE) ||
	    op->offset % 8 != 0 ||
	    !physmap_hold(self, gfn(op->control_gfn), &frame)) {
		return -XEN_EINVAL;
	}

	struct event_vcpu *e = &ev->vcpus[op->vcpu];
	int rc = -XEN_EINVAL;

	spin_lock(&ev->queue_lock);
	if (mfn_is_none(e->control)) {
		e->control = frame;
		e->control_offset = op->offset;
		/* Pairs with the loads in event_raise(). */
		__atomic_store_n(&ev->abi, &event_fifo_abi, __ATOMIC_SEQ_CST);
		op->link_bits = EVTCHN_FIFO_LINK_BITS;
		rc = 0;
	}
	spin_unlock(&ev->queue_lock);
	if (rc != 0) {
		frame_unref(frame);
	}
	return rc;
}

/*
 * Raises the ports whose words have come to be: what was pending in the 2-level
 * bits, or came when there was no word, is not lost. For the others this is one
 * event too many, which the ABI allows.
 */
static void raise_page(struct domain *d, uint32_t first)
{
	for (uint32_t i = 0; i < WORDS_PER_PAGE; i++) {
		struct event_port *p = event_port_find(d, first + i);

		if (event_bind_read(p).kind != EVENT_FREE) {
			event_raise(d, first + i, p);
		}
	}
}

int event_expand_array(struct domain *self, void *arg)
{
	const struct evtchn_expand_array *op = arg;
	struct event_domain *ev = self->events;
	mfn_t frame;
	int rc = 0;

	if (!physmap_hold(self, gfn(op->array_gfn), &frame)) {
		return -XEN_EINVAL;
	}
	spin_lock(&ev->queue_lock);
	const uint32_t page = ev->page_count;

	if (ev->abi != &event_fifo_abi) {
		rc = -XEN_EOPNOTSUPP;
	} else if (page == EVENT_WORD_PAGES) {
		rc = -XEN_ENOSPC;
	} else {
		ev->pages[page] = frame;
		ev->page_count++;
	}
	spin_unlock(&ev->queue_lock);
	if (rc != 0) {
		frame_unref(frame);
		return rc;
	}
	raise_page(self, (uint32_t)(page * WORDS_PER_PAGE));
	return 0;
}

int event_set_priority(struct domain *self, void *arg)
{
	const struct evtchn_set_priority *op = arg;
	struct event_port *p = event_port_find(self, op->port);

	if (op->priority > EVTCHN_FIFO_PRIORITY_MIN || p == NULL) {
		return -XEN_EINVAL;
	}
	if (self->events->abi != &event_fifo_abi) {
		return -XEN_ENOSYS;
	}
	store_relaxed(&p->priority, (uint8_t)op->priority);
	return 0;
}

void event_fifo_release(struct domain *d)
{
	struct event_domain *ev = d->events;

	spin_lock(&ev->queue_lock);
	__atomic_store_n(&ev->abi, &event_2level_abi, __ATOMIC_SEQ_CST);
	while (ev->page_count > 0) {
		frame_unref(ev->pages[--ev->page_count]);
	}
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		struct event_vcpu *e = &ev->vcpus[i];

		if (!mfn_is_none(e->control)) {
			frame_unref(e->control);
			*e = (struct event_vcpu){ .control = MFN_NONE };
		}
	}
	spin_unlock(&ev->queue_lock);
}
