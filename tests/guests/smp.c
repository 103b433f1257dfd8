/* SPDX-License-Identifier: MIT */
/*
 * Several vCPUs: INIT and SIPI start them, fixed IPIs reach the right ones in
 * every form of addressing, NMIs arrive, and events go to their vCPU. Run once
 * with x2APIC and, with the option `xapic`, once through the MMIO page.
 *
 * A bug would start a vCPU twice, send to the wrong one (APIC ids are not vCPU
 * numbers) or lose an IPI that comes while one of its vector is in service.
 */
#include "lib/apic.h"
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/test.h"
#include "lib/trap.h"

#define VECTOR_IPI 0x50
#define LIMIT      (5 * SECOND)

static bool x2;
static volatile unsigned ipis[CPU_MAX];
static volatile unsigned nmis[CPU_MAX];
static volatile unsigned ids[CPU_MAX];
static volatile unsigned ready;
static volatile bool stop;

static void on_ipi(struct trap_frame *frame)
{
	(void)frame;
	__atomic_add_fetch(&ipis[cpu_number()], 1, __ATOMIC_SEQ_CST);
	apic_eoi();
}

static void on_nmi(struct trap_frame *frame)
{
	(void)frame;
	__atomic_add_fetch(&nmis[cpu_number()], 1, __ATOMIC_SEQ_CST);
}

/* What every other vCPU does: take interrupts until it is told to stop. */
static void listen(unsigned cpu)
{
	apic_enable(x2);
	ids[cpu] = x2 ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	irq_enable();
	while (!stop) {
		cpu_pause();
	}
	irq_disable();
}

static bool start_all(void)
{
	unsigned others = smp_count() - 1;
	bool good = true;

	for (unsigned cpu = 1; cpu <= others; cpu++) {
		good = smp_call_begin(cpu, listen) && good;
	}
	good = wait_for(&ready, others, LIMIT) && good;
	expect(good, "INIT and SIPI start all vCPUs", "%u of %u", ready,
	       others);
	ids[0] = x2 ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
	for (unsigned cpu = 0; cpu <= others; cpu++) {
		if (ids[cpu] != smp_apic_id(cpu)) {
			expect(false, "APIC ids are those of the MADT",
			       "vCPU %u: %u, want %u", cpu, ids[cpu],
			       smp_apic_id(cpu));
			return good;
		}
	}
	expect(true, "APIC ids are those of the MADT", "-");
	return good;
}

static void check_fixed(void)
{
	unsigned bad = 0;

	for (unsigned cpu = 0; cpu < smp_count(); cpu++) {
		for (unsigned i = 0; i < 10; i++) {
			unsigned before = ipis[cpu];

			apic_send(smp_apic_id(cpu), ICR_FIXED | VECTOR_IPI);
			irq_enable();
			bad += !wait_for(&ipis[cpu], before + 1, LIMIT);
			irq_disable();
		}
	}
	expect_eq("fixed IPIs that never came", bad, 0);
	for (unsigned cpu = 0; cpu < smp_count(); cpu++) {
		bad += ipis[cpu] != 10;
	}
	expect_eq("vCPUs with other than 10 IPIs", bad, 0);
}

/* Sends once; every vCPU in the set `want` gets one and no other does. */
static void check_group(const char *name, uint32_t destination, uint32_t icr,
			unsigned want)
{
	unsigned before[CPU_MAX];
	unsigned got = 0;

	for (unsigned cpu = 0; cpu < smp_count(); cpu++) {
		before[cpu] = ipis[cpu];
	}
	apic_send(destination, icr | VECTOR_IPI);
	irq_enable();
	for (unsigned cpu = 0; cpu < smp_count(); cpu++) {
		if ((want >> cpu & 1) != 0) {
			wait_for(&ipis[cpu], before[cpu] + 1, LIMIT);
		}
	}
	clock_spin(5 * MILLISECOND);
	irq_disable();
	for (unsigned cpu = 0; cpu < smp_count(); cpu++) {
		if (ipis[cpu] != before[cpu]) {
			got |= 1u << cpu;
		}
	}
	expect(got == want, name, "vCPUs 0x%x, want 0x%x", got, want);
}

static void check_groups(void)
{
	unsigned all = (1u << smp_count()) - 1;

	check_group("shorthand self", 0, ICR_FIXED | ICR_TO_SELF, 1);
	check_group("shorthand all", 0, ICR_FIXED | ICR_TO_ALL, all);
	check_group("shorthand others", 0, ICR_FIXED | ICR_TO_OTHERS,
		    all & ~1u);
	check_group("broadcast", x2 ? 0xffffffff : 0xff, ICR_FIXED, all);
	check_group("no such APIC", 0x7e, ICR_FIXED, 0);
	if (x2) {
		/* The logical id follows from the id: cluster and bit. */
		uint32_t id = smp_apic_id(1);

		check_group("logical", id >> 4 << 16 | 1u << (id & 15),
			    ICR_FIXED | ICR_LOGICAL, 2);
		return;
	}
	/* apic_enable() gives each vCPU the bit of its number. */
	check_group("logical", 2, ICR_FIXED | ICR_LOGICAL, 2);
	check_group("logical, two of them", 3, ICR_FIXED | ICR_LOGICAL, 3);
}

static void check_x2_self(void)
{
	unsigned before = ipis[0];

	if (!x2) {
		return;
	}
	apic_write(APIC_SELF, VECTOR_IPI);
	irq_enable();
	expect(wait_for(&ipis[0], before + 1, LIMIT), "self IPI register",
	       "never");
	irq_disable();
}

static void check_nmi(void)
{
	for (unsigned i = 1; i <= 3; i++) {
		apic_send(smp_apic_id(1), ICR_NMI);
		if (!wait_for(&nmis[1], i, LIMIT)) {
			break;
		}
	}
	expect_eq("NMIs to another vCPU", nmis[1], 3);
}

/* A SIPI to a running vCPU changes nothing. */
static void check_second_sipi(void)
{
	unsigned before = ipis[1];

	apic_send(smp_apic_id(1), ICR_STARTUP | 0x8);
	clock_spin(5 * MILLISECOND);
	apic_send(smp_apic_id(1), ICR_FIXED | VECTOR_IPI);
	expect(wait_for(&ipis[1], before + 1, LIMIT) &&
		       ready == smp_count() - 1,
	       "SIPI to a running vCPU is ignored", "it answers no more");
}

static void check_events(void)
{
	int port = event_bind_ipi(1);
	unsigned bad = 0;

	expect(port > 0, "bind_ipi of another vCPU", "%d", port);
	event_clear_mask((unsigned)port);
	for (unsigned i = 1; i <= 20; i++) {
		event_send((unsigned)port);
		bad += !wait_for(&event_counts[port], i, LIMIT);
	}
	expect_eq("events to another vCPU that never came", bad, 0);
}

void guest_main(void)
{
	event_init();
	x2 = option("xapic", 0) == 0;
	if (x2 && !apic_has_x2()) {
		skip("x2APIC", "CPUID has none");
		return;
	}
	apic_enable(x2);
	trap_handle(VECTOR_IPI, on_ipi);
	trap_handle(VECTOR_NMI, on_nmi);
	if (smp_count() < 2) {
		skip("all of it", "one vCPU");
		return;
	}
	if (start_all()) {
		check_fixed();
		check_groups();
		check_x2_self();
		check_nmi();
		check_second_sipi();
		check_events();
	}
	stop = true;
}
