/* SPDX-License-Identifier: MIT */
/*
 * Every form of memory access to an emulated device: the local APIC page,
 * whose registers are 32 bits wide, and PCI configuration space in memory,
 * which takes bytes, words and double words.
 *
 * The hypervisor decodes the instruction and does it. A bug would take the
 * wrong operand size or register, extend a sign wrongly, lose the flags of a
 * TEST, or count a repeated one once.
 */
#include "lib/acpi.h"
#include "lib/apic.h"
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/mode.h"
#include "lib/test.h"
#include "lib/trap.h"

/* A register of 32 bits that holds what is written: the timer's count. */
static volatile uint32_t *count;

#define FORM(text, code, ...)                                                  \
	do {                                                                   \
		uint64_t out = 0;                                              \
                                                                               \
		asm volatile(code                                              \
			     : "+a"(out)                                       \
			     : "b"(count), ##__VA_ARGS__                       \
			     : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r13",  \
			       "cc", "memory");                                \
		check(text, out);                                              \
	} while (0)

static uint32_t next;

/* A read gave `next`, or the write put it there. */
static void check(const char *name, uint64_t out)
{
	expect(out == next, name, "0x%lx, want 0x%x", out, next);
}

/* Another value, there already for the next read. */
static uint32_t set(void)
{
	next = next * 1103515245 + 12345;
	*count = next;
	return next;
}

static void check_reads(void)
{
	static uint64_t pointer;

	pointer = (uintptr_t)count;
	set();
	FORM("MOV r32, [base]", "mov (%%rbx), %%eax");
	set();
	FORM("MOV r9d, [r13]", "mov %%rbx, %%r13; mov (%%r13), %%r9d\n"
			       "mov %%r9, %%rax");
	set();
	FORM("MOV r32, [base + index * 8 + disp]",
	     "mov $-2, %%rcx; mov 16(%%rbx, %%rcx, 8), %%eax");
	set();
	FORM("MOV eax, moffs", "movabs 0xfee00380, %%eax");
	set();
	FORM("MOV r32, [disp32] with 67",
	     "mov %%ebx, %%edi; .byte 0x67; mov (%%rdi), %%eax");
	set();
	FORM("MOV with segment prefix", "mov %%gs:0, %%rcx\n"
					".byte 0x36; mov (%%rbx), %%eax");
	set();
	FORM("MOV r32, [rsp]", "mov %%rsp, %%rsi; mov %%rbx, %%rsp\n"
			       "mov (%%rsp), %%eax; mov %%rsi, %%rsp");
	set();
	FORM("LODSD", "mov %%rbx, %%rsi; lodsl");
	set();
	FORM("MOVSD to memory",
	     "mov %%rbx, %%rsi; lea %c2(%%rip), %%rdi\n"
	     "movsl; mov -4(%%rdi), %%eax",
	     "i"(&pointer));
	set();
	FORM("ADD r32, [m]", "mov $1, %%eax; add (%%rbx), %%eax; dec %%eax");
	set();
	FORM("OR r32, [m]", "or (%%rbx), %%eax");
	set();
	FORM("XOR r32, [m]", "xor (%%rbx), %%eax");
}

static void check_writes(void)
{
	uint32_t value = 0x600df00d;

	next = value;
	FORM("MOV [base], r32", "mov $0x600df00d, %%eax; mov %%eax, (%%rbx)\n"
				"xor %%eax, %%eax; mov (%%rbx), %%eax");
	next = 0x12345678;
	FORM("MOV [base], imm32", "movl $0x12345678, (%%rbx)\n"
				  "mov (%%rbx), %%eax");
	next = 0x0badcafe;
	FORM("MOV [r13 + disp], r8d",
	     "mov $0x0badcafe, %%r8d; lea -64(%%rbx), %%r13\n"
	     "mov %%r8d, 64(%%r13); mov (%%rbx), %%eax");
	next = 0x11112222;
	FORM("MOV moffs, eax", "mov $0x11112222, %%eax\n"
			       "movabs %%eax, 0xfee00380\n"
			       "mov (%%rbx), %%eax");
	next = 0x33334444;
	FORM("STOSD", "mov $0x33334444, %%eax; mov %%rbx, %%rdi; stosl\n"
		      "mov (%%rbx), %%eax");
	next = 0x55556666;
	FORM("XCHG", "mov $0x55556666, %%ecx; xchg %%ecx, (%%rbx)\n"
		     "mov (%%rbx), %%eax");
	next = 0x00ff0f00;
	FORM("AND [m], imm32", "movl $0x12ffff34, (%%rbx)\n"
			       "andl $0x00ff0f00, (%%rbx); mov (%%rbx), %%eax");
	next = 0x12ffff35;
	FORM("OR [m], imm8", "movl $0x12ffff34, (%%rbx); orl $1, (%%rbx)\n"
			     "mov (%%rbx), %%eax");
	next = 0x100;
	FORM("ADD [m], r32", "movl $0xff, (%%rbx); mov $1, %%ecx\n"
			     "add %%ecx, (%%rbx); mov (%%rbx), %%eax");
}

static void check_flags(void)
{
	next = 0x44; /* ZF and PF */
	*count = 0xf0;
	FORM("TEST [m], imm32 sets flags",
	     "testl $0x0f, (%%rbx); pushf; pop %%rax; and $0x44, %%eax");
	FORM("CMP [m], imm32 sets flags",
	     "cmpl $0xf0, (%%rbx); pushf; pop %%rax; and $0x44, %%eax");
	next = 1;
	FORM("CMP r32, [m] borrows",
	     "mov $1, %%ecx; cmp (%%rbx), %%ecx; pushf; pop %%rax\n"
	     "and $1, %%eax");
}

/* The store of `movl $imm, disp32(%rdi)` begins at each of its ten bytes. */
static void check_crossing(void)
{
	static const uint8_t code[] = { 0xc7, 0x87, 0x80, 0x03, 0x00, 0x00,
					0x00, 0x00, 0x00, 0x00, 0xc3 };
	uint64_t va = page_address(2);
	unsigned bad = 0;

	page_map(va, (uintptr_t)page_alloc(1), PTE_RWX);
	page_alloc(1);
	page_map(va + PAGE_SIZE, (uintptr_t)page_alloc(1), PTE_RWX);
	for (unsigned split = 1; split < 10; split++) {
		uint8_t *at = (uint8_t *)(uintptr_t)(va + PAGE_SIZE - split);
		uint32_t value = 0x1000 + split;

		memcpy(at, code, sizeof(code));
		memcpy(at + 6, &value, 4);
		asm volatile("call *%0" ::"r"(at), "D"(APIC_BASE) : "memory");
		bad += *count != value;
	}
	expect_eq("instructions across a page end that went wrong", bad, 0);
}

/* mov %eax, (%ebx); mov (%ebx), %ecx; movl $7, (%ebx); mov (%ebx), %edx */
asm(".code32\n"
    "code_32: mov %eax, (%ebx); mov (%ebx), %ecx\n"
    "movl $0x12345, (%ebx); mov (%ebx), %edx; mov 0xfee00380, %esi\n"
    "ljmpl $0x18, $mode_return\n"
    ".code16\n"
    "code_16: movl %eax, (%ebx); movl (%ebx), %ecx\n"
    "movl $0x12345, (%ebx); movl (%ebx), %edx\n"
    "addr32 movl 0xfee00380, %esi\n"
    "ljmpl $0x18, $mode_return\n"
    ".code64\n");
extern const uint8_t code_32[], code_16[];

static void check_width(const char *name, bool is_16)
{
	struct mode_registers r = { .a = 0xabcd1234,
				    .b = (uint32_t)(uintptr_t)count };

	if (is_16) {
		mode_run_16(code_16, &r);
	} else {
		mode_run_32(code_32, &r);
	}
	expect(r.c == 0xabcd1234 && r.d == 0x12345 && r.si == 0x12345, name,
	       "0x%x 0x%x 0x%x", r.c, r.d, r.si);
}

/* Configuration space of 00:00.0: its ids are known by double word. */
static void check_sizes(void)
{
	uint64_t base = acpi_mmconfig();
	volatile uint8_t *bytes = (volatile uint8_t *)(uintptr_t)base;
	uint32_t word;
	uint64_t quad;
	int64_t wide;

	if (base == 0) {
		skip("sizes in configuration space", "no MCFG");
		return;
	}
	word = *(volatile uint32_t *)bytes;
	expect(word != 0 && word != 0xffffffff, "MOV of 32 bits", "0x%x", word);
	expect(*(volatile uint16_t *)bytes == (word & 0xffff) &&
		       *(volatile uint16_t *)(bytes + 2) == word >> 16,
	       "MOV of 16 bits", "0x%x", *(volatile uint16_t *)bytes);
	expect(bytes[0] == (word & 0xff) && bytes[3] == word >> 24,
	       "MOV of 8 bits", "0x%x 0x%x", bytes[0], bytes[3]);
	asm volatile("mov (%1), %0" : "=r"(quad) : "r"(bytes));
	expect((uint32_t)quad == word, "MOV of 64 bits", "0x%lx", quad);
	asm volatile("movsbq 1(%1), %0" : "=r"(wide) : "r"(bytes));
	expect(wide == (int8_t)(word >> 8), "MOVSX of 8 bits", "0x%lx", wide);
	asm volatile("movswq (%1), %0" : "=r"(wide) : "r"(bytes));
	expect(wide == (int16_t)word, "MOVSX of 16 bits", "0x%lx", wide);
	asm volatile("movslq (%1), %0" : "=r"(wide) : "r"(bytes));
	expect(wide == (int32_t)word, "MOVSXD", "0x%lx", wide);
	asm volatile("mov $-1, %0; movzbl 3(%1), %k0"
		     : "=&r"(quad)
		     : "r"(bytes));
	expect(quad == word >> 24, "MOVZX of 8 bits", "0x%lx", quad);
	asm volatile("mov $-1, %0; movw (%1), %w0" : "=&r"(quad) : "r"(bytes));
	expect(quad == (0xffffffffffff0000 | (word & 0xffff)),
	       "MOV of 16 bits keeps the rest", "0x%lx", quad);
	asm volatile("xor %%eax, %%eax; movb 1(%1), %%ah; mov %%rax, %0"
		     : "=&r"(quad)
		     : "r"(bytes)
		     : "rax");
	expect(quad == (word & 0xff00), "MOV to AH", "0x%lx", quad);
}

static void check_rep(void)
{
	uint64_t base = acpi_mmconfig();
	uint32_t copy[4] = { 0 };
	const void *from = (const void *)(uintptr_t)base;
	void *to = copy;
	uint64_t left = 4;

	if (base == 0) {
		return;
	}
	asm volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(left)::"memory");
	expect(left == 0 && copy[0] == *(volatile uint32_t *)(uintptr_t)base &&
		       copy[2] == *(volatile uint32_t *)(uintptr_t)(base + 8),
	       "REP MOVSD", "%lu left, 0x%x 0x%x", left, copy[0], copy[2]);
}

/* A frame that was given back: nothing is there, and nobody crashes. */
static void check_nothing(void)
{
	volatile uint64_t *quad = page_alloc(1);
	xen_pfn_t frame = page_gfn((const void *)quad);
	struct xen_memory_reservation reservation = { .nr_extents = 1,
						      .domid = DOMID_SELF };

	set_xen_guest_handle(reservation.extent_start, &frame);
	expect_eq("give a frame back",
		  hypercall_memory(XENMEM_decrease_reservation, &reservation),
		  1);
	*quad = 0x1234;
	expect(*quad == UINT64_MAX, "an empty frame reads as all ones", "0x%lx",
	       *quad);
	expect(*(volatile uint8_t *)quad == 0xff, "a byte of it too", "0x%x",
	       *(volatile uint8_t *)quad);
}

void guest_main(void)
{
	event_init();
	smp_count();
	apic_enable(false);
	count = (volatile uint32_t *)(uintptr_t)(APIC_BASE +
						 APIC_TIMER_INITIAL);
	apic_write(APIC_LVT_TIMER, 0x10040);
	check_reads();
	check_writes();
	check_flags();
	check_crossing();
	check_width("32-bit code", false);
	check_width("16-bit code", true);
	check_sizes();
	check_rep();
	check_nothing();
}
