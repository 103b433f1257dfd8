/* SPDX-License-Identifier: MIT */
/*
 * Exceptions that a guest makes for itself arrive with the vector, error code,
 * CR2 and RIP that the manuals give (AMD APM vol 2, 8.2), around intercepted
 * instructions too.
 *
 * A bug would be a hypervisor that swallows an exception it intercepts, that
 * reports the RIP behind an instruction it emulates, or that loses CR2 or the
 * single-step trap when it skips an instruction.
 */
#include "lib/cpu.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/trap.h"

static uint64_t hole;
static uint64_t read_only;

static void divide(void *arg)
{
	(void)arg;
	asm volatile("xor %%edx, %%edx; mov $1, %%eax; div %%edx" ::
			     : "eax", "edx", "cc");
}

static void undefined(void *arg)
{
	(void)arg;
	asm volatile("ud2");
}

static void breakpoint(void *arg)
{
	(void)arg;
	asm volatile("int3");
}

static void software(void *arg)
{
	(void)arg;
	asm volatile("int $3");
}

static void not_canonical(void *arg)
{
	(void)arg;
	asm volatile("mov (%0), %%eax" ::"r"(0x8000000000000000) : "eax");
}

static void bad_selector(void *arg)
{
	(void)arg;
	asm volatile("mov %0, %%fs" ::"r"(0x1238));
}

static void absent_gate(void *arg)
{
	(void)arg;
	asm volatile("int $0x51");
}

static void read_hole(void *arg)
{
	(void)arg;
	asm volatile("mov (%0), %%eax" ::"r"(hole + 0x123) : "eax");
}

static void write_hole(void *arg)
{
	(void)arg;
	asm volatile("movl $0, (%0)" ::"r"(hole + 0xffc) : "memory");
}

static void write_read_only(void *arg)
{
	(void)arg;
	asm volatile("movl $0, (%0)" ::"r"(read_only) : "memory");
}

static void run_no_execute(void *arg)
{
	(void)arg;
	asm volatile("call *%0" ::"r"(read_only) : "memory");
}

static void bad_cr4(void *arg)
{
	(void)arg;
	asm volatile("mov %0, %%cr4" ::"r"(read_cr4() | BIT(31)));
}

static void bad_cr0(void *arg)
{
	(void)arg;
	/* Paging without protection. */
	asm volatile("mov %0, %%cr0" ::"r"(read_cr0() & ~1ul));
}

static void bad_xsetbv(void *arg)
{
	(void)arg;
	asm volatile("xsetbv" ::"c"(0), "a"(0), "d"(0));
}

static void vmrun(void *arg)
{
	(void)arg;
	asm volatile("vmrun %%rax" ::"a"(0));
}

static void vmload(void *arg)
{
	(void)arg;
	asm volatile("vmload %%rax" ::"a"(0));
}

static void clgi(void *arg)
{
	(void)arg;
	asm volatile("clgi");
}

static void monitor(void *arg)
{
	(void)arg;
	asm volatile("monitor" ::"a"(&hole), "c"(0), "d"(0));
}

static void wrong_vendor(void *arg)
{
	(void)arg;
	if (hypercall_by_vmmcall) {
		asm volatile("vmxoff" ::: "cc");
	} else {
		asm volatile("clgi");
	}
}

struct row {
	const char *name;
	void (*run)(void *arg);
	unsigned vector;
	uint32_t error;
	const uint64_t *page; /* CR2 must lie in it */
};

static const struct row rows[] = {
	{ "#DE by DIV", divide, VECTOR_DE, 0, NULL },
	{ "#UD by UD2", undefined, VECTOR_UD, 0, NULL },
	{ "#BP by INT3", breakpoint, VECTOR_BP, 0, NULL },
	{ "#BP by INT 3", software, VECTOR_BP, 0, NULL },
	{ "#GP by a non-canonical address", not_canonical, VECTOR_GP, 0, NULL },
	{ "#GP by a selector out of the GDT", bad_selector, VECTOR_GP, 0x1238,
	  NULL },
	{ "#PF by a read", read_hole, VECTOR_PF, 0, &hole },
	{ "#PF by a write", write_hole, VECTOR_PF, 2, &hole },
	{ "#PF by a write to a read-only page", write_read_only, VECTOR_PF, 3,
	  &read_only },
	{ "#PF by execution", run_no_execute, VECTOR_PF, 0x11, &read_only },
	{ "#UD by XSETBV without OSXSAVE", bad_xsetbv, VECTOR_UD, 0, NULL },
	{ "#UD by VMRUN", vmrun, VECTOR_UD, 0, NULL },
	{ "#UD by VMLOAD", vmload, VECTOR_UD, 0, NULL },
	{ "#UD by CLGI", clgi, VECTOR_UD, 0, NULL },
	{ "#UD by MONITOR", monitor, VECTOR_UD, 0, NULL },
	{ "#UD by the other vendor's instruction", wrong_vendor, VECTOR_UD, 0,
	  NULL },
};

