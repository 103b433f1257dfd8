/* SPDX-License-Identifier: MIT */
/*
 * A domain's table of event ports; for the event_*.c files only.
 *
 * Ports live in page-sized buckets that are made when first needed and stay
 * until the domain goes. Senders take no lock: a port's binding is one 64-bit
 * word, changed under event_domain.lock and read atomically, and a peer is
 * believed only if its binding points back. A sender that loses a race against
 * close raises a spurious event, which the ABI allows.
 */
#pragma once

#include "domain/vcpu.h"

#define EVENT_BUCKET_PORTS 256u

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

struct event_port {
	uint64_t bind;          /* (l) union event_bind; senders read it */
	uint16_t vcpu;          /* (l) who is told; senders read it */
	uint16_t queue_vcpu;    /* (q) queue it was linked in last */
	uint8_t queue_priority; /* (q) */
	uint8_t priority;       /* atomic: for the next time it is linked */
	uint8_t early;          /* (q) pending, but its event word is missing */
};

static_assert(sizeof(struct event_port) * EVENT_BUCKET_PORTS == PAGE_SIZE,
	      "a bucket is one page");

struct event_bucket {
	struct event_port *ports; /* set once, under lock; senders read it */
	uint32_t used;            /* (l) ports that are not free */
};

/* How pending events are shown to the guest: 2-level or FIFO. */
struct event_abi {
	uint32_t (*port_limit)(const struct domain *d);
	/* Makes the port pending and tells the vCPU unless masked. */
	void (*raise)(struct vcpu *v, uint32_t port, struct event_port *p);
	/* The port closes: it is not pending any more. */
	void (*clear)(struct domain *d, uint32_t port, struct event_port *p);
	/* Clears the mask, tells the vCPU if the port is pending. */
	void (*unmask)(struct vcpu *v, uint32_t port, struct event_port *p);
	bool (*is_pending)(struct domain *d, uint32_t port,
			   struct event_port *p);
	/* The guest's queues still hold a port that was closed. */
	bool (*is_busy)(struct domain *d, uint32_t port);
};

extern const struct event_abi event_2level_abi;
extern const struct event_abi event_fifo_abi;

struct event_fifo;

struct event_domain {
	struct spinlock lock;         /* LOCK_EVENT: (l) */
	const struct event_abi *abi;  /* (l), senders read it */
	uint32_t max_ports;           /* (o) */
	uint32_t bucket_count;        /* (o) */
	struct event_bucket *buckets; /* (o) */
	uint32_t virq_port[NR_VIRQS]; /* (l) global VIRQs; 0 = not bound */
	uint64_t polling[DOMAIN_MAX_VCPUS / 64]; /* atomic: may be polling */
	struct spinlock queue_lock;              /* LOCK_EVENT_QUEUE: (q) */
	struct event_fifo *fifo;                 /* (q) NULL while 2-level */
};

struct event_vcpu {
	uint32_t virq_port[NR_VIRQS]; /* (l) per-vCPU VIRQs; 0 = not bound */
	mfn_t control;                /* (q) frame of the control block */
	uint32_t control_offset;      /* (q) */
	uint32_t tail[EVTCHN_FIFO_MAX_QUEUES]; /* (q) last port linked, 0 */
};

static inline union event_bind event_bind_read(const struct event_port *p)
{
	return (union event_bind){
		.word = __atomic_load_n(&p->bind, __ATOMIC_ACQUIRE),
	};
}

/* NULL for a number out of range or in a bucket that was never used. */
static inline struct event_port *event_port_find(const struct domain *d,
						 uint32_t port)
{
	const struct event_domain *ev = d->events;

	if (port >= ev->max_ports) {
		return NULL;
	}
	/* Pairs with the release store in event_port_alloc(). */
	struct event_port *ports =
		__atomic_load_n(&ev->buckets[port / EVENT_BUCKET_PORTS].ports,
				__ATOMIC_ACQUIRE);

	return ports == NULL ? NULL : &ports[port % EVENT_BUCKET_PORTS];
}

/* vCPU to tell. Never NULL: only existing ones get into a port. */
static inline struct vcpu *event_port_vcpu(struct domain *d,
					   const struct event_port *p)
{
	return d->vcpus[__atomic_load_n(&p->vcpu, __ATOMIC_RELAXED)];
}

/* Lock held. The lowest free port (it stays free until event_port_bind()), or
 * -XEN_EINVAL (domain dying), -XEN_ENOSPC, -XEN_ENOMEM. */
int event_port_alloc(struct domain *d) must_check;
/* Lock held. Changes what a port is; EVENT_FREE gives it back. */
void event_port_bind(struct domain *d, uint32_t port, union event_bind bind);
/* Lock held. Makes a port found by event_port_alloc() bound to `vcpu`. */
void event_port_set_up(struct domain *d, uint32_t port, union event_bind bind,
		       uint32_t vcpu);

/* Both domains' locks, in domid order; once if they are the same. */
void event_lock_two(struct domain *a, struct domain *b);
void event_unlock_two(struct domain *a, struct domain *b);

/* Where the number of a bound VIRQ's port is kept. */
uint32_t *event_virq_slot(struct vcpu *v, uint32_t virq);
bool event_virq_is_global(uint32_t virq);

/* Sets the port pending in its domain, wakes pollers. Needs no lock. */
void event_raise(struct domain *d, uint32_t port, struct event_port *p);
/* Sets evtchn_upcall_pending and kicks, if it was clear. */
void event_upcall(struct vcpu *v, struct vcpu_info *info);

/* Sets all selector bits: the guest looks at every port. */
void event_2level_select_all(struct vcpu *v, struct vcpu_info *info);

/* Back to 2-level; gives the guest's frames back. All ports are closed. */
void event_fifo_release(struct domain *d);
