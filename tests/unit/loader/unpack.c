/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/unpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "svcvm/loader/heap.h"

#define PLAIN_SIZE  300000u
#define PACKED_SIZE 400000u
#define HEAP_SIZE   (16u << 20)

static uint8_t plain[PLAIN_SIZE];
static uint8_t packed[PACKED_SIZE];
static uint8_t output[PLAIN_SIZE];
static uint8_t *heap;
static struct report why;

static int set_up(void **state)
{
	uint32_t x = 1;

	(void)state;
	heap = malloc(HEAP_SIZE);
	for (size_t i = 0; i < PLAIN_SIZE; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = (uint8_t)(i % 1000 < 500 ? x >> 28 : i);
	}
	return heap == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	free(heap);
	return 0;
}

/* The last four bytes of a payload are the size in all formats. */
static size_t add_size(size_t size)
{
	const uint32_t plain_size = PLAIN_SIZE;

	memcpy(packed + size, &plain_size, sizeof(plain_size));
	return size + sizeof(plain_size);
}

static size_t pack_xz(void)
{
	size_t size = 0;

	assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL,
						 plain, PLAIN_SIZE, packed,
						 &size, PACKED_SIZE),
			 LZMA_OK);
	return add_size(size);
}

static size_t pack_lzma(void)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_options_lzma options;

	lzma_lzma_preset(&options, 0);
	assert_int_equal(lzma_alone_encoder(&stream, &options), LZMA_OK);
	stream.next_in = plain;
	stream.avail_in = PLAIN_SIZE;
	stream.next_out = packed;
	stream.avail_out = PACKED_SIZE;
	assert_int_equal(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
	lzma_end(&stream);
	return add_size(stream.total_out);
}

static size_t pack_zstd(void)
{
	return add_size(
		ZSTD_compress(packed, PACKED_SIZE, plain, PLAIN_SIZE, 1));
}

static size_t pack_gzip(void)
{
	z_stream stream = { .next_in = plain,
			    .avail_in = PLAIN_SIZE,
			    .next_out = packed,
			    .avail_out = PACKED_SIZE };

	deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8,
		     Z_DEFAULT_STRATEGY);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	return stream.total_out;
}

/* The legacy frame, in blocks smaller than real ones. */
static size_t pack_lz4(void)
{
	const uint32_t magic = 0x184c2102;
	const int block = 100000;
	size_t size = sizeof(magic);

	memcpy(packed, &magic, sizeof(magic));
	for (size_t at = 0; at < PLAIN_SIZE; at += block) {
		char *to = (char *)packed + size + 4;
		const int room = (int)(PACKED_SIZE - size - 4);
		const int got = LZ4_compress_default((char *)plain + at, to,
						     block, room);

		assert_true(got > 0);
		memcpy(packed + size, &got, 4);
		size += 4 + (size_t)got;
	}
	return add_size(size);
}

static int unpack_packed(size_t size, size_t plain_size, size_t heap_size)
{
	uint8_t *copy = malloc(size); /* ends where the payload ends */
	const struct bytes payload = { copy, size };
	int rc;

	memcpy(copy, packed, size);
	memset(output, 0, sizeof(output));
	memset(&why, 0, sizeof(why));
	heap_set_area(heap, heap_size);
	rc = unpack(&payload, output, plain_size, &why);
	free(copy);
	return rc;
}

static void check_format(size_t (*pack)(void), const char *name)
{
	const size_t size = pack();

	assert_int_equal(unpack_packed(size, PLAIN_SIZE, HEAP_SIZE), 0);
	assert_memory_equal(output, plain, PLAIN_SIZE);

	/* Shorter output, and input that ends early. */
	assert_int_equal(unpack_packed(size, PLAIN_SIZE - 1, HEAP_SIZE), -22);
	assert_ptr_equal(strstr(why.text, name), why.text);
	assert_int_equal(output[PLAIN_SIZE - 1], 0);
	assert_int_equal(unpack_packed(size / 2, PLAIN_SIZE, HEAP_SIZE), -22);
	assert_ptr_equal(strstr(why.text, name), why.text);
	assert_int_equal(unpack_packed(6, PLAIN_SIZE, HEAP_SIZE), -22);
	assert_ptr_equal(strstr(why.text, name), why.text);
}

static void test_xz(void **state)
{
	(void)state;
	check_format(pack_xz, "xz: ");
}

static void test_lzma(void **state)
{
	(void)state;
	check_format(pack_lzma, "lzma: ");
}

static void test_zstd(void **state)
{
	(void)state;
	check_format(pack_zstd, "zstd: ");
}

static void test_gzip(void **state)
{
	(void)state;
	check_format(pack_gzip, "gzip: ");
}

static void test_lz4(void **state)
{
	(void)state;
	check_format(pack_lz4, "lz4: ");
}

static void test_small_heap(void **state)
{
	static size_t (*const formats[])(void) = { pack_xz, pack_lzma,
						   pack_zstd, pack_gzip };

	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		const size_t size = formats[i]();

		assert_int_equal(unpack_packed(size, PLAIN_SIZE, 100), -22);
		assert_non_null(
			strstr(why.text, ": too little free memory to unpack"));
	}
}

static void test_unknown_format(void **state)
{
	(void)state;
	memset(packed, 0x77, 8);
	assert_int_equal(unpack_packed(8, 1, HEAP_SIZE), -22);
	assert_string_equal(why.text, "packed in a format that is not known "
				      "(begins with 0x77777777)");
}

static void test_longer_promise(void **state)
{
	uint8_t *big = malloc(PLAIN_SIZE + 1);
	const struct bytes payload = { packed, pack_xz() };

	(void)state;
	heap_set_area(heap, HEAP_SIZE);
	assert_int_equal(unpack(&payload, big, PLAIN_SIZE + 1, &why), -22);
	assert_string_equal(why.text, "xz: unpacked to 300000 bytes, but the "
				      "payload says 300001");
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xz),
		cmocka_unit_test(test_lzma),
		cmocka_unit_test(test_zstd),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_lz4),
		cmocka_unit_test(test_small_heap),
		cmocka_unit_test(test_unknown_format),
		cmocka_unit_test(test_longer_promise),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
