/* SPDX-License-Identifier: MIT */
/*
 * Vectors are per pCPU: the same number on two pCPUs is two interrupts. The
 * handler table of a pCPU is read by its own interrupt path without a lock.
 */
#include "core/irq.h"
#include "arch/x86/traps.h"

#include "abi/abi.h"
#include "arch/x86/percpu.h"
#include "arch/x86/spinlock.h"
#include "core/log.h"
#include "mm/heap.h"

struct handler {
	irq_handler_t run;
	void *context;
};

static struct handler *handlers[MAX_CPUS]; /* 256 per pCPU */
static struct spinlock lock = SPINLOCK_INIT(LOCK_DEVICE);

int irq_cpu_init(unsigned int cpu)
{
	handlers[cpu] = heap_alloc(256 * sizeof(struct handler));
	return handlers[cpu] != NULL ? 0 : -XEN_ENOMEM;
}

int irq_vector_alloc(unsigned int cpu, irq_handler_t handler, void *context)
{
	int vector = -XEN_ENOSPC;

	spin_lock(&lock);
	for (int v = VECTOR_FIRST_DEVICE; v <= VECTOR_LAST_DEVICE; v++) {
		if (handlers[cpu][v].run == NULL) {
			handlers[cpu][v].context = context;
			/* Published last: dispatch looks at `run` first. */
			store_release(&handlers[cpu][v].run, handler);
			vector = v;
			break;
		}
	}
	spin_unlock(&lock);
	return vector;
}

void irq_vector_free(unsigned int cpu, unsigned int vector)
{
	spin_lock(&lock);
	store_release(&handlers[cpu][vector].run, NULL);
	spin_unlock(&lock);
}

void irq_eoi(void)
{
	lapic_eoi();
}

/* The vectors that are the same on every pCPU. */
static bool dispatch_fixed(unsigned int vector)
{
	switch (vector) {
	case VECTOR_SPURIOUS:
		return true;
	case VECTOR_KICK:
		/* Nothing to do but to be interrupted: see smp_kick(). */
		irq_eoi();
		return true;
	case VECTOR_TIMER:
		irq_eoi();
		run_timer_fired();
		return true;
	case VECTOR_REPORT:
		irq_eoi();
		log_trap_report();
		return true;
	default:
		return false;
	}
}

void irq_dispatch(unsigned int vector)
{
	const struct handler *h = &handlers[this_cpu()][vector];

	if (dispatch_fixed(vector)) {
		return;
	}

	const irq_handler_t run = load_acquire(&h->run);

	if (run != NULL) {
		run(vector, h->context);
		return;
	}
	/* Arrived after its vector was freed, or the machine is odd. */
	irq_eoi();
	log_warning("pCPU %u: interrupt %#x has no handler\n", this_cpu(),
		    vector);
}
