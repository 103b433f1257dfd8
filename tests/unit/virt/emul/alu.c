/* SPDX-License-Identifier: MIT */
/*
 * The executor against the CPU this runs on: random instructions of every
 * kind, in 64-bit code, are run by both on the same registers and memory.
 */
#include "virt/emul/alu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "unit/virt/emul/guest.h"

#define MEMORY_SIZE 4096u
#define ROUNDS      200

#define FLAGS_ALL   (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)
#define FLAGS_LOGIC (FLAGS_ALL & ~FLAG_AF)
#define FLAGS_BIT   (FLAG_CF | FLAG_ZF)

struct native {
	uint64_t regs[16];
	uint64_t rflags;
};

/* Loads all registers but RSP, calls `code`, and stores them back. */
void native_run(struct native *n, const void *code);

__asm__(".text\n"
	"native_run:\n"
	"	push %rbx\n	push %rbp\n	push %r12\n"
	"	push %r13\n	push %r14\n	push %r15\n"
	"	push %rdi\n	push %rsi\n"
	"	pushq 128(%rdi)\n	popfq\n"
	"	mov 0(%rdi), %rax\n	mov 8(%rdi), %rcx\n"
	"	mov 16(%rdi), %rdx\n	mov 24(%rdi), %rbx\n"
	"	mov 40(%rdi), %rbp\n	mov 48(%rdi), %rsi\n"
	"	mov 64(%rdi), %r8\n	mov 72(%rdi), %r9\n"
	"	mov 80(%rdi), %r10\n	mov 88(%rdi), %r11\n"
	"	mov 96(%rdi), %r12\n	mov 104(%rdi), %r13\n"
	"	mov 112(%rdi), %r14\n	mov 120(%rdi), %r15\n"
	"	mov 56(%rdi), %rdi\n"
	"	call *(%rsp)\n"
	"	xchg %rdi, 8(%rsp)\n"
	"	mov %rax, 0(%rdi)\n	mov %rcx, 8(%rdi)\n"
	"	mov %rdx, 16(%rdi)\n	mov %rbx, 24(%rdi)\n"
	"	mov %rbp, 40(%rdi)\n	mov %rsi, 48(%rdi)\n"
	"	mov %r8, 64(%rdi)\n	mov %r9, 72(%rdi)\n"
	"	mov %r10, 80(%rdi)\n	mov %r11, 88(%rdi)\n"
	"	mov %r12, 96(%rdi)\n	mov %r13, 104(%rdi)\n"
	"	mov %r14, 112(%rdi)\n	mov %r15, 120(%rdi)\n"
	"	pushfq\n	popq 128(%rdi)\n"
	"	mov 8(%rsp), %rax\n	mov %rax, 56(%rdi)\n"
	"	cld\n"
	"	add $16, %rsp\n"
	"	pop %r15\n	pop %r14\n	pop %r13\n"
	"	pop %r12\n	pop %rbp\n	pop %rbx\n"
	"	ret\n");

#define BYTE     BIT(0) /* the operands are bytes */
#define LOCKABLE BIT(2)
#define IMM8     BIT(3)
#define IMM      BIT(4) /* of the operand size */
#define NO_66    BIT(6)
#define NO_MODRM BIT(7)
#define STRING   BIT(9)
#define ANY_REG  8 /* ModRM.reg is an operand */

struct kind {
	const char *name;
	uint8_t opcode[2];
	uint8_t count;
	uint8_t reg;
	uint64_t how;
	uint64_t flags; /* those defined afterwards */
};

/* clang-format off */
#define ALU(name, base, group, lock, flags) \
	{ name " m8, r8", { base }, 1, ANY_REG, BYTE | lock, flags }, \
	{ name " m, r", { base + 1 }, 1, ANY_REG, lock, flags }, \
	{ name " r8, m8", { base + 2 }, 1, ANY_REG, BYTE, flags }, \
	{ name " r, m", { base + 3 }, 1, ANY_REG, 0, flags }, \
	{ name " m8, i8", { 0x80 }, 1, group, BYTE | IMM8 | lock, flags }, \
	{ name " m, i", { 0x81 }, 1, group, IMM | lock, flags }, \
	{ name " m, i8", { 0x83 }, 1, group, IMM8 | lock, flags }
