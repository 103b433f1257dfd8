/* SPDX-License-Identifier: MIT */
/*
 * The hypercall page: old kernels and firmware write an address to the MSR
 * that CPUID leaf base+2 names, and then call 32-byte slots in that page.
 *
 * A bug would leave the page unwritten, use the other vendor's instruction, or
 * clobber registers that a caller may keep (all but the result and the five
 * arguments).
 */
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/trap.h"

static uint32_t msr;

/* Registers before the call and after it. */
struct registers {
	uint64_t slot;
	uint64_t a, b, c, di, si, bp, r9, r11, r12, r13, r14, r15, flags;
};

/*
 * Calls the slot with the registers of `r` and stores what they are then.
 * RSP is the one register that the callee cannot lose unnoticed.
 */
static void call_slot(struct registers *r)
{
	asm volatile("push %%rbp\n"
		     "push %%rax\n"
		     "mov 8*2(%%rax), %%rbx; mov 8*3(%%rax), %%rcx\n"
		     "mov 8*4(%%rax), %%rdi; mov 8*5(%%rax), %%rsi\n"
		     "mov 8*6(%%rax), %%rbp; mov 8*7(%%rax), %%r9\n"
		     "mov 8*8(%%rax), %%r11; mov 8*9(%%rax), %%r12\n"
		     "mov 8*10(%%rax), %%r13; mov 8*11(%%rax), %%r14\n"
		     "mov 8*12(%%rax), %%r15\n"
		     "stc\n"
		     "call *(%%rax)\n"
		     "pushf\n"
		     "push %%rbp\n"
		     "mov 16(%%rsp), %%rbp\n"
		     "mov %%rax, 8*1(%%rbp); mov %%rbx, 8*2(%%rbp)\n"
		     "mov %%rcx, 8*3(%%rbp); mov %%r9, 8*7(%%rbp)\n"
		     "mov %%r11, 8*8(%%rbp); mov %%r12, 8*9(%%rbp)\n"
		     "mov %%r13, 8*10(%%rbp); mov %%r14, 8*11(%%rbp)\n"
		     "mov %%r15, 8*12(%%rbp)\n"
		     "mov %%rbp, %%rax\n"
		     "pop 8*6(%%rax)\n"
		     "pop 8*13(%%rax)\n"
		     "add $8, %%rsp\n"
		     "pop %%rbp\n"
		     : "+a"(r)
		     :
		     : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10",
		       "r11", "r12", "r13", "r14", "r15", "memory", "cc");
}

static void check_registers(const void *page)
{
	struct registers r = {
		.slot = (uintptr_t)page + __HYPERVISOR_xen_version * 32,
		.di = XENVER_version,
		.b = 0xb0b0b0b0b0b0b0b0,
		.c = 0xc0c0c0c0c0c0c0c0,
		.bp = 0x5050505050505050,
		.r9 = 0x0909090909090909,
		.r11 = 0x1111111111111111,
		.r12 = 0x1212121212121212,
		.r13 = 0x1313131313131313,
		.r14 = 0x1414141414141414,
		.r15 = 0x1515151515151515,
	};
	struct registers before = r;

	call_slot(&r);
	expect_eq("slot of xen_version", (long)r.a,
		  hypercall_version(XENVER_version, NULL));
	expect(r.b == before.b && r.c == before.c && r.bp == before.bp &&
		       r.r9 == before.r9 && r.r11 == before.r11 &&
		       r.r12 == before.r12 && r.r13 == before.r13 &&
		       r.r14 == before.r14 && r.r15 == before.r15,
	       "other registers are kept",
	       "b 0x%lx c 0x%lx bp 0x%lx r9 0x%lx r11 0x%lx", r.b, r.c, r.bp,
	       r.r9, r.r11);
	expect((r.flags & 1) != 0, "flags are kept", "0x%lx", r.flags);
}

static void check_unknown(const void *page)
{
	struct registers r = { .slot = (uintptr_t)page + 63 * 32 };

	call_slot(&r);
	expect_eq("slot of an unknown number", (long)r.a, -XEN_ENOSYS);
}

static void write_msr(void *value)
{
	wrmsr(msr, *(uint64_t *)value);
}

static void expect_refused(const char *name, uint64_t value)
{
	struct trap trap = trap_catch(write_msr, &value);

	expect(trap.vector == VECTOR_GP && trap.error == 0, name,
	       "vector %u, error 0x%x", trap.vector, trap.error);
}

void guest_main(void)
{
	struct cpuid leaf = cpuid(0x40000002, 0);
	uint8_t *first = page_alloc(1);
	uint8_t *second = page_alloc(1);

	expect(leaf.a >= 1, "leaf has a page", "%u", leaf.a);
	expect(leaf.b >= 0x40000000, "leaf names an MSR", "0x%x", leaf.b);
	msr = leaf.b;

	wrmsr(msr, (uintptr_t)first);
	check_registers(first);
	check_unknown(first);
	expect(first[23 * 32] == 0x0f && first[23 * 32 + 1] == 0x0b,
	       "slot of iret is UD2", "%02x %02x", first[23 * 32],
	       first[23 * 32 + 1]);

	wrmsr(msr, (uintptr_t)second);
	expect(memcmp(first, second, PAGE_SIZE) == 0, "a second page",
	       "differs from the first");
	expect_refused("page index out of range", (uintptr_t)first | 7);
	expect_refused("address without RAM", memory_end() + BIT(32));
}
