/* SPDX-License-Identifier: MIT */
/*
 * The crash report: message, registers, a backtrace with names, then the other
 * CPUs are stopped by NMI and the machine reboots or halts, as asked.
 */
#include "core/panic.h"

#include "arch/x86/cpu.h"
#include "arch/x86/hooks.h"
#include "arch/x86/lapic.h"
#include "arch/x86/regs.h"
#include "arch/x86/traps.h"
#include "core/log.h"
#include "core/symbols.h"
#include "lib/printf.h"

#define FRAMES_MAX 24

uint32_t panic_policy = PANIC_HALT;
void (*panic_reboot)(void);

static bool panicking;

/* A frame pointer is followed only within one of our stacks. */
static bool frame_is_sane(uint64_t rbp)
{
	return (rbp & 7) == 0 && cpu_stack_name(rbp) != NULL &&
	       cpu_stack_name(rbp + 15) != NULL;
}

static void print_address(uint64_t address)
{
	uint64_t offset = 0;
	const char *name = symbol_find(address, &offset);

	if (name != NULL) {
		log_error("  %016llx %s+0x%llx\n", (unsigned long long)address,
			  name, (unsigned long long)offset);
	} else {
		log_error("  %016llx\n", (unsigned long long)address);
	}
}

void backtrace(uint64_t rip, uint64_t rbp)
{
	print_address(rip);
	for (unsigned int i = 0; i < FRAMES_MAX && frame_is_sane(rbp); i++) {
		const uint64_t *frame = (const uint64_t *)(uintptr_t)rbp;

		print_address(frame[1]);
		if (frame[0] <= rbp) {
			break;
		}
		rbp = frame[0];
	}
}

static void stop_others(void)
{
	for (unsigned int i = 0; i < pcpu_count; i++) {
		if (i != this_cpu()) {
			lapic_send_nmi(pcpu_table[i]->apic_id);
		}
	}
}

static noreturn void stop_machine(void)
{
	if (panic_policy == PANIC_REBOOT && panic_reboot != NULL) {
		log_error("rebooting (option panic=halt stops here instead)\n");
		panic_reboot();
	}
	log_error("halted\n");
	for (;;) {
		__asm__ volatile("cli; hlt");
	}
}

/* The first CPU reports; the others, and a panic within a panic, stop here. */
static void begin_report(void)
{
	if (__atomic_exchange_n(&panicking, true, __ATOMIC_SEQ_CST)) {
		for (;;) {
			__asm__ volatile("cli; hlt");
		}
	}
	log_break_lock();
	if (pcpu_count > 1) {
		stop_others();
	}
}

void panic(const char *fmt, ...)
{
	char text[200];
	va_list args;

	begin_report();
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_error("PANIC on pCPU %u: %s",
		  pcpu_count == 0 ? 0 : this_cpu(), text);
	backtrace((uint64_t)(uintptr_t)__builtin_return_address(0),
		  *(const uint64_t *)__builtin_frame_address(0));
	stop_machine();
}

static const char *const exception_names[32] = {
	"divide error",
	"debug",
	"NMI",
	"breakpoint",
	"overflow",
	"bound",
	"invalid opcode",
	"device not available",
	"double fault",
	"coprocessor segment",
	"invalid TSS",
	"segment not present",
	"stack fault",
	"general protection",
	"page fault",
	"reserved",
	"x87 error",
	"alignment check",
	"machine check",
	"SIMD error",
};

void panic_trap(const struct trap_frame *f)
{
	const char *name = exception_names[f->vector];

	begin_report();
	log_error("PANIC on pCPU %u: exception %llu (%s), error %llx\n",
		  pcpu_count == 0 ? 0 : this_cpu(),
		  (unsigned long long)f->vector, name == NULL ? "?" : name,
		  (unsigned long long)f->error);
	log_error("rip %016llx rsp %016llx rflags %08llx cr2 %016llx\n",
		  (unsigned long long)f->rip, (unsigned long long)f->rsp,
		  (unsigned long long)f->rflags,
		  (unsigned long long)read_cr2());
	log_error("rax %016llx rbx %016llx rcx %016llx rdx %016llx\n",
		  (unsigned long long)f->rax, (unsigned long long)f->rbx,
		  (unsigned long long)f->rcx, (unsigned long long)f->rdx);
	log_error("rsi %016llx rdi %016llx rbp %016llx cr3 %016llx\n",
		  (unsigned long long)f->rsi, (unsigned long long)f->rdi,
		  (unsigned long long)f->rbp,
		  (unsigned long long)read_cr3());
	log_error("r8  %016llx r9  %016llx r10 %016llx r11 %016llx\n",
		  (unsigned long long)f->r8, (unsigned long long)f->r9,
		  (unsigned long long)f->r10, (unsigned long long)f->r11);
	log_error("r12 %016llx r13 %016llx r14 %016llx r15 %016llx\n",
		  (unsigned long long)f->r12, (unsigned long long)f->r13,
		  (unsigned long long)f->r14, (unsigned long long)f->r15);
	backtrace(f->rip, f->rbp);
	stop_machine();
}