#define BOTH(name, base, reg, how, flags) \
	{ name "8", { base }, 1, reg, BYTE | (how), flags }, \
	{ name, { base + 1 }, 1, reg, how, flags }

static const struct kind kinds[] = {
	ALU("add", 0x00, 0, LOCKABLE, FLAGS_ALL),
	ALU("or", 0x08, 1, LOCKABLE, FLAGS_LOGIC),
	ALU("adc", 0x10, 2, LOCKABLE, FLAGS_ALL),
	ALU("sbb", 0x18, 3, LOCKABLE, FLAGS_ALL),
	ALU("and", 0x20, 4, LOCKABLE, FLAGS_LOGIC),
	ALU("sub", 0x28, 5, LOCKABLE, FLAGS_ALL),
	ALU("xor", 0x30, 6, LOCKABLE, FLAGS_LOGIC),
	ALU("cmp", 0x38, 7, 0, FLAGS_ALL),
	BOTH("test", 0x84, ANY_REG, 0, FLAGS_LOGIC),
	{ "test m8, i", { 0xf6 }, 1, 0, BYTE | IMM8, FLAGS_LOGIC },
	{ "test m, i", { 0xf7 }, 1, 1, IMM, FLAGS_LOGIC },
	BOTH("mov m, r", 0x88, ANY_REG, 0, FLAGS_ALL),
	BOTH("mov r, m", 0x8a, ANY_REG, 0, FLAGS_ALL),
	{ "mov m8, i", { 0xc6 }, 1, 0, BYTE | IMM8, FLAGS_ALL },
	{ "mov m, i", { 0xc7 }, 1, 0, IMM, FLAGS_ALL },
	{ "movsxd", { 0x63 }, 1, ANY_REG, NO_66, FLAGS_ALL },
	{ "movzx8", { 0x0f, 0xb6 }, 2, ANY_REG, BYTE, FLAGS_ALL },
	{ "movzx16", { 0x0f, 0xb7 }, 2, ANY_REG, 0, FLAGS_ALL },
	{ "movsx8", { 0x0f, 0xbe }, 2, ANY_REG, BYTE, FLAGS_ALL },
	{ "movsx16", { 0x0f, 0xbf }, 2, ANY_REG, 0, FLAGS_ALL },
	{ "movnti", { 0x0f, 0xc3 }, 2, ANY_REG, NO_66, FLAGS_ALL },
	BOTH("xchg", 0x86, ANY_REG, LOCKABLE, FLAGS_ALL),
	{ "bt i", { 0x0f, 0xba }, 2, 4, IMM8, FLAGS_BIT },
	{ "bts i", { 0x0f, 0xba }, 2, 5, IMM8 | LOCKABLE, FLAGS_BIT },
	{ "btr i", { 0x0f, 0xba }, 2, 6, IMM8 | LOCKABLE, FLAGS_BIT },
	{ "btc i", { 0x0f, 0xba }, 2, 7, IMM8 | LOCKABLE, FLAGS_BIT },
	BOTH("movs", 0xa4, 0, NO_MODRM | STRING, FLAGS_ALL),
	BOTH("stos", 0xaa, 0, NO_MODRM | STRING, FLAGS_ALL),
	BOTH("lods", 0xac, 0, NO_MODRM | STRING, FLAGS_ALL),
};

/* clang-format on */

/* One instruction with the state it meets. */
struct trial {
	const struct kind *kind;
	uint8_t code[16];
	size_t length;
	bool has_66;
	uint64_t regs[16];
	uint64_t rflags;
	uint8_t memory[MEMORY_SIZE];
};

static uint8_t *memory; /* below 4 GiB, for 32-bit addresses */
static uint8_t *page;   /* where the CPU runs a trial's code */
static struct trial trial;

static unsigned int pick(unsigned int below)
{
	return (unsigned int)rand() % below;
}

