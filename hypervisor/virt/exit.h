/* SPDX-License-Identifier: MIT */
/* What exits are made of: exit.c, emulate.c, insn_skip.c, cpuid.c, msr.c. */
#pragma once

#include "arch/x86/regs.h"
#include "virt/virt.h"

/* Does what an exit asks for, physical interrupts apart. */
void exit_handle(struct vcpu *v, const struct vcpu_exit *exit);

/* trace_exit.c: records an exit; and what was done about it, after that. */
void trace_exit(struct vcpu *v, const struct vcpu_exit *exit);
void trace_handled(struct vcpu *v, const struct vcpu_exit *exit);

/*
 * Fetches, decodes and runs the instruction at RIP over the vCPU's memory,
 * device memory and ports. `exit` is the memory fault behind it, or NULL. RIP
 * moves on, or a fault is injected, or the guest goes on with it by itself.
 */
void emulate_insn(struct vcpu *v, const struct vcpu_exit *exit);

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

/* What CPUID says to the vCPU that runs here. */
struct cpuid_regs cpuid_guest(struct vcpu *v, uint32_t leaf, uint32_t subleaf);

/* RDMSR and WRMSR of the vCPU that runs here. False: #GP. */
bool msr_read(struct vcpu *v, uint32_t msr, uint64_t *value);
bool msr_write(struct vcpu *v, uint32_t msr, uint64_t value);

/* Hook, defined in call/dispatch.c: runs the hypercall in the registers of the
 * vCPU that runs here. False: it is to be issued again, RIP stays. */
bool hypercall_run(struct vcpu *v);

/* Writes the hypercall page (ABI: leaf 0x40000002's MSR) at `page` in guest
 * memory: one 32-byte stub per number. 0 or -XEN_EFAULT. */
int hypercall_page_write(struct vcpu *v, gaddr_t page) must_check;

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
 * Where a vCPU, which may run elsewhere, finds `linear`, whatever it has the
 * right to; with `cr3` in the place of its own unless that is 0. 0, -XEN_EFAULT.
 */
int translate_debug(struct vcpu *v, uint64_t cr3, uint64_t linear,
		    gaddr_t *out) must_check;

/*
 * Reads the instruction at RIP: 15 bytes or more, or up to the end of its page
 * when the next one is not there. Returns how many, 0 when its page is gone:
 * the guest then faults by itself when it is entered again.
 */
size_t translate_fetch(struct vcpu *v, uint8_t bytes[INSN_BYTES]);
