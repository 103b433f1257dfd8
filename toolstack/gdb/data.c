/* SPDX-License-Identifier: MIT */
/* Registers, memory, and breakpoints in it. */
#include "toolstack/gdb/command.h"
#include "toolstack/gdb/registers.h"

/* ---- registers ---- */

void command_read_registers(struct gdb_server *s, const char *)
{
	struct corbel_registers registers;
	char *to = s->answer;

	if (corbel_debug_get(s->d, s->current, &registers) != 0) {
		answer_result(s, false);
		return;
	}
	for (unsigned int i = 0; i < registers_count(); i++) {
		uint8_t bytes[REGISTER_BYTES_MAX];

		registers_read(i, &registers, bytes);
		packet_to_hex(to, bytes, registers_size(i));
		to += 2 * registers_size(i);
	}
	answer(s, s->answer);
}

/* Those that cannot be changed stay as they are. */
static bool write_registers(struct gdb_server *s, const char *text)
{
	struct corbel_registers registers;

	if (corbel_debug_get(s->d, s->current, &registers) != 0) {
		return false;
	}
	for (unsigned int i = 0; i < registers_count(); i++) {
		uint8_t bytes[REGISTER_BYTES_MAX];

		if (!packet_from_hex(bytes, text, registers_size(i))) {
			return false;
		}
		registers_write(i, &registers, bytes);
		text += 2 * registers_size(i);
	}
	return corbel_debug_set(s->d, s->current, &registers) == 0;
}

void command_write_registers(struct gdb_server *s, const char *text)
{
	answer_result(s, write_registers(s, text));
}

static bool take_register(const char **text, unsigned int *number)
{
	uint64_t value;

	if (!packet_number(text, &value) || value >= registers_count()) {
		return false;
	}
	*number = (unsigned int)value;
	return true;
}

void command_read_register(struct gdb_server *s, const char *text)
{
	struct corbel_registers registers;
	uint8_t bytes[REGISTER_BYTES_MAX];
	unsigned int number;

	if (!take_register(&text, &number) ||
	    corbel_debug_get(s->d, s->current, &registers) != 0) {
		answer_result(s, false);
		return;
	}
	registers_read(number, &registers, bytes);
	packet_to_hex(s->answer, bytes, registers_size(number));
	answer(s, s->answer);
}

static bool write_register(struct gdb_server *s, const char *text)
{
	struct corbel_registers registers;
	uint8_t bytes[REGISTER_BYTES_MAX];
	unsigned int number;

	return take_register(&text, &number) && *text++ == '=' &&
	       packet_from_hex(bytes, text, registers_size(number)) &&
	       corbel_debug_get(s->d, s->current, &registers) == 0 &&
	       registers_write(number, &registers, bytes) &&
	       corbel_debug_set(s->d, s->current, &registers) == 0;
}

void command_write_register(struct gdb_server *s, const char *text)
{
	answer_result(s, write_register(s, text));
}

/* ---- memory ---- */

bool data_take_range(const char **text, uint64_t *at, uint64_t *size)
{
	return packet_number(text, at) && *(*text)++ == ',' &&
	       packet_number(text, size);
}

void command_read_memory(struct gdb_server *s, const char *text)
{
	uint8_t *const bytes = s->memory;
	uint64_t at, size;
	size_t got;

	if (!data_take_range(&text, &at, &size)) {
		answer_result(s, false);
		return;
	}
	size = size < sizeof(s->memory) ? size : sizeof(s->memory);
	got = corbel_debug_read(s->d, s->current, at, bytes, size);
	if (got == 0 && size != 0) {
		answer_result(s, false);
		return;
	}
	breakpoints_hide(&s->breakpoints, at, bytes, got);
	packet_to_hex(s->answer, bytes, got);
	answer(s, s->answer);
}

static bool write_memory(struct gdb_server *s, uint64_t at, uint8_t *bytes,
			 size_t size)
{
	breakpoints_keep(&s->breakpoints, at, bytes, size);
	return corbel_debug_write(s->d, s->current, at, bytes, size) == size;
}

void command_write_memory(struct gdb_server *s, const char *text)
{
	uint8_t *const bytes = s->memory;
	uint64_t at, size;

	answer_result(s, data_take_range(&text, &at, &size) && *text++ == ':' &&
				 size <= sizeof(s->memory) &&
				 packet_from_hex(bytes, text, size) &&
				 write_memory(s, at, bytes, size));
}

void command_write_binary(struct gdb_server *s, const char *text)
{
	const char *const end = s->packet.data + s->packet.size;
	uint64_t at, size;

	answer_result(s, data_take_range(&text, &at, &size) && *text++ == ':' &&
				 size == (size_t)(end - text) &&
				 write_memory(s, at, (uint8_t *)(uintptr_t)text,
					      size));
}

/* ---- breakpoints ---- */

/* Those that are asked for in hardware (1) are made in software (0): the guest's
 * debug registers stay its own. */
static void change_breakpoint(struct gdb_server *s, const char *text,
			      bool (*change)(struct breakpoints *b,
					     struct corbel_debug *d,
					     unsigned int vcpu, uint64_t at))
{
	const char type = *text++;
	uint64_t at, kind;

	if (type != '0' && type != '1') {
		answer(s, "");
		return;
	}
	answer_result(s, *text++ == ',' && data_take_range(&text, &at, &kind) &&
				 change(&s->breakpoints, s->d, s->current, at));
}

void command_insert(struct gdb_server *s, const char *text)
{
	change_breakpoint(s, text, breakpoints_insert);
}

void command_remove(struct gdb_server *s, const char *text)
{
	change_breakpoint(s, text, breakpoints_remove);
}
