/* SPDX-License-Identifier: MIT */
/*
 * One row per format: how its data begins, and a function that calls the
 * format's own library. A function returns the bytes it has written, or
 * UNPACK_FAILED with the reason reported.
 *
 * The kernel's build appends the unpacked size to every format but gzip, which
 * ends with the same number by itself. So does the data given to a function:
 * only gzip's has these four bytes.
 */
#define ZLIB_CONST
#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_initStaticDCtx() */

#include "svcvm/loader/unpack.h"

#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "svcvm/loader/heap.h"

#define UNPACK_FAILED          UINT64_MAX
#define SIZE_FIELD_BYTES       4u

#define LZ4_LEGACY_MAGIC_BYTES 4u

struct output {
	uint8_t *data;
	size_t size;
};

struct format {
	const char *name;
	uint8_t magic[6];
	uint8_t magic_size;
	uint8_t size_field; /* bytes of the payload behind its data */
	uint64_t (*unpack)(const struct bytes *in, const struct output *out,
			   struct report *why);
};

static void *lzma_heap_alloc(void *opaque, size_t count, size_t size)
{
	(void)opaque;
	(void)count; /* always 1, says lzma/base.h */
	return heap_alloc(size);
}

static void lzma_heap_free(void *opaque, void *block)
{
	(void)opaque;
	heap_free(block);
}

static const lzma_allocator lzma_heap = {
	.alloc = lzma_heap_alloc,
	.free = lzma_heap_free,
};

static uint64_t lzma_failed(lzma_ret ret, struct report *why)
{
	if (ret == LZMA_MEM_ERROR) {
		report_error(why, "too little free memory to unpack it");
	} else {
		report_error(why, "damaged data (liblzma error %u)",
			     (unsigned int)ret);
	}
	return UNPACK_FAILED;
}

static uint64_t unpack_xz(const struct bytes *in, const struct output *out,
			  struct report *why)
{
	uint64_t memory_limit = UINT64_MAX;
	size_t in_at = 0;
	size_t out_at = 0;
	lzma_ret ret;

	ret = lzma_stream_buffer_decode(&memory_limit, 0, &lzma_heap, in->data,
					&in_at, in->size, out->data, &out_at,
					out->size);
	return ret == LZMA_OK ? out_at : lzma_failed(ret, why);
}

static uint64_t unpack_lzma(const struct bytes *in, const struct output *out,
			    struct report *why)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret ret;

	stream.allocator = &lzma_heap;
	stream.next_in = in->data;
	stream.avail_in = in->size;
	stream.next_out = out->data;
	stream.avail_out = out->size;
	ret = lzma_alone_decoder(&stream, UINT64_MAX);
	if (ret != LZMA_OK) {
		return lzma_failed(ret, why);
	}
	ret = lzma_code(&stream, LZMA_FINISH);
	lzma_end(&stream);
	return ret == LZMA_STREAM_END ? stream.total_out
				      : lzma_failed(ret, why);
}

static uint64_t unpack_zstd(const struct bytes *in, const struct output *out,
			    struct report *why)
{
	const size_t work_size = ZSTD_estimateDCtxSize();
	void *work = heap_alloc(work_size);
	ZSTD_DCtx *context;
	size_t done;

	if (work == NULL) {
		report_error(why, "too little free memory to unpack it");
		return UNPACK_FAILED;
	}
	/* One call for all of it needs no window: the output is the window. */
	context = ZSTD_initStaticDCtx(work, work_size);
	done = ZSTD_decompressDCtx(context, out->data, out->size, in->data,
				   in->size);
	heap_free(work);
	if (ZSTD_isError(done)) {
		report_error(why, "damaged data (%s)", ZSTD_getErrorName(done));
		return UNPACK_FAILED;
	}
	return done;
}

static voidpf zlib_heap_alloc(voidpf opaque, uInt count, uInt size)
{
	(void)opaque;
	return heap_alloc((size_t)count * size);
}

static void zlib_heap_free(voidpf opaque, voidpf block)
{
	(void)opaque;
	heap_free(block);
}

