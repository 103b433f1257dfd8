/* SPDX-License-Identifier: MIT */
/* All registers of a vCPU that does not run, from and to the ABI's form of them
 * (hvm/save.h), which has attributes of segments and events as the VMCB has. */
#include "arch/x86/regs.h"
#include "lib/string.h"
#include "virt/svm/svm.h"

#define IN(field) offsetof(struct hvm_hw_cpu, field)

/* Words that are the same in both. */
static const struct {
	uint16_t vmcb;
	uint16_t context;
} words[] = {
	{ offsetof(struct vmcb, cr0), IN(cr0) },
	{ offsetof(struct vmcb, cr2), IN(cr2) },
	{ offsetof(struct vmcb, cr3), IN(cr3) },
	{ offsetof(struct vmcb, cr4), IN(cr4) },
	{ offsetof(struct vmcb, dr6), IN(dr6) },
	{ offsetof(struct vmcb, dr7), IN(dr7) },
	{ offsetof(struct vmcb, sysenter_cs), IN(sysenter_cs) },
	{ offsetof(struct vmcb, sysenter_esp), IN(sysenter_esp) },
	{ offsetof(struct vmcb, sysenter_eip), IN(sysenter_eip) },
	{ offsetof(struct vmcb, kernel_gs_base), IN(shadow_gs) },
	{ offsetof(struct vmcb, star), IN(msr_star) },
	{ offsetof(struct vmcb, lstar), IN(msr_lstar) },
	{ offsetof(struct vmcb, cstar), IN(msr_cstar) },
	{ offsetof(struct vmcb, sfmask), IN(msr_syscall_mask) },
};

#define SEGMENT(name)                                                          \
	{                                                                      \
		offsetof(struct vmcb, name), IN(name##_sel), IN(name##_limit), \
			IN(name##_base), IN(name##_arbytes)                    \
	}

static const struct {
	uint16_t vmcb;
	uint16_t selector;
	uint16_t limit;
	uint16_t base;
	uint16_t attributes;
} segments[] = {
	SEGMENT(cs), SEGMENT(ds), SEGMENT(es), SEGMENT(fs),
	SEGMENT(gs), SEGMENT(ss), SEGMENT(tr), SEGMENT(ldtr),
};

static void set_segments(struct vmcb *c, const struct hvm_hw_cpu *s)
{
	const char *from = (const char *)s;

	for (size_t i = 0; i < ARRAY_SIZE(segments); i++) {
		struct vmcb_segment to = { 0 };

		memcpy(&to.selector, from + segments[i].selector,
		       sizeof(to.selector));
		memcpy(&to.limit, from + segments[i].limit, sizeof(to.limit));
		memcpy(&to.base, from + segments[i].base, sizeof(to.base));
		memcpy(&to.attr, from + segments[i].attributes,
		       sizeof(to.attr));
		memcpy((char *)c + segments[i].vmcb, &to, sizeof(to));
	}
	c->gdtr = (struct vmcb_segment){ .limit = s->gdtr_limit,
					 .base = s->gdtr_base };
	c->idtr = (struct vmcb_segment){ .limit = s->idtr_limit,
					 .base = s->idtr_base };
}

static void get_segments(const struct vmcb *c, struct hvm_hw_cpu *s)
{
	char *to = (char *)s;

	for (size_t i = 0; i < ARRAY_SIZE(segments); i++) {
		struct vmcb_segment from;

		memcpy(&from, (const char *)c + segments[i].vmcb, sizeof(from));
		memcpy(to + segments[i].selector, &from.selector,
		       sizeof(from.selector));
		memcpy(to + segments[i].limit, &from.limit, sizeof(from.limit));
		memcpy(to + segments[i].base, &from.base, sizeof(from.base));
		memcpy(to + segments[i].attributes, &from.attr,
		       sizeof(from.attr));
	}
	s->gdtr_limit = c->gdtr.limit;
	s->gdtr_base = c->gdtr.base;
	s->idtr_limit = c->idtr.limit;
	s->idtr_base = c->idtr.base;
}

static uint8_t cpl_of(const struct hvm_hw_cpu *s)
{
	if ((s->cr0 & CR0_PE) == 0) {
		return 0;
	}
	return (s->rflags & RFLAGS_VM) != 0 ? 3 : s->ss_arbytes >> 5 & 3;
}

/* External interrupts take the way of svm_inject_interrupt(). */
static void set_event(struct vcpu *v, const struct hvm_hw_cpu *s)
{
	if (s->pending_valid == 0) {
		return;
	}
	if (s->pending_type == 0) {
		svm_inject_interrupt(v, s->pending_vector);
	} else {
		v->virt->vmcb->next_rip = s->rip;
		v->virt->vmcb->event_inject =
			s->pending_event | (uint64_t)s->error_code << 32;
	}
}

static void get_event(const struct vmcb *c, struct hvm_hw_cpu *s)
{
	if ((c->event_inject & EVENT_VALID) != 0) {
		s->pending_event = (uint32_t)c->event_inject;
		s->error_code = (uint32_t)(c->event_inject >> 32);
	} else if (svm_has_virtual_interrupt(c)) {
		s->pending_vector = (uint8_t)(c->vintr >> VINTR_VECTOR_SHIFT);
		s->pending_valid = 1;
	}
}

static void set_extended(struct fpu *f, const struct hvm_hw_cpu *s)
{
	const uint64_t dr[4] = { s->dr0, s->dr1, s->dr2, s->dr3 };

	if ((s->flags & XEN_X86_FPU_INITIALISED) != 0) {
		fpu_set_basic(f, s->fpu_regs);
	} else {
		fpu_reset(f);
	}
	memcpy(f->dr, dr, sizeof(dr));
	f->tsc_aux = s->msr_tsc_aux;
}

static void get_extended(const struct fpu *f, struct hvm_hw_cpu *s)
{
	memcpy(s->fpu_regs, f->area, sizeof(s->fpu_regs));
	s->dr0 = f->dr[0];
	s->dr1 = f->dr[1];
	s->dr2 = f->dr[2];
	s->dr3 = f->dr[3];
	s->msr_tsc_aux = f->tsc_aux;
}

void svm_set_state(struct vcpu *v, const struct hvm_hw_cpu *s)
{
	struct vmcb *c = v->virt->vmcb;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		memcpy((char *)c + words[i].vmcb,
		       (const char *)s + words[i].context, sizeof(uint64_t));
	}
	c->efer = s->msr_efer | EFER_SVME;
	c->cpl = cpl_of(s);
	set_segments(c, s);
	/* What is in no context stays, as the task priority. */
	c->shadow = 0;
	c->event_inject = 0;
	c->exit_int_info = 0;
	c->vintr &= VINTR_MASKING | VINTR_TPR;
	v->virt->asid_generation = 0;
	set_event(v, s);
	set_extended(&v->virt->fpu, s);
}

void svm_get_state(const struct vcpu *v, struct hvm_hw_cpu *s)
{
	const struct vmcb *c = v->virt->vmcb;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		memcpy((char *)s + words[i].context,
		       (const char *)c + words[i].vmcb, sizeof(uint64_t));
	}
	s->msr_efer = c->efer & ~EFER_SVME;
	get_segments(c, s);
	get_event(c, s);
	get_extended(&v->virt->fpu, s);
}
