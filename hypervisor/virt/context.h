/* SPDX-License-Identifier: MIT */
/* The registers of a vCPU that does not run, as tools give and get them (ABI
 * hvm/save.h). */
#pragma once

#include "domain/vcpu.h"

/* Whether the vCPU can run with it. 0 or -XEN_EINVAL, which is logged. */
int context_check(struct vcpu *v, const struct hvm_hw_cpu *s) must_check;
/* A context that was checked. */
void context_set(struct vcpu *v, const struct hvm_hw_cpu *s);
void context_get(const struct vcpu *v, struct hvm_hw_cpu *s);
