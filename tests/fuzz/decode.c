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

static uint64_t reg_read(struct emul *e, enum emul_reg reg)
{
	return reg > EMUL_RFLAGS ? (abort(), (uint64_t)e->mode) : any();
}

static void reg_write(struct emul *e, enum emul_reg reg, uint64_t value)
{
	(void)value;
	if (reg > EMUL_RFLAGS || (e->mode != INSN_MODE_64 && reg == EMUL_RIP &&
				  value > UINT32_MAX)) {
		abort();
	}
}

static void segment_read(struct emul *e, enum insn_segment segment,
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

static enum emul_result mem_read(struct emul *e, struct emul_access a,
				 uint64_t *value)
{
	if ((a.size != 1 && a.size != 2 && a.size != 4 && a.size != 8) ||
	    (e->mode != INSN_MODE_64 && a.linear > UINT32_MAX)) {
		abort();
	}
	*value = any() >> (64 - 8 * a.size);
	return (enum emul_result)(any() & 3);
}

static enum emul_result mem_write(struct emul *e, struct emul_access a,
				  uint64_t value)
{
	if (!a.is_write || (a.size < 8 && value >> 8 * a.size != 0)) {
		abort();
	}
	return mem_read(e, a, &value);
}

static enum emul_result mem_update(struct emul *e, struct emul_access a,
				   uint64_t old, uint64_t value)
{
	(void)old;
	return mem_write(e, a, value);
}

static enum emul_result port_read(struct emul *e, uint16_t port,
				  unsigned int size, uint64_t *value)
{
	struct emul_access a = { .linear = port, .size = (uint8_t)size };

	return size > 4 ? (abort(), EMUL_FAULT) : mem_read(e, a, value);
}

static enum emul_result port_write(struct emul *e, uint16_t port,
				   unsigned int size, uint64_t value)
{
	return port_read(e, port, size, &value);
}

static void commit(struct emul *e)
{
	(void)e;
}

static const struct emul_ops ops = {
	reg_read,   reg_write, segment_read, mem_read, mem_write,
	mem_update, port_read, port_write,   commit,
};

static void check_length(int length, size_t count)
{
	if (length < INSN_UNKNOWN || length > INSN_MAX_LENGTH ||
	    (length > 0 && (size_t)length > count)) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t count = len < 2 ? 0 : data[1] % 18u;
	struct emul e = { .ops = &ops, .linear_bits = 48 };
	struct insn_control control;
	struct insn insn;
	uint8_t *bytes;

	if (len < 2 + count) {
		return 0;
	}
	e.mode = data[0] % 3;
	e.is_protected = data[0] & 0x80;
	bytes = malloc(count);
	memcpy(bytes, data + 2, count);
	rest = data + 2 + count;
	rest_size = len - 2 - count;
	rest_at = 0;

	for (int what = 0; what <= INSN_XSETBV; what++) {
		check_length(insn_length(e.mode, bytes, count, what), count);
	}
	check_length(insn_control(e.mode, bytes, count, &control), count);
	check_length(insn_decode(e.mode, bytes, count, &insn), count);
	if (insn_decode(e.mode, bytes, count, &insn) > 0) {
		emul_execute(&e, &insn);
	}
	free(bytes);
	return 0;
}
