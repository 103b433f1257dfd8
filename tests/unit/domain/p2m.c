/* SPDX-License-Identifier: MIT */
/* What the p2m maps, and that the devices' view follows it. */
#include "domain/p2m.h"

#include "arch/x86/features.h"
#include "dev/iommu.h"
#include "domain/domain.h"
#include "fake.h"
#include "mm/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define RW (IOMMU_READ | IOMMU_WRITE)

struct cpu_features cpu_features = { .phys_bits = 40 };

/* What iommu_set() was told. */
static struct {
	unsigned int calls;
	gfn_t g;
	mfn_t m;
	unsigned int order;
	unsigned int access;
	int error;
} dma;

static struct domain domain;
static unsigned int flushes;

int iommu_set(struct iommu_space *s, gfn_t g, mfn_t m, unsigned int order,
	      unsigned int access)
{
	assert_ptr_equal(s, &dma);
	/* Devices lose their access before the frame's holder is told. */
	if (dma.error == 0) {
		assert_int_equal(fake_locks_held(), 1);
	}
	dma.calls++;
	dma.g = g;
	dma.m = m;
	dma.order = order;
	dma.access = access;
	return dma.error;
}

void *domain_alloc_page(struct domain *d)
{
	(void)d;
	return heap_alloc_pages(0);
}

void domain_free_page(struct domain *d, void *page)
{
	(void)d;
	heap_free_pages(page, 0);
}

void p2m_flush(struct domain *d)
{
	(void)d;
	flushes++;
}

static int setup(void **state)
{
	(void)state;
	memset(&dma, 0, sizeof(dma));
	memset(&domain, 0, sizeof(domain));
	flushes = 0;
	p2m_format = &p2m_format_npt;
	assert_int_equal(p2m_init(&domain), 0);
	p2m_set_dma(&domain, (struct iommu_space *)(void *)&dma);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_alloc_fail_after(-1);
	fake_quiesce();
	p2m_destroy(&domain);
	return fake_alloc_bytes() == 0 ? 0 : -1;
}

static void map(uint64_t g, uint64_t m, unsigned int order, enum p2m_type type)
{
	assert_int_equal(p2m_map(&domain, gfn(g), mfn(m), order, type), 0);
}

static void expect_at(uint64_t g, uint64_t m, enum p2m_type type)
{
	enum p2m_type found;

	assert_int_equal(p2m_lookup(&domain, gfn(g), &found).v, m);
	assert_int_equal(found, type);
}

static void test_sizes(void **state)
{
	(void)state;
	map(0, 0, P2M_ORDER_1G, P2M_RAM_RW);
	map(BIT(18), 0x200, P2M_ORDER_2M, P2M_RAM_RO);
	map(5 * BIT(18) + 7, 0x1234, P2M_ORDER_4K, P2M_SHARED);
	expect_at(0x12345, 0x12345, P2M_RAM_RW);
	expect_at(BIT(18) + 5, 0x205, P2M_RAM_RO);
	expect_at(5 * BIT(18) + 7, 0x1234, P2M_SHARED);
	expect_at(5 * BIT(18) + 8, MFN_NONE.v, P2M_NONE);
	assert_int_equal(
		p2m_map(&domain, gfn(1), mfn(0), P2M_ORDER_2M, P2M_RAM_RW),
		-XEN_EINVAL);
	assert_int_equal(p2m_map(&domain, gfn(BIT(28)), mfn(0), P2M_ORDER_4K,
				 P2M_RAM_RW),
			 -XEN_EINVAL);
	assert_int_equal(flushes, 0);
}

static void test_empty(void **state)
{
	(void)state;
	assert_true(p2m_is_empty(&domain, gfn(0x200), P2M_ORDER_2M));
	map(0x3ff, 7, P2M_ORDER_4K, P2M_RAM_RW);
	assert_false(p2m_is_empty(&domain, gfn(0x200), P2M_ORDER_2M));
	assert_false(p2m_is_empty(&domain, gfn(0x3ff), P2M_ORDER_4K));
	assert_true(p2m_is_empty(&domain, gfn(0x3fe), P2M_ORDER_4K));
	assert_true(p2m_is_empty(&domain, gfn(0x400), P2M_ORDER_2M));
	assert_int_equal(p2m_unmap(&domain, gfn(0x3ff), P2M_ORDER_4K), 0);
	assert_true(p2m_is_empty(&domain, gfn(0x200), P2M_ORDER_2M));
	map(0, 0, P2M_ORDER_1G, P2M_RAM_RW);
	assert_false(p2m_is_empty(&domain, gfn(0x200), P2M_ORDER_2M));
	assert_false(p2m_is_empty(&domain, gfn(0x201), P2M_ORDER_4K));
}

