/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lzma.h>

#include "unit/loader/kernel.h"
#include "unit/loader/memory.h"

#define PADDR          (MEMORY_START + 0x1000000) /* where the kernel is to run */
#define IMAGE          (MEMORY_START + 0x2000000)
#define INITRAMFS      (MEMORY_START + 0x3000000)
#define LOADER         (MEMORY_START + 0x3c00000)

#define INITRAMFS_SIZE 0x2345u

/* A row of the list of tests, each with memory of its own. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, memory_unmap)

static struct inputs inputs;
static struct place place;
static struct loaded loaded;
static struct report why;

static int set_up(void **state)
{
	if (memory_map(state) != 0) {
		return -1;
	}
	memset(&inputs, 0, sizeof(inputs));
	memset(memory_at(PADDR), 0xee, 0x6000);
	inputs.start_info.memmap_entries = 1;
	inputs.memmap[0] = memory_entry();
	inputs.image = range_of(IMAGE, KERNEL_SIZE);
	return 0;
}

static void put_initramfs(uint64_t gpa)
{
	inputs.initramfs = range_of(gpa, INITRAMFS_SIZE);
	for (uint32_t i = 0; i < INITRAMFS_SIZE; i++) {
		*(uint8_t *)memory_at(gpa + i) = (uint8_t)(i * 3);
	}
}

static void put_kernel(uint64_t gpa)
{
	const struct kernel k = kernel_at(PADDR);

	inputs.image = range_of(gpa, KERNEL_SIZE);
	kernel_write(&k, memory_at(gpa));
}

static int load(void)
{
	memset(&why, 0, sizeof(why));
	return load_kernel(&inputs, range_of(LOADER, 0x200000), &place, &loaded,
			   &why);
}

static void assert_kernel_loaded(void)
{
	const uint8_t *memory = memory_at(PADDR);

	assert_int_equal(loaded.entry, PADDR + 0x10);
	for (uint32_t i = 0; i < 0x2800; i++) {
		assert_int_equal(memory[i], kernel_byte(KERNEL_TEXT + i));
	}
	for (uint32_t i = 0x2800; i < 0x5000; i++) {
		assert_int_equal(memory[i], 0);
	}
}

static void assert_initramfs_whole(void)
{
	const uint8_t *memory = memory_at(loaded.initramfs.start);
	const struct range kernel = range_of(PADDR, 0x5000);
	struct range free;

	assert_int_equal(loaded.initramfs.start % PLACE_PAGE_SIZE, 0);
	assert_int_equal(range_size(loaded.initramfs), INITRAMFS_SIZE);
	assert_false(range_overlaps(loaded.initramfs, kernel));
	for (uint32_t i = 0; i < INITRAMFS_SIZE; i++) {
		assert_int_equal(memory[i], (uint8_t)(i * 3));
	}
	/* What is found free from now on is neither of the two. */
	assert_true(place_find(&place, 0x1000, PLACE_LIMIT, &free));
	assert_false(range_overlaps(free, kernel));
	assert_false(range_overlaps(free, loaded.initramfs));
}

static void test_nothing_in_the_way(void **state)
{
	(void)state;
	put_kernel(IMAGE);
	put_initramfs(INITRAMFS);
	assert_int_equal(load(), 0);
	assert_kernel_loaded();
	assert_int_equal(*(uint8_t *)memory_at(PADDR + 0x5000), 0xee);
	assert_initramfs_whole();
	assert_int_equal(loaded.initramfs.start, INITRAMFS);
}

static void test_no_initramfs(void **state)
{
	(void)state;
	put_kernel(IMAGE);
	assert_int_equal(load(), 0);
	assert_kernel_loaded();
	assert_int_equal(range_size(loaded.initramfs), 0);
}

/* The image at every page around its own place, at odd addresses. */
static void test_image_in_the_way(void **state)
{
	(void)state;
	for (uint64_t at = PADDR - 0x5000; at < PADDR + 0x6000; at += 0x1000) {
		put_initramfs(INITRAMFS);
		put_kernel(at + 3);
		assert_int_equal(load(), 0);
		assert_kernel_loaded();
		assert_initramfs_whole();
	}
}

static void test_both_in_the_way(void **state)
{
	(void)state;
	put_kernel(PADDR - 0x3000);
	put_initramfs(PADDR + 0x2000);
	assert_int_equal(load(), 0);
	assert_kernel_loaded();
	assert_initramfs_whole();
}

