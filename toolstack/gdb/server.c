/* SPDX-License-Identifier: MIT */
/*
 * The connection, and the table of commands.
 */
#include "toolstack/gdb/command.h"
#include "toolstack/gdb/registers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void answer_bytes(struct gdb_server *s, const char *data, size_t size)
{
	const size_t ack = s->out_size; /* a '+' may stand there */

	s->out_size += packet_write(s->out + ack, data, size);
}

void answer(struct gdb_server *s, const char *text)
{
	answer_bytes(s, text, strlen(text));
}

void answer_format(struct gdb_server *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->answer, sizeof(s->answer), format, args);
	va_end(args);
	answer(s, s->answer);
}

void answer_result(struct gdb_server *s, bool good)
{
	answer(s, good ? "OK" : "E01");
}

static void run_supported(struct gdb_server *s, const char *)
{
	answer_format(s,
		      "PacketSize=%x;qXfer:features:read+;QStartNoAckMode+;"
		      "swbreak+;vContSupported+",
		      PACKET_MAX);
}

static void run_without_ack(struct gdb_server *s, const char *)
{
	s->without_ack = true;
	answer(s, "OK");
}

static void run_attached(struct gdb_server *s, const char *)
{
	answer(s, "1");
}

static void run_known(struct gdb_server *s, const char *)
{
	answer(s, "OK");
}

/* "OFFSET,SIZE" of the description. */
static void run_description(struct gdb_server *s, const char *text)
{
	const char *const xml = registers_xml();
	const size_t whole = strlen(xml);
	uint64_t at, size;

	if (!data_take_range(&text, &at, &size) || at > whole) {
		answer_result(s, false);
		return;
	}
	size = size < GDB_MEMORY_MAX ? size : GDB_MEMORY_MAX;
	s->answer[0] = size < whole - at ? 'm' : 'l';
	size = size < whole - at ? size : whole - at;
	memcpy(s->answer + 1, xml + at, size);
	answer_bytes(s, s->answer, size + 1);
}

static void run_detach(struct gdb_server *s, const char *)
{
	s->ended = true;
	answer(s, "OK");
}

/* gdb's "kill" ends the connection; the guest goes on. */
static void run_kill(struct gdb_server *s, const char *)
{
	s->ended = true;
}

static const struct {
	const char *text; /* the command begins with it */
	void (*run)(struct gdb_server *s, const char *rest);
} commands[] = {
	{ "qSupported", run_supported },
	{ "QStartNoAckMode", run_without_ack },
	{ "qXfer:features:read:target.xml:", run_description },
	{ "qfThreadInfo", command_first_threads },
	{ "qsThreadInfo", command_next_threads },
	{ "qThreadExtraInfo,", command_thread_name },
	{ "qAttached", run_attached },
	{ "qSymbol", run_known },
	{ "qC", command_current_thread },
	{ "vCont?", command_actions_known },
	{ "vCont", command_actions },
	{ "?", command_last_stop },
	{ "H", command_select },
	{ "T", command_alive },
	{ "g", command_read_registers },
	{ "G", command_write_registers },
	{ "p", command_read_register },
	{ "P", command_write_register },
	{ "m", command_read_memory },
	{ "M", command_write_memory },
	{ "X", command_write_binary },
	{ "Z", command_insert },
	{ "z", command_remove },
	{ "c", command_continue },
	{ "C", command_continue },
	{ "s", command_step },
	{ "S", command_step },
	{ "D", run_detach },
	{ "k", run_kill },
};

static void run_command(struct gdb_server *s)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const size_t length = strlen(commands[i].text);

		if (strncmp(s->packet.data, commands[i].text, length) == 0) {
			commands[i].run(s, s->packet.data + length);
			return;
		}
	}
	answer(s, "");
}

static void acknowledge(struct gdb_server *s, char how)
{
	if (!s->without_ack) {
		s->out[s->out_size++] = how;
	}
}

size_t gdb_server_take(struct gdb_server *s, uint8_t byte)
{
	const enum packet_result result = packet_take(&s->packet, byte);
	const size_t last_size = s->out_size;

	if (result == PACKET_PART) {
		return 0;
	}
	s->out_size = 0;
	switch (result) {
	case PACKET_WHOLE:
		acknowledge(s, '+');
		/* While it runs, gdb has but one thing to say. */
		if (!s->running) {
			run_command(s);
		}
		break;
	case PACKET_BROKEN:
		acknowledge(s, '-');
		break;
	case PACKET_INTERRUPT:
		running_interrupt(s);
		break;
	case PACKET_REFUSED:
		/* It still stands there. */
		s->out_size = s->without_ack ? 0 : last_size;
		break;
	case PACKET_PART:
		break;
	}
	return s->out_size;
}

struct gdb_server *gdb_server_new(struct corbel_debug *d)
{
	struct gdb_server *const s = calloc(1, sizeof(*s));

	if (s == NULL) {
		return NULL;
	}
	s->d = d;
	s->vcpus = corbel_debug_vcpus(d);
	s->actions = calloc(s->vcpus, sizeof(*s->actions));
	if (s->actions == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

void gdb_server_free(struct gdb_server *s)
{
	if (s->running) {
		corbel_debug_interrupt(s->d);
	}
	breakpoints_remove_all(&s->breakpoints, s->d, s->last);
	free(s->actions);
	free(s);
}
