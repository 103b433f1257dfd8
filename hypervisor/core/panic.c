/* SPDX-License-Identifier: MIT */
/*
 * The crash report: message, registers, a backtrace with names, then the other
 * CPUs are stopped by NMI and the machine reboots or halts, as asked.
 */
#include "core/panic.h"

#include "arch/x86/asm.h"
#include "arch/x86/cpu.h"
#include "arch/x86/lapic.h"
#include "arch/x86/regs.h"
#include "arch/x86/traps.h"
#include "core/log.h"
#include "lib/printf.h"

#define FRAMES_MAX  24
#define STOP_CYCLES UINT64_C(2000000000) /* at most, for the others to stop */
#define TEXT_MAX    200

uint32_t panic_policy = PANIC_HALT;
void (*panic_reboot)(void);

static uint32_t panicking; /* 1 + the pCPU that reports; 0: all is well */
static uint32_t parked;    /* pCPUs that stopped for its sake */

static unsigned int cpu_number(void)
{
	return pcpu_count == 0 ? 0 : this_cpu();
}

bool panic_is_under_way(void)
{
	return load_relaxed(&panicking) != 0;
}

static noreturn void stop_cpu(void)
{
	for (;;) {
		__asm__ volatile("cli; hlt");
	}
}

void panic_park(void)
{
	if (!panic_is_under_way() ||
	    load_relaxed(&panicking) == cpu_number() + 1) {
		return;
	}
	__atomic_add_fetch(&parked, 1, __ATOMIC_RELEASE);
	stop_cpu();
}

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

	log_error("  %016lx %s+0x%lx\n", address, name == NULL ? "?" : name,
		  offset);
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

/* Returns when all others stand still, or do not answer. */
static void stop_others(void)
{
	const uint64_t start = rdtsc();

	for (unsigned int i = 0; i < pcpu_count; i++) {
		if (i != this_cpu()) {
			lapic_send(pcpu_table[i]->apic_id, LAPIC_NMI);
		}
	}
	while (load_acquire(&parked) + 1 < pcpu_count &&
	       rdtsc() - start < STOP_CYCLES) {
		cpu_pause();
	}
}

static noreturn void stop_machine(void)
{
	if (panic_policy == PANIC_REBOOT && panic_reboot != NULL) {
		log_error("rebooting (option panic=halt stops here instead)\n");
		panic_reboot();
	}
	log_error("halted\n");
	stop_cpu();
}

/* The first CPU reports; the others, and a panic within a panic, stop here. */
static void begin_report(void)
{
	uint32_t nobody = 0;

	if (!__atomic_compare_exchange_n(&panicking, &nobody, cpu_number() + 1,
					 false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST)) {
		panic_park();
		stop_cpu();
	}
	if (pcpu_count > 1) {
		stop_others();
	}
	/* Not before: an owner that still ran would unlock it once more. */
	log_break_lock();
}

static void say_why(const char *fmt, va_list args)
{
	char text[TEXT_MAX];

	begin_report();
	vsnprintf(text, sizeof(text), fmt, args);
	log_error("PANIC on pCPU %u: %s", cpu_number(), text);
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_why(fmt, args);
	va_end(args);
	backtrace((uintptr_t)__builtin_return_address(0),
		  *(const uint64_t *)__builtin_frame_address(0));
	stop_machine();
}

static void print_registers(const struct trap_frame *f)
{
	log_error("rip %016lx rsp %016lx rflags %08lx cr2 %016lx\n", f->rip,
		  f->rsp, f->rflags, read_cr2());
	log_error("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax,
		  f->rbx, f->rcx, f->rdx);
	log_error("rsi %016lx rdi %016lx rbp %016lx cr3 %016lx\n", f->rsi,
		  f->rdi, f->rbp, read_cr3());
	log_error("r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", f->r8, f->r9,
		  f->r10, f->r11);
	log_error("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", f->r12,
		  f->r13, f->r14, f->r15);
}

void panic_at(const struct trap_frame *f, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_why(fmt, args);
	va_end(args);
	print_registers(f);
	backtrace(f->rip, f->rbp);
	stop_machine();
}

/* Of the vectors that a bug may raise. */
static const char *const exception_names[32] = {
	[0] = "divide error",   [3] = "breakpoint",
	[6] = "invalid opcode", [7] = "no FPU",
	[8] = "double fault",   [10] = "invalid TSS",
	[12] = "stack fault",   [13] = "general protection",
	[14] = "page fault",    [17] = "alignment check",
};

void panic_trap(const struct trap_frame *f)
{
	const char *name = exception_names[f->vector];

	panic_at(f, "exception %lu (%s), error %lx\n", f->vector,
		 name == NULL ? "?" : name, f->error);
}
