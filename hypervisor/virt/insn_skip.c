/* SPDX-License-Identifier: MIT */
/*
 * The length of the instruction behind an exit. Where the CPU does not tell,
 * it is fetched and measured; the bytes are checked to be that instruction,
 * because another vCPU may have written over them.
 */
#include "virt/exit.h"

static unsigned int measure(struct vcpu *v, enum insn_intercept what,
			    uint8_t bytes[INSN_BYTES])
{
	const size_t n = translate_fetch(v, bytes);

	return insn_length(v->mode, bytes, n, what);
}

bool insn_skip_length(struct vcpu *v, const struct vcpu_exit *exit,
		      unsigned int *length)
{
	uint8_t bytes[INSN_BYTES];

	*length = exit->length != 0 ? exit->length
				    : measure(v, exit->insn, bytes);
	return *length != 0;
}

bool insn_skip_control(struct vcpu *v, const struct vcpu_exit *exit,
		       unsigned int *gpr, unsigned int *length)
{
	uint8_t bytes[INSN_BYTES];

	*length = measure(v, exit->insn, bytes);
	if (*length == 0) {
		return false;
	}
	/* [REX] 0F 22 ModRM, with REX.B the fourth bit of ModRM.rm. */
	*gpr = bytes[*length - 1] & 7;
	if (*length > 3 && v->mode == INSN_MODE_64 &&
	    (bytes[*length - 4] & 0xf1) == 0x41) {
		*gpr |= 8;
	}
	return true;
}

void insn_skip(struct vcpu *v, unsigned int length)
{
	const uint64_t rip = v->rip + length;

	virt->advance(v, v->mode == INSN_MODE_64 ? rip : (uint32_t)rip);
}
