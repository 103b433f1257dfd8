/* SPDX-License-Identifier: MIT */
/*
 * A second domain's vCPU gets registers of which some are random, from the seed
 * that is printed (options `seed=`, `count=`). Either they are refused, or it
 * runs with them: whatever it does then, it is entered.
 *
 * A bug would take what the hardware refuses, which the log tells, or fall over
 * the state of a guest that no guest could have reached by itself.
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/tools.h"

#include <xen/hvm/save.h>

#define CODE      0x100u /* gfns of its memory: code, page tables */
#define TABLES    0x101u
#define PAGES     4u
#define SPIN      (20 * 1000ull) /* ns that it may run */

#define CR0_LONG  0x80000011u /* PG, ET, PE */
#define CR4_PAE   BIT(5)
#define EFER_LONG (BIT(8) | BIT(10))

struct context {
	struct hvm_save_descriptor header_is;
	struct hvm_save_header header;
	struct hvm_save_descriptor cpu_is;
	struct hvm_hw_cpu cpu;
	struct hvm_save_descriptor end_is;
};

static struct context context;
static domid_t domain;
static uint64_t window;
static uint64_t state;
static unsigned refused, ran, crashed, broken;

/* xorshift64* */
static uint64_t next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dull;
}

/* The first gigabyte, one to one, in one page. */
static void fill_memory(void)
{
	uint8_t *code = (void *)(window * PAGE_SIZE);
	uint64_t *tables = (void *)((window + 1) * PAGE_SIZE);

	code[0] = 0xeb; /* jmp to itself */
	code[1] = 0xfe;
	tables[0] = (TABLES + 1) * PAGE_SIZE | PTE_RWX | PTE_USER;
	tables[512] = (TABLES + 2) * PAGE_SIZE | PTE_RWX | PTE_USER;
	tables[1024] = BIT(7) | PTE_RWX | PTE_USER;
}

static void create(void)
{
	int id = tools_create(1);

	if (id <= 0) {
		test_abort("no second domain: %d", id);
	}
	domain = (domid_t)id;
	tools_control.u.max_mem.max_memkb = 64;
	tools_domctl(XEN_DOMCTL_max_mem, domain);
	if (tools_populate(domain, CODE, PAGES, 0) != PAGES) {
		test_abort("no memory for it");
	}
	for (unsigned i = 0; i < PAGES; i++) {
		if (tools_map(domain, CODE + i, window + i) != 0) {
			test_abort("its page %u cannot be mapped", i);
		}
	}
	fill_memory();
}

static void destroy(void)
{
	for (unsigned i = 0; i < PAGES; i++) {
		tools_unmap(window + i);
	}
	tools_domctl(XEN_DOMCTL_destroydomain, domain);
}

/* A good one: 32-bit code without paging, or 64-bit code. */
static void prepare(bool is_long)
{
	struct hvm_hw_cpu *cpu = &context.cpu;

	context = (struct context){
		.header_is = { HVM_SAVE_CODE(HEADER), 0,
			       HVM_SAVE_LENGTH(HEADER) },
		.header = { .magic = HVM_FILE_MAGIC,
			    .version = HVM_FILE_VERSION },
		.cpu_is = { HVM_SAVE_CODE(CPU), 0, HVM_SAVE_LENGTH(CPU) },
	};
	cpu->rip = CODE * PAGE_SIZE;
	cpu->rflags = 2;
	cpu->cr0 = is_long ? CR0_LONG : 0x11;
	cpu->cr3 = TABLES * PAGE_SIZE;
	cpu->cr4 = is_long ? CR4_PAE : 0;
	cpu->msr_efer = is_long ? EFER_LONG : 0;
	cpu->dr6 = 0xffff0ff0;
	cpu->dr7 = 0x400;
	cpu->cs_limit = cpu->ds_limit = 0xffffffff;
	cpu->es_limit = cpu->ss_limit = 0xffffffff;
	cpu->cs_arbytes = is_long ? 0xa9b : 0xc9b;
	cpu->ds_arbytes = cpu->es_arbytes = cpu->ss_arbytes = 0xc93;
	cpu->tr_limit = 0x67;
	cpu->tr_arbytes = 0x8b;
}

