/* SPDX-License-Identifier: MIT */
#include "core/ioapic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86/asm.h"
#include "fake/fake.h"
#include "mm/vmap.h"

/*
 * Registers behind an index cannot be faked by plain memory, so the I/O APIC
 * of these tests shows only the register that was chosen last: what
 * ioapic_add() reads as its version is also what it reads from each entry.
 */
static struct {
	uint32_t index;
	uint32_t gap[3];
	uint32_t data;
	uint32_t rest[12];
} regs[2];

static unsigned int maps;

void *mm_map_device(maddr_t base, size_t len)
{
	assert_true(len <= sizeof(regs[0]));
	maps++;
	return base.v == 0 ? NULL : &regs[base.v - 1];
}

static int setup(void **state)
{
	(void)state;
	ioapic_count = 0;
	memset(regs, 0, sizeof(regs));
	regs[0].data = 23u << 16 | 0x20;
	regs[1].data = 7u << 16 | 0x11;
	ioapic_add(3, 1, 0);
	ioapic_add(4, 2, 24);
	return 0;
}

static void test_found(void **state)
{
	(void)state;
	assert_int_equal(ioapic_count, 2);
	assert_int_equal(ioapic_table[0].pins, 24);
	assert_int_equal(ioapic_table[0].version, 0x20);
	assert_int_equal(ioapic_table[1].pins, 8);
	assert_int_equal(ioapic_table[1].id, 4);
	/* The last thing done to each is its last pin's upper half. */
	assert_int_equal(regs[1].index, 0x10 + 2 * 7 + 1);
}

static void test_absent(void **state)
{
	(void)state;
	regs[0].data = UINT32_MAX;
	ioapic_add(5, 1, 32);
	ioapic_add(6, 0, 32);
	assert_int_equal(ioapic_count, 2);
}

static void test_route(void **state)
{
	(void)state;
	ioapic_route(25, UINT64_C(6) << 56 | 0x45, true, true);
	assert_int_equal(regs[1].index, 0x10 + 2);
	assert_int_equal(regs[1].data, 0x45 | 1 << 13 | 1 << 15 | 1 << 16);
	ioapic_unmask(25);
	assert_int_equal(regs[1].data, 0x45 | 1 << 13 | 1 << 15);
	ioapic_mask(25);
	assert_int_equal(regs[1].data, 0x45 | 1 << 13 | 1 << 15 | 1 << 16);
	ioapic_route(2, 0x31, false, false);
	assert_int_equal(regs[0].data, 0x31 | 1 << 16);
	assert_int_equal(fake_locks_held(), 0);
}

static void test_unknown_gsi(void **state)
{
	const uint32_t before = regs[1].data;

	(void)state;
	ioapic_route(99, 0x45, true, true);
	ioapic_mask(99);
	ioapic_unmask(99);
	assert_int_equal(regs[1].data, before);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_found),
		TEST(test_absent),
		TEST(test_route),
		TEST(test_unknown_gsi),
	};

	return cmocka_run_group_tests_name("ioapic", tests, NULL, NULL);
}
