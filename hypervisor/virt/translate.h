/* SPDX-License-Identifier: MIT */
#pragma once

#include "domain/vcpu.h"
#include "virt/emul/insn.h"

int translate_vcpu_init(struct vcpu *v) must_check;
void translate_vcpu_destroy(struct vcpu *v);

/*
 * The general walk: `access` is a set of WALK_*. Returns 0, WALK_FAULT (then
 * *error_code is the #PF's), WALK_CHANGED, or a negative error when a table is
 * not in memory.
 */
int translate_linear(struct vcpu *v, uint64_t linear, uint64_t access,
		     gaddr_t *out, uint32_t *error_code);

/*
 * Reads the instruction at RIP: 15 bytes or more, or up to the end of its page
 * when the next one is not there. Returns how many, 0 when its page is gone:
 * the guest then faults by itself when it is entered again.
 */
size_t translate_fetch(struct vcpu *v, uint8_t bytes[INSN_BYTES]);
