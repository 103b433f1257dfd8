/* SPDX-License-Identifier: MIT */
/* The emulator's accessors, over a vCPU's registers, memory and devices. */
#include "virt/emulate.h"

#include "arch/x86/regs.h"
#include "domain/p2m.h"
#include "lib/string.h"
#include "mm/window.h"
#include "virt/emul/walk.h"
#include "virt/translate.h"
#include "virt/vdev/mmio.h"
#include "virt/vdev/pio.h"
#include "virt/vdev/vlapic.h"

#define VECTOR_PF 14

static uint64_t reg_read(struct emul *e, enum emul_reg reg)
{
	const struct vcpu *v = e->ctx;

	switch (reg) {
	case EMUL_RIP:
		return v->rip;
	case EMUL_RFLAGS:
		return v->rflags;
	default:
		return v->gpr[reg];
	}
}

static void reg_write(struct emul *e, enum emul_reg reg, uint64_t value)
{
	struct vcpu *v = e->ctx;

	switch (reg) {
	case EMUL_RIP:
		virt->advance(v, value);
		break;
	case EMUL_RFLAGS:
		v->rflags = value;
		break;
	default:
		v->gpr[reg] = value;
		break;
	}
}

static void segment_read(struct emul *e, enum insn_segment s,
			 struct emul_segment *out)
{
	virt->segment(e->ctx, s, out);
}

static enum emul_result page_fault(struct emul *e, uint64_t linear,
				   uint32_t error)
{
	const struct emul_fault fault = {
		.vector = VECTOR_PF,
		.has_error = true,
		.error = error,
		.cr2 = linear,
	};

	return emul_raise(e, fault);
}

static enum emul_result translate(struct emul *e, uint64_t linear,
				  bool is_write, gaddr_t *out)
{
	struct vcpu *v = e->ctx;
	const uint64_t access = (is_write ? WALK_WRITE : 0) |
				(v->cpl == 3 ? WALK_USER : 0);
	uint32_t error = 0;

	switch (translate_linear(v, linear, access, out, &error)) {
	case 0:
		return EMUL_DONE;
	case WALK_FAULT:
		return page_fault(e, linear, error);
	default:
		return EMUL_AGAIN;
	}
}

/* The frame behind an address when it is ordinary memory for that access. */
static char *map_ram(struct vcpu *v, gaddr_t a, bool is_write)
{
	enum p2m_type type;
	const mfn_t m = p2m_lookup(v->domain, gfn_of(a), &type);

	if (!p2m_type_is_readable(type) ||
	    (is_write && !p2m_type_is_writable(type))) {
		return NULL;
	}
	return (char *)window_map(m) + page_offset(a.v);
}

/* Within one page. */
static void read_part(struct vcpu *v, gaddr_t a, unsigned int size,
		      uint64_t *value)
{
	char *ram = map_ram(v, a, false);

	*value = 0;
	if (ram != NULL) {
		memcpy(value, ram, size);
		window_unmap(ram);
	} else {
		(void)mmio_read(v, a, size, value);
	}
}

static void write_part(struct vcpu *v, gaddr_t a, unsigned int size,
		       uint64_t value)
{
	char *ram = map_ram(v, a, true);

	if (ram != NULL) {
		memcpy(ram, &value, size);
		window_unmap(ram);
	} else {
		(void)mmio_write(v, a, size, value);
	}
}

/* An access that crosses a page is made in two parts; both are translated
 * before either is made. */
struct parts {
	gaddr_t at[2];
	unsigned int size[2]; /* size[1] may be 0 */
};

static enum emul_result split(struct emul *e, struct emul_access a,
			      struct parts *p)
{
	const unsigned int room = PAGE_SIZE - page_offset(a.linear);

	p->size[0] = (unsigned int)min_u64(a.size, room);
	p->size[1] = a.size - p->size[0];

	enum emul_result result =
		translate(e, a.linear, a.is_write, &p->at[0]);

