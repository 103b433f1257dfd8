/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

/* As entry.S leaves it on the stack. */
struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector;
	uint64_t error;
	uint64_t rip, cs, rflags, rsp, ss;
};

#define TRAP_DB  1
#define TRAP_NMI 2
#define TRAP_BP  3
#define TRAP_DF  8
#define TRAP_MC  18

/* Fills the IDT; once. */
void traps_init(void);
/* Loads it on this CPU. */
void traps_load(void);

/* Hooks, defined above. */
void irq_dispatch(unsigned int vector);        /* core/irq.c */
void nmi_received(const struct trap_frame *f); /* core/nmi.c */
/* core/panic.c: as panic(), with the registers and call chain of a frame. */
void panic_at(const struct trap_frame *f, const char *fmt, ...)
	printf_like(2, 3) noreturn;
void panic_trap(const struct trap_frame *f) noreturn;
