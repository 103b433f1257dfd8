/* SPDX-License-Identifier: MIT */
/*
 * Any bytes are decoded without reading past them, and what is decoded runs
 * without harm over a guest that answers anything.
 */
#include <stdlib.h>
#include <string.h>

#include "virt/emul/emul.h"

static const uint8_t *rest;
static size_t rest_size;
static size_t rest_at;

/* The next bytes of the input, over and over. */
static uint64_t any(void)
{
	uint64_t value = 0;

	for (size_t i = 0; i < 8 && rest_size > 0; i++) {
		value = value << 8 | rest[rest_at++ % rest_size];
	}
	return value;
}

void emul_segment(struct emul *e, enum insn_segment segment,
		  struct emul_segment *out)
{
	(void)e;
	if (segment > SEG_GS) {
		abort();
	}
	*out = (struct emul_segment){ .base = any(),
				      .limit = (uint32_t)any(),
				      .attr = (uint16_t)any() };
}

enum emul_result emul_resolve(struct emul *e, struct emul_access *a)
{
	if ((a->size != 1 && a->size != 2 && a->size != 4 && a->size != 8) ||
	    (e->mode != INSN_MODE_64 && a->linear > UINT32_MAX)) {
		abort();
	}
	a->first = a->size;
	return (enum emul_result)(any() % 3);
}

uint64_t emul_read(struct emul *e, const struct emul_access *a)
{
	(void)e;
	if (a->first == 0) {
		abort();
	}
	return any() >> (64 - 8 * a->size);
}

void emul_write(struct emul *e, const struct emul_access *a, uint64_t value)
{
	(void)e;
	if (a->first == 0 || !a->is_write ||
	    (a->size < 8 && value >> 8 * a->size != 0)) {
		abort();
	}
}

uint64_t emul_in(struct emul *e, uint16_t port, unsigned int size)
{
	(void)e;
	(void)port;
	if (size != 1 && size != 2 && size != 4) {
		abort();
	}
	return any() >> (64 - 8 * size);
}

void emul_out(struct emul *e, uint16_t port, unsigned int size, uint64_t value)
{
	(void)value;
	(void)emul_in(e, port, size);
}

static void check_length(unsigned int length, size_t count)
{
	if (length > INSN_MAX_LENGTH || length > count) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t count = len < 2 ? 0 : data[1] % 18u;
	uint64_t gpr[16];
	struct emul e = { .gpr = gpr };
	struct insn insn;
	uint8_t *bytes;

	if (len < 2 + count) {
		return 0;
	}
	e.mode = data[0] % 3;
	e.is_protected = data[0] & 0x80;
	bytes = calloc(1, INSN_BYTES);
	memcpy(bytes, data + 2, count < INSN_BYTES ? count : INSN_BYTES);
	rest = data + 2 + count;
	rest_size = len - 2 - count;
	rest_at = 0;
	for (size_t i = 0; i < 16; i++) {
		gpr[i] = any();
	}
	e.rip = e.mode == INSN_MODE_64 ? any() : (uint32_t)any();

	for (int what = 0; what <= INSN_WRMSR; what++) {
		check_length(insn_length(e.mode, bytes, count, what), count);
	}
	check_length(insn_decode(e.mode, bytes, count, &insn), count);
	if (insn_decode(e.mode, bytes, count, &insn) > 0) {
		emul_execute(&e, &insn);
		if (e.mode != INSN_MODE_64 && e.rip > UINT32_MAX) {
			abort();
		}
	}
	free(bytes);
	return 0;
}
