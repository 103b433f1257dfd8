/* SPDX-License-Identifier: MIT */
/*
 * Exceptions and interrupts. An exception nobody waits for ends the run.
 */
#pragma once

#include "lib/abi.h"

#define CPU_MAX 8

enum vector {
	VECTOR_DE = 0,
	VECTOR_DB = 1,
	VECTOR_NMI = 2,
	VECTOR_BP = 3,
	VECTOR_OF = 4,
	VECTOR_UD = 6,
	VECTOR_NM = 7,
	VECTOR_DF = 8,
	VECTOR_TS = 10,
	VECTOR_NP = 11,
	VECTOR_SS = 12,
	VECTOR_GP = 13,
	VECTOR_PF = 14,
	VECTOR_AC = 17,
	VECTOR_NONE = 256,
};

/* What trap.S leaves on the stack. */
struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t bp, di, si, d, c, b, a;
	uint64_t vector, error;
	uint64_t ip, cs, flags, sp, ss;
};

/* What a caught exception was; `vector` is VECTOR_NONE when there was none. */
struct trap {
	unsigned vector;
	uint32_t error;
	uint64_t ip;
	uint64_t cr2;
};

/* Loads GDT, IDT, TSS and GS base of this CPU; CPU 0 comes first. */
void trap_init(void);
void trap_init_cpu(unsigned cpu);

/* The number of the CPU this runs on. */
unsigned cpu_number(void);

/* Calls run(arg) and comes back after it, or at its first exception. */
struct trap trap_catch(void (*run)(void *arg), void *arg);

/* `handler` gets every trap of `vector`, before trap_catch(); NULL: none. */
void trap_handle(unsigned vector, void (*handler)(struct trap_frame *frame));

/* How often `vector` came to a CPU with a handler. */
unsigned trap_count(unsigned vector);

/* The entries of the interrupt table, for guests that must break them. */
void trap_idt_present(unsigned vector, bool present);
/* `code` gets the trap as the CPU leaves it, and ends with IRETQ. */
void trap_idt_set(unsigned vector, void (*code)(void));
