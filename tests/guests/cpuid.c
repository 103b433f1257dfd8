/* SPDX-License-Identifier: MIT */
/*
 * CPUID: the leaves of the ABI at 0x40000000, and a processor that a stock
 * kernel can trust. What we cannot give (nested virtualisation, MWAIT, perf
 * counters of the vendor) must not be announced; what CR4 or MSRs depend on
 * must agree with them.
 *
 * A bug would make a kernel use a feature that traps, or miss the clock.
 */
#include "lib/acpi.h"
#include "lib/apic.h"
#include "lib/cpu.h"
#include "lib/hypercall.h"
#include "lib/test.h"

#define BASE 0x40000000u

static void check_xen_leaves(void)
{
	struct cpuid r = cpuid(BASE, 0);
	long version = hypercall_version(XENVER_version, NULL);

	expect(r.b == XEN_CPUID_SIGNATURE_EBX &&
		       r.c == XEN_CPUID_SIGNATURE_ECX &&
		       r.d == XEN_CPUID_SIGNATURE_EDX,
	       "signature", "%x %x %x", r.b, r.c, r.d);
	expect(r.a >= BASE + 4 && r.a < BASE + 0x100, "highest leaf", "0x%x",
	       r.a);
	r = cpuid(BASE + 1, 0);
	expect_eq("leaf 1 has the version", r.a, version);
	expect(r.a >> 16 >= 4, "version is 4 or later", "0x%x", r.a);

	r = cpuid(BASE + 3, 0);
	expect(r.c > 100000 && r.c < 100000000, "guest TSC frequency", "%u kHz",
	       r.c);
	r = cpuid(BASE + 3, 2);
	expect(r.a > 100000, "host TSC frequency", "%u kHz", r.a);

	r = cpuid(BASE + 4, 0);
	expect((r.a & XEN_HVM_CPUID_VCPU_ID_PRESENT) != 0, "vCPU id is given",
	       "0x%x", r.a);
	expect_eq("vCPU id", r.b, 0);
	if ((r.a & XEN_HVM_CPUID_DOMID_PRESENT) != 0) {
		expect_eq("domain id", r.c, 0);
	} else {
		skip("domain id", "not announced");
	}
}

static void check_vendor(void)
{
	struct cpuid low = cpuid(0, 0);
	struct cpuid high = cpuid(0x80000000, 0);

	expect(low.b == 0x68747541 || low.b == 0x756e6547 ||
		       low.b == 0x6f677948,
	       "vendor is one we know", "0x%x", low.b);
	expect(low.a >= 7, "highest basic leaf", "%u", low.a);
	expect(high.a >= 0x80000008 && high.a < 0x80000100,
	       "highest extended leaf", "0x%x", high.a);
}

struct bit {
	const char *name;
	uint32_t leaf;
	char reg;
	uint8_t bit;
	bool want;
};

static const struct bit bits[] = {
	{ "hypervisor is announced", 1, 'c', 31, true },
	{ "local APIC is announced", 1, 'd', 9, true },
	{ "TSC is announced", 1, 'd', 4, true },
	{ "MTRRs are announced", 1, 'd', 12, true },
	{ "PAT is announced", 1, 'd', 16, true },
	{ "CX8 is announced", 1, 'd', 8, true },
	{ "FXSR and SSE2 are announced", 1, 'd', 26, true },
	{ "x2APIC is announced", 1, 'c', 21, true },
	{ "MWAIT is hidden", 1, 'c', 3, false },
	{ "VMX is hidden", 1, 'c', 5, false },
	{ "SVM is hidden", 0x80000001, 'c', 2, false },
	{ "long mode is announced", 0x80000001, 'd', 29, true },
	{ "NX is announced", 0x80000001, 'd', 20, true },
	{ "SYSCALL is announced", 0x80000001, 'd', 11, true },
};

static uint32_t pick(struct cpuid r, char reg)
{
	return reg == 'a' ? r.a : reg == 'b' ? r.b : reg == 'c' ? r.c : r.d;
}

static void check_bits(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(bits); i++) {
		uint32_t word = pick(cpuid(bits[i].leaf, 0), bits[i].reg);
		bool have = (word >> bits[i].bit & 1) != 0;

		expect(have == bits[i].want, bits[i].name, "0x%x", word);
	}
}

/* Bits that mirror state of this CPU. */
static void check_live_bits(void)
{
	uint32_t id = cpuid(1, 0).b >> 24;
	unsigned long cr4 = read_cr4();
	bool osxsave = (cpuid(1, 0).c & BIT(27)) != 0;

	expect_eq("initial APIC id is that of the MADT", id, smp_apic_id(0));
	expect(osxsave == ((cr4 & BIT(18)) != 0), "OSXSAVE follows CR4",
	       "CR4 0x%lx", cr4);
	if ((cpuid(1, 0).c & BIT(26)) == 0) {
		skip("OSXSAVE when set", "no XSAVE");
		return;
	}
	asm volatile("mov %0, %%cr4" ::"r"(cr4 | BIT(18)));
	expect((cpuid(1, 0).c & BIT(27)) != 0, "OSXSAVE when set", "0");
	expect(cpuid(0xd, 0).b >= 576, "XSAVE area has a size", "%u",
	       cpuid(0xd, 0).b);
	asm volatile("mov %0, %%cr4" ::"r"(cr4));
}

static void check_addresses(void)
{
	uint32_t sizes = cpuid(0x80000008, 0).a;
	unsigned physical = sizes & 0xff;
	unsigned linear = sizes >> 8 & 0xff;

	expect(physical >= 36 && physical <= 52, "physical address bits", "%u",
	       physical);
	expect(linear == 48 || linear == 57, "linear address bits", "%u",
	       linear);
}

void guest_main(void)
{
	check_xen_leaves();
	check_vendor();
	check_bits();
	check_live_bits();
	check_addresses();
	/* Leaf 0xa is Intel's; a version there would announce counters. */
	expect_eq("no performance counters", cpuid(0xa, 0).a & 0xff, 0);
	expect_eq("no monitor leaf", cpuid(5, 0).a, 0);
}
