/* SPDX-License-Identifier: MIT */
#include "virt/emul/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Entry bits (APM 2 5.4). */
#define P        BIT(0)
#define RW       BIT(1)
#define US       BIT(2)
#define A        BIT(5)
#define D        BIT(6)
#define PS       BIT(7)
#define PAT      BIT(12) /* in large pages */
#define NX       BIT(63)
#define ALL      (P | RW | US)

#define CR0_WP   BIT(16)
#define CR0_PG   BIT(31)
#define CR4_PSE  BIT(4)
#define CR4_PAE  BIT(5)
#define CR4_SMEP BIT(20)
#define CR4_SMAP BIT(21)
#define EFER_LMA BIT(10)
#define EFER_NXE BIT(11)
#define AC       BIT(18)

/* Bits of the error code that no access asks for. */
#define PRESENT  BIT(0)
#define RESERVED BIT(3)

/* Guest-physical memory; table n is at n * 4 KiB. */
static uint8_t ram[8 * 4096];
static unsigned int reads;
static unsigned int writes;
static uint64_t *changing; /* entry that another vCPU rewrites */
static unsigned int changes;
static struct walk_guest g;

int walk_read(void *ctx, gaddr_t at, size_t size, uint64_t *entry)
{
	(void)ctx;
	reads++;
	if (!range_ok(at.v, size, sizeof(ram))) {
		return -14;
	}
	*entry = 0;
	memcpy(entry, ram + at.v, size);
	return 0;
}

int walk_update(void *ctx, gaddr_t at, size_t size, uint64_t old, uint64_t new)
{
	(void)ctx;
	assert_true(range_ok(at.v, size, sizeof(ram)));
	if (changes > 0 && (uint8_t *)changing == ram + at.v) {
		changes--;
		*changing ^= BIT(52);
	}
	if (memcmp(ram + at.v, &old, size) != 0) {
		return WALK_CHANGED;
	}
	memcpy(ram + at.v, &new, size);
	writes++;
	return 0;
}

static uint64_t *entry_64(unsigned int table, unsigned int index)
{
	return (uint64_t *)(void *)ram + table * 512 + index;
}

static uint32_t *entry_32(unsigned int table, unsigned int index)
{
	return (uint32_t *)(void *)ram + table * 1024 + index;
}

static void start(uint64_t cr4, uint64_t efer)
{
	memset(ram, 0, sizeof(ram));
	reads = writes = changes = 0;
	g = (struct walk_guest){ .cr0 = CR0_PG | CR0_WP,
				 .cr3 = 0x1000,
				 .cr4 = cr4,
				 .efer = efer,
				 .address_bits = 40,
				 .has_1g_pages = true };
}

/* Tables 1 to 4 with everything allowed; the page is at 0x12345000. */
static const uint64_t linear_4 =
	1ull << 39 | 2ull << 30 | 3ull << 21 | 4ull << 12 | 0x678;

static void start_4(uint64_t leaf)
{
	start(CR4_PAE, EFER_LMA | EFER_NXE);
	*entry_64(1, 1) = 0x2000 | ALL;
	*entry_64(2, 2) = 0x3000 | ALL;
	*entry_64(3, 3) = 0x4000 | ALL;
	*entry_64(4, 4) = leaf;
}

static void expect(uint64_t linear, uint64_t access, uint64_t gaddr)
{
	gaddr_t at;
	uint32_t error;

	assert_int_equal(walk_linear(&g, linear, access, &at, &error), 0);
	assert_int_equal(at.v, gaddr);
}

/* Tables above may have been marked as accessed. */
static void expect_fault(uint64_t linear, uint64_t access, uint64_t expected)
{
	gaddr_t at;
	uint32_t error;

	assert_int_equal(walk_linear(&g, linear, access, &at, &error),
			 WALK_FAULT);
	assert_int_equal(error, expected);
}

static void test_no_paging(void **state)
{
	(void)state;
	start(0, 0);
	g.cr0 = 0;
	expect(0x1234567890, WALK_WRITE, 0x34567890);
	assert_int_equal(reads, 0);
}

static void test_32_bit(void **state)
{
	(void)state;
	start(0, 0);
	*entry_32(1, 0x300) = 0x2000 | ALL;
	*entry_32(2, 0x3ff) = 0xfedcb000 | ALL;
	expect(0xc03ff123, 0, 0xfedcb123);
	assert_int_equal(*entry_32(1, 0x300), 0x2000 | ALL | A);
	assert_int_equal(*entry_32(2, 0x3ff), 0xfedcb000 | ALL | A);
	expect(0xffffffffc03ff123, 0, 0xfedcb123);
	expect_fault(0xc0000000, WALK_WRITE, WALK_WRITE);

	/* Without PSE the size bit means nothing. */
	*entry_32(1, 0x300) |= PS;
	expect(0xc03ff123, 0, 0xfedcb123);
}

