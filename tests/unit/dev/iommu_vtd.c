/* SPDX-License-Identifier: MIT */
/* Intel VT-d against a unit made of a page of registers. */
#include "dev/iommu_unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "mm/heap.h"

#define RW        (IOMMU_READ | IOMMU_WRITE)
#define CAP       0x08
#define ECAP      0x10
#define COMMAND   0x18
#define STATUS    0x1c
#define ROOT      0x20
#define CONTROL   0x38
#define PROTECTED 0x64
#define TAIL      0x88
#define BASE      0x90
#define FAULTS    0x220 /* where we say they are */
#define GOOD_CAP                                                               \
	(BIT(10) | (uint64_t)(FAULTS / 16) << 24 | BIT(34) | BIT(35) |         \
	 BIT(39) | BIT(40) | UINT64_C(18) << 48)
#define GOOD_ECAP BIT(1)
#define MAX_SEEN  16

static uint8_t regs[4096] __attribute__((aligned(4096)));
static uint64_t now;
static unsigned int head;
static struct iommu_traits traits;

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

void iommu_publish(const void *table, size_t len)
{
	(void)table;
	(void)len;
}

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

static void run_queue(void)
{
	const uint64_t(*queue)[2] = maddr_to_virt(maddr(get(BASE)));

	for (; head != get(TAIL) >> 4; head = (head + 1) % 256) {
		const uint64_t *d = queue[head];

		if ((d[0] & 0xf) == 5) {
			assert_int_equal(d[0] & 0xfffffff0, 0x20);
			*(uint32_t *)maddr_to_virt(maddr(d[1])) =
				(uint32_t)(d[0] >> 32);
		} else if (seen_count < MAX_SEEN) {
			seen[seen_count].low = d[0];
			seen[seen_count++].high = d[1];
		}
	}
}

/* Who waits looks at the clock: the unit works then. */
uint64_t clock_now(void)
{
	const uint32_t command = iommu_read32(regs, COMMAND);
	const uint32_t protected = iommu_read32(regs, PROTECTED);

	iommu_write32(regs, STATUS, command);
	if ((command & BIT(26)) != 0) {
		run_queue();
	} else {
		head = 0;
	}
	iommu_write32(regs, PROTECTED, (protected & ~1u) | protected >> 31);
	now += NSEC_PER_MSEC;
	return now;
}

static const char *add(uint64_t cap, uint64_t ecap)
{
	iommu_write64(regs, CAP, cap);
	iommu_write64(regs, ECAP, ecap);
	traits = (struct iommu_traits){ .largest = 3,
					.coherent = true,
					.interrupts = true };
	return iommu_vtd.add(regs, UINT32_MAX, &traits);
}

static void test_entries(void **state)
{
	(void)state;
	assert_int_equal(iommu_vtd.leaf(mfn(0x12345), 1, RW), 0x12345003);
	assert_int_equal(iommu_vtd.leaf(mfn(0x12200), 2, IOMMU_READ),
			 0x12200081);
	assert_int_equal(iommu_vtd.table(maddr(0x5000), 3), 0x5003);
	assert_true(iommu_vtd.is_leaf(0x12345003, 1));
	assert_true(iommu_vtd.is_leaf(0x12200081, 2));
	assert_false(iommu_vtd.is_leaf(0x5003, 2));
	assert_int_equal(iommu_vtd.access(0x12200081), IOMMU_READ);
	assert_int_equal(iommu_vtd.access(0x12345002), IOMMU_WRITE);
}

static void test_unfit(void **state)
{
	(void)state;
	assert_non_null(add(GOOD_CAP, 0));
	assert_non_null(add(GOOD_CAP & ~BIT(10), GOOD_ECAP));
	assert_non_null(add(GOOD_CAP | BIT(4), GOOD_ECAP));
	iommu_write32(regs, 0, UINT32_MAX);
	assert_non_null(add(GOOD_CAP, GOOD_ECAP));
	iommu_write32(regs, 0, 0x10);
}

/* The one unit of the tests below. */
static void test_add(void **state)
{
	(void)state;
	assert_null(add(GOOD_CAP | BIT(5), GOOD_ECAP));
	assert_int_equal(traits.largest, 3);
	assert_false(traits.coherent);
	assert_false(traits.caches_absent);
}

static void test_start(void **state)
{
	const struct iommu_begin begin = { .root = maddr(0x7000),
					   .faults.vector = 0x51 };
	const uint64_t *root;
	const uint64_t *contexts;

	(void)state;
	/* Firmware had it translate, and let plain messages through. */
	iommu_write32(regs, COMMAND, BIT(31) | BIT(23));
	iommu_write32(regs, STATUS, BIT(31) | BIT(23));
	iommu_write32(regs, PROTECTED, BIT(31) | BIT(0));
	assert_true(iommu_vtd.start(&begin));
	assert_int_equal(iommu_read32(regs, STATUS), 0x84000000);
	assert_int_equal(iommu_read32(regs, PROTECTED) & 1, 0);
	assert_int_equal(iommu_read32(regs, 0x3c), 0x51);
	assert_int_equal(iommu_read32(regs, 0x40), 0xfee00000);
	assert_int_equal(seen_count, 2);
	assert_int_equal(seen[0].low, 0x11);
	assert_int_equal(seen[1].low & 0x3f, 0x12);
	root = maddr_to_virt(maddr(get(ROOT)));
	for (unsigned int bus = 0; bus < 256; bus += 51) {
		assert_int_equal(root[2 * bus] & 0xfff, 1);
		assert_int_equal(root[2 * bus + 1], 0);
		contexts = maddr_to_virt(maddr(root[2 * bus] & ~0xfffull));
		for (unsigned int f = 0; f < 256; f += 51) {
			assert_int_equal(contexts[2 * f], 0x7001);
			assert_int_equal(contexts[2 * f + 1], 0x102);
		}
	}
}

