/* SPDX-License-Identifier: MIT */
/*
 * A gdb that says anything to `corbel gdb`. Bytes of 0x80 and above are commands
 * put into good packets, with what stands behind them up to the next; others come
 * as they are. A zero lets something happen in the guest.
 */
#include <string.h>

#include "fake_debug.h"
#include "toolstack/gdb/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct gdb_server *s, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		gdb_server_take(s, ((const uint8_t *)bytes)[i]);
	}
}

static void happen(struct gdb_server *s, struct corbel_debug *d, uint8_t what)
{
	d->event = (enum corbel_debug_event)(what % (CORBEL_DEBUG_GONE + 1));
	d->vcpu = what / 8 % 2;
	gdb_server_look(s);
}

/* Returns how many bytes were taken. */
static size_t one(struct gdb_server *s, struct corbel_debug *d,
		  const uint8_t *data, size_t size)
{
	static const char names[] = "gGpPmMXZzHTvqQ?csDk";
	char text[512], packet[PACKET_SENT_MAX];
	size_t n = 1;

	if (data[0] == 0) {
		happen(s, d, size > 1 ? data[1] : 0);
		return size > 1 ? 2 : 1;
	}
	if (data[0] < 0x80) {
		take(s, data, 1);
		return 1;
	}
	text[0] = names[data[0] % (sizeof(names) - 1)];
	for (; n < size && n < sizeof(text) && data[n] < 0x80 && data[n] != 0;
	     n++) {
		text[n] = (char)data[n];
	}
	take(s, packet, packet_write(packet, text, n));
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct corbel_debug d;
	struct gdb_server *s;

	fake_debug_init(&d);
	s = gdb_server_new(&d);
	for (size_t at = 0; s != NULL && !s->ended && at < size;) {
		at += one(s, &d, data + at, size - at);
	}
	if (s != NULL) {
		gdb_server_free(s);
	}
	return 0;
}
