/* SPDX-License-Identifier: MIT */
/*
 * Frame buffers are slow to write and far slower to read. So a copy of the text
 * is kept in memory, only characters that change are drawn, and the text moves
 * up by a quarter of the screen at a time. The log's lock protects all of it.
 */
#include "dev/screen.h"

#include "core/log.h"
#include "dev/font.h"
#include "mm/heap.h"
#include "mm/vmap.h"

#define CELL_WIDTH 8
#define CELL_HEIGHT 16 /* each row of the font twice */
#define GLYPH_LEFT 1   /* dots between the cell's edge and the glyph */
#define GLYPH_DOTS 5
#define PIXEL_ON 0x00c0c0c0u
#define PIXEL_OFF 0u
#define EGA_ATTRIBUTE 0x0700u /* grey on black */
#define PIXELS_MAX 16384u

static struct {
	struct screen_mode mode;
	char *memory;
	char *text; /* columns * rows characters that are shown */
	unsigned int columns;
	unsigned int rows;
	unsigned int x;
	unsigned int y;
	bool released;
} screen;

static void draw_ega(unsigned int x, unsigned int y, char c)
{
	volatile uint16_t *line =
		(void *)(screen.memory + y * screen.mode.pitch);

	line[x] = (uint16_t)(EGA_ATTRIBUTE | (uint8_t)c);
}

static void draw_line(volatile uint32_t *pixels, unsigned int dots)
{
	for (unsigned int i = 0; i < CELL_WIDTH; i++) {
		const bool on = i >= GLYPH_LEFT &&
				i < GLYPH_LEFT + GLYPH_DOTS &&
				(dots >> (GLYPH_DOTS - 1 - (i - GLYPH_LEFT)) &
				 1) != 0;

		pixels[i] = on ? PIXEL_ON : PIXEL_OFF;
	}
}

static void draw_glyph(unsigned int x, unsigned int y, char c)
{
	const uint8_t *rows = font_rows[c - FONT_FIRST];

	for (unsigned int i = 0; i < CELL_HEIGHT; i++) {
		char *line = screen.memory +
			     (uint64_t)(y * CELL_HEIGHT + i) *
				     screen.mode.pitch;

		draw_line((void *)(line + x * CELL_WIDTH * sizeof(uint32_t)),
			  rows[i / 2]);
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
		draw_ega(x, y, c);
	} else {
		draw_glyph(x, y, c);
	}
}

static char text_at(unsigned int x, unsigned int y)
{
	return y < screen.rows ? screen.text[y * screen.columns + x] : ' ';
}

static void move_up(unsigned int count)
{
	for (unsigned int y = 0; y < screen.rows; y++) {
		for (unsigned int x = 0; x < screen.columns; x++) {
			show(x, y, text_at(x, y + count));
		}
	}
	screen.y -= count;
}

static void new_line(void)
{
	screen.x = 0;
	screen.y++;
	if (screen.y == screen.rows) {
		move_up(screen.rows >= 8 ? screen.rows / 4 : 1);
	}
}

static void put(char c)
{
	if (c == '\n') {
		new_line();
		return;
	}
	if (screen.x == screen.columns) {
		new_line();
	}
	show(screen.x, screen.y,
	     c >= FONT_FIRST && c < FONT_FIRST + FONT_GLYPHS ? c : ' ');
	screen.x++;
}

void screen_write(const char *text, size_t len)
{
	for (size_t i = 0; i < len && !screen.released; i++) {
		put(text[i]);
	}
}

/* Room for at least one character; sizes that multiply without overflow. */
static bool is_usable(const struct screen_mode *m)
{
	const uint32_t bytes = m->is_text ? 2 : 4;
	const uint32_t least_width = m->is_text ? 1 : CELL_WIDTH;
	const uint32_t least_height = m->is_text ? 1 : CELL_HEIGHT;

	return (m->is_text || m->bpp == 32) && m->width >= least_width &&
	       m->height >= least_height && m->width <= PIXELS_MAX &&
	       m->height <= PIXELS_MAX && m->pitch >= m->width * bytes &&
	       m->pitch <= PIXELS_MAX * 8;
}

static void clear(void)
{
	for (unsigned int y = 0; y < screen.rows; y++) {
		for (unsigned int x = 0; x < screen.columns; x++) {
			show(x, y, ' ');
		}
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

bool screen_init(const struct screen_mode *mode)
{
	if (!is_usable(mode)) {
		return false;
	}
	screen.mode = *mode;
	screen.columns = mode->is_text ? mode->width :
					 mode->width / CELL_WIDTH;
	screen.rows = mode->is_text ? mode->height : mode->height / CELL_HEIGHT;
	screen.text = heap_alloc((size_t)screen.columns * screen.rows);
	screen.memory = mm_map_write_combining(
		mode->base, (size_t)mode->pitch * mode->height);
	if (screen.text == NULL || screen.memory == NULL) {
		return false;
	}
	clear(); /* the copy is all NUL: everything is drawn */
	replay_log();
	log_add_sink(screen_write);
	return true;
}

void screen_release(void)
{
	screen.released = true;
}