static void test_32_bit_large(void **state)
{
	(void)state;
	start(CR4_PSE, 0);
	*entry_32(1, 0x300) = 0xfe800000 | ALL | PS | PAT;
	expect(0xc0212345, WALK_WRITE, 0xfea12345);
	assert_int_equal(*entry_32(1, 0x300),
			 0xfe800000 | ALL | PS | PAT | A | D);

	/* PSE-36: bits 20:13 are address bits 39:32. */
	start(CR4_PSE, 0);
	*entry_32(1, 0x300) = 0xfe800000 | ALL | PS | 0xab << 13;
	expect(0xc0212345, 0, 0xabfea12345);
	start(CR4_PSE, 0);
	g.address_bits = 36;
	*entry_32(1, 0x300) = 0xfe800000 | ALL | PS | 0x10 << 13;
	expect_fault(0xc0212345, 0, PRESENT | RESERVED);
	*entry_32(1, 0x300) = 0xfe800000 | ALL | PS | 1 << 21;
	expect_fault(0xc0212345, WALK_USER, PRESENT | RESERVED | WALK_USER);
}

static void start_pae(void)
{
	start(CR4_PAE, EFER_NXE);
	g.cr3 = 0x1fe0; /* only 32-byte aligned */
	*entry_64(1, 508 + 3) = 0x2000 | P;
	*entry_64(2, 0x100) = 0x3000 | ALL;
	*entry_64(3, 0x1ff) = 0xabcdef000 | ALL;
}

static void test_pae(void **state)
{
	(void)state;
	start_pae();
	expect(0xe01ff123, WALK_WRITE | WALK_USER, 0xabcdef123);
	assert_int_equal(*entry_64(1, 511), 0x2000 | P); /* no A bit there */
	assert_int_equal(*entry_64(2, 0x100), 0x3000 | ALL | A);
	assert_int_equal(*entry_64(3, 0x1ff), 0xabcdef000 | ALL | A | D);
	expect(0xffffffffe01ff123, 0, 0xabcdef123);
	*entry_64(2, 0x101) = 0x40000000 | ALL | PS;
	expect(0xe03ff123, 0, 0x401ff123);

	expect_fault(0x1000, WALK_FETCH, WALK_FETCH);
}

static void test_pae_reserved(void **state)
{
	(void)state;
	start_pae();
	*entry_64(3, 0x1ff) |= BIT(52);
	expect_fault(0xe01ff123, 0, PRESENT | RESERVED);
	start_pae();
	*entry_64(3, 0x1ff) |= NX;
	expect_fault(0xe01ff123, WALK_FETCH, PRESENT | WALK_FETCH);
	expect(0xe01ff123, 0, 0xabcdef123);
	start_pae();
	g.efer = 0;
	*entry_64(3, 0x1ff) |= NX;
	expect_fault(0xe01ff123, WALK_FETCH, PRESENT | RESERVED);
}

static void test_4_level(void **state)
{
	(void)state;
	start_4(0x12345000 | ALL | BIT(52));
	expect(linear_4, 0, 0x12345678);
	assert_int_equal(reads, 4);
	assert_int_equal(writes, 4);
	assert_int_equal(*entry_64(1, 1), 0x2000 | ALL | A);
	assert_int_equal(*entry_64(4, 4), 0x12345000 | ALL | BIT(52) | A);
	expect(linear_4, WALK_USER | WALK_FETCH, 0x12345678);
	assert_int_equal(writes, 4);
	expect(linear_4, WALK_WRITE, 0x12345678);
	assert_int_equal(writes, 5);
	assert_int_equal(*entry_64(3, 3), 0x4000 | ALL | A);
	assert_int_equal(*entry_64(4, 4), 0x12345000 | ALL | BIT(52) | A | D);
}

static void test_4_level_large(void **state)
{
	(void)state;
	start_4(0);
	*entry_64(3, 3) = 0x40000000 | ALL | PS | PAT | NX;
	expect(linear_4, WALK_WRITE, 0x40004678);
	assert_int_equal(*entry_64(3, 3),
			 0x40000000 | ALL | PS | PAT | NX | A | D);
	*entry_64(2, 2) = 0x80000000 | ALL | PS | PAT;
	expect(linear_4, 0, 0x80604678);
}

static void test_reserved(void **state)
{
	(void)state;
	start_4(0x12345000 | ALL | BIT(40));
	expect_fault(linear_4, WALK_WRITE, PRESENT | RESERVED | WALK_WRITE);
	g.address_bits = 41;
	expect(linear_4, 0, 0x10012345678);
	start_4(0x12345000 | ALL);
	*entry_64(1, 1) |= PS;
	expect_fault(linear_4, 0, PRESENT | RESERVED);
	start_4(0x12345000 | ALL);
	*entry_64(2, 2) |= BIT(51);
	expect_fault(linear_4, 0, PRESENT | RESERVED);
	start_4(0);
	*entry_64(3, 3) = 0x40002000 | ALL | PS;
	expect_fault(linear_4, 0, PRESENT | RESERVED);
	start_4(0);
	*entry_64(2, 2) = 0x40200000 | ALL | PS;
	expect_fault(linear_4, 0, PRESENT | RESERVED);
	*entry_64(2, 2) = 0x40000000 | ALL | PS;
	g.has_1g_pages = false;
	expect_fault(linear_4, 0, PRESENT | RESERVED);
	start_4(0x12345000 | ALL | NX);
	g.efer = EFER_LMA;
	expect_fault(linear_4, 0, PRESENT | RESERVED);
	/* An entry that is not present reserves nothing. */
	start_4((0x12345000 | ALL | BIT(51)) & ~P);
	expect_fault(linear_4, WALK_WRITE, WALK_WRITE);
}