/* One page of a large one goes; the rest stays. */
static void test_split(void **state)
{
	(void)state;
	map(0, 0, P2M_ORDER_1G, P2M_RAM_RW);
	assert_int_equal(p2m_unmap(&domain, gfn(777), P2M_ORDER_4K), 0);
	expect_at(777, MFN_NONE.v, P2M_NONE);
	expect_at(776, 776, P2M_RAM_RW);
	expect_at(778, 778, P2M_RAM_RW);
	expect_at(BIT(18) - 1, BIT(18) - 1, P2M_RAM_RW);
	assert_int_equal(flushes, 1);
	map(0, BIT(18), P2M_ORDER_1G, P2M_RAM_RW);
	expect_at(777, BIT(18) + 777, P2M_RAM_RW);
}

static void test_devices_follow(void **state)
{
	static const struct {
		enum p2m_type type;
		unsigned int access;
	} cases[] = {
		{ P2M_RAM_RW, RW },           { P2M_RAM_RO, IOMMU_READ },
		{ P2M_FOREIGN, RW },          { P2M_GRANT_RW, RW },
		{ P2M_GRANT_RO, IOMMU_READ },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		dma.calls = 0;
		map(0x300 + i, 0x4000 + i, P2M_ORDER_4K, cases[i].type);
		assert_int_equal(dma.calls, 1);
		assert_int_equal(dma.g.v, 0x300 + i);
		assert_int_equal(dma.m.v, 0x4000 + i);
		assert_int_equal(dma.order, 0);
		assert_int_equal(dma.access, cases[i].access);
		assert_int_equal(
			p2m_unmap(&domain, gfn(0x300 + i), P2M_ORDER_4K), 0);
		assert_int_equal(dma.calls, 2);
		assert_int_equal(dma.access, 0);
	}
	map(0x400, 0x8000, P2M_ORDER_2M, P2M_RAM_RW);
	assert_int_equal(dma.order, 9);
}

/* Registers and the hypervisor's pages are not for devices, and what firmware
 * gave them there stays. */
static void test_devices_are_left_alone(void **state)
{
	static const enum p2m_type types[] = { P2M_MMIO_DIRECT, P2M_SHARED,
					       P2M_MMIO_DM };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		map(0x300, 0x4000, P2M_ORDER_4K, types[i]);
		assert_int_equal(p2m_unmap(&domain, gfn(0x300), 0), 0);
	}
	assert_int_equal(p2m_unmap(&domain, gfn(0x301), 0), 0);
	assert_int_equal(dma.calls, 0);
	/* In the place of RAM they do take it away. */
	map(0x300, 0x4000, P2M_ORDER_4K, P2M_RAM_RW);
	map(0x300, 0x5000, P2M_ORDER_4K, P2M_SHARED);
	assert_int_equal(dma.calls, 2);
	assert_int_equal(dma.access, 0);
	/* And a range with anything below it. */
	assert_int_equal(p2m_unmap(&domain, gfn(0x200), P2M_ORDER_2M), 0);
	assert_int_equal(dma.calls, 3);
	assert_int_equal(dma.order, 9);
}

/* What devices cannot be given, the domain does not get either. */
static void test_devices_fail(void **state)
{
	(void)state;
	map(0x300, 0x4000, P2M_ORDER_4K, P2M_RAM_RW);
	map(0x400, 0x8000, P2M_ORDER_4K, P2M_RAM_RW);
	dma.error = -XEN_ENOMEM;
	assert_int_equal(p2m_map(&domain, gfn(0x301), mfn(1), 0, P2M_RAM_RW),
			 -XEN_ENOMEM);
	expect_at(0x301, MFN_NONE.v, P2M_NONE);
	assert_int_equal(p2m_unmap(&domain, gfn(0x300), 0), -XEN_ENOMEM);
	expect_at(0x300, 0x4000, P2M_RAM_RW);
	assert_int_equal(p2m_unmap(&domain, gfn(0x400), P2M_ORDER_2M),
			 -XEN_ENOMEM);
	expect_at(0x400, 0x8000, P2M_RAM_RW);
	assert_int_equal(flushes, 0);
}