static uint64_t unpack_gzip(const struct bytes *in, const struct output *out,
			    struct report *why)
{
	/* A gzip header around a window of up to 32 KiB, says zlib.h. */
	const int window_bits = 16 + MAX_WBITS;
	/* Both sizes come from 32-bit fields. */
	z_stream stream = {
		.next_in = in->data,
		.avail_in = (uInt)in->size,
		.next_out = out->data,
		.avail_out = (uInt)out->size,
		.zalloc = zlib_heap_alloc,
		.zfree = zlib_heap_free,
	};
	int ret;

	ret = inflateInit2(&stream, window_bits);
	if (ret == Z_OK) {
		ret = inflate(&stream, Z_FINISH);
		inflateEnd(&stream);
	}
	if (ret == Z_MEM_ERROR) {
		report_error(why, "too little free memory to unpack it");
		return UNPACK_FAILED;
	}
	if (ret != Z_STREAM_END) {
		report_error(why, "damaged data (%s)",
			     stream.msg != NULL ? stream.msg : "truncated");
		return UNPACK_FAILED;
	}
	return stream.total_out;
}

/*
 * The legacy frame is a magic number and blocks, each with its packed size
 * before it; it has no end mark and no checksum.
 */
static uint64_t unpack_lz4(const struct bytes *in, const struct output *out,
			   struct report *why)
{
	uint64_t at = LZ4_LEGACY_MAGIC_BYTES;
	uint64_t done = 0;
	uint32_t packed;

	while (bytes_read(in, at, &packed, sizeof(packed))) {
		const uint64_t left = out->size - done;
		const int room = left < INT32_MAX ? (int)left : INT32_MAX;
		int got;

		at += sizeof(packed);
		if (packed > INT32_MAX || !bytes_hold(in, at, packed)) {
			report_error(why, "truncated: block at %#lx", at);
			return UNPACK_FAILED;
		}
		got = LZ4_decompress_safe((const char *)in->data + at,
					  (char *)out->data + done, (int)packed,
					  room);
		if (got < 0) {
			report_error(why, "damaged data: block at %#lx", at);
			return UNPACK_FAILED;
		}
		at += packed;
		done += (uint64_t)got;
	}
	return done;
}

static const struct format formats[] = {
	{ "xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, 4, unpack_xz },
	{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, 4, unpack_zstd },
	{ "gzip", { 0x1f, 0x8b, 0x08 }, 3, 0, unpack_gzip },
	{ "lz4", { 0x02, 0x21, 0x4c, 0x18 }, 4, 4, unpack_lz4 },
	{ "lzma", { 0x5d, 0x00, 0x00 }, 3, 4, unpack_lzma },
};

static const struct format *find_format(const struct bytes *payload)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		const struct format *f = &formats[i];

		if (bytes_hold(payload, 0, f->magic_size) &&
		    memcmp(payload->data, f->magic, f->magic_size) == 0) {
			return f;
		}
	}
	return NULL;
}

static int report_format(const struct bytes *payload, struct report *why)
{
	uint32_t magic = 0;

	bytes_read(payload, 0, &magic, sizeof(magic));
	return report_error(why,
			    "packed in a format that is not known "
			    "(begins with %#lx)",
			    (unsigned long)magic);
}

int unpack(const struct bytes *payload, void *out, uint64_t size,
	   struct report *why)
{
	const struct output output = { out, size };
	const struct format *f = find_format(payload);
	struct report detail = { "" };
	struct bytes data = *payload;
	uint64_t done;

	if (f == NULL) {
		return report_format(payload, why);
	}
	if (data.size < f->size_field) {
		return report_error(why, "%s: truncated", f->name);
	}
	data.size -= f->size_field;
	done = f->unpack(&data, &output, &detail);
	if (done == UNPACK_FAILED) {
		return report_error(why, "%s: %s", f->name, detail.text);
	}
	if (done != size) {
		return report_error(why,
				    "%s: unpacked to %lu bytes, but the "
				    "payload says %lu",
				    f->name, done, size);
	}
	return 0;
}
