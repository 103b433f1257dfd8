/* SPDX-License-Identifier: MIT */
/*
 * Where the hypervisor's own exceptions and interrupts end up. An exception is
 * either covered by the fix-up table (MSR access) or a bug: panic.
 */
#include "arch/x86/traps.h"

#include "arch/x86/cpu.h"
#include "arch/x86/regs.h"

struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};

struct fixup {
	uint64_t fault;
	uint64_t resume;
};

static struct gate idt[256];
extern const char trap_stubs[];
extern const struct fixup fixup_start[];
extern const struct fixup fixup_end[];

#define STUB_SIZE      16
#define GATE_INTERRUPT 0x8e /* present, DPL 0, 64-bit interrupt gate */

static uint8_t ist_of(unsigned int vector)
{
	switch (vector) {
	case TRAP_NMI:
		return CPU_IST_NMI;
	case TRAP_DF:
		return CPU_IST_DF;
	case TRAP_MC:
		return CPU_IST_MC;
	default:
		return 0;
	}
}

void traps_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(idt); i++) {
		const uint64_t stub = (uintptr_t)trap_stubs + i * STUB_SIZE;

		idt[i] = (struct gate){
			.offset_low = (uint16_t)stub,
			.selector = CPU_CODE_SELECTOR,
			.ist = ist_of(i),
			.type = GATE_INTERRUPT,
			.offset_middle = (uint16_t)(stub >> 16),
			.offset_high = (uint32_t)(stub >> 32),
		};
	}
}

void traps_load(void)
{
	const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) pointer = { sizeof(idt) - 1, (uintptr_t)idt };

	__asm__ volatile("lidt %0" ::"m"(pointer));
}

static bool fix_up(struct trap_frame *f)
{
	for (const struct fixup *x = fixup_start; x < fixup_end; x++) {
		if (x->fault == f->rip) {
			f->rip = x->resume;
			return true;
		}
	}
	return false;
}

/* From entry.S. */
void trap_entry(struct trap_frame *f);

void trap_entry(struct trap_frame *f)
{
	if (f->vector >= 32) {
		irq_dispatch((unsigned int)f->vector);
		return;
	}
	if (f->vector == TRAP_NMI) {
		nmi_received(f);
		return;
	}
	if (f->vector == TRAP_MC) {
		mce_received(f);
		return;
	}
	if (!fix_up(f)) {
		panic_trap(f);
	}
}
