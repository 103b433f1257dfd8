/* SPDX-License-Identifier: MIT */
/* The emulator over a vCPU's registers, memory and devices. */
#include "virt/exit.h"

#include "arch/x86/hooks.h"
#include "domain/guest_copy.h"
#include "lib/string.h"
#include "mm/window.h"
#include "virt/emul/walk.h"
#include "virt/vdev/claim.h"
#include "virt/vdev/vlapic.h"

#define VECTOR_UD 6
#define VECTOR_PF 14

struct emulation {
	struct emul emul;
	struct vcpu *v;
	/* Where the CPU found the one memory operand, if it told. */
	const struct vcpu_exit *exit;
};

static struct emulation *emulation_of(struct emul *e)
{
	return container_of(e, struct emulation, emul);
}

void emul_segment(struct emul *e, enum insn_segment segment,
		  struct emul_segment *out)
{
	virt->segment(emulation_of(e)->v, segment, out);
}

static enum emul_result translate(struct emul *e, uint64_t linear,
				  bool is_write, gaddr_t *out)
{
	struct vcpu *v = emulation_of(e)->v;
	const uint64_t access =
		(is_write ? WALK_WRITE : 0) | (v->cpl == 3 ? WALK_USER : 0);
	uint32_t error = 0;

	switch (translate_linear(v, linear, access, out, &error)) {
	case 0:
		return EMUL_DONE;
	case WALK_FAULT:
		e->fault = (struct emul_fault){ .vector = VECTOR_PF,
						.has_error = true,
						.error = error,
						.cr2 = linear };
		return EMUL_FAULT;
	default:
		return EMUL_AGAIN;
	}
}

/* Memory that is there now: for a locked access the CPU has to do it. A locked
 * access across two pages touches a device: nothing to be atomic with. */
static bool is_for_cpu(struct vcpu *v, const struct emul_access *a)
{
	const char *ram = a->is_locked && a->first == a->size
				  ? guest_phys_map(v->domain, a->at[0], true)
				  : NULL;

	if (ram == NULL) {
		return false;
	}
	window_unmap(ram);
	return true;
}

enum emul_result emul_resolve(struct emul *e, struct emul_access *a)
{
	const struct emulation *m = emulation_of(e);
	const unsigned int offset = page_offset(a->linear);
	enum emul_result result;

	a->first = (uint8_t)min_u64(a->size, PAGE_SIZE - offset);
	if (m->exit != NULL && page_offset(m->exit->gaddr.v) == offset &&
	    a->first == a->size) {
		a->at[0] = m->exit->gaddr;
		result = EMUL_DONE;
	} else {
		result = translate(e, a->linear, a->is_write, &a->at[0]);
	}
	if (result == EMUL_DONE && a->first != a->size) {
		result = translate(e, a->linear + a->first, a->is_write,
				   &a->at[1]);
	}
	return result == EMUL_DONE && is_for_cpu(m->v, a) ? EMUL_AGAIN : result;
}

/* Within one page. */
static uint64_t read_part(struct vcpu *v, gaddr_t a, unsigned int size)
{
	const char *ram = guest_phys_map(v->domain, a, false);
	uint64_t value = 0;

	if (ram != NULL) {
		memcpy(&value, ram, size);
		window_unmap(ram);
	} else {
		value = mmio_read(v, a, size);
	}
	return value;
}

static void write_part(struct vcpu *v, gaddr_t a, unsigned int size,
		       uint64_t value)
{
	char *ram = guest_phys_map(v->domain, a, true);

	if (ram != NULL) {
		memcpy(ram, &value, size);
		window_unmap(ram);
	} else {
		mmio_write(v, a, size, value);
	}
}

uint64_t emul_read(struct emul *e, const struct emul_access *a)
{
	struct vcpu *v = emulation_of(e)->v;
	uint64_t value = read_part(v, a->at[0], a->first);

	if (a->first != a->size) {
		value |= read_part(v, a->at[1], a->size - a->first)
			 << (8 * a->first);
	}
	return value;
}

void emul_write(struct emul *e, const struct emul_access *a, uint64_t value)
{
	struct vcpu *v = emulation_of(e)->v;

	write_part(v, a->at[0], a->first, value);
	if (a->first != a->size) {
		write_part(v, a->at[1], a->size - a->first,
			   value >> (8 * a->first));
	}
}

uint64_t emul_in(struct emul *e, uint16_t port, unsigned int size)
{
	return pio_read(emulation_of(e)->v, port, size);
}

void emul_out(struct emul *e, uint16_t port, unsigned int size, uint64_t value)
{
	pio_write(emulation_of(e)->v, port, size, (uint32_t)value);
}

static void run(struct vcpu *v, const struct insn *insn,
		const struct vcpu_exit *exit)
{
	struct emulation m = {
		.emul = { .gpr = v->gpr,
			  .rip = v->rip,
			  .rflags = v->rflags,
			  .mode = v->mode,
			  .is_protected = (virt->cr(v, 0) & CR0_PE) != 0 &&
					  (v->rflags & RFLAGS_VM) == 0 },
		.v = v,
		.exit = insn->op < OP_MOVS ? exit : NULL,
	};
	enum emul_result result;

	/* The task priority is in the control block while the guest runs. */
	vlapic_set_tpr(v, virt->get_tpr(v));
	result = emul_execute(&m.emul, insn);
	virt->set_tpr(v, vlapic_get_tpr(v));
	if (result == EMUL_DONE) {
		v->rflags = m.emul.rflags;
		virt->advance(v, m.emul.rip);
	} else if (result == EMUL_FAULT) {
		virt->inject_fault(v, &m.emul.fault);
	}
}

void emulate_insn(struct vcpu *v, const struct vcpu_exit *exit)
{
	static const struct emul_fault undefined = { .vector = VECTOR_UD };
	uint8_t bytes[INSN_BYTES] = { 0 };
	const size_t n = translate_fetch(v, bytes);
	const uint64_t address = exit == NULL ? 0 : exit->gaddr.v;
	struct insn insn;

	if (likely(insn_decode(v->mode, bytes, n, &insn) != 0)) {
		run(v, &insn, exit);
	} else if (n != 0) {
		log_guest("domain %u vCPU %u: cannot emulate %02x %02x %02x "
			  "%02x %02x %02x at rip %lx (address %lx)\n",
			  v->domain->id, v->id, bytes[0], bytes[1], bytes[2],
			  bytes[3], bytes[4], bytes[5], v->rip, address);
		virt->inject_fault(v, &undefined);
	} else if (exit != NULL && exit->is_fetch) {
		domain_crash(v->domain,
			     "vCPU %u runs code at %lx, where no memory is",
			     v->id, address);
	}
}
