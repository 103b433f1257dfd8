/* SPDX-License-Identifier: MIT */
/* What of an exit is traced. Formats are those that readers of the ABI's traces
 * know; its header has the numbers only. */
#include "domain/trace.h"
#include "virt/exit.h"

/* As the processor's error code has them (AMD APM 2, 15.25.6). */
#define NPF_IS_WRITE 0x2u
#define NPF_IS_FETCH 0x10u
#define NPF_NO_TYPE  1u

#define HIGH(x)      ((uint32_t)((x) >> 32))

/* The hypercall's number, and what most have for the operation. */
static void trace_hypercall(const struct vcpu *v)
{
	TRACE(TRC_HVM_VMMCALL, (uint32_t)v->gpr[GPR_RAX],
	      (uint32_t)v->gpr[v->mode == INSN_MODE_64 ? GPR_RDI : GPR_RBX]);
}

void trace_exit(struct vcpu *v, const struct vcpu_exit *exit)
{
	TRACE(TRC_HVM_VMEXIT64, (uint32_t)exit->raw[0], (uint32_t)v->rip,
	      HIGH(v->rip));
	if (exit->kind == EXIT_HYPERCALL) {
		trace_hypercall(v);
	}
	trace_tell();
}

static void trace_msr(const struct vcpu *v, uint32_t event)
{
	TRACE(event, (uint32_t)v->gpr[GPR_RCX], (uint32_t)v->gpr[GPR_RAX],
	      (uint32_t)v->gpr[GPR_RDX]);
}

/* The frame and its type are not told. */
static void trace_memory(const struct vcpu_exit *exit)
{
	const uint32_t access = (exit->is_write ? NPF_IS_WRITE : 0) |
				(exit->is_fetch ? NPF_IS_FETCH : 0);

	TRACE(TRC_HVM_NPF, (uint32_t)exit->gaddr.v, HIGH(exit->gaddr.v),
	      UINT32_MAX, UINT32_MAX, access, NPF_NO_TYPE);
}

void trace_handled(struct vcpu *v, const struct vcpu_exit *exit)
{
	switch (exit->kind) {
	case EXIT_MEMORY:
		trace_memory(exit);
		break;
	case EXIT_IO:
		TRACE(exit->is_in ? TRC_HVM_IOPORT_READ : TRC_HVM_IOPORT_WRITE,
		      exit->port, (uint32_t)v->gpr[GPR_RAX]);
		break;
	case EXIT_MSR_READ:
		trace_msr(v, TRC_HVM_MSR_READ);
		break;
	case EXIT_MSR_WRITE:
		trace_msr(v, TRC_HVM_MSR_WRITE);
		break;
	case EXIT_HALT:
		TRACE(TRC_HVM_HLT, 0);
		break;
	default:
		break;
	}
}
