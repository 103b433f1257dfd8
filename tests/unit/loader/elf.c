/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/elf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/loader/kernel.h"

#define PADDR 0x1000000u

static struct elf_image image;
static struct report why;

/* Reads a file from a block of just its size, for the address sanitizer. */
static int read_file(const uint8_t *file, size_t size)
{
	uint8_t *copy = malloc(size);
	const struct bytes bytes = { copy, size };
	int rc;

	memcpy(copy, file, size);
	memset(&why, 0, sizeof(why));
	rc = elf_read(&bytes, &image, &why);
	free(copy);
	return rc;
}

static int read_kernel(const struct kernel *k)
{
	uint8_t file[KERNEL_SIZE];

	kernel_write(k, file);
	return read_file(file, sizeof(file));
}

static void assert_refused(const struct kernel *k, const char *text)
{
	assert_int_equal(read_kernel(k), -22);
	assert_string_equal(why.text, text);
}

static void assert_loads(const struct kernel *k)
{
	assert_int_equal(read_kernel(k), 0);
	assert_int_equal(image.segment_count, 2);
	assert_int_equal(image.segments[0].paddr, PADDR);
	assert_int_equal(image.segments[0].offset, KERNEL_TEXT);
	assert_int_equal(image.segments[1].paddr, PADDR + 0x2000);
	assert_int_equal(image.segments[1].file_size, 0x800);
	assert_int_equal(image.segments[1].memory_size, 0x3000);
	assert_int_equal(image.entry, PADDR + 0x10);
}

static void test_elf64(void **state)
{
	struct kernel k = kernel_at(PADDR);

	(void)state;
	assert_loads(&k);
}

static void test_elf32(void **state)
{
	struct kernel k = kernel_at(PADDR);

	(void)state;
	k.is_64 = false;
	k.entry_size = 4;
	k.headers[0].p_filesz = 0x28;
	assert_loads(&k);
}

static void test_truncated(void **state)
{
	struct kernel k = kernel_at(PADDR);
	uint8_t file[KERNEL_SIZE];

	(void)state;
	kernel_write(&k, file);
	for (size_t size = 0; size < KERNEL_DATA + 0x800; size += 13) {
		assert_int_equal(read_file(file, size), -22);
		assert_true(strlen(why.text) > 0);
	}
	assert_int_equal(read_file(file, KERNEL_DATA + 0x800), 0);
	assert_int_equal(read_file(file, KERNEL_DATA + 0x7ff), -22);
	assert_string_equal(why.text,
			    "truncated: segment 2 (file 0x3000+0x800) is "
			    "beyond the end of the file (0x37ff)");
}

static void test_wrong_header(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *text;
	} cases[] = {
		{ 0, 0, "neither an ELF file nor a bzImage" },
		{ EI_CLASS, 3, "unknown ELF class 3" },
		{ EI_DATA, 2, "ELF data encoding 2 is not little endian" },
		{ 18, EM_AARCH64,
		  "ELF64 machine 183 type 2, not an x86-64 "
		  "executable" },
		{ 16, ET_DYN,
		  "ELF64 machine 62 type 3, not an x86-64 "
		  "executable" },
		{ 54, 55, "program headers of 55 bytes are too small" },
		{ 39, 0xff,
		  "3 program headers at 0xff00000000000040 are "
		  "beyond the end of the file (0x4000)" },
		{ 57, 1,
		  "259 program headers at 0x40 are beyond the end of "
		  "the file (0x3800)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct kernel k = kernel_at(PADDR);
		uint8_t file[KERNEL_SIZE];

		kernel_write(&k, file);
		file[cases[i].at] = cases[i].value;
		assert_int_equal(read_file(file, cases[i].at == 57
							 ? 0x3800
							 : sizeof(file)),
				 -22);
		assert_string_equal(why.text, cases[i].text);
	}
}

static void test_bad_segments(void **state)
{
	struct kernel k = kernel_at(PADDR);

	(void)state;
	k.headers[1].p_memsz = 0x1fff;
	assert_refused(&k, "segment 1 has 0x2000 bytes in the file but 0x1fff "
			   "in memory");

	k = kernel_at(PADDR);
	k.headers[2].p_paddr = UINT64_MAX - 0x2000;
	assert_refused(&k, "segment 2 (0xffffffffffffdfff+0x3000) wraps "
			   "around");

	k = kernel_at(PADDR);
	k.headers[1].p_memsz = 0x2001;
	assert_refused(&k, "segments 1 (0x1000000+0x2001) and 2 (0x1002000+"
			   "0x3000) overlap");

	k = kernel_at(PADDR);
	k.headers[1].p_offset = UINT64_MAX;
	assert_refused(&k, "truncated: segment 1 (file 0xffffffffffffffff+"
			   "0x2000) is beyond the end of the file (0x4000)");
}

static void test_empty_segment(void **state)
{
	struct kernel k = kernel_at(PADDR);

	(void)state;
	k.headers[2].p_paddr = PADDR;
	k.headers[2].p_filesz = 0;
	k.headers[2].p_memsz = 0;
	assert_int_equal(read_kernel(&k), 0);
	assert_int_equal(image.segment_count, 1);
}

static void test_entry(void **state)
{
	struct kernel k = kernel_at(PADDR);

	(void)state;
	k.note_type = 17;
	assert_refused(&k, "no PHYS32_ENTRY note: not a kernel with a PVH "
			   "entry point");

	k = kernel_at(PADDR);
	k.entry_size = 6;
	assert_refused(&k, "PHYS32_ENTRY note has 6 bytes, not 4 or 8");

	k = kernel_at(PADDR);
	k.headers[0].p_filesz = 0x2b;
	assert_refused(&k, "malformed ELF note at 0x14 of its segment");

	k = kernel_at(PADDR);
	k.entry = PADDR + 0x5000;
	assert_refused(&k, "entry point 0x1005000 is in no segment");
	k.entry = PADDR + 0x4fff;
	assert_int_equal(read_kernel(&k), 0);
	k.entry = PADDR - 1;
	assert_refused(&k, "entry point 0xffffff is in no segment");

	k = kernel_at(PADDR);
	k.headers[0].p_offset = KERNEL_NOTES;
	k.headers[0].p_filesz = KERNEL_SIZE;
	assert_refused(&k, "truncated: note segment 0 (file 0x800+0x4000) is "
			   "beyond the end of the file (0x4000)");
}

/* A segment aligned to 8 pads its notes to 8. */
static void test_aligned_note(void **state)
{
	struct kernel k = kernel_at(PADDR);
	const uint64_t entry = PADDR + 0x20;
	const Elf64_Nhdr first = { 4, 4, 1 };
	const Elf64_Nhdr second = { 4, 8, 18 };
	uint8_t file[KERNEL_SIZE];
	uint8_t *notes = file + KERNEL_NOTES;

	(void)state;
	k.headers[0].p_align = 8;
	k.headers[0].p_filesz = 0x30;
	kernel_write(&k, file);
	memcpy(notes, &first, sizeof(first));
	memcpy(notes + 12, "Xen", 4);
	memcpy(notes + 24, &second, sizeof(second));
	memcpy(notes + 36, "Xen", 4);
	memcpy(notes + 40, &entry, sizeof(entry));
	assert_int_equal(read_file(file, sizeof(file)), 0);
	assert_int_equal(image.entry, entry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elf64),
		cmocka_unit_test(test_elf32),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_wrong_header),
		cmocka_unit_test(test_bad_segments),
		cmocka_unit_test(test_empty_segment),
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_aligned_note),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
