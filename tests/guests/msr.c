/* SPDX-License-Identifier: MIT */
/*
 * MSRs: what PVH Linux reads and writes at boot works, EFER keeps its rules,
 * and secrets of the host stay unreadable.
 *
 * The architecture promises #GP(0) for a reserved bit or a register that is
 * not there. A bug would crash the kernel in early boot, let it switch on SVM,
 * or let a guest's value reach the host's register.
 */
#include "lib/cpu.h"
#include "lib/test.h"
#include "lib/trap.h"

struct access {
	uint32_t msr;
	uint64_t value;
};

static void read_it(void *arg)
{
	struct access *access = arg;

	access->value = rdmsr(access->msr);
}

static void write_it(void *arg)
{
	struct access *access = arg;

	wrmsr(access->msr, access->value);
}

static bool faults(struct trap trap)
{
	return trap.vector == VECTOR_GP && trap.error == 0;
}

struct row {
	const char *name;
	uint32_t msr;
};

static const struct row readable[] = {
	{ "TSC", 0x10 },
	{ "APIC base", 0x1b },
	{ "MTRR capability", 0xfe },
	{ "PAT", 0x277 },
	{ "MTRR default", 0x2ff },
	{ "SYSENTER CS", 0x174 },
	{ "SYSENTER SP", 0x175 },
	{ "SYSENTER IP", 0x176 },
	{ "EFER", 0xc0000080 },
	{ "STAR", 0xc0000081 },
	{ "LSTAR", 0xc0000082 },
	{ "CSTAR", 0xc0000083 },
	{ "SFMASK", 0xc0000084 },
	{ "FS base", 0xc0000100 },
	{ "GS base", 0xc0000101 },
	{ "kernel GS base", 0xc0000102 },
	{ "microcode", 0x8b },
	{ "HWCR", 0xc0010015 },
	{ "SYSCFG", 0xc0010010 },
	{ "MC capability", 0x179 },
};

static void check_readable(void)
{
	char name[64];

	for (unsigned i = 0; i < ARRAY_SIZE(readable); i++) {
		struct access access = { .msr = readable[i].msr };
		struct trap trap = trap_catch(read_it, &access);

		memcpy(name, "read ", 5);
		memcpy(name + 5, readable[i].name,
		       strlen(readable[i].name) + 1);
		expect(trap.vector == VECTOR_NONE, name, "vector %u",
		       trap.vector);
	}
}

struct kept {
	const char *name;
	uint32_t msr;
	uint64_t value;
};

/* Values that must be read back as they were written. */
static const struct kept kept[] = {
	{ "SYSENTER CS holds", 0x174, 0x10 },
	{ "SYSENTER SP holds", 0x175, 0xffff800000001000 },
	{ "SYSENTER IP holds", 0x176, 0xffff800000002000 },
	{ "STAR holds", MSR_STAR, 0x0023001000000000 },
	{ "LSTAR holds", MSR_LSTAR, 0xffffffff81000000 },
	{ "SFMASK holds", MSR_SYSCALL_MASK, 0x47700 },
	{ "kernel GS base holds", MSR_KERNEL_GS_BASE, 0xffff888000000000 },
	{ "FS base holds", 0xc0000100, 0x00007f0000001000 },
	{ "PAT holds", MSR_PAT, 0x0407050600070106 },
};

static void check_kept(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++) {
		uint64_t old = rdmsr(kept[i].msr);
		uint64_t got;

		wrmsr(kept[i].msr, kept[i].value);
		/* Across an exit, so that a lost save shows. */
		cpuid(0, 0);
		got = rdmsr(kept[i].msr);
		wrmsr(kept[i].msr, old);
		expect(got == kept[i].value, kept[i].name, "0x%lx", got);
	}
}

static void expect_write_faults(const char *name, uint32_t msr, uint64_t value)
{
	struct access access = { msr, value };
	struct trap trap = trap_catch(write_it, &access);

	expect(faults(trap), name, "vector %u, error 0x%x, now 0x%lx",
	       trap.vector, trap.error, rdmsr(msr));
}

/* The same for rules that the emulator does not know: QEMU's TCG. */
static void expect_write_checked(const char *name, uint32_t msr, uint64_t value)
{
	uint64_t old = rdmsr(msr);
	struct access access = { msr, value };
	struct trap trap = trap_catch(write_it, &access);

	wrmsr(msr, old);
	if (trap.vector == VECTOR_NONE) {
		skip(name, "not checked: passed through to an emulated CPU?");
		return;
	}
	expect(faults(trap), name, "vector %u, error 0x%x", trap.vector,
	       trap.error);
}

static void check_rules(void)
{
	uint64_t efer = rdmsr(MSR_EFER);
	struct access nothing = { .msr = 0x12345678 };

	/* Long mode active, NX as head.S set it, and no SVME to be seen. */
	expect((efer & 0x1d00) == 0xd00, "EFER has LME, LMA, NX, no SVME",
	       "0x%lx", efer);
	expect_write_faults("EFER.SVME cannot be set", MSR_EFER,
			    efer | BIT(12));
	expect_write_faults("EFER reserved bit", MSR_EFER, efer | BIT(1));
	expect_write_faults("EFER.LME cannot go while paging", MSR_EFER,
			    efer & ~BIT(8));
	expect_write_checked("LSTAR wants a canonical address", MSR_LSTAR,
			     0x1234800000000000);
	expect_write_checked("GS base wants a canonical address",
			     MSR_KERNEL_GS_BASE, 0x8000000000000000);
	expect_write_checked("PAT wants known types", MSR_PAT,
			     0x0407050600070102);
	expect_write_faults("APIC base reserved bit", MSR_APIC_BASE,
			    rdmsr(MSR_APIC_BASE) | 1);
	expect(faults(trap_catch(read_it, &nothing)), "read of no register",
	       "0x%lx", nothing.value);
	expect(faults(trap_catch(write_it, &nothing)), "write of no register",
	       "accepted");
}

/* What the host keeps there is nobody else's business. */
static const struct row hidden[] = {
	{ "VM_CR is hidden", 0xc0010114 },
	{ "VM_HSAVE_PA is hidden", 0xc0010117 },
	{ "SMM base is hidden", 0xc0010111 },
	{ "VMX capability is hidden", 0x480 },
};

static void check_hidden(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(hidden); i++) {
		struct access access = { .msr = hidden[i].msr };
		struct trap trap = trap_catch(read_it, &access);

		/* A zero tells nothing either; bit 4 of VM_CR: SVM is off. */
		expect(faults(trap) || (access.value & ~BIT(4)) == 0,
		       hidden[i].name, "reads 0x%lx", access.value);
	}
}

static void check_tsc(void)
{
	uint64_t first = rdmsr(MSR_TSC);
	uint64_t second = rdtsc();
	uint64_t third = rdmsr(MSR_TSC);

	expect(first < second && second < third, "RDMSR and RDTSC agree",
	       "%lu %lu %lu", first, second, third);
}

static void check_mtrr(void)
{
	/* Without them Linux gives up PAT as well. */
	uint64_t type = rdmsr(MSR_MTRR_DEF);

	expect((type & BIT(11)) != 0, "MTRRs are on", "0x%lx", type);
	if (on_peer()) {
		skip("MTRR default is write-back", "it copies the host's");
		return;
	}
	expect_eq("MTRR default is write-back", type & 0xff, 6);
}

void guest_main(void)
{
	check_readable();
	check_kept();
	check_rules();
	check_hidden();
	check_tsc();
	check_mtrr();
}
