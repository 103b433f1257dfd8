/* SPDX-License-Identifier: MIT */
/* What is found of a Linux in its memory, and what only looks like it. */
#include "libctl/debug/linux.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char text[] = "OSRELEASE=6.1.0\nNUMBER(phys_base)=16777216\n"
			   "KERNELOFFSET=-5\nLENGTH(x)=0x10\nlast=7";
static _Alignas(8) char page[4096];

static int set_up(void **state)
{
	const Elf64_Nhdr n = { sizeof("VMCOREINFO"), sizeof(text) - 1, 0 };

	(void)state;
	memset(page, 0, sizeof(page));
	memcpy(page, &n, sizeof(n));
	strcpy(page + sizeof(n), "VMCOREINFO");
	strcpy(page + sizeof(n) + 12, text);
	return 0;
}

static void test_note(void **state)
{
	size_t size = 0;

	(void)state;
	assert_ptr_equal(linux_note(page, &size), page + 24);
	assert_int_equal(size, sizeof(text) - 1);
	page[24] = 'X';
	assert_null(linux_note(page, &size));
	page[24] = 'O';
	page[12] = 'X';
	assert_null(linux_note(page, &size));
	memset(page, 0, sizeof(page));
	assert_null(linux_note(page, &size));
}

static void test_size_of_a_note(void **state)
{
	Elf64_Nhdr n = { sizeof("VMCOREINFO"), sizeof(page) - 24, 0 };
	size_t size;

	(void)state;
	memcpy(page, &n, sizeof(n));
	assert_non_null(linux_note(page, &size));
	n.n_descsz++;
	memcpy(page, &n, sizeof(n));
	assert_null(linux_note(page, &size));
	n.n_descsz = 0;
	memcpy(page, &n, sizeof(n));
	assert_null(linux_note(page, &size));
}

static int64_t number(const char *name)
{
	int64_t value = -99;

	return linux_number(text, sizeof(text) - 1, name, &value) ? value
								  : -100;
}

static void test_numbers(void **state)
{
	(void)state;
	assert_int_equal(number("NUMBER(phys_base)"), 16777216);
	assert_int_equal(number("KERNELOFFSET"), -5);
	assert_int_equal(number("LENGTH(x)"), 16);
	assert_int_equal(number("last"), 7);
	assert_int_equal(number("NUMBER(phys"), -100);
	assert_int_equal(number("nothing"), -100);
}

static void test_direct(void **state)
{
	uint64_t table[512] = { 0 };
	uint64_t virtual;

	(void)state;
	assert_int_equal(linux_direct_entry(table), -1);
	assert_false(linux_direct(273, table, &virtual));
	table[0] = table[272] = 3; /* a program, and the guard hole */
	assert_int_equal(linux_direct_entry(table), -1);
	table[273] = 0x1063;
	assert_int_equal(linux_direct_entry(table), 273);
	assert_true(linux_direct(273, table, &virtual));
	assert_true(virtual == 0xffff888000000000);
	memset(table, 0, sizeof(table));
	table[3] = 1;
	assert_true(linux_direct(300, table, &virtual));
	assert_true(virtual == 0xffff9600c0000000);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_note),
		TEST(test_size_of_a_note),
		TEST(test_numbers),
		TEST(test_direct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
