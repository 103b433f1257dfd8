/* SPDX-License-Identifier: MIT */
/* Reading and changing a vCPU's state in its VMCB; event injection (15.20). */
#include "arch/x86/features.h"
#include "arch/x86/hooks.h"
#include "arch/x86/msr.h"
#include "arch/x86/regs.h"
#include "arch/x86/traps.h"
#include "virt/svm/svm.h"

/* The bits of V_IRQ, which is above all TPRs. */
#define VIRTUAL_INTERRUPT                                                      \
	(VINTR_IRQ | VINTR_IGNORE_TPR | UINT64_C(0xf) << VINTR_PRIORITY_SHIFT)

/* One that is to be delivered; with the intercept it is a mere window. */
bool svm_has_virtual_interrupt(const struct vmcb *c)
{
	return (c->vintr & VINTR_IRQ) != 0 && (c->intercept_1 & SVM_VINTR) == 0;
}

bool svm_has_event(const struct vcpu *v)
{
	const struct vmcb *c = v->virt->vmcb;

	return (c->event_inject & EVENT_VALID) != 0 ||
	       svm_has_virtual_interrupt(c);
}

bool svm_can_interrupt(const struct vcpu *v)
{
	return (v->rflags & RFLAGS_IF) != 0 && (v->virt->vmcb->shadow & 1) == 0;
}

/* Without IRET interception NMIs may nest; we send at most one at a time and
 * only through WORK_NMI. */
bool svm_can_nmi(const struct vcpu *v)
{
	return (v->virt->vmcb->shadow & 1) == 0;
}

static void inject(struct vcpu *v, uint8_t vector, uint32_t type,
		   uint64_t flags)
{
	v->virt->vmcb->event_inject =
		EVENT_VALID | flags | type << EVENT_TYPE_SHIFT | vector;
}

/*
 * A virtual interrupt (15.21.4): taken before the guest's first instruction,
 * unless an exit comes first; then V_IRQ is still set and it is taken next time.
 * Not EVENTINJ, with which QEMU 7.2 delivers some interrupts twice
 * (docs/caveats.md).
 */
void svm_inject_interrupt(struct vcpu *v, uint8_t vector)
{
	struct vmcb *c = v->virt->vmcb;

	c->intercept_1 &= (uint32_t)~SVM_VINTR;
	c->vintr = (c->vintr & UINT32_MAX) | VIRTUAL_INTERRUPT |
		   (uint64_t)vector << VINTR_VECTOR_SHIFT;
}

void svm_inject_nmi(struct vcpu *v)
{
	inject(v, 2, EVENT_NMI, 0);
}

void svm_inject_fault(struct vcpu *v, const struct emul_fault *fault)
{
	const bool real = (v->virt->vmcb->cr0 & CR0_PE) == 0;

	if (fault->vector == 14) {
		v->virt->vmcb->cr2 = fault->cr2;
	}
	if (fault->has_error && !real) {
		inject(v, fault->vector, EVENT_EXCEPTION,
		       EVENT_HAS_ERROR | (uint64_t)fault->error << 32);
	} else {
		inject(v, fault->vector, EVENT_EXCEPTION, 0);
	}
}

/* For software interrupts the CPU saves the next RIP where it has one, else RIP
 * (15.20). */
void svm_inject_software(struct vcpu *v, uint8_t vector, uint8_t length)
{
	v->rip += length;
	v->virt->vmcb->next_rip = v->rip;
	inject(v, vector, EVENT_SOFT, 0);
}

/* QEMU 7.2, which has no next RIP, makes an INT n exit of INT3. */
void svm_want_debug(struct vcpu *v, bool want)
{
	struct vmcb *c = v->virt->vmcb;
	const uint32_t traps = BIT(TRAP_DB) | BIT(TRAP_BP);

	c->intercept_exceptions &= ~traps;
	c->intercept_1 &= (uint32_t)~SVM_INTN;
	if (want) {
		c->intercept_exceptions |= traps;
		c->intercept_1 |= cpu_features.svm_nrips ? 0 : SVM_INTN;
	}
}

/*
 * A virtual interrupt that is never delivered, because its intercept comes
 * first, tells when interrupts can be taken. There is only one: while a true one
 * waits, the IRET that ends its handler has to do.
 */
