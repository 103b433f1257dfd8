/* SPDX-License-Identifier: MIT */
/* AMD-Vi against a unit made of pages of registers. */
#include "dev/iommu_unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "dev/acpi_devices.h"
#include "fake/pci_machine.h"
#include "mm/heap.h"

#define RW           (IOMMU_READ | IOMMU_WRITE)
#define DEVICES      0x0000
#define COMMANDS     0x0008
#define EVENTS       0x0010
#define CONTROL      0x0018
#define FEATURES     0x0030
#define COMMAND_TAIL 0x2008
#define EVENT_HEAD   0x2010
#define EVENT_TAIL   0x2018
#define STATUS       0x2020
#define UNIT         0x0010u /* its function */
#define MAX_SEEN     16

struct acpi_mcfg acpi_mcfg[ACPI_MAX_MCFG];
unsigned int acpi_mcfg_count;
struct acpi_iommu acpi_iommus[ACPI_MAX_IOMMUS];
unsigned int acpi_iommu_count;

static uint8_t regs[0x4000] __attribute__((aligned(4096)));
static uint64_t now;
static unsigned int head;

static struct {
	uint64_t low;
	uint64_t high;
} seen[MAX_SEEN];

static unsigned int seen_count;

static struct {
	unsigned int count;
	uint16_t bdf;
	uint64_t address;
	enum iommu_access what;
	unsigned int reason;
} report;

struct iommu_message iommu_irq_plain(const struct iommu_irq *q)
{
	return (struct iommu_message){ 0xfee00000, q->vector };
}

void iommu_report(uint16_t bdf, uint64_t address, enum iommu_access what,
		  unsigned int reason)
{
	report.count++;
	report.bdf = bdf;
	report.address = address;
	report.what = what;
	report.reason = reason;
}

static uint64_t get(unsigned int at)
{
	return iommu_read64(regs, at);
}

static void *ring(unsigned int at)
{
	assert_int_equal(get(at) >> 56, 8);
	return maddr_to_virt(maddr(get(at) & IOMMU_ENTRY_ADDR));
}

static void run_commands(void)
{
	const uint64_t(*commands)[2] = ring(COMMANDS);

	for (; head != get(COMMAND_TAIL) >> 4; head = (head + 1) % 256) {
		const uint64_t *c = commands[head];

		if (c[0] >> 60 == 1) {
			assert_int_equal(c[0] & 7, 1);
			*(uint64_t *)maddr_to_virt(
				maddr(c[0] & UINT64_C(0xffffffffffff8))) = c[1];
		} else if (seen_count < MAX_SEEN) {
			seen[seen_count].low = c[0];
			seen[seen_count++].high = c[1];
		}
	}
}

/* Who waits looks at the clock: the unit works then. */
uint64_t clock_now(void)
{
	if ((get(CONTROL) & (BIT(0) | BIT(12))) == (BIT(0) | BIT(12))) {
		run_commands();
	} else {
		head = 0;
	}
	now += NSEC_PER_MSEC;
	return now;
}

static void test_entries(void **state)
{
	(void)state;
	assert_int_equal(iommu_amd.leaf(mfn(0x12345), 1, RW),
			 UINT64_C(0x7000000012345001));
	assert_int_equal(iommu_amd.leaf(mfn(0x12200), 2, IOMMU_READ),
			 UINT64_C(0x3000000012200001));
	assert_int_equal(iommu_amd.table(maddr(0x5000), 3),
			 UINT64_C(0x6000000000005401));
	assert_true(iommu_amd.is_leaf(UINT64_C(0x3000000012200001), 2));
	assert_false(iommu_amd.is_leaf(UINT64_C(0x6000000000005401), 3));
	assert_int_equal(iommu_amd.access(UINT64_C(0x3000000012200001)),
			 IOMMU_READ);
}

static void test_add(void **state)
{
	struct iommu_traits traits = { .largest = 3, .coherent = true };

	(void)state;
	assert_non_null(iommu_amd.add(regs, UNIT, &traits));
	iommu_write64(regs, FEATURES, BIT(6));
	assert_null(iommu_amd.add(regs, UNIT, &traits));
	assert_int_equal(traits.largest, 3);
	assert_true(traits.coherent);
}

/* Firmware's choices for the bus stay; each device has the same entry. */
static void test_start(void **state)
{
	struct pci_machine_function *f = pci_machine_add(UNIT, 0x11e81022);
	const struct iommu_begin begin = { .root = maddr(0x7000),
					   .faults.vector = 0x51 };
	const uint64_t *devices;

	(void)state;
	pci_machine_add_msi(f, 0x50, 0x80);
	/* But not for the layouts of tables. */
	iommu_write64(regs, CONTROL,
		      BIT(1) | BIT(12) | BIT(0) | BIT(17) | BIT(34) | BIT(50));
	assert_true(iommu_amd.start(&begin));
	assert_int_equal(get(CONTROL),
			 BIT(0) | BIT(1) | BIT(2) | BIT(10) | BIT(12));
	assert_int_equal(pci_machine_get(f, 0x50) >> 16, 0x81);
	assert_int_equal(pci_machine_get(f, 0x54), 0xfee00000);
	assert_int_equal(pci_machine_get(f, 0x5c) & 0xffff, 0x51);
	assert_int_equal(get(DEVICES) & 0xfff, 0x1ff);
	devices = maddr_to_virt(maddr(get(DEVICES) & ~0xfffull));
	for (unsigned int i = 0; i < 65536; i += 4369) {
		assert_int_equal(devices[4 * i], UINT64_C(0x6000000000007803));
		assert_int_equal(devices[4 * i + 1], 1);
		assert_int_equal(devices[4 * i + 2], 0);
		assert_int_equal(devices[4 * i + 3], 0);
	}
	assert_int_equal(seen_count, 1);
	assert_int_equal(seen[0].low >> 60, 8);
}

