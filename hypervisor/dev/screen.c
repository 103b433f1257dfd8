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

#define CELL_WIDTH      8
#define CELL_HEIGHT     16 /* each row of the font twice */
#define GLYPH_LEFT      1  /* dots between the cell's edge and the glyph */
#define GLYPH_DOTS      5
#define PIXEL_BYTES_MAX 4
#define BYTE_ON         0xc0 /* all colours alike: no need to know their places */
#define EGA_ATTRIBUTE   0x0700u /* grey on black */
#define PIXELS_MAX      16384u

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

static void draw_ega(unsigned int x, unsigned int y, char c)
{
	volatile uint16_t *line =
		(void *)(screen.memory + y * screen.mode.pitch);

	line[x] = (uint16_t)(EGA_ATTRIBUTE | (uint8_t)c);
}

static bool is_dot(unsigned int dots, unsigned int x)
{
	return x >= GLYPH_LEFT && x < GLYPH_LEFT + GLYPH_DOTS &&
	       (dots >> (GLYPH_DOTS - 1 - (x - GLYPH_LEFT)) & 1) != 0;
}

static void draw_line(char *at, unsigned int dots)
{
	char line[CELL_WIDTH * PIXEL_BYTES_MAX];
	const unsigned int bytes = screen.pixel_bytes;

	for (unsigned int x = 0; x < CELL_WIDTH; x++) {
		memset(line + x * bytes, is_dot(dots, x) ? BYTE_ON : 0, bytes);
	}
	memcpy(at, line, CELL_WIDTH * bytes);
}

static void draw_glyph(unsigned int x, unsigned int y, char c)
{
	const uint8_t *rows = font_rows[c - FONT_FIRST];

	for (unsigned int i = 0; i < CELL_HEIGHT; i++) {
		char *line = screen.memory + (uint64_t)(y * CELL_HEIGHT + i) *
						     screen.mode.pitch;

		draw_line(line + x * CELL_WIDTH * screen.pixel_bytes,
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

static unsigned int pixel_bytes_of(const struct screen_mode *m)
{
	return m->is_text ? 2 : (m->bpp + 7u) / 8;
}

/* Room for at least one character; sizes that multiply without overflow. */
static bool is_usable(const struct screen_mode *m)
{
	const unsigned int bytes = pixel_bytes_of(m);
	const uint32_t least_width = m->is_text ? 1 : CELL_WIDTH;
	const uint32_t least_height = m->is_text ? 1 : CELL_HEIGHT;

	return bytes >= 2 && bytes <= PIXEL_BYTES_MAX &&
	       m->width >= least_width && m->height >= least_height &&
	       m->width <= PIXELS_MAX && m->height <= PIXELS_MAX &&
	       m->pitch >= m->width * bytes && m->pitch <= PIXELS_MAX * 8;
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
	screen.x = 0;
	screen.y = 0;
	screen.pixel_bytes = pixel_bytes_of(mode);
	screen.columns = mode->is_text ? mode->width : mode->width / CELL_WIDTH;
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
