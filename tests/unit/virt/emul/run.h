/* SPDX-License-Identifier: MIT */
/* One guest that runs instructions written as text, for the executor. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/virt/emul/guest.h"
#include "unit/virt/emul/hex.h"

#define M16       INSN_MODE_16
#define M32       INSN_MODE_32
#define M64       INSN_MODE_64

#define VECTOR_SS 12
#define VECTOR_GP 13
#define VECTOR_PF 14

#define BASE      0x10000u

static uint8_t memory[0x1000];
static struct guest g;

/* A guest whose memory counts 00 01 02 ... from `base` on. */
static inline void start(enum insn_mode mode, uint64_t base)
{
	for (size_t i = 0; i < sizeof(memory); i++) {
		memory[i] = (uint8_t)i;
	}
	guest_init(&g, mode, memory, base, sizeof(memory));
	g.regs[EMUL_RIP] = 0x1000;
}

static inline enum emul_result run(const char *hex)
{
	size_t count;
	uint8_t *bytes = hex_bytes(hex, &count);
	enum emul_result result = guest_run(&g, bytes, count);

	free(bytes);
	return result;
}

static inline void expect_done(const char *hex)
{
	assert_int_equal(run(hex), EMUL_DONE);
	assert_int_equal(g.regs[EMUL_RIP], 0x1000 + strlen(hex) / 2);
}

static inline void expect_fault(const char *hex, unsigned int vector)
{
	uint64_t before[18];

	memcpy(before, g.regs, sizeof(before));
	assert_int_equal(run(hex), EMUL_FAULT);
	assert_int_equal(g.emul.fault.vector, vector);
	assert_true(g.emul.fault.has_error);
	assert_memory_equal(before, g.regs, sizeof(before));
}

static inline uint64_t load(size_t at, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, memory + at, size);
	return value;
}