/* Any word of it, but more often one that means something. */
static void change(void)
{
	struct hvm_hw_cpu *cpu = &context.cpu;
	uint64_t *const words[] = { &cpu->cr0,      &cpu->cr3,    &cpu->cr4,
				    &cpu->msr_efer, &cpu->rflags, &cpu->dr7 };
	uint64_t *word =
		next() % 2 == 0 ? words[next() % ARRAY_SIZE(words)]
				: (uint64_t *)cpu + next() % (sizeof(*cpu) / 8);

	switch (next() % 4) {
	case 0:
		*word = next();
		break;
	case 1:
		*word = next() % 2 == 0 ? 0 : ~0ull;
		break;
	default:
		*word ^= BIT(next() % 64);
		break;
	}
}

/* QEMU 7.2 does not find back from such a guest: at its exit it has paging
 * before the page tables' format (docs/caveats.md). */
static bool kills_emulator(void)
{
	const struct hvm_hw_cpu *cpu = &context.cpu;

	return (cpu->msr_efer & BIT(8)) != 0 && (cpu->cr0 & BIT(31)) == 0 &&
	       (cpu->cr4 & CR4_PAE) == 0;
}

static int set(void)
{
	tools_control.u.hvmcontext.size = sizeof(context);
	set_xen_guest_handle(tools_control.u.hvmcontext.buffer,
			     (uint8_t *)&context);
	return tools_domctl(XEN_DOMCTL_sethvmcontext, domain);
}

/* Of the hypervisor's log, what is new since the last time. */
static bool log_has(const char *text)
{
	static char log[32768];
	static uint32_t index;
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_readconsole,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
		.u.readconsole = { .incremental = 1,
				   .index = index,
				   .count = sizeof(log) - 1 },
	};

	set_xen_guest_handle(op.u.readconsole.buffer, log);
	if (hypercall_sysctl(&op) != 0) {
		test_abort("the log cannot be read");
	}
	index = op.u.readconsole.index;
	log[op.u.readconsole.count] = '\0';
	return strstr(log, text) != NULL;
}

static void run(void)
{
	tools_domctl(XEN_DOMCTL_unpausedomain, domain);
	clock_spin(SPIN);
	tools_domctl(XEN_DOMCTL_pausedomain, domain);
	ran++;
	if ((tools_flags(domain) & XEN_DOMINF_shutdown) == 0) {
		return;
	}
	crashed++;
	broken += log_has("refused by the hardware");
	destroy();
	create();
}

/* With option `trace`: the words that are not zero, of what may be the last. */
static void show(unsigned number)
{
	const uint64_t *words = (const uint64_t *)&context.cpu;

	print("%u:", number);
	for (unsigned i = 64; i < sizeof(context.cpu) / 8; i++) {
		if (words[i] != 0) {
			print(" %u=%lx", i, words[i]);
		}
	}
	print("\n");
}

void guest_main(void)
{
	uint64_t seed = option("seed", 1);
	uint64_t before = tools_free_pages();
	unsigned count = (unsigned)option("count", 300);

	event_init();
	state = seed * 0x9e3779b97f4a7c15ull | 1;
	print("seed %lu\n", seed);
	window = frame_empty(PAGES);
	create();
	for (unsigned i = 0; i < count; i++) {
		prepare(next() % 2 == 0);
		for (uint64_t n = next() % 3; n > 0; n--) {
			change();
		}
		if (kills_emulator()) {
			continue;
		}
		if (set() == 0) {
			if (option("trace", 0) != 0) {
				show(i);
			}
			run();
		} else {
			refused++;
		}
	}
	destroy();
	print("%u refused, %u ran, %u of them crashed\n", refused, ran,
	      crashed);
	expect(refused > 0 && ran > crashed, "some of each", "not");
	expect_eq("taken but refused by the hardware", broken, 0);
	expect(tools_wait_pages(before), "no memory is lost",
	       "%lu of %lu pages", tools_free_pages(), before);
}
