/* SPDX-License-Identifier: MIT */
/*
 * User code inside the guest: it may not make hypercalls, nor reach anything
 * that is the kernel's, and CPUID works for it.
 *
 * Hypercalls from CPL 3 are refused with -EPERM or raise #UD; either way
 * nothing happens. A bug would give every process of the service VM the
 * hypervisor's control interface.
 */
#include "lib/cpu.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/trap.h"

static uint8_t *code, *data;
static uint64_t code_va, data_va;

static void enter(void *arg)
{
	(void)arg;
	asm volatile("push %0\n"
		     "push %1\n"
		     "push $2\n"
		     "push %2\n"
		     "push %3\n"
		     "mov %4, %%rdi\n"
		     "iretq"
		     :
		     : "r"((uint64_t)USER_DATA), "r"(data_va + PAGE_SIZE),
		       "r"((uint64_t)USER_CODE_64), "r"(code_va), "r"(data_va)
		     : "memory", "rdi");
}

/* Runs bytes in user mode with RDI = the data page; UD2 ends them. */
static struct trap run(const uint8_t *bytes, size_t size)
{
	static const uint8_t end[] = { 0x0f, 0x0b };

	memset(data, 0, PAGE_SIZE);
	memcpy(code, bytes, size);
	memcpy(code + size, end, sizeof(end));
	return trap_catch(enter, NULL);
}

struct row {
	const char *name;
	unsigned vector;
	uint32_t error;
	uint8_t size;
	uint8_t bytes[12];
};

static const struct row rows[] = {
	{ "HLT", VECTOR_GP, 0, 1, { 0xf4 } },
	{ "RDMSR", VECTOR_GP, 0, 2, { 0x0f, 0x32 } },
	{ "WRMSR", VECTOR_GP, 0, 2, { 0x0f, 0x30 } },
	{ "CLI", VECTOR_GP, 0, 1, { 0xfa } },
	{ "IN", VECTOR_GP, 0, 2, { 0xe4, 0x80 } },
	{ "OUT to the configuration address",
	  VECTOR_GP,
	  0,
	  6,
	  { 0x66, 0xba, 0xf8, 0x0c, 0xef, 0x90 } },
	{ "MOV from CR0", VECTOR_GP, 0, 3, { 0x0f, 0x20, 0xc0 } },
	{ "INVLPG", VECTOR_GP, 0, 3, { 0x0f, 0x01, 0x3f } },
	{ "WBINVD", VECTOR_GP, 0, 2, { 0x0f, 0x09 } },
	/* mov $0xfee00020, %eax; mov (%rax), %eax: not a user page. */
	{ "read of the local APIC",
	  VECTOR_PF,
	  5,
	  7,
	  { 0xb8, 0x20, 0x00, 0xe0, 0xfe, 0x8b, 0x00 } },
};

static void check_rows(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct trap trap = run(rows[i].bytes, rows[i].size);

		expect(trap.vector == rows[i].vector &&
			       trap.error == rows[i].error,
		       rows[i].name, "vector %u, error 0x%x, at 0x%lx",
		       trap.vector, trap.error, trap.ip);
	}
}

static void check_cpuid(void)
{
	/* xor %eax, %eax; xor %ecx, %ecx; cpuid; mov %ebx, (%rdi) */
	static const uint8_t bytes[] = { 0x31, 0xc0, 0x31, 0xc9,
					 0x0f, 0xa2, 0x89, 0x1f };
	struct trap trap = run(bytes, sizeof(bytes));

	expect(trap.vector == VECTOR_UD && trap.ip == code_va + sizeof(bytes),
	       "CPUID goes on", "vector %u at 0x%lx", trap.vector, trap.ip);
	expect_eq("CPUID gives the vendor", *(uint32_t *)data, cpuid(0, 0).b);
}

static void check_hypercall(void)
{
	/* mov $17, %eax; xor %edi, %edi; vmmcall; mov to data */
	uint8_t bytes[] = { 0x49, 0x89, 0xf9, 0xb8, 0x11, 0x00, 0x00, 0x00,
			    0x31, 0xff, 0x0f, 0x01, 0xd9, 0x49, 0x89, 0x01 };
	struct trap trap;
	int64_t result;

	if (!hypercall_by_vmmcall) {
		bytes[12] = 0xc1;
	}
	trap = run(bytes, sizeof(bytes));
	result = *(int64_t *)data;
	if (trap.ip == code_va + 10) {
		expect(trap.vector == VECTOR_UD || trap.vector == VECTOR_GP,
		       "hypercall from user mode", "vector %u", trap.vector);
		return;
	}
	expect((int32_t)result == -XEN_EPERM, "hypercall from user mode",
	       "result %ld", result);
}

void guest_main(void)
{
	code = page_alloc(1);
	data = page_alloc(1);
	code_va = page_address(1);
	data_va = page_address(1);
	page_map(code_va, (uintptr_t)code, PTE_PRESENT | PTE_USER);
	page_map(data_va, (uintptr_t)data, PTE_PRESENT | PTE_WRITE | PTE_USER);
	check_rows();
	check_cpuid();
	check_hypercall();
}