/* Values at which carries, signs and equality turn. */
static uint64_t pick_value(void)
{
	static const uint8_t bytes[] = { 0x00, 0x01, 0x7f, 0x80, 0xff, 0x10 };
	uint64_t value = 0;

	if (pick(4) == 0) {
		return (uint64_t)rand() << 33 ^ (uint64_t)rand() << 11 ^
		       (uint64_t)rand();
	}
	for (int i = 0; i < 8; i++) {
		value = value << 8 | bytes[pick(ARRAY_SIZE(bytes))];
	}
	return value;
}

static void add_byte(unsigned int byte)
{
	trial.code[trial.length++] = (uint8_t)byte;
}

static void fill_state(void)
{
	for (size_t i = 0; i < MEMORY_SIZE; i += 8) {
		uint64_t value = pick_value();

		memcpy(trial.memory + i, &value, 8);
	}
	for (size_t i = 0; i < 16; i++) {
		trial.regs[i] = pick_value();
	}
	trial.rflags = 0x202 | ((uint64_t)rand() & FLAGS_ALL);
}

static unsigned int add_prefixes(void)
{
	const struct kind *k = trial.kind;
	unsigned int rex = pick(2) ? 0x40 + pick(16) : 0;

	if (!(k->how & NO_66) && pick(3) == 0) {
		add_byte(0x66);
		trial.has_66 = true;
	}
	if (pick(8) == 0) {
		add_byte(0x67);
	}
	if (k->how & STRING) {
		static const uint8_t reps[] = { 0xf2, 0xf3, 0xf3 };

		if (pick(4) != 0) {
			add_byte(reps[pick(3)]);
		}
	}
	if (rex != 0) {
		add_byte(rex);
	}
	return rex;
}

/* A register number that is not RSP's. */
static unsigned int pick_reg(unsigned int rex_bit)
{
	for (;;) {
		unsigned int reg = pick(8);

		if (reg != EMUL_RSP || rex_bit) {
			return reg;
		}
	}
}

/* The same for an operand; without REX, byte 4 is AH. */
static unsigned int pick_operand(unsigned int rex, unsigned int rex_bit)
{
	bool is_byte = (trial.kind->how & BYTE) && trial.kind->count == 1;

	return is_byte && rex == 0 ? pick(8) : pick_reg(rex_bit);
}

/* Adds a SIB byte; the index is small. */
static void add_sib(unsigned int base, unsigned int rex)
{
	unsigned int base_reg = base | (rex & 1) << 3;
	unsigned int index;
	unsigned int index_reg;

	do {
		index = pick(8);
		index_reg = index | (rex & 2) << 2;
	} while (index_reg == base_reg);
	if (index_reg != EMUL_RSP) { /* else there is no index */
		trial.regs[index_reg] = pick(64);
	}
	add_byte(pick(4) << 6 | index << 3 | base);
}

/* [base + index * scale + disp8], somewhere in the middle of the memory. */
static void add_memory(unsigned int reg, unsigned int rex)
{
	unsigned int base = pick_reg(rex & 1);

	trial.regs[base | (rex & 1) << 3] =
		(uintptr_t)memory + MEMORY_SIZE / 2 + pick(16);
	if (base == 4 || pick(2)) {
		add_byte(0x44 | reg << 3);
		add_sib(base, rex);
	} else {
		add_byte(0x40 | reg << 3 | base);
	}
	add_byte(pick(256));
}

static void add_immediate(size_t size)
{
	uint64_t value = pick_value();

	for (size_t i = 0; i < size; i++) {
		add_byte((unsigned int)(value >> 8 * i & 0xff));
	}
}

static void prepare_string(void)
{
	trial.regs[EMUL_RSI] = (uintptr_t)memory + MEMORY_SIZE / 2 + pick(64);
	trial.regs[EMUL_RDI] = (uintptr_t)memory + MEMORY_SIZE / 2 + pick(64);
	trial.regs[EMUL_RCX] = pick(3 * EMUL_ROUNDS);
	if (pick(2)) {
		trial.rflags |= FLAG_DF;
	}
}