static void test_flush(void **state)
{
	(void)state;
	seen_count = 0;
	iommu_amd.flush(gfn(0x12345), 0);
	assert_int_equal(seen[0].low, UINT64_C(0x3000000100000000));
	assert_int_equal(seen[0].high, 0x12345002);
	/* Zero at bit 20: 2 MiB; at bit 29: 1 GiB. */
	iommu_amd.flush(gfn(0x400), 9);
	assert_int_equal(seen[1].high, 0x4ff003);
	iommu_amd.flush(gfn(0x40000), 18);
	assert_int_equal(seen[2].high, 0x5ffff003);
	iommu_amd.flush(gfn(0), IOMMU_ALL);
	assert_int_equal(seen[3].high, UINT64_C(0x7ffffffffffff003));
	for (unsigned int i = 0; i < 300; i++) {
		iommu_amd.flush(gfn(i), 0);
	}
	assert_int_equal(seen[MAX_SEEN - 1].high >> 12, MAX_SEEN - 5);
}

static void test_faults(void **state)
{
	uint64_t(*events)[2] = ring(EVENTS);

	(void)state;
	iommu_amd.fault_listen();
	assert_true((get(CONTROL) & BIT(3)) != 0);
	events[0][0] = UINT64_C(2) << 60 | BIT(53) | 0x1234;
	events[0][1] = 0x1f200000;
	events[1][0] = UINT64_C(1) << 60 | BIT(51) | 0x4321;
	events[1][1] = 0x1000;
	iommu_write64(regs, EVENT_TAIL, 16);
	iommu_amd.fault_read();
	assert_int_equal(report.count, 1);
	assert_int_equal(report.bdf, 0x1234);
	assert_int_equal(report.address, 0x1f200000);
	assert_int_equal(report.what, IOMMU_WRITES);
	assert_int_equal(report.reason, 2);
	assert_int_equal(get(EVENT_HEAD), 16);
	assert_true((get(CONTROL) & BIT(3)) == 0);
	/* It ran over: read, and started again. */
	iommu_write64(regs, EVENT_TAIL, 32);
	iommu_write64(regs, STATUS, BIT(0));
	iommu_amd.fault_read();
	assert_int_equal(report.count, 2);
	assert_int_equal(report.what, IOMMU_INTERRUPTS);
	assert_true((get(CONTROL) & BIT(2)) != 0);
}

static const void *kept[8]; /* for the sanitizer: units keep no pointers */
static unsigned int kept_count;

static uint32_t *entries_of(const uint64_t *devices, unsigned int source)
{
	const uint64_t word = devices[4 * source + 2];

	/* 2.2.2.1: remapped by a table of 2^9, nothing else passes. */
	assert_int_equal(word & UINT64_C(0xfff000000000003f),
			 UINT64_C(0x2000000000000013));
	kept[kept_count] =
		maddr_to_virt(maddr(word & UINT64_C(0xfffffffffffc0)));
	return (uint32_t *)(uintptr_t)kept[kept_count++];
}

/* Begun again, with interrupts. */
static void test_interrupts(void **state)
{
	const struct iommu_begin begin = { .root = maddr(0x7000),
					   .faults.vector = 0x51,
					   .interrupts = true };
	struct iommu_irq q = {
		.source = 0x0108, .index = 7, .vector = 0x45, .cpu = 3
	};
	struct iommu_message m;
	const uint64_t *devices;

	(void)state;
	kept[kept_count++] = maddr_to_virt(maddr(get(DEVICES) & ~0xfffull));
	seen_count = 0;
	assert_true(iommu_amd.start(&begin));
	devices = maddr_to_virt(maddr(get(DEVICES) & ~0xfffull));
	assert_int_equal(devices[4 * 0x108 + 2], 1); /* none passes */
	/* The unit's own message, in whichever way it goes. */
	assert_int_equal(entries_of(devices, UNIT)[0x51], 0x510001);
	seen_count = 0;
	assert_int_equal(iommu_amd.irq_set(&q, &m), 0);
	assert_int_equal(m.data, 7);
	/* 2.2.5.2: physical, fixed, APIC id 6. */
	assert_int_equal(entries_of(devices, 0x108)[7], 0x450601);
	assert_int_equal(seen_count, 2);
	assert_int_equal(seen[0].low, UINT64_C(0x2000000000000108));
	assert_int_equal(seen[1].low, UINT64_C(0x5000000000000108));
	iommu_amd.irq_clear(&q);
	assert_int_equal(entries_of(devices, 0x108)[7], 0);
	assert_int_equal(seen_count, 3);
	q.index = 512;
	assert_int_not_equal(iommu_amd.irq_set(&q, &m), 0);
	q.index = 0;
	q.source = IOMMU_ANY_SOURCE;
	assert_int_not_equal(iommu_amd.irq_set(&q, &m), 0);
	iommu_amd.irq_clear(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_interrupts),
	};

	pci_machine_reset();
	return cmocka_run_group_tests_name("iommu_amd", tests, NULL, NULL);
}
