/* SPDX-License-Identifier: MIT */
/* From the exit code to a neutral exit: one table, and a few with detail. */
#include "arch/x86/cpu.h"
#include "arch/x86/features.h"
#include "arch/x86/traps.h"
#include "virt/svm/svm.h"

/* EXIT_BROKEN, which is 0: not one of these. */
struct translation {
	uint8_t kind;
	uint8_t insn;
};

static const struct translation translations[] = {
	[SVM_EXIT_INTR] = { EXIT_INTERRUPT },
	/* Delivered through our IDT by the STGI that followed the exit. */
	[SVM_EXIT_NMI] = { EXIT_NONE },
	[SVM_EXIT_SMI] = { EXIT_NONE },
	[SVM_EXIT_INIT] = { EXIT_NONE },
	[SVM_EXIT_VINTR] = { EXIT_WINDOW },
	/* Asked for by svm_want_window() only. */
	[SVM_EXIT_IRET] = { EXIT_WINDOW },
	[SVM_EXIT_EXCEPTION + TRAP_BP] = { EXIT_BREAKPOINT },
	[SVM_EXIT_INTN] = { EXIT_SOFTWARE_INTERRUPT },
	[SVM_EXIT_CPUID] = { EXIT_CPUID, INSN_CPUID },
	[SVM_EXIT_HLT] = { EXIT_HALT, INSN_HLT },
	[SVM_EXIT_VMMCALL] = { EXIT_HYPERCALL, INSN_VMMCALL },
	[SVM_EXIT_INVD] = { EXIT_CACHE, INSN_INVD },
	[SVM_EXIT_WBINVD] = { EXIT_CACHE, INSN_WBINVD },
	[SVM_EXIT_SHUTDOWN] = { EXIT_SHUTDOWN },
	[SVM_EXIT_RDPMC] = { EXIT_PROTECTED },
	[SVM_EXIT_RSM] = { EXIT_UNDEFINED },
	[SVM_EXIT_INVLPGA] = { EXIT_UNDEFINED },
	[SVM_EXIT_VMRUN] = { EXIT_UNDEFINED },
	[0x82] = { EXIT_UNDEFINED }, /* VMLOAD */
	[0x83] = { EXIT_UNDEFINED }, /* VMSAVE */
	[0x84] = { EXIT_UNDEFINED }, /* STGI */
	[0x85] = { EXIT_UNDEFINED }, /* CLGI */
	[SVM_EXIT_SKINIT] = { EXIT_UNDEFINED },
	[SVM_EXIT_MONITOR] = { EXIT_UNDEFINED },
	[SVM_EXIT_MWAIT] = { EXIT_UNDEFINED },
};

/* An event whose delivery the exit interrupted is delivered again. Software
 * interrupts need not: RIP still points at their instruction (15.7.2). Nor need
 * a virtual interrupt that is still there. */
static void requeue_event(struct vmcb *c)
{
	const uint64_t info = c->exit_int_info;

	if (((info >> EVENT_TYPE_SHIFT) & 7) == EVENT_SOFT ||
	    (svm_has_virtual_interrupt(c) &&
	     (uint8_t)info == (uint8_t)(c->vintr >> VINTR_VECTOR_SHIFT))) {
		return;
	}
	c->event_inject = info;
}

static void translate_io(const struct vmcb *c, struct vcpu_exit *exit,
			 uint64_t rip)
{
	const uint64_t info = c->exit_info_1;

	exit->kind = EXIT_IO;
	exit->port = (uint16_t)(info >> IOIO_PORT_SHIFT);
	exit->size = (uint8_t)((info >> IOIO_SIZE_SHIFT) & 7);
	exit->is_in = (info & IOIO_IN) != 0;
	exit->is_string = (info & IOIO_STRING) != 0;
	/* EXITINFO2 is the next RIP (15.10.2). */
	exit->length = (uint8_t)(c->exit_info_2 - rip);
}

static void translate_memory(const struct vmcb *c, struct vcpu_exit *exit)
{
	exit->kind = EXIT_MEMORY;
	exit->gaddr = gaddr(c->exit_info_2);
	exit->is_write = (c->exit_info_1 & NPF_WRITE) != 0;
	exit->is_fetch = (c->exit_info_1 & NPF_FETCH) != 0;
}

/* DR6 has the cause (15.12.2). */
static void translate_debug(struct vmcb *c, struct vcpu_exit *exit)
{
	exit->kind = EXIT_DEBUG;
	exit->is_step = (c->dr6 & DR6_SINGLE_STEP) != 0;
	c->dr6 &= ~DR6_SINGLE_STEP;
}

static void translate_other(struct vmcb *c, struct vcpu_exit *exit)
{
	/* Hardware and emulators differ in the width of the invalid code. */
	exit->kind = EXIT_BROKEN;
	exit->raw[1] = c->exit_info_1;
	exit->raw[2] = c->exit_info_2;
}

/* The instruction's length, where the CPU saves the next RIP (15.7.1). */
static uint8_t length_of(const struct vmcb *c, const struct vcpu *v)
{
	return cpu_features.svm_nrips && c->next_rip != 0
		       ? (uint8_t)(c->next_rip - v->rip)
		       : 0;
}

void svm_translate(struct vcpu *v, struct vcpu_exit *exit)
{
	struct vmcb *c = v->virt->vmcb;
	const uint32_t code = (uint32_t)c->exit_code;

	exit->raw[0] = c->exit_code;
	c->event_inject = 0;
	if (unlikely((c->exit_int_info & EVENT_VALID) != 0)) {
		requeue_event(c);
	}
	if (likely(code < ARRAY_SIZE(translations) &&
		   translations[code].kind != EXIT_BROKEN)) {
		exit->kind = translations[code].kind;
		exit->insn = translations[code].insn;
		exit->length = length_of(c, v);
		return;
	}
	switch (code) {
	case SVM_EXIT_NPF:
		translate_memory(c, exit);
		break;
	case SVM_EXIT_IOIO:
		translate_io(c, exit, v->rip);
		break;
	case SVM_EXIT_MSR:
		exit->kind = (c->exit_info_1 & 1) != 0 ? EXIT_MSR_WRITE
						       : EXIT_MSR_READ;
		exit->insn =
			(c->exit_info_1 & 1) != 0 ? INSN_WRMSR : INSN_RDMSR;
		exit->length = length_of(c, v);
		break;
	case SVM_EXIT_EXCEPTION + TRAP_DB:
		translate_debug(c, exit);
		break;
	case SVM_EXIT_EXCEPTION + TRAP_MC:
		/* The machine's trouble, not the guest's. */
		mce_in_guest();
		exit->kind = EXIT_NONE;
		break;
	case SVM_EXIT_CR8_WRITE:
		exit->kind = EXIT_TPR;
		exit->insn = INSN_MOV_TO_CR;
		exit->length = length_of(c, v);
		break;
	default:
		translate_other(c, exit);
		break;
	}
}