static void test_flush(void **state)
{
	(void)state;
	seen_count = 0;
	iommu_vtd.flush(gfn(0x12345), 0);
	assert_int_equal(seen[0].low, 0x100f2);
	assert_int_equal(seen[0].high, 0x12345000);
	iommu_vtd.flush(gfn(0x40000), 18);
	assert_int_equal(seen[1].low, 0x100f2);
	assert_int_equal(seen[1].high, 0x40000012);
	iommu_vtd.flush(gfn(0), IOMMU_ALL);
	assert_int_equal(seen[2].low, 0x100e2);
	/* Round the queue. */
	for (unsigned int i = 0; i < 300; i++) {
		iommu_vtd.flush(gfn(i), 0);
	}
	assert_int_equal(seen[MAX_SEEN - 1].high >> 12, MAX_SEEN - 4);
}

static void test_faults(void **state)
{
	(void)state;
	iommu_write64(regs, FAULTS, 0x1f200000);
	iommu_write64(regs, FAULTS + 8, UINT64_C(0x8000000500000008));
	iommu_vtd.fault_read();
	assert_int_equal(report.count, 1);
	assert_int_equal(report.bdf, 8);
	assert_int_equal(report.address, 0x1f200000);
	assert_int_equal(report.what, IOMMU_WRITES);
	assert_int_equal(report.reason, 5);
	assert_int_equal(iommu_read32(regs, CONTROL), BIT(31));
	iommu_write64(regs, FAULTS + 8, UINT64_C(0x4000000600000008));
	iommu_vtd.fault_read();
	assert_int_equal(report.count, 1);
	iommu_vtd.fault_listen();
	assert_int_equal(iommu_read32(regs, CONTROL), 0);
}

static const void
	*volatile kept; /* for the sanitizer: units keep no pointers */

/* Begun again, with interrupts. What 9.10 asks for, and no plain messages. */
static void test_interrupts(void **state)
{
	const struct iommu_begin begin = { .interrupts = true };
	const struct iommu_irq q = {
		.source = 0x20108, .index = 7, .vector = 0x45, .cpu = 3
	};
	struct iommu_irq pin = { .source = 0xfff8,
				 .vector = 0x31,
				 .level = true };
	struct iommu_message m = { 0xfee06000, 0x45 };
	const uint64_t *irqs;

	(void)state;
	kept = maddr_to_virt(maddr(get(ROOT)));
	seen_count = 0;
	assert_true(iommu_vtd.start(&begin));
	assert_int_equal(iommu_read32(regs, STATUS), 0x86000000);
	assert_int_equal(seen[2].low, 0x4);
	/* 8 fake pCPUs: 2^(10 + 1) entries. */
	assert_int_equal(get(0xb8) & 0xfff, 10);
	irqs = maddr_to_virt(maddr(get(0xb8) & ~0xfffull));
	seen_count = 0;
	assert_int_equal(iommu_vtd.irq_set(&q, &m), 0);
	assert_int_equal(irqs[2 * 0x345], UINT64_C(0x60000450001));
	assert_int_equal(irqs[2 * 0x345 + 1], 0x40108);
	assert_int_equal(m.address, 0xfee00010 | 0x345 << 5);
	assert_int_equal(seen_count, 1);
	assert_int_equal(seen[0].low, UINT64_C(0x34500000014));
	/* The same once more is no change. */
	assert_int_equal(iommu_vtd.irq_set(&q, &m), 0);
	assert_int_equal(seen_count, 1);
	iommu_vtd.irq_clear(&q);
	assert_int_equal(irqs[2 * 0x345], 0);
	assert_int_equal(seen_count, 2);
	assert_int_equal(iommu_vtd.irq_set(&pin, &m), 0);
	assert_int_equal(irqs[2 * 0x31], 0x310011);
	pin.source = IOMMU_ANY_SOURCE;
	assert_int_equal(iommu_vtd.irq_set(&pin, &m), 0);
	assert_int_equal(irqs[2 * 0x31 + 1], 0);
}

static void test_interrupt_fault(void **state)
{
	(void)state;
	report.count = 0;
	iommu_write64(regs, FAULTS, UINT64_C(0x123) << 48);
	iommu_write64(regs, FAULTS + 8, UINT64_C(0x8000002200000008));
	iommu_vtd.fault_read();
	assert_int_equal(report.count, 1);
	assert_int_equal(report.what, IOMMU_INTERRUPTS);
	assert_int_equal(report.address, 0x123);
	assert_int_equal(report.reason, 0x22);
}

/* What one unit cannot do, none is asked to do. */
static void test_traits(void **state)
{
	(void)state;
	assert_null(add(GOOD_CAP & ~BIT(35), GOOD_ECAP | BIT(0)));
	assert_int_equal(traits.largest, 2);
	assert_true(traits.coherent);
	assert_null(add((GOOD_CAP & ~BIT(34)) | BIT(7), GOOD_ECAP));
	assert_int_equal(traits.largest, 1);
	assert_true(traits.caches_absent);
	assert_false(traits.interrupts);
	assert_null(add(GOOD_CAP, GOOD_ECAP | BIT(3)));
	assert_true(traits.interrupts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_unfit),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_interrupt_fault),
		cmocka_unit_test(test_traits),
	};

	return cmocka_run_group_tests_name("iommu_vtd", tests, NULL, NULL);
}
