/* SPDX-License-Identifier: MIT */
/*
 * A device interrupts with messages that were given out, and with no other,
 * whatever it writes where messages are written. A bug would let it send any
 * vector to any pCPU.
 *
 * Two devices have a message each. The first one writes all that could be a
 * message: each handle of the first pCPU's (Intel VT-d; the address says it) or,
 * with `data`, each number (AMD-Vi; the data says it). QEMU 7.2 does not tell its
 * units who writes. The first then checks no source: exactly the two messages
 * come. The second takes the writer for the I/O APIC: none comes.
 */
#include "lib/apic.h"
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/memory.h"
#include "lib/pci.h"
#include "lib/test.h"
#include "lib/trap.h"

#define MESSAGES      0xfee00000ull
#define VECTOR_OWN    0x55
#define VECTOR_OTHER  0x56
#define VECTOR_NOBODY 0xd0 /* nobody has it on the host */
#define LIMIT         (5 * SECOND)
#define LENGTH        2048u /* what the device takes at a time */
#define WORDS         (LENGTH / 4)
#define HANDLES_END   (256u << 5) /* behind a pCPU's, in the address */

static volatile unsigned own;
static volatile unsigned other;

static void on_own(struct trap_frame *frame)
{
	(void)frame;
	own++;
	apic_eoi();
}

static void on_other(struct trap_frame *frame)
{
	(void)frame;
	other++;
	apic_eoi();
}

static bool arrives(volatile uint32_t *edu, volatile unsigned *count,
		    unsigned want)
{
	bool came;

	edu[EDU_RAISE / 4] = 1;
	irq_enable();
	came = wait_for(count, want, LIMIT);
	irq_disable();
	edu[EDU_LOWER / 4] = 1;
	return came;
}

static void check_writes(volatile uint32_t *edu, bool by_data)
{
	uint32_t *page = page_alloc(1);

	for (unsigned i = 0; i < WORDS; i++) {
		page[i] = by_data ? i : VECTOR_NOBODY;
	}
	edu_transfer(edu, (uintptr_t)page, EDU_BUFFER, LENGTH, EDU_TAKE);
	irq_enable();
	for (unsigned at = 0; at < (by_data ? LENGTH : HANDLES_END);
	     at += LENGTH) {
		edu_transfer(edu, EDU_BUFFER, MESSAGES + at, LENGTH, EDU_PUT);
	}
	clock_spin(50 * MILLISECOND);
	irq_disable();
	expect_eq("its own message", own, by_data ? 1 : 2);
	expect_eq("the other device's message", other, by_data ? 1 : 2);
}

void guest_main(void)
{
	volatile uint32_t *first;
	volatile uint32_t *second = NULL;
	unsigned device;

	event_init();
	smp_count();
	apic_enable(apic_has_x2());
	trap_handle(VECTOR_OWN, on_own);
	trap_handle(VECTOR_OTHER, on_other);
	first = edu_find(0, &device);
	if (first != NULL) {
		pci_set_msi(device, smp_apic_id(0), VECTOR_OWN, true);
		second = edu_find(device + 1, &device);
	}
	if (second == NULL) {
		skip("two devices", "the machine has no two edu devices");
		return;
	}
	pci_set_msi(device, smp_apic_id(0), VECTOR_OTHER, true);
	expect(arrives(first, &own, 1), "a device's message", "never");
	expect(arrives(second, &other, 1), "the other's", "never");
	check_writes(first, option("data", 0) != 0);
	expect(arrives(second, &other, other + 1), "the other's, later",
	       "never");
}
