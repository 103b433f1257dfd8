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

static uint64_t reg_read(struct emul *e, enum emul_reg reg)
{
	return guest_of(e)->regs[reg];
}

static void reg_write(struct emul *e, enum emul_reg reg, uint64_t value)
{
	guest_of(e)->regs[reg] = value;
}

static void segment_read(struct emul *e, enum insn_segment segment,
			 struct emul_segment *out)
{
	*out = guest_of(e)->segments[segment];
}

/* Whether this access of the round was answered in an earlier call. */
static bool is_answered(struct guest *g, uint64_t *value)
{
	if (g->answer_next == g->answer_count) {
		return false;
	}
	*value = g->answers[g->answer_next++];
	return true;
}

static enum emul_result answer(struct guest *g, uint64_t value)
{
	if (!g->is_slow) {
		return EMUL_DONE;
	}
	assert_true(g->answer_count < GUEST_ANSWERS);
	g->answers[g->answer_count++] = value;
	return EMUL_RETRY;
}

static uint8_t *find(struct guest *g, struct emul_access a)
{
	uint64_t offset = a.linear - g->memory_base;

	return range_ok(offset, a.size, g->memory_size) ? g->memory + offset
							: NULL;
}

static enum emul_result page_fault(struct emul *e, struct emul_access a)
{
	return emul_raise(e, (struct emul_fault){ .vector = VECTOR_PF,
						  .has_error = true,
						  .error = a.is_write ? 2 : 0,
						  .cr2 = a.linear });
}

static enum emul_result mem_read(struct emul *e, struct emul_access a,
				 uint64_t *value)
{
	struct guest *g = guest_of(e);
	const uint8_t *at = find(g, a);

	if (at == NULL) {
		return page_fault(e, a);
	}
	if (is_answered(g, value)) {
		return EMUL_DONE;
	}
	*value = 0;
	memcpy(value, at, a.size);
	g->reads++;
	return answer(g, *value);
}

static enum emul_result mem_write(struct emul *e, struct emul_access a,
				  uint64_t value)
{
	struct guest *g = guest_of(e);
	uint8_t *at = find(g, a);
	uint64_t unused;

	assert_true(a.is_write);
	if (at == NULL) {
		return page_fault(e, a);
	}
	if (is_answered(g, &unused)) {
		return EMUL_DONE;
	}
	memcpy(at, &value, a.size);
	g->writes++;
	return answer(g, 0);
}

static enum emul_result mem_update(struct emul *e, struct emul_access a,
				   uint64_t old, uint64_t value)
{
	struct guest *g = guest_of(e);

	if (g->memory_changes) {
		g->memory_changes = false;
		g->memory[a.linear - g->memory_base]++;
	}
	if (!g->is_slow && memcmp(find(g, a), &old, a.size) != 0) {
		return EMUL_AGAIN;
	}
	return mem_write(e, a, value);
}

static enum emul_result port_read(struct emul *e, uint16_t port,
				  unsigned int size, uint64_t *value)
{
	struct guest *g = guest_of(e);

	g->port = port;
	g->port_size = size;
	if (is_answered(g, value)) {
		return EMUL_DONE;
	}
	*value = g->port_value;
	g->reads++;
	return answer(g, *value);
}

static enum emul_result port_write(struct emul *e, uint16_t port,
				   unsigned int size, uint64_t value)
{
	struct guest *g = guest_of(e);
	uint64_t unused;

	g->port = port;
	g->port_size = size;
	if (is_answered(g, &unused)) {
		return EMUL_DONE;
	}
	g->port_value = value;
	g->writes++;
	return answer(g, 0);
}

static void commit(struct emul *e)
{
	struct guest *g = guest_of(e);

	assert_int_equal(g->answer_next, g->answer_count);
	g->answer_count = 0;
	g->answer_next = 0;
}

static const struct emul_ops guest_ops = {
	.reg_read = reg_read,
	.reg_write = reg_write,
	.segment_read = segment_read,
	.mem_read = mem_read,
	.mem_write = mem_write,
	.mem_update = mem_update,
	.port_read = port_read,
	.port_write = port_write,
	.commit = commit,
};

void guest_init(struct guest *g, enum insn_mode mode, void *memory,
		uint64_t base, uint64_t size)
{
	uint16_t attr = SEGMENT_PRESENT | SEGMENT_WRITABLE;

	if (mode == INSN_MODE_32) {
		attr |= SEGMENT_DEFAULT_BIG;
	}
	*g = (struct guest){
		.emul = { .ops = &guest_ops,
			  .mode = mode,
			  .is_protected = mode != INSN_MODE_16,
			  .linear_bits = 48 },
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
	g->answer_next = 0;
	return emul_execute(&g->emul, i);
}

enum emul_result guest_run(struct guest *g, const uint8_t *bytes, size_t count)
{
	struct insn i;
	enum emul_result result;

	assert_int_equal(insn_decode(g->emul.mode, bytes, count, &i),
			 (int)count);
	do {
		result = guest_step(g, &i);
	} while (result == EMUL_RETRY || result == EMUL_AGAIN);
	return result;
}