static void test_odd_initramfs(void **state)
{
	(void)state;
	put_kernel(IMAGE);
	put_initramfs(INITRAMFS + 0x777);
	assert_int_equal(load(), 0);
	assert_kernel_loaded();
	assert_initramfs_whole();
}

static void make_bzimage(uint64_t gpa, const uint8_t *payload, size_t size)
{
	const uint32_t fields[] = { 0, (uint32_t)size };
	uint8_t *file = memory_at(gpa);

	memset(file, 0, 0x400);
	file[0x1f1] = 1;
	memcpy(file + 0x202, "HdrS\x0f\x02", 6);
	memcpy(file + 0x248, fields, sizeof(fields));
	memcpy(file + 0x400, payload, size);
	inputs.image = range_of(gpa, 0x400 + size);
}

static size_t pack_kernel(uint8_t *out, size_t room)
{
	const struct kernel k = kernel_at(PADDR);
	const uint32_t plain_size = KERNEL_SIZE;
	uint8_t file[KERNEL_SIZE];
	size_t size = 0;

	kernel_write(&k, file);
	assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL,
						 file, sizeof(file), out, &size,
						 room - 4),
			 LZMA_OK);
	memcpy(out + size, &plain_size, sizeof(plain_size));
	return size + sizeof(plain_size);
}

static void test_bzimage(void **state)
{
	uint8_t payload[2 * KERNEL_SIZE];
	const size_t size = pack_kernel(payload, sizeof(payload));

	(void)state;
	make_bzimage(PADDR, payload, size);
	put_initramfs(INITRAMFS);
	assert_int_equal(load(), 0);
	assert_kernel_loaded();
	assert_initramfs_whole();
}

static void test_bzimage_with_elf(void **state)
{
	const struct kernel k = kernel_at(PADDR);
	uint8_t file[KERNEL_SIZE];

	(void)state;
	kernel_write(&k, file);
	make_bzimage(IMAGE, file, sizeof(file));
	assert_int_equal(load(), 0);
	assert_kernel_loaded();
}

static void assert_refused(const char *text)
{
	assert_int_equal(load(), -22);
	assert_string_equal(why.text, text);
	assert_int_equal(*(uint8_t *)memory_at(PADDR), 0xee);
}

static void test_kernel_does_not_fit(void **state)
{
	(void)state;
	put_kernel(IMAGE);
	inputs.memmap[0].size = 0x1004fff;
	assert_refused("kernel image: segment 2 (0x11002000+0x3000) does not "
		       "fit in memory");

	inputs.memmap[0].size = MEMORY_SIZE;
	inputs.memmap[1] = (struct hvm_memmap_table_entry){
		.addr = PADDR + 0x1000,
		.size = 1,
		.type = 2,
	};
	inputs.start_info.memmap_entries = 2;
	assert_refused("kernel image: segment 1 (0x11000000+0x2000) does not "
		       "fit in memory");
}

static void test_over_the_loader(void **state)
{
	(void)state;
	put_kernel(IMAGE);
	assert_int_equal(load_kernel(&inputs, range_of(PADDR + 0x4000, 0x1000),
				     &place, &loaded, &why),
			 -22);
	assert_string_equal(why.text,
			    "kernel image: segment 2 (0x11002000+"
			    "0x3000) overlaps the loader (0x11004000+0x1000)");
}

static void test_no_room(void **state)
{
	uint8_t payload[2 * KERNEL_SIZE];
	const size_t size = pack_kernel(payload, sizeof(payload));

	(void)state;
	/* Only the kernel's own place is RAM. */
	inputs.memmap[0].addr = PADDR;
	inputs.memmap[0].size = 0x5000;
	put_kernel(IMAGE);
	put_initramfs(INITRAMFS + 1);
	assert_refused("initramfs: no free memory to move it (0x13000001+"
		       "0x2345) out of the kernel's way");
	inputs.memmap[0].size = 0x3000;
	make_bzimage(IMAGE, payload, size);
	assert_refused("kernel image: no free memory to unpack its 16384 "
		       "bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_in_the_way), TEST(test_no_initramfs),
		TEST(test_image_in_the_way),   TEST(test_both_in_the_way),
		TEST(test_odd_initramfs),      TEST(test_bzimage),
		TEST(test_bzimage_with_elf),   TEST(test_kernel_does_not_fit),
		TEST(test_over_the_loader),    TEST(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
