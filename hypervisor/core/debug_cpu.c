/* SPDX-License-Identifier: MIT */
/* Debug keys about pCPUs: registers, vectors, timers; and the reboot. */
#include "arch/x86/cpu.h"
#include "arch/x86/hooks.h"
#include "arch/x86/msr.h"
#include "arch/x86/regs.h"
#include "core/clock.h"
#include "core/debugkeys.h"
#include "core/ioapic.h"
#include "core/irq.h"
#include "core/panic.h"
#include "core/symbols.h"
#include "core/timer.h"

#define TIMERS_SHOWN 16

/* A function as "name+0x10", or as a number outside our text. */
#define NAME_FORMAT "%s+0x%llx"

static const char *function_name(const void *address, uint64_t *offset)
{
	const uint64_t at = (uint64_t)(uintptr_t)address;
	const char *name = symbol_find(at, offset);

	if (name == NULL) {
		*offset = at;
		return "0";
	}
	return name;
}

static void show_registers(void)
{
	const uint64_t frame = (uint64_t)(uintptr_t)__builtin_frame_address(0);
	const char *stack = cpu_stack_name(frame);

	debug_line("pCPU %u (APIC id %u): cr0 %llx cr3 %llx cr4 %llx efer %llx",
		   this_cpu(), this_pcpu()->apic_id,
		   (unsigned long long)read_cr0(),
		   (unsigned long long)read_cr3(),
		   (unsigned long long)read_cr4(),
		   (unsigned long long)rdmsr(MSR_EFER));
	debug_line("frame %llx on the %s stack, %llu passes, %u locks held",
		   (unsigned long long)frame, stack == NULL ? "?" : stack,
		   (unsigned long long)this_pcpu()->passes,
		   this_pcpu()->lock_depth);
	backtrace((uint64_t)(uintptr_t)__builtin_return_address(0),
		  *(const uint64_t *)__builtin_frame_address(0));
}

static void show_vectors_of(unsigned int cpu)
{
	for (unsigned int v = VECTOR_FIRST_DEVICE; v <= VECTOR_LAST_DEVICE;
	     v++) {
		void *context;
		const irq_handler_t run = irq_vector_handler(cpu, v, &context);
		uint64_t offset;

		if (run != NULL) {
			const char *name = function_name(
				(const void *)(uintptr_t)run, &offset);

			debug_line("pCPU %u vector %02x: " NAME_FORMAT
				   " for %p",
				   cpu, v, name, (unsigned long long)offset,
				   context);
		}
	}
}

static void show_interrupts(void)
{
	for (unsigned int i = 0; i < ioapic_count; i++) {
		debug_line("I/O APIC %u at %#llx: GSI %u to %u",
			   ioapic_table[i].id,
			   (unsigned long long)ioapic_table[i].base,
			   ioapic_table[i].gsi_base,
			   ioapic_table[i].gsi_base + ioapic_table[i].pins - 1);
	}
	for (unsigned int cpu = 0; cpu < pcpu_count; cpu++) {
		show_vectors_of(cpu);
	}
}

static void show_timers_of(unsigned int cpu)
{
	struct timer_info list[TIMERS_SHOWN];
	const unsigned int count = timer_list(cpu, list, TIMERS_SHOWN);
	const uint64_t now = clock_now();

	debug_line("pCPU %u: %u timers%s", cpu, count,
		   count > TIMERS_SHOWN ? ", the first 16 follow" : "");
	for (unsigned int i = 0; i < min_u64(count, TIMERS_SHOWN); i++) {
		const int64_t us = (int64_t)(list[i].deadline - now) / 1000;
		uint64_t offset;
		const char *name = function_name(
			(const void *)(uintptr_t)list[i].fire, &offset);

		debug_line("  in %lld us: " NAME_FORMAT, (long long)us, name,
			   (unsigned long long)offset);
	}
}

static void show_timers(void)
{
	debug_line("clock %llu ns, TSC %u kHz%s",
		   (unsigned long long)clock_now(), clock_scale.tsc_khz,
		   clock_scale.tsc_stable ? ", invariant" : "");
	for (unsigned int cpu = 0; cpu < pcpu_count; cpu++) {
		show_timers_of(cpu);
	}
}

static void reboot(void)
{
	if (panic_reboot == NULL) {
		debug_line("this machine cannot be reset");
		return;
	}
	debug_line("reset, as asked by key");
	panic_reboot();
}

void debug_cpu_init(void)
{
	debug_key_add('d', "registers and call chain of this pCPU",
		      show_registers);
	debug_key_add('i', "interrupts: I/O APICs, vectors, handlers",
		      show_interrupts);
	debug_key_add('t', "timers of each pCPU", show_timers);
	debug_key_add('R', "reset the machine at once", reboot);
}