/* The prefix goes before all others. */
static void add_lock(void)
{
	memmove(trial.code + 1, trial.code, trial.length++);
	trial.code[0] = 0xf0;
}

static void make_modrm(unsigned int rex)
{
	const struct kind *k = trial.kind;
	unsigned int reg = k->reg;

	if (reg == ANY_REG) {
		reg = pick_operand(rex, rex & 4);
	}
	add_memory(reg, rex);
	if ((k->how & LOCKABLE) && pick(2)) {
		add_lock();
	}
}

static void check_decoded(void)
{
	struct insn i;

	if (insn_decode(INSN_MODE_64, trial.code, trial.length, &i) !=
	    trial.length) {
		fail_msg("%s is not decoded", trial.kind->name);
	}
}

static void make_trial(const struct kind *k)
{
	unsigned int rex;

	trial.kind = k;
	trial.length = 0;
	trial.has_66 = false;
	memset(trial.code, 0xcc, sizeof(trial.code));
	fill_state();
	rex = add_prefixes();
	for (size_t i = 0; i < k->count; i++) {
		add_byte(k->opcode[i]);
	}
	if (k->how & STRING) {
		prepare_string();
	}
	if (!(k->how & NO_MODRM)) {
		make_modrm(rex);
	}
	if (k->how & IMM8) {
		add_immediate(1);
	}
	if (k->how & IMM) {
		add_immediate(trial.has_66 && !(rex & 8) ? 2 : 4);
	}
}

static void run_native(struct native *n)
{
	memcpy(memory, trial.memory, MEMORY_SIZE);
	memcpy(n->regs, trial.regs, sizeof(n->regs));
	n->rflags = trial.rflags;
	memcpy(page, trial.code, trial.length);
	page[trial.length] = 0xc3; /* RET */
	native_run(n, page);
}

static void fail_trial(const char *what, uint64_t is, uint64_t should)
{
	char hex[2 * sizeof(trial.code) + 1];

	for (size_t i = 0; i < trial.length; i++) {
		sprintf(hex + 2 * i, "%02x", trial.code[i]);
	}
	fail_msg("%s (%s): %s is %llx, not %llx", trial.kind->name, hex, what,
		 (unsigned long long)is, (unsigned long long)should);
}

static void run_emulated(const struct native *n, const uint8_t *after)
{
	const uint64_t flags = trial.kind->flags | FLAG_DF | 0x202;
	struct guest g;

	memcpy(memory, trial.memory, MEMORY_SIZE);
	guest_init(&g, INSN_MODE_64, memory, (uintptr_t)memory, MEMORY_SIZE);
	memcpy(g.regs, trial.regs, sizeof(trial.regs));
	g.regs[EMUL_RFLAGS] = trial.rflags;
	g.regs[EMUL_RIP] = 0xfffffffffffffff8;

	assert_int_equal(guest_run(&g, trial.code, trial.length), EMUL_DONE);
	for (unsigned int i = 0; i < 16; i++) {
		if (i != EMUL_RSP && g.regs[i] != n->regs[i]) {
			fail_trial("register", g.regs[i], n->regs[i]);
		}
	}
	if ((g.regs[EMUL_RFLAGS] ^ n->rflags) & flags) {
		fail_trial("rflags", g.regs[EMUL_RFLAGS], n->rflags);
	}
	assert_memory_equal(memory, after, MEMORY_SIZE);
	assert_int_equal(g.regs[EMUL_RIP], trial.length - 8);
}

static void test_against_cpu(void **state)
{
	static uint8_t after[MEMORY_SIZE];

	(void)state;
	srand(1);
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			struct native n;

			make_trial(&kinds[i]);
			check_decoded();
			run_native(&n);
			memcpy(after, memory, MEMORY_SIZE);
			run_emulated(&n, after);
		}
	}
}

static void *map(int protection)
{
	void *p = mmap(NULL, MEMORY_SIZE, protection,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

static int set_up(void **state)
{
	(void)state;
	memory = map(PROT_READ | PROT_WRITE);
	page = map(PROT_READ | PROT_WRITE | PROT_EXEC);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_cpu),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
