/* SPDX-License-Identifier: MIT */
/*
 * Intercepted instructions in every form: with prefixes, across a page end,
 * in 64-, 32- and 16-bit code.
 *
 * Where the CPU gives no next RIP the hypervisor measures the instruction
 * itself. A bug would go on in the middle of an instruction, or read the bytes
 * from the wrong page; every snippet here ends with an INC that then is lost.
 */
#include "lib/cpu.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/mode.h"
#include "lib/test.h"
#include "lib/trap.h"

/* Bytes to run; then come INC %esi and a return of the mode. */
struct form {
	const char *name;
	uint8_t size;
	uint8_t bytes[15];
};

static const struct form forms_64[] = {
	{ "CPUID", 2, { 0x0f, 0xa2 } },
	{ "CPUID with 66", 3, { 0x66, 0x0f, 0xa2 } },
	{ "CPUID with REP", 3, { 0xf3, 0x0f, 0xa2 } },
	{ "CPUID with REX.W", 3, { 0x48, 0x0f, 0xa2 } },
	{ "CPUID with segment and address size",
	  5,
	  { 0x2e, 0x67, 0x64, 0x0f, 0xa2 } },
	{ "CPUID of 15 bytes",
	  15,
	  { 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
	    0x66, 0x66, 0x0f, 0xa2 } },
	{ "RDMSR", 2, { 0x0f, 0x32 } },
	{ "RDMSR with REX", 3, { 0x4f, 0x0f, 0x32 } },
	{ "RDMSR with 66", 3, { 0x66, 0x0f, 0x32 } },
	{ "IN from an immediate port", 2, { 0xe4, 0x80 } },
	{ "IN 32 bits", 2, { 0xe5, 0x80 } },
	{ "IN with 66", 3, { 0x66, 0xe5, 0x80 } },
	{ "MOV from CR8", 4, { 0x44, 0x0f, 0x20, 0xc0 } },
	{ "WBINVD", 2, { 0x0f, 0x09 } },
	{ "RDTSC", 2, { 0x0f, 0x31 } },
};

static const struct form forms_32[] = {
	{ "CPUID, 32-bit code", 2, { 0x0f, 0xa2 } },
	{ "CPUID with 66 and 67, 32-bit code", 4, { 0x66, 0x67, 0x0f, 0xa2 } },
	{ "RDMSR, 32-bit code", 2, { 0x0f, 0x32 } },
	{ "IN, 32-bit code", 2, { 0xe5, 0x80 } },
};

static const struct form forms_16[] = {
	{ "CPUID, 16-bit code", 2, { 0x0f, 0xa2 } },
	{ "CPUID with 66, 16-bit code", 3, { 0x66, 0x0f, 0xa2 } },
	{ "RDMSR, 16-bit code", 2, { 0x0f, 0x32 } },
	{ "IN, 16-bit code", 2, { 0xe5, 0x80 } },
};

/* xor %esi, %esi; BYTES; inc %esi; mov %esi, %eax; ret */
static const uint8_t start_64[] = { 0x53, 0x31, 0xf6 };
static const uint8_t end_64[] = { 0xff, 0xc6, 0x89, 0xf0, 0x5b, 0xc3 };

static uint8_t *put(uint8_t *to, const void *bytes, size_t size)
{
	memcpy(to, bytes, size);
	return to + size;
}

/* Builds the function so that BYTES begin at `at`. */
static void *build_64(uint8_t *at, const struct form *form)
{
	uint8_t *start = at - sizeof(start_64);

	put(start, start_64, sizeof(start_64));
	at = put(at, form->bytes, form->size);
	put(at, end_64, sizeof(end_64));
	return start;
}

static uint64_t call(void *function)
{
	uint64_t a = 0, c = MSR_TSC;

	asm volatile("call *%2"
		     : "+a"(a), "+c"(c)
		     : "r"(function)
		     : "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory",
		       "cc");
	return a;
}

struct job {
	void *function;
	uint64_t result;
};

static void run_job(void *arg)
{
	struct job *job = arg;

	job->result = call(job->function);
}

static void check_64(uint8_t *page)
{
	for (unsigned i = 0; i < ARRAY_SIZE(forms_64); i++) {
		struct job job = { build_64(page + 64, &forms_64[i]), 0 };
		struct trap trap = trap_catch(run_job, &job);

		expect(trap.vector == VECTOR_NONE && job.result == 1,
		       forms_64[i].name, "vector %u, %lu increments",
		       trap.vector, job.result);
	}
}

