/* SPDX-License-Identifier: MIT */
#include "unit/virt/emul/guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define VECTOR_PF 14

static struct guest *guest_of(struct emul *e)
{
	return container_of(e, struct guest, emul);
}

void emul_segment(struct emul *e, enum insn_segment segment,
		  struct emul_segment *out)
{
	*out = guest_of(e)->segments[segment];
}

enum emul_result emul_resolve(struct emul *e, struct emul_access *a)
{
	struct guest *g = guest_of(e);
	const uint64_t offset = a->linear - g->memory_base;

	if (!range_ok(offset, a->size, g->memory_size)) {
		e->fault = (struct emul_fault){ .vector = VECTOR_PF,
						.has_error = true,
						.error = a->is_write ? 2 : 0,
						.cr2 = a->linear };
		return EMUL_FAULT;
	}
	a->first = a->size;
	a->at[0] = gaddr(offset);
	return a->is_locked && g->is_left_to_cpu ? EMUL_AGAIN : EMUL_DONE;
}

uint64_t emul_read(struct emul *e, const struct emul_access *a)
{
	struct guest *g = guest_of(e);
	uint64_t value = 0;

	memcpy(&value, g->memory + a->at[0].v, a->size);
	g->reads++;
	return value;
}

void emul_write(struct emul *e, const struct emul_access *a, uint64_t value)
{
	struct guest *g = guest_of(e);

	assert_true(a->is_write);
	memcpy(g->memory + a->at[0].v, &value, a->size);
	g->writes++;
}

uint64_t emul_in(struct emul *e, uint16_t port, unsigned int size)
{
	struct guest *g = guest_of(e);

	g->port = port;
	g->port_size = size;
	g->reads++;
	return g->port_value;
}

void emul_out(struct emul *e, uint16_t port, unsigned int size, uint64_t value)
{
	struct guest *g = guest_of(e);

	g->port = port;
	g->port_size = size;
	g->port_value = value;
	g->writes++;
}

void guest_init(struct guest *g, enum insn_mode mode, void *memory,
		uint64_t base, uint64_t size)
{
	uint16_t attr = SEGMENT_PRESENT | SEGMENT_WRITABLE;

	if (mode == INSN_MODE_32) {
		attr |= SEGMENT_DEFAULT_BIG;
	}
	*g = (struct guest){
		.emul = { .gpr = g->regs,
			  .mode = mode,
			  .is_protected = mode != INSN_MODE_16 },
		.memory = memory,
		.memory_base = base,
		.memory_size = size,
	};
	for (size_t i = 0; i < ARRAY_SIZE(g->segments); i++) {
		g->segments[i] = (struct emul_segment){ .limit = 0xffffffff,
							.attr = attr };
	}
	g->regs[EMUL_RFLAGS] = 2;
}

enum emul_result guest_step(struct guest *g, const struct insn *i)
{
	enum emul_result result;

	g->emul.rip = g->regs[EMUL_RIP];
	g->emul.rflags = g->regs[EMUL_RFLAGS];
	result = emul_execute(&g->emul, i);
	g->regs[EMUL_RIP] = g->emul.rip;
	g->regs[EMUL_RFLAGS] = g->emul.rflags;
	return result;
}

enum emul_result guest_run(struct guest *g, const uint8_t *bytes, size_t count)
{
	struct insn i;
	enum emul_result result;

	assert_int_equal(insn_decode(g->emul.mode, bytes, count, &i),
			 (int)count);
	do {
		result = guest_step(g, &i);
	} while (result == EMUL_AGAIN);
	return result;
}
