/* SPDX-License-Identifier: MIT */
/*
 * GDT, TSS, stacks, CR0/CR4/EFER for one CPU. Each stack has an unmapped page
 * below it: overflow is a double fault on a stack of its own, not corruption.
 */
#include "arch/x86/cpu.h"

#include "arch/x86/features.h"
#include "arch/x86/hooks.h"
#include "arch/x86/msr.h"
#include "arch/x86/regs.h"
#include "arch/x86/traps.h"

#include "arch/x86/stacks.h"

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t iomap;
} __attribute__((packed));

struct cpu_tables {
	uint64_t gdt[5];
	struct tss tss;
};

static_assert(sizeof(struct tss) == 104, "AMD APM 2, 12.2.5");

static const char *const stack_names[STACK_KINDS] = { "main", "NMI",
						      "double fault",
						      "machine check" };

struct pcpu *cpu_create(unsigned int id, uint32_t apic_id)
{
	struct pcpu *p = stacks_alloc_zeroed(sizeof(*p));
	struct cpu_tables *t = stacks_alloc_zeroed(sizeof(*t));

	if (p == NULL || t == NULL || !stacks_map(id)) {
		return NULL;
	}
	p->self = p;
	p->id = id;
	p->apic_id = apic_id;
	p->arch = t;
	t->tss.ist[CPU_IST_NMI - 1] = stack_top(id, STACK_NMI);
	t->tss.ist[CPU_IST_DF - 1] = stack_top(id, STACK_DF);
	t->tss.ist[CPU_IST_MC - 1] = stack_top(id, STACK_MC);
	t->tss.iomap = sizeof(t->tss);

	const uint64_t base = (uintptr_t)&t->tss;

	t->gdt[1] = 0x00af9b000000ffff;
	t->gdt[2] = 0x00cf93000000ffff;
	t->gdt[3] = (sizeof(t->tss) - 1) | (base & 0xffffff) << 16 |
		    UINT64_C(0x89) << 40 | (base >> 24 & 0xff) << 56;
	t->gdt[4] = base >> 32;
	return p;
}

uint64_t cpu_stack_top(const struct pcpu *p)
{
	return stack_top(p->id, STACK_MAIN);
}

void cpu_leave_stack(void (*entry)(void))
{
	const uint64_t top = cpu_stack_top(this_pcpu());

	/* RBP 0 is where call chains end. */
	__asm__ volatile("movq %0, %%rsp\n\t"
			 "xorl %%ebp, %%ebp\n\t"
			 "call *%1\n\t"
			 "ud2" ::"r"(top),
			 "r"(entry)
			 : "memory");
	__builtin_unreachable();
}

const char *cpu_stack_name(uint64_t address)
{
	unsigned int cpu;
	unsigned int kind;

	return stack_find(address, &cpu, &kind) ? stack_names[kind] : NULL;
}

static void load_tables(struct pcpu *p)
{
	struct cpu_tables *t = p->arch;

	const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed))
	pointer = { sizeof(t->gdt) - 1, (uintptr_t)t->gdt };

	t->gdt[3] &= ~(UINT64_C(2) << 40); /* not busy, or LTR faults */
	__asm__ volatile("lgdt %0\n\t"
			 "pushq %1\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "lretq\n"
			 "1:\n\t"
			 "movl %2, %%eax\n\t"
			 "movl %%eax, %%ds\n\t"
			 "movl %%eax, %%es\n\t"
			 "movl %%eax, %%ss\n\t"
			 "xorl %%eax, %%eax\n\t"
			 "movl %%eax, %%fs\n\t"
			 "movl %%eax, %%gs\n\t"
			 "lldt %%ax\n\t"
			 "movl %3, %%eax\n\t"
			 "ltr %%ax\n\t" ::"m"(pointer),
			 "i"(CPU_CODE_SELECTOR), "i"(CPU_DATA_SELECTOR),
			 "i"(CPU_TSS_SELECTOR)
			 : "rax", "memory");
	wrmsr(MSR_GS_BASE, (uintptr_t)p);
}

static void load_control_registers(void)
{
	uint64_t cr4 =
		CR4_PAE | CR4_PGE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT;

	/* UMIP keeps user mode from reading descriptor-table addresses; SMEP
	 * and SMAP make low addresses useless to whoever hijacks a pointer. */
	cr4 |= cpu_features.smep ? CR4_SMEP : 0;
	cr4 |= cpu_features.smap ? CR4_SMAP : 0;
	cr4 |= cpu_features.umip ? CR4_UMIP : 0;
	cr4 |= cpu_features.fsgsbase ? CR4_FSGSBASE : 0;
	cr4 |= cpu_features.xsave ? CR4_OSXSAVE : 0;
	write_cr0(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG);
	write_cr4(cr4);
	wrmsr(MSR_EFER, EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE);
	/* Entry 6 is write-combining instead of UC-: for frame buffers. */
	wrmsr(MSR_PAT, UINT64_C(0x0001040600070406));
}

void cpu_load(struct pcpu *p)
{
	load_tables(p);
	traps_load();
	load_control_registers();
}
