/* SPDX-License-Identifier: MIT */
/*
 * Registers of vCPUs in a context as the hypervisor writes it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#include <xen/hvm/save.h>

#include "libctl/corbel.h"

/* The record of a vCPU among `size` bytes of records; NULL if there is none. */
struct hvm_hw_cpu *registers_find(void *records, size_t size,
				  unsigned int vcpu);
void registers_get(const struct hvm_hw_cpu *cpu, struct corbel_registers *out);
/* Those that a debugger may change. */
void registers_set(struct hvm_hw_cpu *cpu, const struct corbel_registers *in);

/* A context of this vCPU alone. */
struct registers_context {
	struct hvm_save_descriptor header_descriptor;
	struct hvm_save_header header;
	struct hvm_save_descriptor cpu_descriptor;
	struct hvm_hw_cpu cpu;
	struct hvm_save_descriptor end;
};

void registers_context(struct registers_context *out, unsigned int vcpu,
		       const struct hvm_hw_cpu *cpu);
