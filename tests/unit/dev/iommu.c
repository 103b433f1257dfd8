/* SPDX-License-Identifier: MIT */
/* The tables that units walk, with entries of a made-up vendor. */
#include "dev/iommu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "core/clock.h"
#include "core/irq.h"
#include "core/timer.h"
#include "dev/acpi_devices.h"
#include "dev/iommu_unit.h"
#include "fake.h"
#include "mm/heap.h"
#include "mm/vmap.h"

#define RW   (IOMMU_READ | IOMMU_WRITE)
#define LEAF BIT(2)

struct acpi_iommu acpi_iommus[ACPI_MAX_IOMMUS];
unsigned int acpi_iommu_count;
struct acpi_iommu_region acpi_iommu_regions[ACPI_MAX_IOMMU_REGIONS];
unsigned int acpi_iommu_region_count;

static struct iommu_traits can; /* what the unit can do */
static const char *lacks;
static uint64_t *root;
static uint64_t now;
static struct iommu_space *space;
static struct iommu_space *spaces[16]; /* all there were: none goes */
static unsigned int space_count;
static irq_handler_t fault;
static struct timer *armed;
static unsigned int reads;
static unsigned int listens;

static struct {
	unsigned int count;
	gfn_t g;
	unsigned int order;
} flushed;

static uint64_t fake_table(maddr_t next, unsigned int level)
{
	assert_true(level > 1);
	return next.v | RW;
}

static uint64_t fake_leaf(mfn_t m, unsigned int level, unsigned int access)
{
	assert_true(level <= can.largest);
	return maddr_of(m).v | access | LEAF;
}

static bool fake_is_leaf(uint64_t e, unsigned int level)
{
	(void)level;
	return (e & LEAF) != 0;
}

static unsigned int fake_access(uint64_t e)
{
	return e & RW;
}

static const char *fake_add(volatile void *registers, uint32_t sbdf,
			    struct iommu_traits *traits)
{
	assert_ptr_equal((void *)(uintptr_t)registers, &can);
	assert_int_equal(sbdf, UINT32_MAX);
	*traits = can;
	return lacks;
}

static bool fake_start(const struct iommu_begin *b)
{
	root = maddr_to_virt(b->root);
	assert_int_equal(b->faults.vector, 0x51);
	assert_int_equal(b->faults.cpu, 0);
	assert_int_equal(b->interrupts, can.interrupts);
	return true;
}

static void fake_flush(gfn_t g, unsigned int order)
{
	flushed.count++;
	flushed.g = g;
	flushed.order = order;
}

static void fake_read(void)
{
	reads++;
}

static void fake_listen(void)
{
	listens++;
}

const struct iommu_ops iommu_vtd = {
	.name = "fake",
	.present = RW,
	.table = fake_table,
	.leaf = fake_leaf,
	.is_leaf = fake_is_leaf,
	.access = fake_access,
	.add = fake_add,
	.start = fake_start,
	.flush = fake_flush,
	.fault_read = fake_read,
	.fault_listen = fake_listen,
};
const struct iommu_ops iommu_amd;

bool iommu_irq_init(const struct iommu_ops *units)
{
	return units == &iommu_vtd;
}

void *mm_map_device(maddr_t base, size_t len)
{
	assert_int_equal(base.v, 0xfed90000);
	assert_int_equal(len, PAGE_SIZE);
	return &can;
}

int irq_vector_alloc(unsigned int cpu, irq_handler_t handler, void *context)
{
	assert_int_equal(cpu, 0);
	fault = handler;
	return context == NULL ? 0x51 : -1;
}

void irq_eoi(void)
{
}

uint64_t clock_now(void)
{
	return now;
}

void timer_init(struct timer *t, void (*fire)(struct timer *t))
{
	t->fire = fire;
}

void timer_set(struct timer *t, uint64_t deadline)
{
	assert_true(deadline > now);
	armed = t;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	acpi_iommus[0] =
		(struct acpi_iommu){ maddr(0xfed90000), PAGE_SIZE, UINT32_MAX };
	acpi_iommu_count = 1;
	acpi_iommu_region_count = 0;
	can = (struct iommu_traits){ .largest = 3, .coherent = true };
	lacks = NULL;
	reads = 0;
	listens = 0;
	return 0;
}