void svm_want_window(struct vcpu *v, bool want)
{
	struct vmcb *c = v->virt->vmcb;
	const bool taken = svm_has_virtual_interrupt(c);

	c->intercept_1 &= (uint32_t) ~(SVM_VINTR | SVM_IRET);
	if (taken) {
		c->intercept_1 |= want ? SVM_IRET : 0;
	} else if (want) {
		c->intercept_1 |= SVM_VINTR;
		c->vintr |= VIRTUAL_INTERRUPT;
	} else {
		c->vintr &= ~VIRTUAL_INTERRUPT;
	}
}

void svm_want_tpr(struct vcpu *v, bool want)
{
	struct vmcb *c = v->virt->vmcb;

	if (want) {
		c->intercept_cr |= (uint32_t)SVM_CR8_WRITE;
	} else {
		c->intercept_cr &= (uint32_t)~SVM_CR8_WRITE;
	}
}

void svm_set_tpr(struct vcpu *v, uint8_t cr8)
{
	struct vmcb *c = v->virt->vmcb;

	c->vintr = (c->vintr & ~VINTR_TPR) | cr8;
}

uint8_t svm_get_tpr(const struct vcpu *v)
{
	return v->virt->vmcb->vintr & 0xf;
}

void svm_advance(struct vcpu *v, uint64_t rip)
{
	struct vmcb *c = v->virt->vmcb;

	v->rip = rip;
	c->shadow = 0;
	if (unlikely(v->step != 0)) {
		v->sticky_work |= WORK_STEPPED;
		return;
	}
	if (unlikely((v->rflags & RFLAGS_TF) != 0) &&
	    (c->event_inject & EVENT_VALID) == 0) {
		c->dr6 |= DR6_SINGLE_STEP;
		inject(v, 1, EVENT_EXCEPTION, 0);
	}
}

uint64_t svm_cr(const struct vcpu *v, unsigned int n)
{
	const struct vmcb *c = v->virt->vmcb;

	switch (n) {
	case 0:
		return c->cr0;
	case 2:
		return c->cr2;
	case 3:
		return c->cr3;
	default:
		return c->cr4;
	}
}

void svm_segment(const struct vcpu *v, enum insn_segment s,
		 struct emul_segment *out)
{
	const struct vmcb_segment *segment = &v->virt->vmcb->es + s;

	out->base = segment->base;
	out->limit = segment->limit;
	out->attr = segment->attr;
}

/* The field of an MSR that is kept in the VMCB. */
static uint64_t *msr_field(struct vmcb *c, uint32_t msr)
{
	switch (msr) {
	case MSR_EFER:
		return &c->efer;
	case MSR_PAT:
		return &c->pat;
	case MSR_STAR:
		return &c->star;
	case MSR_LSTAR:
		return &c->lstar;
	case MSR_CSTAR:
		return &c->cstar;
	case MSR_SFMASK:
		return &c->sfmask;
	case MSR_FS_BASE:
		return &c->fs.base;
	case MSR_GS_BASE:
		return &c->gs.base;
	case MSR_KERNEL_GS_BASE:
		return &c->kernel_gs_base;
	case MSR_SYSENTER_CS:
		return &c->sysenter_cs;
	case MSR_SYSENTER_ESP:
		return &c->sysenter_esp;
	case MSR_SYSENTER_EIP:
		return &c->sysenter_eip;
	default:
		return NULL;
	}
}

bool svm_msr_read(const struct vcpu *v, uint32_t msr, uint64_t *value)
{
	const uint64_t *field = msr_field(v->virt->vmcb, msr);

	if (field == NULL) {
		return false;
	}
	*value = msr == MSR_EFER ? *field & ~EFER_SVME : *field;
	return true;
}

bool svm_msr_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	uint64_t *field = msr_field(v->virt->vmcb, msr);

	if (field == NULL) {
		return false;
	}
	*field = msr == MSR_EFER ? value | EFER_SVME : value;
	return true;
}

static void dump_segment(const char *name, const struct vmcb_segment *s)
{
	log_error("  %s %04x base %016lx limit %08x attr %03x\n", name,
		  s->selector, s->base, s->limit, s->attr);
}

void svm_dump(const struct vcpu *v)
{
	const struct vmcb *c = v->virt->vmcb;

	log_error("  cr0 %016lx cr2 %016lx cr3 %016lx cr4 %016lx\n", c->cr0,
		  c->cr2, c->cr3, c->cr4);
	log_error("  efer %lx cpl %u exit %lx %lx %lx event %lx\n", c->efer,
		  c->cpl, c->exit_code, c->exit_info_1, c->exit_info_2,
		  c->exit_int_info);
	dump_segment("cs", &c->cs);
	dump_segment("ss", &c->ss);
	dump_segment("ds", &c->ds);
	dump_segment("tr", &c->tr);
}
