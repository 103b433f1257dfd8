/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/bzimage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SETUP 0x800u /* three sectors of setup code after the boot sector */

static uint8_t file[0x1000];
static struct bzimage image;
static struct report why;

static void put32(size_t at, uint32_t value)
{
	memcpy(file + at, &value, sizeof(value));
}

static int make_file(void **state)
{
	(void)state;
	memset(file, 0, sizeof(file));
	memset(&why, 0, sizeof(why));
	file[0x1f1] = 3;
	memcpy(file + 0x202, "HdrS", 4);
	file[0x206] = 0x0f;
	file[0x207] = 0x02;
	put32(0x248, 0x100);
	put32(0x24c, 0x204);
	put32(SETUP + 0x100 + 0x200, 0x12345678);
	return 0;
}

static int read_file(size_t size)
{
	const struct bytes bytes = { file, size };

	return bzimage_read(&bytes, &image, &why);
}

static void test_payload(void **state)
{
	(void)state;
	assert_int_equal(read_file(sizeof(file)), 0);
	assert_ptr_equal(image.payload.data, file + SETUP + 0x100);
	assert_int_equal(image.payload.size, 0x204);
	assert_int_equal(image.unpacked_size, 0x12345678);
}

/* Zero setup sectors stand for four. */
static void test_old_setup(void **state)
{
	(void)state;
	file[0x1f1] = 0;
	assert_int_equal(read_file(sizeof(file)), 0);
	assert_ptr_equal(image.payload.data, file + 5 * 512 + 0x100);
}

static void test_magic(void **state)
{
	struct bytes bytes = { file, sizeof(file) };

	(void)state;
	assert_true(bzimage_is(&bytes));
	bytes.size = 0x206;
	assert_true(bzimage_is(&bytes));
	bytes.size = 0x205;
	assert_false(bzimage_is(&bytes));
	bytes.size = sizeof(file);
	file[0x202] = 'h';
	assert_false(bzimage_is(&bytes));
}

static void test_truncated(void **state)
{
	(void)state;
	assert_int_equal(read_file(SETUP + 0x304), 0);
	assert_int_equal(read_file(SETUP + 0x303), -22);
	assert_string_equal(why.text,
			    "truncated bzImage: payload (file 0x900+"
			    "0x204) is beyond the end of the file (0xb03)");
	assert_int_equal(read_file(0x24f), -22);
	assert_string_equal(why.text, "truncated bzImage header");
	put32(0x248, UINT32_MAX);
	put32(0x24c, UINT32_MAX);
	assert_int_equal(read_file(sizeof(file)), -22);
	assert_string_equal(why.text,
			    "truncated bzImage: payload (file "
			    "0x1000007ff+0xffffffff) is beyond the end of the "
			    "file (0x1000)");
}

static void test_refused(void **state)
{
	(void)state;
	put32(0x24c, 3);
	assert_int_equal(read_file(sizeof(file)), -22);
	assert_string_equal(why.text,
			    "bzImage payload of 3 bytes is too small");
	file[0x206] = 7;
	assert_int_equal(read_file(sizeof(file)), -22);
	assert_string_equal(why.text,
			    "bzImage protocol 0x207 is older than "
			    "0x208 and does not say where the kernel is");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_payload, make_file),
		cmocka_unit_test_setup(test_old_setup, make_file),
		cmocka_unit_test_setup(test_magic, make_file),
		cmocka_unit_test_setup(test_truncated, make_file),
		cmocka_unit_test_setup(test_refused, make_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