static void start(void)
{
	iommu_init(true);
	space = iommu_space_create();
	assert_non_null(space);
	assert_true(space_count < ARRAY_SIZE(spaces));
	spaces[space_count++] = space;
	iommu_start(space);
	memset(&flushed, 0, sizeof(flushed));
}

static void set(uint64_t g, uint64_t m, unsigned int order, unsigned int access)
{
	assert_int_equal(iommu_set(space, gfn(g), mfn(m), order, access), 0);
}

/* The frame a device reaches at `g`, or none, as a unit finds it. */
static mfn_t walk(uint64_t g, unsigned int *access)
{
	const uint64_t *table = root;

	*access = 0;
	for (unsigned int level = IOMMU_LEVELS; level > 0; level--) {
		const unsigned int shift = 9 * (level - 1);
		const uint64_t e = table[g >> shift & 511];

		if ((e & RW) == 0) {
			return MFN_NONE;
		}
		if ((e & LEAF) != 0) {
			*access = e & RW;
			return mfn(((e & IOMMU_ENTRY_ADDR) >> PAGE_SHIFT) +
				   (g & (BIT(shift) - 1)));
		}
		table = maddr_to_virt(maddr(e & IOMMU_ENTRY_ADDR));
	}
	return MFN_NONE;
}

static void expect_at(uint64_t g, uint64_t m, unsigned int access)
{
	unsigned int found;

	assert_int_equal(walk(g, &found).v, m);
	assert_int_equal(found, access);
}

static void expect_none(uint64_t g)
{
	expect_at(g, MFN_NONE.v, 0);
}

static void expect_flush(uint64_t g, unsigned int order)
{
	assert_int_equal(flushed.count, 1);
	assert_int_equal(flushed.g.v, g);
	assert_int_equal(flushed.order, order);
	flushed.count = 0;
}

static void test_none(void **state)
{
	(void)state;
	iommu_init(false);
	assert_null(iommu_space_create());
	lacks = "is too old";
	iommu_init(true);
	assert_null(iommu_space_create());
	acpi_iommu_count = 0;
	iommu_init(true);
	assert_null(iommu_space_create());
	iommu_start(NULL);
}

static void test_interrupts(void **state)
{
	(void)state;
	can.interrupts = true;
	start(); /* which looks */
}

static void test_sizes(void **state)
{
	(void)state;
	start();
	set(5, 0x105, 0, IOMMU_READ);
	set(0x200, 0x400, 9, RW);
	set(BIT(18), BIT(18), 18, RW);
	expect_at(5, 0x105, IOMMU_READ);
	expect_none(6);
	expect_at(0x3ff, 0x5ff, RW);
	expect_none(0x400);
	expect_at(BIT(18) + 0x12345, BIT(18) + 0x12345, RW);
	expect_none(BIT(19));
	/* Nothing was there: nothing to forget. */
	assert_int_equal(flushed.count, 0);
	set(5, 0, 0, 0);
	expect_none(5);
	expect_flush(5, 0);
	set(6, 0, 0, 0);
	set(BIT(27), 0, 18, 0);
	assert_int_equal(flushed.count, 0);
}

/* What was cached of a large page is forgotten with it. */
static void test_split(void **state)
{
	(void)state;
	start();
	set(0, 0, 18, IOMMU_READ);
	set(0x777, 0, 0, 0);
	expect_flush(0, 18);
	expect_none(0x777);
	expect_at(0x776, 0x776, IOMMU_READ);
	expect_at(0x778, 0x778, IOMMU_READ);
	expect_at(BIT(18) - 1, BIT(18) - 1, IOMMU_READ);
	set(0x601, 0, 0, 0);
	expect_flush(0x601, 0);
	set(0x801, 0x9999, 0, RW);
	expect_flush(0x800, 9);
	expect_at(0x801, 0x9999, RW);
}

