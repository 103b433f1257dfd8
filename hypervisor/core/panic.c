/* SPDX-License-Identifier: MIT */
/*
 * The crash report: message, registers, a backtrace with names, then the other
 * CPUs are stopped by NMI and the machine reboots or halts, as asked.
 */
#include "core/panic.h"

#include "arch/x86/asm.h"
#include "arch/x86/cpu.h"
#include "arch/x86/hooks.h"
#include "arch/x86/lapic.h"
#include "arch/x86/regs.h"
#include "arch/x86/traps.h"
#include "core/log.h"
#include "core/symbols.h"
#include "lib/printf.h"

#define FRAMES_MAX 24
#define STOP_CYCLES UINT64_C(2000000000) /* at most, for the others to stop */
#define TEXT_MAX 200

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
	return __atomic_load_n(&panicking, __ATOMIC_RELAXED) != 0;
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
	    __atomic_load_n(&panicking, __ATOMIC_RELAXED) == cpu_number() + 1) {
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

/* Returns when all others stand still, or do not answer. */
static void stop_others(void)
{
	const uint64_t start = rdtsc();

	for (unsigned int i = 0; i < pcpu_count; i++) {
		if (i != this_cpu()) {
			lapic_send_nmi(pcpu_table[i]->apic_id);
		}
	}
	while (__atomic_load_n(&parked, __ATOMIC_ACQUIRE) + 1 < pcpu_count &&
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

void panic(const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;

	begin_report();
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_error("PANIC on pCPU %u: %s", cpu_number(), text);
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

void panic_registers(const struct trap_frame *f)
{
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
}

void panic_at(const struct trap_frame *f, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;

	begin_report();
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_error("PANIC on pCPU %u: %s", cpu_number(), text);
	panic_registers(f);
	stop_machine();
}

void panic_trap(const struct trap_frame *f)
{
	const char *name = exception_names[f->vector];

	panic_at(f, "exception %llu (%s), error %llx\n",
		 (unsigned long long)f->vector, name == NULL ? "?" : name,
		 (unsigned long long)f->error);
}