/*
 * Every split of the instruction over two pages that are neighbours only by
 * the page tables.
 */
static void check_crossing(void)
{
	uint64_t va = page_address(2);
	uint8_t *end = (uint8_t *)(uintptr_t)(va + PAGE_SIZE);
	unsigned bad = 0, runs = 0;

	page_map(va, (uintptr_t)page_alloc(1), PTE_RWX);
	page_alloc(1);
	page_map(va + PAGE_SIZE, (uintptr_t)page_alloc(1), PTE_RWX);
	for (unsigned i = 0; i < ARRAY_SIZE(forms_64); i++) {
		for (unsigned split = 1; split < forms_64[i].size; split++) {
			struct job job = { build_64(end - split, &forms_64[i]),
					   0 };
			struct trap trap = trap_catch(run_job, &job);

			runs++;
			if (trap.vector != VECTOR_NONE || job.result != 1) {
				print("%s split at %u: vector %u\n",
				      forms_64[i].name, split, trap.vector);
				bad++;
			}
		}
	}
	expect(bad == 0, "across a page end", "%u of %u", bad, runs);
}

extern const uint8_t mode_return[];

/* BYTES; inc %esi; ljmpl $0x18, $mode_return */
static void build_compat(uint8_t *at, const struct form *form, bool is_16)
{
	static const uint8_t inc[] = { 0x46 };
	static const uint8_t jump[] = { 0x66, 0xea };
	uint32_t target = (uint32_t)(uintptr_t)mode_return;
	uint16_t selector = CODE_64;

	at = put(at, form->bytes, form->size);
	at = put(at, inc, 1);
	at = put(at, is_16 ? jump : jump + 1, is_16 ? 2 : 1);
	at = put(at, &target, 4);
	put(at, &selector, 2);
}

static void check_compat(uint8_t *page, const struct form *forms,
			 unsigned count, bool is_16)
{
	for (unsigned i = 0; i < count; i++) {
		struct mode_registers r = { .c = MSR_TSC };

		build_compat(page, &forms[i], is_16);
		if (is_16) {
			mode_run_16(page, &r);
		} else {
			mode_run_32(page, &r);
		}
		expect_eq(forms[i].name, r.si, 1);
	}
}

/* The width of the code decides the ABI: EBX, ECX, EDX are the arguments. */
static void check_hypercall_32(uint8_t *page)
{
	static const struct form amd = { "", 3, { 0x0f, 0x01, 0xd9 } };
	static const struct form intel = { "", 3, { 0x0f, 0x01, 0xc1 } };
	struct mode_registers r = { .a = __HYPERVISOR_xen_version,
				    .b = XENVER_pagesize,
				    .di = 0x1234 };

	build_compat(page, hypercall_by_vmmcall ? &amd : &intel, false);
	mode_run_32(page, &r);
	expect_eq("hypercall from 32-bit code", r.a, PAGE_SIZE);
	expect_eq("goes on behind it", r.si, 1);
}

static void check_counts(void)
{
	struct cpuid r = cpuid(0x40000000, 0);
	uint64_t high;

	/* Upper halves of the results are zero in 64-bit code. */
	asm volatile("mov $-1, %%rax; mov $0, %%ecx; mov $0x40000000, %%eax\n"
		     "cpuid; or %%rcx, %%rax; or %%rbx, %%rax\n"
		     "or %%rdx, %%rax; shr $32, %%rax"
		     : "=&a"(high)::"rbx", "rcx", "rdx");
	expect(r.a != 0 && high == 0, "CPUID clears upper halves", "0x%lx",
	       high);
	asm volatile("mov $-1, %%rdx; mov $-1, %%rax; rdmsr; mov %%rax, %%rcx\n"
		     "or %%rdx, %%rax; shr $32, %%rax"
		     : "=&a"(high)
		     : "c"(MSR_EFER)
		     : "rdx");
	expect(high == 0, "RDMSR clears upper halves", "0x%lx", high);
}

void guest_main(void)
{
	uint8_t *page = page_alloc(1);

	check_64(page);
	check_crossing();
	check_compat(page, forms_32, ARRAY_SIZE(forms_32), false);
	check_compat(page, forms_16, ARRAY_SIZE(forms_16), true);
	check_hypercall_32(page);
	check_counts();
}