	if (result == EMUL_DONE && p->size[1] != 0) {
		result = translate(e, a.linear + p->size[0], a.is_write,
				   &p->at[1]);
	}
	return result;
}

static enum emul_result mem_read(struct emul *e, struct emul_access a,
				 uint64_t *value)
{
	struct parts p;
	const enum emul_result result = split(e, a, &p);

	if (result != EMUL_DONE) {
		return result;
	}
	read_part(e->ctx, p.at[0], p.size[0], value);
	if (p.size[1] != 0) {
		uint64_t high;

		read_part(e->ctx, p.at[1], p.size[1], &high);
		*value |= high << (8 * p.size[0]);
	}
	return EMUL_DONE;
}

static enum emul_result mem_write(struct emul *e, struct emul_access a,
				  uint64_t value)
{
	struct parts p;
	const enum emul_result result = split(e, a, &p);

	if (result != EMUL_DONE) {
		return result;
	}
	write_part(e->ctx, p.at[0], p.size[0], value);
	if (p.size[1] != 0) {
		write_part(e->ctx, p.at[1], p.size[1],
			   value >> (8 * p.size[0]));
	}
	return EMUL_DONE;
}

static bool exchange(char *p, unsigned int size, uint64_t old, uint64_t value)
{
	switch (size) {
	case 1: {
		uint8_t expected = (uint8_t)old;

		return __atomic_compare_exchange_n(
			(uint8_t *)p, &expected, (uint8_t)value, false,
			__ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	}
	case 2: {
		uint16_t expected = (uint16_t)old;

		return __atomic_compare_exchange_n(
			(uint16_t *)(void *)p, &expected, (uint16_t)value,
			false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	}
	case 4: {
		uint32_t expected = (uint32_t)old;

		return __atomic_compare_exchange_n(
			(uint32_t *)(void *)p, &expected, (uint32_t)value,
			false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	}
	default:
		return __atomic_compare_exchange_n(
			(uint64_t *)(void *)p, &old, value, false,
			__ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	}
}

static enum emul_result mem_update(struct emul *e, struct emul_access a,
				   uint64_t old, uint64_t value)
{
	struct parts p;
	const enum emul_result result = split(e, a, &p);

	if (result != EMUL_DONE) {
		return result;
	}

	char *ram = p.size[1] == 0 ? map_ram(e->ctx, p.at[0], true) : NULL;

	/* A locked access across two pages that reached the emulator touches a
	 * device: there is nothing to be atomic with. */
	if (ram == NULL) {
		return mem_write(e, a, value);
	}

	const bool done = exchange(ram, a.size, old, value);

	window_unmap(ram);
	return done ? EMUL_DONE : EMUL_AGAIN;
}

static enum emul_result port_read(struct emul *e, uint16_t port,
				  unsigned int size, uint64_t *value)
{
	uint32_t v;

	(void)pio_read(e->ctx, port, size, &v);
	*value = v;
	return EMUL_DONE;
}

static enum emul_result port_write(struct emul *e, uint16_t port,
				   unsigned int size, uint64_t value)
{
	(void)pio_write(e->ctx, port, size, (uint32_t)value);
	return EMUL_DONE;
}

/* Our devices answer at once: nothing is kept between calls. */
static void commit(struct emul *e)
{
	(void)e;
}

static const struct emul_ops ops = {
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

void emulate_insn(struct vcpu *v, const struct insn *insn)
{
	struct emul e = {
		.ops = &ops,
		.ctx = v,
		.mode = v->mode,
		.is_protected = (virt->cr(v, 0) & CR0_PE) != 0 &&
				(v->rflags & RFLAGS_VM) == 0,
		.linear_bits = (virt->cr(v, 4) & CR4_LA57) != 0 ? 57 : 48,
	};

	/* The task priority is in the control block while the guest runs. */
	vlapic_set_tpr(v, virt->get_tpr(v));
	if (emul_execute(&e, insn) == EMUL_FAULT) {
		virt->inject_fault(v, &e.fault);
	}
	virt->set_tpr(v, vlapic_get_tpr(v));
}
