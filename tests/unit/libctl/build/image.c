/* SPDX-License-Identifier: MIT */
/*
 * The readers have tests of their own; here is how they are put together.
 */
#include "libctl/build/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "unit/loader/kernel.h"

#define SETUP_SIZE 1024u

static struct image image;
static struct report why;

static void elf_of_both_classes(void **state)
{
	struct kernel k = kernel_at(0x1000000);
	uint8_t file[KERNEL_SIZE];
	const struct bytes bytes = { file, sizeof(file) };

	(void)state;
	for (int is_64 = 0; is_64 < 2; is_64++) {
		k.is_64 = is_64;
		kernel_write(&k, file);
		assert_int_equal(image_parse(&bytes, &image, &why), 0);
		assert_int_equal(image.layout.entry, 0x1000010);
		assert_int_equal(image.layout.segment_count, 2);
		assert_ptr_equal(image.elf.data, file);
		image_free(&image);
	}
}

/* A bzImage with this payload; free(data). */
static struct bytes bzimage(const void *payload, uint32_t size)
{
	const uint32_t length = size;
	uint8_t *file = calloc(1, SETUP_SIZE + size);

	file[0x1f1] = 1;
	memcpy(file + 0x202, "HdrS", 4);
	file[0x206] = 0x0f;
	file[0x207] = 0x02;
	memcpy(file + 0x24c, &length, 4);
	memcpy(file + SETUP_SIZE, payload, size);
	return (struct bytes){ file, SETUP_SIZE + size };
}

static uint32_t gzip(const uint8_t *in, uint32_t size, uint8_t *out,
		     uint32_t room)
{
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)in,
		       .avail_in = size,
		       .next_out = out,
		       .avail_out = room };

	deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return (uint32_t)z.total_out;
}

static void bzimage_is_unpacked(void **state)
{
	const struct kernel k = kernel_at(0x1000000);
	uint8_t file[KERNEL_SIZE];
	uint8_t packed[KERNEL_SIZE * 2];
	struct bytes bz;

	(void)state;
	kernel_write(&k, file);
	bz = bzimage(packed, gzip(file, sizeof(file), packed, sizeof(packed)));
	assert_int_equal(image_parse(&bz, &image, &why), 0);
	assert_int_equal(image.layout.entry, 0x1000010);
	assert_int_equal(image.elf.size, KERNEL_SIZE);
	assert_memory_equal(image.elf.data, file, KERNEL_SIZE);
	image_free(&image);
	free((void *)(uintptr_t)bz.data);
}

static void bzimage_that_is_not_packed(void **state)
{
	const struct kernel k = kernel_at(0x1000000);
	uint8_t file[KERNEL_SIZE];
	struct bytes bz;

	(void)state;
	kernel_write(&k, file);
	bz = bzimage(file, sizeof(file));
	assert_int_equal(image_parse(&bz, &image, &why), 0);
	assert_null(image.unpacked);
	image_free(&image);
	free((void *)(uintptr_t)bz.data);
}

static void expect_refused(struct bytes file, const char *text)
{
	assert_int_equal(image_parse(&file, &image, &why), -1);
	assert_non_null(strstr(why.text, text));
	assert_null(image.unpacked);
}

static void what_is_no_kernel(void **state)
{
	const uint8_t payload[] = { 0x1f, 0x8b, 8, 0, 0xff, 0xff, 0xff, 0xff };
	struct kernel k = kernel_at(0x1000000);
	uint8_t file[KERNEL_SIZE];
	struct bytes bz;

	(void)state;
	expect_refused((struct bytes){ file, 0 }, "too few");
	k.note_type = 17;
	kernel_write(&k, file);
	expect_refused((struct bytes){ file, sizeof(file) },
		       "no PHYS32_ENTRY note");
	bz = bzimage(payload, sizeof(payload));
	expect_refused(bz, "unpacks to 4095 MiB, which is no kernel");
	free((void *)(uintptr_t)bz.data);
}

/* After a payload that broke off, nothing is left. */
static void damaged_payload(void **state)
{
	const struct kernel k = kernel_at(0x1000000);
	uint8_t file[KERNEL_SIZE];
	uint8_t packed[KERNEL_SIZE * 2];
	uint32_t size;
	struct bytes bz;

	(void)state;
	kernel_write(&k, file);
	size = gzip(file, sizeof(file), packed, sizeof(packed));
	memset(packed + 20, 0xff, size - 28);
	bz = bzimage(packed, size);
	expect_refused(bz, "gzip");
	free((void *)(uintptr_t)bz.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elf_of_both_classes),
		cmocka_unit_test(bzimage_is_unpacked),
		cmocka_unit_test(bzimage_that_is_not_packed),
		cmocka_unit_test(what_is_no_kernel),
		cmocka_unit_test(damaged_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
