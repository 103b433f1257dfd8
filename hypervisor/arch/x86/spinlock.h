/* SPDX-License-Identifier: MIT */
/*
 * Ticket lock. The hypervisor runs with interrupts off, so there is no
 * irq-saving variant. Every lock has a rank; a CPU may only take a lock of a
 * higher rank than those it holds (docs/locks.md). Debug builds check it.
 */
#pragma once

#include "arch/x86/asm.h"

enum lock_rank {
	LOCK_TRACE = 15,       /* what is traced, and into which pages */
	LOCK_DOMAIN = 20,      /* one domain's life cycle and parameters */
	LOCK_GRANT = 30,       /* what one domain grants */
	LOCK_PCI = 35,         /* the configuration space a domain sees */
	LOCK_P2M = 40,         /* one domain's nested tables */
	LOCK_VDEV = 50,        /* one virtual device (IO-APIC, PCI function) */
	LOCK_CLAIM = 55,       /* which virtual device has which addresses */
	LOCK_EVENT = 70,       /* what event ports are bound to */
	LOCK_EVENT_QUEUE = 72, /* one domain's FIFO event queues */
	LOCK_VCPU = 75,        /* one vCPU's block/wake state */
	LOCK_SCHED = 80,       /* one run queue */
	LOCK_TIMER = 85,       /* one pCPU's timer heap */
	LOCK_CLAIMS = 88,      /* claims on guests' memory */
	LOCK_HEAP = 90,        /* hypervisor memory */
	LOCK_FRAMES = 92,      /* guest memory pool */
	LOCK_DEVICE = 95,      /* a physical device's registers */
	LOCK_LOG = 99,         /* log ring and UART */
};

struct spinlock {
	uint16_t next;  /* ticket handed out next */
	uint16_t owner; /* ticket being served */
	uint8_t rank;   /* enum lock_rank */
};

#define SPINLOCK_INIT(r)                                                       \
	{                                                                      \
		.rank = (r)                                                    \
	}

static inline void spinlock_init(struct spinlock *l, enum lock_rank rank)
{
	l->next = 0;
	l->owner = 0;
	l->rank = (uint8_t)rank;
}

#ifdef CONFIG_DEBUG
void spinlock_check_take(struct spinlock *l);
void spinlock_check_drop(struct spinlock *l);
#else
static inline void spinlock_check_take(struct spinlock *)
{
}

static inline void spinlock_check_drop(struct spinlock *)
{
}
#endif

static inline void spin_lock(struct spinlock *l)
{
	spinlock_check_take(l);

	const uint16_t ticket =
		__atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	/* Acquire pairs with the release in spin_unlock(). */
	while (load_acquire(&l->owner) != ticket) {
		cpu_pause();
	}
}

static inline void spin_unlock(struct spinlock *l)
{
	spinlock_check_drop(l);
	store_release(&l->owner, (uint16_t)(l->owner + 1));
}