static const struct row control_rows[] = {
	{ "#GP by a reserved bit of CR4", bad_cr4, VECTOR_GP, 0, NULL },
	{ "#GP by paging without protection", bad_cr0, VECTOR_GP, 0, NULL },
};

static void check_row(const struct row *row)
{
	struct trap trap = trap_catch(row->run, NULL);
	bool good = trap.vector == row->vector && trap.error == row->error;

	if (row->page != NULL &&
	    trap.cr2 / PAGE_SIZE != *row->page / PAGE_SIZE) {
		good = false;
	}
	expect(good, row->name, "vector %u, error 0x%x, cr2 0x%lx, at 0x%lx",
	       trap.vector, trap.error, trap.cr2, trap.ip);
}

static void check_rows(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		check_row(&rows[i]);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(control_rows); i++) {
		/* A CPU raises #GP before it looks at intercepts (AMD APM vol
		 * 2, 15.9); QEMU 7.2 fails the VMRUN if there is none. */
		if (!on_peer() && option("control", 0) == 0) {
			skip(control_rows[i].name, "QEMU ends the guest");
			continue;
		}
		check_row(&control_rows[i]);
	}
}

/* Steps over `nop; cpuid; nop` and notes where each #DB came. */
static uint64_t step_ip[8];
static unsigned step_count;

static void on_debug(struct trap_frame *frame)
{
	if (step_count < ARRAY_SIZE(step_ip)) {
		step_ip[step_count++] = frame->ip;
	}
}

static void check_single_step(void)
{
	uint64_t at_cpuid, behind;

	trap_handle(VECTOR_DB, on_debug);
	asm volatile("pushf\n"
		     "orl $0x100, (%%rsp)\n"
		     "popf\n"
		     "nop\n"
		     "1: cpuid\n"
		     "2: nop\n"
		     "pushf\n"
		     "andl $~0x100, (%%rsp)\n"
		     "popf\n"
		     "lea 1b(%%rip), %0\n"
		     "lea 2b(%%rip), %1\n"
		     : "=&S"(at_cpuid), "=&D"(behind)
		     :
		     : "rax", "rbx", "rcx", "rdx", "cc", "memory");
	trap_handle(VECTOR_DB, NULL);
	expect(step_count >= 3 && step_ip[0] == at_cpuid,
	       "single step before CPUID", "%u steps, first 0x%lx", step_count,
	       step_ip[0]);
	expect(step_count >= 3 && step_ip[1] == behind,
	       "single step traps behind CPUID", "0x%lx, want 0x%lx",
	       step_ip[1], behind);
}

static void check_absent_gate(void)
{
	struct trap trap;

	trap_idt_present(0x51, false);
	trap = trap_catch(absent_gate, NULL);
	/* QEMU's TCG counts the gate in units of 16 bytes, CPUs of 8. */
	expect(trap.vector == VECTOR_NP && (trap.error == 0x51 * 8 + 2 ||
					    trap.error == 0x51 * 16 + 2),
	       "#NP by an absent gate", "vector %u, error 0x%x", trap.vector,
	       trap.error);
}

static void check_cr2(void)
{
	uint64_t got;

	asm volatile("mov %1, %%cr2; cpuid; mov %%cr2, %0"
		     : "=r"(got)
		     : "r"(0x123456789abul), "a"(0), "c"(0)
		     : "rbx", "rdx");
	expect(got == 0x123456789ab, "CR2 survives an exit", "0x%lx", got);
}

static void check_debug_registers(void)
{
	uint64_t dr0, dr3, dr7;

	asm volatile("mov %3, %%db0; mov %4, %%db3; cpuid\n"
		     "mov %%db0, %0; mov %%db3, %1; mov %%db7, %2"
		     : "=r"(dr0), "=r"(dr3), "=r"(dr7)
		     : "r"(0x1111ul), "r"(0x3333ul), "a"(0), "c"(0)
		     : "rbx", "rdx");
	expect(dr0 == 0x1111 && dr3 == 0x3333, "DR0 and DR3 hold",
	       "0x%lx 0x%lx", dr0, dr3);
	expect_eq("DR7 as at reset", (long)dr7, 0x400);
}

void guest_main(void)
{
	uint8_t *page = page_alloc(1);

	hole = page_address(1);
	read_only = page_address(1);
	page_map(read_only, (uintptr_t)page, PTE_PRESENT | PTE_NX);
	check_rows();
	check_absent_gate();
	check_single_step();
	check_cr2();
	check_debug_registers();
}
