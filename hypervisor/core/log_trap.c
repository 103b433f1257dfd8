/* SPDX-License-Identifier: MIT */
/*
 * Lines from where no lock may be taken. They wait in a few slots; an interrupt
 * that the pCPU sends itself prints them at its next interrupt point.
 */
#include "core/log.h"

#include "arch/x86/lapic.h"
#include "core/irq.h"
#include "lib/printf.h"

#define SLOTS 4

enum slot_state { SLOT_FREE, SLOT_WRITTEN, SLOT_READY };

static struct {
	uint32_t state; /* atomic: enum slot_state; who changes it owns text */
	char text[200];
} slots[SLOTS];

static uint32_t lost; /* atomic: lines that found no slot */

static bool move_state(unsigned int slot, uint32_t from, uint32_t to)
{
	return __atomic_compare_exchange_n(&slots[slot].state, &from, to, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static int claim_slot(void)
{
	for (unsigned int i = 0; i < SLOTS; i++) {
		if (move_state(i, SLOT_FREE, SLOT_WRITTEN)) {
			return (int)i;
		}
	}
	return -1;
}

void log_from_trap(const char *fmt, ...)
{
	const int slot = claim_slot();
	va_list args;

	if (slot < 0) {
		__atomic_add_fetch(&lost, 1, __ATOMIC_RELAXED);
	} else {
		va_start(args, fmt);
		vsnprintf(slots[slot].text, sizeof(slots[slot].text), fmt,
			  args);
		va_end(args);
		/* Release pairs with move_state() in print_slots(). */
		__atomic_store_n(&slots[slot].state, SLOT_READY,
				 __ATOMIC_RELEASE);
	}
	lapic_send_self(VECTOR_REPORT);
}

static void print_slots(unsigned int vector, void *context)
{
	(void)vector;
	(void)context;
	irq_eoi();
	for (unsigned int i = 0; i < SLOTS; i++) {
		if (move_state(i, SLOT_READY, SLOT_WRITTEN)) {
			log_error("%s", slots[i].text);
			__atomic_store_n(&slots[i].state, SLOT_FREE,
					 __ATOMIC_RELEASE);
		}
	}

	const uint32_t count = __atomic_exchange_n(&lost, 0, __ATOMIC_RELAXED);

	if (count != 0) {
		log_error("%u lines about faults of the machine were lost\n",
			  count);
	}
}

void log_trap_init(void)
{
	irq_vector_claim(VECTOR_REPORT, print_slots, NULL);
}