/* Each level can take a right away. */
static void test_rights(void **state)
{
	(void)state;
	for (unsigned int level = 1; level <= 4; level++) {
		start_4(0x12345000 | ALL);
		*entry_64(level, level) &= ~RW;
		expect_fault(linear_4, WALK_WRITE, PRESENT | WALK_WRITE);
		expect_fault(linear_4, WALK_WRITE | WALK_USER,
			     PRESENT | WALK_WRITE | WALK_USER);
		expect(linear_4, WALK_USER, 0x12345678);
		g.cr0 &= ~CR0_WP;
		expect(linear_4, WALK_WRITE, 0x12345678);
		expect_fault(linear_4, WALK_WRITE | WALK_USER,
			     PRESENT | WALK_WRITE | WALK_USER);

		start_4(0x12345000 | ALL);
		*entry_64(level, level) &= ~US;
		expect_fault(linear_4, WALK_USER, PRESENT | WALK_USER);
		expect(linear_4, WALK_WRITE, 0x12345678);

		start_4(0x12345000 | ALL);
		*entry_64(level, level) |= NX;
		expect_fault(linear_4, WALK_FETCH, PRESENT | WALK_FETCH);
		expect(linear_4, WALK_WRITE | WALK_USER, 0x12345678);
	}
}

static void test_smep(void **state)
{
	(void)state;
	start_4(0x12345000 | ALL);
	g.cr4 |= CR4_SMEP;
	expect_fault(linear_4, WALK_FETCH, PRESENT | WALK_FETCH);
	expect(linear_4, WALK_FETCH | WALK_USER, 0x12345678);
	expect(linear_4, WALK_WRITE, 0x12345678);
	*entry_64(4, 4) &= ~US;
	expect(linear_4, WALK_FETCH, 0x12345678);
}

static void test_smap(void **state)
{
	(void)state;
	start_4(0x12345000 | ALL);
	g.cr4 |= CR4_SMAP;
	expect_fault(linear_4, 0, PRESENT);
	expect_fault(linear_4, WALK_WRITE, PRESENT | WALK_WRITE);
	g.rflags = AC;
	expect(linear_4, 0, 0x12345678);
	g.rflags = 0;
	expect(linear_4, WALK_FETCH, 0x12345678);
	expect(linear_4, WALK_USER, 0x12345678);
	*entry_64(3, 3) &= ~US;
	expect(linear_4, 0, 0x12345678);
}

/* The fetch bit is told only where something can forbid a fetch. */
static void test_fetch_bit(void **state)
{
	(void)state;
	start(0, EFER_NXE);
	expect_fault(0, WALK_FETCH, 0);
	g.cr4 = CR4_SMEP;
	expect_fault(0, WALK_FETCH, WALK_FETCH);
	start(CR4_PAE, EFER_LMA);
	expect_fault(0, WALK_FETCH, 0);
	g.efer |= EFER_NXE;
	expect_fault(0, WALK_FETCH, WALK_FETCH);
}

static void test_tables_outside_memory(void **state)
{
	uint32_t error;
	gaddr_t at;

	(void)state;
	start_4(0x12345000 | ALL);
	*entry_64(2, 2) = 0x700000 | ALL;
	assert_int_equal(walk_linear(&g, linear_4, 0, &at, &error), -14);
}

static void test_entry_changes(void **state)
{
	uint32_t error;
	gaddr_t at;

	(void)state;
	start_4(0x12345000 | ALL);
	changing = entry_64(3, 3);
	changes = 1;
	expect(linear_4, WALK_WRITE, 0x12345678);
	assert_int_equal(reads, 3 + 4);
	assert_int_equal(*entry_64(3, 3), 0x4000 | ALL | A | BIT(52));

	start_4(0x12345000 | ALL);
	changes = 100;
	assert_int_equal(walk_linear(&g, linear_4, 0, &at, &error),
			 WALK_CHANGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_paging),
		cmocka_unit_test(test_32_bit),
		cmocka_unit_test(test_32_bit_large),
		cmocka_unit_test(test_pae),
		cmocka_unit_test(test_pae_reserved),
		cmocka_unit_test(test_4_level),
		cmocka_unit_test(test_4_level_large),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_smep),
		cmocka_unit_test(test_smap),
		cmocka_unit_test(test_fetch_bit),
		cmocka_unit_test(test_tables_outside_memory),
		cmocka_unit_test(test_entry_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
