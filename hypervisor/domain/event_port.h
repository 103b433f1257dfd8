/* SPDX-License-Identifier: MIT */
/*
 * A domain's table of event ports; for the event_*.c files only.
 *
 * Ports live in page-sized buckets that are made when first needed and stay
 * until the domain goes. Senders take no lock: a port's binding is one 64-bit
 * word, changed under the lock of event_op.c and read atomically, and a peer is
 * believed only if its binding points back. A sender that loses a race against
 * close raises a spurious event, which the ABI allows.
 */
#pragma once

#include "domain/guest_word.h"
#include "domain/vcpu.h"

#define EVENT_BUCKET_PORTS 256u
#define EVENT_BUCKETS      (EVTCHN_FIFO_NR_CHANNELS / EVENT_BUCKET_PORTS)
#define EVENT_WORD_PAGES                                                       \
	(EVTCHN_FIFO_NR_CHANNELS / (PAGE_SIZE / sizeof(event_word_t)))

/* The ABI's numbers, so that EVTCHNOP_status needs no table. */
enum event_kind {
	EVENT_FREE = EVTCHNSTAT_closed,
	EVENT_UNBOUND = EVTCHNSTAT_unbound,
	EVENT_INTERDOMAIN = EVTCHNSTAT_interdomain,
	EVENT_VIRQ = EVTCHNSTAT_virq,
	EVENT_IPI = EVTCHNSTAT_ipi,
};

union event_bind {
	struct {
		uint16_t domid; /* UNBOUND: who may bind; INTERDOMAIN: peer */
		uint8_t kind;   /* enum event_kind */
		uint8_t zero;
		uint32_t port; /* INTERDOMAIN: peer's; VIRQ: its number */
	};

	uint64_t word;
};

/* (l): under the lock of event_op.c. (q): under event_domain.queue_lock. */
struct event_port {
	uint64_t bind;    /* (l) union event_bind; senders read it */
	uint16_t vcpu;    /* (l) who is told; senders read it */
	uint16_t queue;   /* (q) FIFO queue it was linked in last */
	uint8_t priority; /* atomic: for the next time it is linked */
};

static_assert(sizeof(struct event_port) * EVENT_BUCKET_PORTS == PAGE_SIZE,
	      "a bucket is one page");

struct event_bucket {
	struct event_port *ports; /* set once, under lock; senders read it */
	uint32_t used;            /* (l) ports that are not free */
};

/* How pending events are shown to the guest: 2-level or FIFO. */
struct event_abi {
	/* Makes the port pending and tells the vCPU unless masked. */
	void (*raise)(struct vcpu *v, uint32_t port, struct event_port *p);
	/* Clears the mask, tells the vCPU if the port is pending. */
	void (*unmask)(struct vcpu *v, uint32_t port, struct event_port *p);
	/* The port closes: it is not pending any more. */
	void (*clear)(struct domain *d, uint32_t port);
	/* EVENT_PENDING and, in one of the guest's queues, EVENT_LINKED. */
	uint32_t (*state)(struct domain *d, uint32_t port);
};

#define EVENT_PENDING ((uint32_t)1 << EVTCHN_FIFO_PENDING)
#define EVENT_LINKED  ((uint32_t)1 << EVTCHN_FIFO_LINKED)

extern const struct event_abi event_2level_abi;
extern const struct event_abi event_fifo_abi;

struct event_vcpu {
	uint32_t virq_port
		[NR_VIRQS];      /* (l) 0 = not bound; global ones: vCPU 0 */
	mfn_t control;           /* (q) frame of the FIFO control block */
	uint32_t control_offset; /* (q) */
	uint32_t tail[EVTCHN_FIFO_MAX_QUEUES]; /* (q) last port linked, 0 */
};

struct event_domain {
	const struct event_abi *abi; /* (q), senders read it */
	uint32_t max_ports;          /* (o) */
	bool polled;                 /* atomic: a vCPU may wait in a poll */
	struct event_bucket buckets[EVENT_BUCKETS];
	struct spinlock queue_lock;    /* LOCK_EVENT_QUEUE */
	uint32_t page_count;           /* (q) */
	mfn_t pages[EVENT_WORD_PAGES]; /* (q) the FIFO's event words */
	struct event_vcpu vcpus[];     /* vcpu_count of them */
};

/* NULL for a number out of range or in a bucket that was never used. */
static inline struct event_port *event_port_find(const struct domain *d,
						 uint32_t port)
{
	const struct event_domain *ev = d->events;

	if (port >= ev->max_ports) {
		return NULL;
	}
	/* Pairs with the release store where a bucket is made. */
	struct event_port *ports =
		load_acquire(&ev->buckets[port / EVENT_BUCKET_PORTS].ports);

	return ports == NULL ? NULL : &ports[port % EVENT_BUCKET_PORTS];
}

/* For a port that is or was bound. */
static inline struct event_port *event_port_at(const struct domain *d,
					       uint32_t port)
{
	return &d->events->buckets[port / EVENT_BUCKET_PORTS]
			.ports[port % EVENT_BUCKET_PORTS];
}

/* EVENT_FREE when `p` is NULL. */
static inline union event_bind event_bind_read(const struct event_port *p)
{
	return (union event_bind){
		.word = p == NULL ? 0 : load_acquire(&p->bind),
	};
}

/* vCPU to tell. Never NULL: only existing ones get into a port. */
static inline struct vcpu *event_port_vcpu(struct domain *d,
					   const struct event_port *p)
{
	return d->vcpus[load_relaxed(&p->vcpu)];
}

/* Sets the port pending in its domain, wakes pollers. Needs no lock. */
void event_raise(struct domain *d, uint32_t port, struct event_port *p);

/* Sets evtchn_upcall_pending and kicks, if it was clear. */
static inline void event_upcall(struct vcpu *v, struct vcpu_info *info)
{
	if (guest_byte_set(&info->evtchn_upcall_pending) == 0) {
		vcpu_kick(v, WORK_EVENT);
	}
}

/* Ports that the guest's layout has bits for. */
static inline uint32_t event_2level_limit(const struct domain *d)
{
	return d->width32 ? 32u * 32u : 64u * 64u;
}

/* Sets all selector bits: the guest looks at every port. */
void event_2level_select_all(struct vcpu *v, struct vcpu_info *info);
/* Back to 2-level; gives the guest's frames back. All ports are closed. */
void event_fifo_release(struct domain *d);
