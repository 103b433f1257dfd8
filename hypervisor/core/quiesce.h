/* SPDX-License-Identifier: MIT */
/*
 * Quiescent points: a pCPU that goes round the run loop, is in guest mode or
 * idle holds no reference to shared objects. Memory that was taken out of all
 * tables is reused only after every pCPU has been in such a place.
 */
#pragma once

#include "arch/x86/percpu.h"
#include "lib/list.h"

struct quiesce_item {
	struct list link;
	void (*done)(struct quiesce_item *item); /* runs in the run loop */
};

/* Calls item->done() once all pCPUs have passed a quiescent point. Takes no
 * lock; the item is out of the list when done() runs. */
void quiesce_defer(struct quiesce_item *item,
		   void (*done)(struct quiesce_item *item));

/* Run loop, with no lock and no reference held: does what is due here. A load
 * and a branch while nothing is deferred on this pCPU. */
void quiesce_poll(void);

/* Run loop, before guest mode or halt: from here this pCPU touches nothing. */
static inline void quiesce_rest_begin(void)
{
	struct pcpu *p = this_pcpu();

	/* Release: all use of shared objects came before. */
	store_release(&p->passes, p->passes + 1);
	store_release(&p->resting, 1);
}

/* After guest mode or halt. An exchange is a full barrier: no look-up is done
 * before others can see that this pCPU does not rest any more. */
static inline void quiesce_rest_end(void)
{
	__atomic_exchange_n(&this_pcpu()->resting, 0, __ATOMIC_SEQ_CST);
}
