/* SPDX-License-Identifier: MIT */
/* Exceptions and interrupts of every CPU. */
#include "lib/trap.h"

#include "lib/cpu.h"
#include "lib/test.h"

struct idt_entry {
	uint16_t offset_low, selector;
	uint16_t attributes, offset_middle;
	uint32_t offset_high, reserved;
};

struct tss {
	uint32_t reserved;
	uint32_t stacks[22];
	uint16_t reserved_2, io_map;
} __attribute__((packed));

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

struct cpu {
	uint64_t number; /* at GS:0 */
	uint64_t catch_sp;
	bool catching;
	struct trap caught;
	struct tss tss;
	uint8_t user_entry_stack[4096] __attribute__((aligned(16)));
};

extern const uint8_t trap_stubs[256][16];
extern const uint8_t trap_catch_return[];
extern struct table_pointer gdt_pointer;
extern uint64_t gdt[];
void trap_catch_run(void (*run)(void *arg), void *arg, uint64_t *sp);
void trap_dispatch(struct trap_frame *frame);

static struct cpu cpus[CPU_MAX];
static struct idt_entry idt[256] __attribute__((aligned(16)));
static void (*handlers[256])(struct trap_frame *frame);
static unsigned counts[256];

unsigned cpu_number(void)
{
	uint64_t number;

	asm("mov %%gs:0, %0" : "=r"(number));
	return (unsigned)number;
}

static void load_tss(struct cpu *cpu)
{
	uint64_t base = (uintptr_t)&cpu->tss;
	uint64_t stack = (uintptr_t)cpu->user_entry_stack +
			 sizeof(cpu->user_entry_stack);
	unsigned slot = 8 + 2 * (unsigned)cpu->number;

	cpu->tss.stacks[0] = (uint32_t)stack; /* RSP0, low half */
	cpu->tss.io_map = sizeof(cpu->tss);
	gdt[slot] = (sizeof(cpu->tss) - 1) | (base & 0xffffff) << 16 |
		    0x89ull << 40 | (base >> 24 & 0xff) << 56;
	gdt[slot + 1] = base >> 32;
	asm volatile("ltr %w0" ::"r"(slot * 8));
}

void trap_init_cpu(unsigned number)
{
	struct table_pointer idt_pointer = { sizeof(idt) - 1, (uintptr_t)idt };
	struct cpu *cpu = &cpus[number];

	cpu->number = number;
	asm volatile("lgdt %0; lidt %1" ::"m"(gdt_pointer), "m"(idt_pointer));
	asm volatile("mov %0, %%fs; mov %0, %%gs" ::"r"(0));
	wrmsr(MSR_GS_BASE, (uintptr_t)cpu);
	load_tss(cpu);
}

static void set_gate(unsigned vector, uintptr_t code)
{
	idt[vector].offset_low = (uint16_t)code;
	idt[vector].offset_middle = (uint16_t)(code >> 16);
	idt[vector].selector = CODE_64;
	idt[vector].attributes = 0x8e00;
}

void trap_idt_set(unsigned vector, void (*code)(void))
{
	set_gate(vector, (uintptr_t)code);
}

void trap_init(void)
{
	for (unsigned i = 0; i < 256; i++) {
		set_gate(i, (uintptr_t)trap_stubs[i]);
	}
	/* INT3 and INTO may come from user code. */
	idt[VECTOR_BP].attributes |= 0x6000;
	idt[VECTOR_OF].attributes |= 0x6000;
	trap_init_cpu(0);
}

void trap_idt_present(unsigned vector, bool present)
{
	if (present) {
		idt[vector].attributes |= 0x8000;
	} else {
		idt[vector].attributes &= 0x7fff;
	}
}

void trap_handle(unsigned vector, void (*handler)(struct trap_frame *frame))
{
	handlers[vector] = handler;
}

unsigned trap_count(unsigned vector)
{
	return __atomic_load_n(&counts[vector], __ATOMIC_ACQUIRE);
}

struct trap trap_catch(void (*run)(void *arg), void *arg)
{
	struct cpu *cpu = &cpus[cpu_number()];

	cpu->caught = (struct trap){ .vector = VECTOR_NONE };
	cpu->catching = true;
	trap_catch_run(run, arg, &cpu->catch_sp);
	barrier();
	cpu->catching = false;
	return cpu->caught;
}

static void return_to_catch(struct cpu *cpu, struct trap_frame *frame)
{
	cpu->catching = false;
	cpu->caught.vector = (unsigned)frame->vector;
	cpu->caught.error = (uint32_t)frame->error;
	cpu->caught.ip = frame->ip;
	asm volatile("mov %%cr2, %0" : "=r"(cpu->caught.cr2));

	frame->ip = (uintptr_t)trap_catch_return;
	frame->cs = CODE_64;
	frame->ss = DATA_FLAT;
	frame->sp = cpu->catch_sp;
	/* As they were before: no single stepping on the way back. */
	frame->flags = *(uint64_t *)cpu->catch_sp;
}

void trap_dispatch(struct trap_frame *frame)
{
	struct cpu *cpu = &cpus[cpu_number()];
	uint64_t cr2;

	if (handlers[frame->vector] != NULL) {
		__atomic_add_fetch(&counts[frame->vector], 1, __ATOMIC_RELEASE);
		handlers[frame->vector](frame);
		return;
	}
	if (frame->vector < 32 && cpu->catching) {
		return_to_catch(cpu, frame);
		return;
	}
	asm volatile("mov %%cr2, %0" : "=r"(cr2));
	test_abort("CPU %u: vector %lu, error 0x%lx, at 0x%lx:0x%lx, cr2 0x%lx",
		   cpu_number(), frame->vector, frame->error, frame->cs,
		   frame->ip, cr2);
}