/* Tables below a large page go, after the units forgot them. */
static void test_replace_tables(void **state)
{
	(void)state;
	start();

	const size_t before = fake_alloc_bytes();

	set(0, 0, 18, RW);
	set(0x777, 0, 0, 0);
	set(0x1777, 0, 0, 0);
	flushed.count = 0;
	set(0, BIT(18), 18, RW);
	expect_flush(0, 18);
	expect_at(0x777, BIT(18) + 0x777, RW);
	/* The one that holds the entry itself stays. */
	assert_int_equal(fake_alloc_bytes(), before + PAGE_SIZE);
}

static void test_absence_is_cached(void **state)
{
	(void)state;
	can.caches_absent = true;
	start();
	set(5, 5, 0, RW);
	expect_flush(5, 0);
}

static void test_small_pages_only(void **state)
{
	(void)state;
	can.largest = 1;
	start();
	set(0x200, 0x400, 9, RW);
	expect_at(0x200, 0x400, RW);
	expect_at(0x3ff, 0x5ff, RW);
	expect_none(0x400);
	set(0x200, 0, 9, 0);
	expect_none(0x200);
	expect_flush(0x200, 9);
	can.largest = 2;
	start();
	set(0, 0, 18, RW);
	expect_at(0x12345, 0x12345, RW);
	assert_int_equal(flushed.count, 0);
}

/* What was made on the way stays. */
static void test_no_memory(void **state)
{
	static const int after[] = { 0, 1, 1, 0 };

	(void)state;
	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(after); i++) {
		fake_alloc_fail_after(after[i]);
		assert_int_equal(iommu_set(space, gfn(5), mfn(5), 0, RW),
				 -XEN_ENOMEM);
		expect_none(5);
	}
	fake_alloc_fail_after(-1);
	set(0, 0, 18, RW);
	fake_alloc_fail_after(1);
	assert_int_equal(iommu_set(space, gfn(5), mfn(0), 0, 0), -XEN_ENOMEM);
	expect_at(5, 5, RW);
	fake_alloc_fail_after(-1);
}

/* Half of a page is given to nobody. */
static void test_no_memory_for_parts(void **state)
{
	(void)state;
	can.largest = 1;
	start();
	fake_alloc_fail_after(6);
	assert_int_equal(iommu_set(space, gfn(0), mfn(0), 18, RW), -XEN_ENOMEM);
	fake_alloc_fail_after(-1);
	expect_none(0);
	expect_none(0x200);
	expect_none(0x5ff);
}

static void test_firmware_regions(void **state)
{
	(void)state;
	acpi_iommu_regions[0] =
		(struct acpi_iommu_region){ 0x7000000, 0x7001fff };
	acpi_iommu_regions[1] = (struct acpi_iommu_region){
		FAKE_FIRST_MFN << PAGE_SHIFT, (FAKE_FIRST_MFN << PAGE_SHIFT) + 1
	};
	acpi_iommu_region_count = 2;
	start();
	expect_none(0x6fff);
	expect_at(0x7000, 0x7000, RW);
	expect_at(0x7001, 0x7001, RW);
	expect_none(0x7002);
	/* RAM is not the firmware's to give. */
	expect_none(FAKE_FIRST_MFN);
}

/* After a fault there is quiet for a while. */
static void test_faults(void **state)
{
	(void)state;
	start();
	assert_int_equal(listens, 1);
	armed = NULL;
	fault(0x51, NULL);
	assert_int_equal(reads, 1);
	assert_int_equal(listens, 1);
	assert_non_null(armed);
	armed->fire(armed);
	assert_int_equal(listens, 2);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none),
		TEST(test_interrupts),
		TEST(test_sizes),
		TEST(test_split),
		TEST(test_replace_tables),
		TEST(test_absence_is_cached),
		TEST(test_small_pages_only),
		TEST(test_no_memory),
		TEST(test_no_memory_for_parts),
		TEST(test_firmware_regions),
		TEST(test_faults),
	};

	return cmocka_run_group_tests_name("iommu", tests, NULL, NULL);
}
