/* SPDX-License-Identifier: MIT */
/*
 * Frame buffers are slow to write and far slower to read. So a copy of the text
 * is kept in memory, only characters that change are drawn, and the text moves
 * up by a quarter of the screen at a time. The log's lock protects all of it.
 */
#include "dev/screen.h"

#include "core/log.h"
#include "dev/font.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/vmap.h"

#define CELL_WIDTH    8
#define CELL_HEIGHT   16 /* each row of the font twice */
#define GLYPH_RIGHT   2  /* dots between the glyph and the cell's edge */
#define PIXEL_ON      0xc0c0c0c0 /* all colours alike: places do not matter */
#define EGA_ATTRIBUTE 0x07       /* grey on black */
#define PIXELS_MAX    16384u

static struct {
	struct screen_mode mode;
	unsigned int pixel_bytes; /* 2 for a character in text mode */
	char *memory;
	char *text; /* columns * rows characters that are shown */
	unsigned int columns;
	unsigned int rows;
	unsigned int x;
	unsigned int y;
	bool released;
} screen;

static void put_pixel(unsigned int x, unsigned int y, uint32_t value)
{
	memcpy(screen.memory + (uint64_t)y * screen.mode.pitch +
		       x * screen.pixel_bytes,
	       &value, screen.pixel_bytes);
}

static void draw_glyph(unsigned int x, unsigned int y, char c)
{
	for (unsigned int i = 0; i < CELL_HEIGHT; i++) {
		const unsigned int dots = font_row(c, i / 2) << GLYPH_RIGHT;

		for (unsigned int j = 0; j < CELL_WIDTH; j++) {
			const bool on = (dots >> (CELL_WIDTH - 1 - j) & 1) != 0;

			put_pixel(x * CELL_WIDTH + j, y * CELL_HEIGHT + i,
				  on ? PIXEL_ON : 0);
		}
	}
}

static void show(unsigned int x, unsigned int y, char c)
{
	char *shown = &screen.text[y * screen.columns + x];

	if (*shown == c) {
		return;
	}
	*shown = c;
	if (screen.mode.is_text) {
		put_pixel(x, y, EGA_ATTRIBUTE << 8 | (uint8_t)c);
	} else {
		draw_glyph(x, y, c);
	}
}

/* Moves the text up; by all lines it clears the screen. */
static void move_up(unsigned int count)
{
	for (unsigned int y = 0; y < screen.rows; y++) {
		for (unsigned int x = 0; x < screen.columns; x++) {
			const unsigned int from = y + count;

			show(x, y,
			     from < screen.rows
				     ? screen.text[from * screen.columns + x]
				     : ' ');
		}
	}
}

static void new_line(void)
{
	screen.x = 0;
	screen.y++;
	if (screen.y == screen.rows) {
		const unsigned int count =
			screen.rows >= 8 ? screen.rows / 4 : 1;

		move_up(count);
		screen.y -= count;
	}
}

static void put(char c)
{
	if (c == '\n' || screen.x == screen.columns) {
		new_line();
	}
	if (c != '\n') {
		show(screen.x++, screen.y, c >= ' ' && c <= '~' ? c : ' ');
	}
}

void screen_write(const char *text, size_t len)
{
	for (size_t i = 0; i < len && !screen.released; i++) {
		put(text[i]);
	}
}

/* What was said before there was a screen. */
static void replay_log(void)
{
	char text[128];
	uint32_t index = 0;
	size_t n;

	while ((n = log_read(text, sizeof(text), &index)) != 0) {
		screen_write(text, n);
	}
}

bool screen_init(const struct screen_mode *m)
{
	screen.mode = *m;
	screen.x = 0;
	screen.y = 0;
	screen.pixel_bytes = m->is_text ? 2 : (m->bpp + 7u) / 8;
	screen.columns = m->is_text ? m->width : m->width / CELL_WIDTH;
	screen.rows = m->is_text ? m->height : m->height / CELL_HEIGHT;
	/* At least one character; sizes that multiply without overflow. */
	if (screen.pixel_bytes < 2 || screen.pixel_bytes > 4 ||
	    screen.columns == 0 || screen.rows == 0 || m->width > PIXELS_MAX ||
	    m->height > PIXELS_MAX || m->pitch > PIXELS_MAX * 8 ||
	    m->pitch < m->width * screen.pixel_bytes) {
		return false;
	}
	screen.text = heap_alloc((size_t)screen.columns * screen.rows);
	screen.memory =
		mm_map_write_combining(m->base, (size_t)m->pitch * m->height);
	if (screen.text == NULL || screen.memory == NULL) {
		return false;
	}
	move_up(screen.rows); /* the copy is all NUL: everything is drawn */
	replay_log();
	log_add_sink(screen_write);
	return true;
}

void screen_release(void)
{
	screen.released = true;
}
