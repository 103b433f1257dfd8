/* SPDX-License-Identifier: MIT */
#pragma once

#include "virt/virt.h"

/*
 * The length of the instruction that made this exit. False when its bytes are
 * no longer those: nothing is changed, and the guest is simply entered again,
 * to run what is there now.
 */
bool insn_skip_length(struct vcpu *v, const struct vcpu_exit *exit,
		      unsigned int *length);
/* The same for a MOV to a control register, and the general one it is from. */
bool insn_skip_control(struct vcpu *v, const struct vcpu_exit *exit,
		       unsigned int *gpr, unsigned int *length);
/* Moves RIP behind it. */
void insn_skip(struct vcpu *v, unsigned int length);
