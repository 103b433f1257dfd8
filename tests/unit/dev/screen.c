/* SPDX-License-Identifier: MIT */
#include "dev/screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/log.h"
#include "dev/font.h"
#include "mm/heap.h"
#include "mm/vmap.h"

#define GUARD 0x5a

/* The frame buffer, with a guard behind it. */
static unsigned char *memory;
static size_t memory_size;
static unsigned int sinks;
static const char *early;

void *mm_map_write_combining(maddr_t base, size_t len)
{
	assert_int_equal(base.v, 0xb8000);
	memory_size = len;
	memory = malloc(len + 64);
	memset(memory, GUARD, len + 64);
	return memory;
}

void *heap_alloc(size_t size)
{
	static char text[256];

	assert_true(size <= sizeof(text));
	memset(text, 0, sizeof(text));
	return text;
}

void log_add_sink(log_sink_t sink)
{
	assert_ptr_equal(sink, screen_write);
	sinks++;
}

size_t log_read(char *buf, size_t len, uint32_t *index)
{
	const size_t left = strlen(early) - *index;
	const size_t n = left < len ? left : len;

	memcpy(buf, early + *index, n);
	*index += (uint32_t)n;
	return n;
}

static void check_guard(void)
{
	for (size_t i = 0; i < 64; i++) {
		assert_int_equal(memory[memory_size + i], GUARD);
	}
}

static void type(const char *text)
{
	screen_write(text, strlen(text));
}

/* Line y of the text screen is `text` and blanks. */
static void expect_line(unsigned int y, const char *text)
{
	for (unsigned int x = 0; x < 20; x++) {
		const unsigned char *cell = memory + y * 48 + x * 2;

		assert_int_equal(cell[0], x < strlen(text) ? text[x] : ' ');
		assert_int_equal(cell[1], 7);
	}
}

static void test_bad_modes(void **state)
{
	const struct screen_mode good = {
		maddr(0xb8000), 80, 20, 16, 32, false
	};
	struct screen_mode m = good;

	(void)state;
	m.bpp = 8;
	assert_false(screen_init(&m));
	m = good;
	m.width = 7;
	assert_false(screen_init(&m));
	m = good;
	m.height = UINT32_MAX;
	assert_false(screen_init(&m));
	m = good;
	m.pitch = 79;
	assert_false(screen_init(&m));
}

/* 20 x 8 characters, the lines 48 bytes apart. */
static void test_text(void **state)
{
	const struct screen_mode m = { maddr(0xb8000), 48, 20, 8, 0, true };

	(void)state;
	early = "early line\nand more";
	assert_true(screen_init(&m));
	assert_int_equal(sinks, 1);
	expect_line(0, "early line");
	expect_line(1, "and more");
	expect_line(2, "");
	type("\ta\x80\nlonger than the screen is wide\n");
	expect_line(1, "and more a");
	expect_line(2, "longer than the scre");
	expect_line(3, "en is wide");
	type("4\n5\n6\n7");
	expect_line(0, "early line");
	expect_line(7, "7");
	/* Full: it moves up by two lines. */
	type("\n8");
	expect_line(0, "longer than the scre");
	expect_line(5, "7");
	expect_line(6, "8");
	expect_line(7, "");
	check_guard();
	free(memory);
}

static unsigned int pixel(unsigned int x, unsigned int y, unsigned int bytes)
{
	return memory[y * 200 + x * bytes];
}

/* 17 x 40 pixels: two letters, two lines. */
static void draw(uint8_t bpp)
{
	const struct screen_mode m = {
		maddr(0xb8000), 200, 17, 40, bpp, false
	};
	const unsigned int bytes = (bpp + 7u) / 8;

	early = "";
	assert_true(screen_init(&m));
	type("\n L\n");
	for (unsigned int y = 0; y < 16; y++) {
		const unsigned int dots = font_row('L', y / 2);

		for (unsigned int x = 0; x < 8; x++) {
			const bool on =
				x >= 1 && x < 6 && (dots >> (5 - x) & 1) != 0;

			/* The screen has moved up by its last line. */
			assert_int_equal(pixel(8 + x, y, bytes), on ? 0xc0 : 0);
			assert_int_equal(pixel(x, y, bytes), 0);
			assert_int_equal(pixel(8 + x, 16 + y, bytes), 0);
		}
	}
	/* What is no whole cell is left alone. */
	assert_int_equal(pixel(16, 0, bytes), GUARD);
	assert_int_equal(pixel(0, 32, bytes), GUARD);
	check_guard();
	free(memory);
}

static void test_pixels(void **state)
{
	(void)state;
	draw(32);
	draw(24);
	draw(16);
	draw(15);
}

static void test_release(void **state)
{
	(void)state;
	early = "";
	const struct screen_mode m = { maddr(0xb8000), 48, 20, 8, 0, true };

	assert_true(screen_init(&m));
	screen_release();
	type("not shown");
	expect_line(0, "");
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_modes),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_pixels),
		cmocka_unit_test(test_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