static void test_no_devices(void **state)
{
	(void)state;
	p2m_set_dma(&domain, NULL);
	map(0x300, 0x4000, P2M_ORDER_4K, P2M_RAM_RW);
	assert_int_equal(p2m_unmap(&domain, gfn(0x300), 0), 0);
	assert_int_equal(dma.calls, 0);
}

/* What was made on the way stays. */
static void test_no_memory(void **state)
{
	static const int after[] = { 0, 1, 1, 0 };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(after); i++) {
		fake_alloc_fail_after(after[i]);
		assert_int_equal(
			p2m_map(&domain, gfn(0x300), mfn(1), 0, P2M_RAM_RW),
			-XEN_ENOMEM);
	}
	assert_int_equal(dma.calls, 0);
	fake_alloc_fail_after(-1);
	map(0, 0, P2M_ORDER_1G, P2M_RAM_RW);
	fake_alloc_fail_after(1);
	assert_int_equal(p2m_unmap(&domain, gfn(777), P2M_ORDER_4K),
			 -XEN_ENOMEM);
	expect_at(777, 777, P2M_RAM_RW);
}

static uint64_t dropped[P2M_MMIO_DM + 1];
static uint64_t next_mfn;

/* Of large pages every frame, once, in order. */
static void drop(struct domain *d, mfn_t first, uint64_t count,
		 enum p2m_type type)
{
	assert_ptr_equal(d, &domain);
	if (type == P2M_RAM_RO) {
		assert_int_equal(first.v, next_mfn);
		next_mfn += count;
	}
	dropped[type] += count;
}

static unsigned int take_all(unsigned int budget)
{
	uint64_t next = 0;
	unsigned int rounds = 1;

	memset(dropped, 0, sizeof(dropped));
	next_mfn = BIT(18);
	while (!p2m_take_some(&domain, &next, budget, drop)) {
		rounds++;
	}
	return rounds;
}

static void test_take(void **state)
{
	(void)state;
	p2m_set_dma(&domain, NULL);
	map(BIT(18), BIT(18), P2M_ORDER_1G, P2M_RAM_RO);
	map(0x200, 0x200, P2M_ORDER_2M, P2M_RAM_RW);
	map(0, 0x1000, P2M_ORDER_4K, P2M_SHARED);
	map(0x1ff, 0x1001, P2M_ORDER_4K, P2M_FOREIGN);
	map(BIT(28) - 1, 0x1002, P2M_ORDER_4K, P2M_RAM_RW);
	assert_in_range(take_all(500), BIT(18) / 500, BIT(18) / 500 + 15);
	assert_int_equal(dropped[P2M_RAM_RO], BIT(18));
	assert_int_equal(dropped[P2M_RAM_RW], 513);
	assert_int_equal(dropped[P2M_SHARED], 1);
	assert_int_equal(dropped[P2M_FOREIGN], 1);
	expect_at(0, MFN_NONE.v, P2M_NONE);
	expect_at(0x200, MFN_NONE.v, P2M_NONE);
	expect_at(BIT(28) - 1, MFN_NONE.v, P2M_NONE);
	/* Nothing is there twice. */
	take_all(500);
	assert_int_equal(dropped[P2M_RAM_RW], 0);
	assert_int_equal(flushes, 0);
}

/* All tables but the root, and not while others may be in an unlinked one. */
static void test_free_tables(void **state)
{
	unsigned int rounds = 1;

	(void)state;
	p2m_set_dma(&domain, NULL);
	for (uint64_t g = 0; g < 20; g++) {
		map(g << 12, g, P2M_ORDER_4K, P2M_RAM_RW);
		map(g << 20, g, P2M_ORDER_4K, P2M_RAM_RW);
	}
	map(0x5000, 0x200, P2M_ORDER_2M, P2M_RAM_RW);
	take_all(1000);
	while (!p2m_free_some(&domain, 10) && rounds < 100) {
		rounds++;
	}
	assert_int_equal(rounds, 100);
	fake_quiesce();
	assert_true(p2m_free_some(&domain, 10));
	assert_in_range(fake_alloc_bytes(), PAGE_SIZE, PAGE_SIZE + 128);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sizes),          TEST(test_split),
		TEST(test_empty),          TEST(test_split),
		TEST(test_devices_follow), TEST(test_devices_are_left_alone),
		TEST(test_devices_fail),   TEST(test_no_devices),
		TEST(test_no_memory),      TEST(test_take),
		TEST(test_free_tables),
	};

	return cmocka_run_group_tests_name("p2m", tests, NULL, NULL);
}
