/* SPDX-License-Identifier: MIT */
#pragma once

#include "virt/virt.h"

/*
 * Moves RIP behind the instruction that made this exit. False when its bytes
 * are no longer those: nothing is changed, and the guest is simply entered
 * again, to run what is there now.
 */
bool insn_skip_length(struct vcpu *v, const struct vcpu_exit *exit,
		      unsigned int *length);
/* The same for a MOV to or from a control register, and which it is. */
bool insn_skip_control(struct vcpu *v, const struct vcpu_exit *exit,
		       struct insn_control *control, unsigned int *length);
void insn_skip(struct vcpu *v, unsigned int length);
/* RIP as a linear address. */
uint64_t insn_linear_rip(const struct vcpu *v);
