/* SPDX-License-Identifier: MIT */
/* Registers from outside: which are refused, and that the rest comes back as it
 * was given, by way of a VMCB. */
#include "virt/context.h"

#include "virt/exit.h"
#include "virt/svm/svm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86/features.h"
#include "arch/x86/regs.h"

#define LONG_CR0  (CR0_PE | CR0_PG | CR0_ET)
#define LONG_EFER (EFER_LME | EFER_LMA)

struct cpu_features cpu_features = { .phys_bits = 40 };

static struct vmcb vmcb;
static struct virt_vcpu vv;
static struct vcpu v;
static struct domain d;
static uint8_t fpu_area[1024];
static struct hvm_hw_cpu s;

static const struct virt_ops ops = {
	.set_state = svm_set_state,
	.get_state = svm_get_state,
};
const struct virt_ops *virt = &ops;

/* PCID, XSAVE; SMEP, but not SMAP. */
struct cpuid_regs cpuid_guest(struct vcpu *vcpu, uint32_t leaf, uint32_t sub)
{
	struct cpuid_regs r = { 0, 0, 0, 0 };

	(void)vcpu;
	(void)sub;
	if (leaf == 1) {
		r.ecx = 1u << 17 | 1u << 26;
	} else if (leaf == 7) {
		r.ebx = 1u << 7;
	}
	return r;
}

void fpu_reset(struct fpu *f)
{
	memset(f->area, 0, sizeof(fpu_area));
}

void fpu_set_basic(struct fpu *f, const void *image)
{
	memcpy(f->area, image, sizeof(s.fpu_regs));
}

/* As PVH begins. */
static int set_up(void **state)
{
	(void)state;
	memset(&vmcb, 0, sizeof(vmcb));
	vv = (struct virt_vcpu){ .vmcb = &vmcb, .fpu.area = fpu_area };
	v = (struct vcpu){ .virt = &vv, .domain = &d };
	memset(&s, 0, sizeof(s));
	s.rip = 0x100000;
	s.rflags = RFLAGS_FIXED;
	s.cr0 = CR0_PE | CR0_ET;
	s.dr6 = 0xffff0ff0;
	s.dr7 = 0x400;
	s.cs_arbytes = 0xc9b;
	s.ss_arbytes = 0xc93;
	s.tr_arbytes = 0x8b;
	return 0;
}

static void be_long(void)
{
	s.cr0 = LONG_CR0;
	s.cr4 = CR4_PAE;
	s.msr_efer = LONG_EFER;
	s.cs_arbytes = 0xa9b;
}

static bool taken(void)
{
	return context_check(&v, &s) == 0;
}

static void test_good(void **state)
{
	(void)state;
	assert_true(taken());
	be_long();
	assert_true(taken());
	s.rip = UINT64_C(0xffffffff81000000);
	s.cr4 |= CR4_SMEP | CR4_OSXSAVE | BIT(17);
	s.msr_efer |= EFER_NXE | EFER_SCE;
	s.rflags |= RFLAGS_IF;
	assert_true(taken());
}

/* One word made bad, then good again. */
static bool refused(uint64_t *word, uint64_t bad)
{
	const uint64_t good = *word;

	assert_true(taken());
	*word = bad;

	const bool result = !taken();

	*word = good;
	return result;
}

static void test_control_registers(void **state)
{
	(void)state;
	assert_true(refused(&s.cr0, CR0_PG | CR0_ET));
	assert_true(refused(&s.cr0, s.cr0 | BIT(32)));
	assert_true(refused(&s.cr0, s.cr0 | BIT(6)));
	assert_true(refused(&s.cr0, s.cr0 | CR0_NW));
	assert_true(refused(&s.cr3, BIT(40)));
	assert_true(refused(&s.cr4, CR4_SMAP));
	assert_true(refused(&s.cr4, CR4_LA57));
	assert_true(refused(&s.cr4, BIT(63)));
	assert_true(refused(&s.cr4, BIT(17))); /* PCIDs want long mode */
	assert_true(refused(&s.dr6, BIT(32)));
	assert_true(refused(&s.dr7, BIT(63)));
	assert_true(refused(&s.rflags, BIT(22)));
	assert_true(refused(&s.rflags, BIT(3)));
}

static void test_long_mode(void **state)
{
	(void)state;
	assert_true(refused(&s.msr_efer, EFER_LMA));
	assert_true(refused(&s.msr_efer, EFER_SVME));
	assert_true(refused(&s.msr_efer, BIT(14)));
	assert_true(refused(&s.rip, BIT(32)));
	be_long();
	assert_true(refused(&s.msr_efer, EFER_LME));
	assert_true(refused(&s.cr4, 0));
	assert_true(refused(&s.rip, BIT(47)));
	assert_true(refused(&s.gdtr_base, BIT(63)));
	assert_true(refused(&s.rflags, RFLAGS_VM));
	s.cs_arbytes |= 0x400;
	assert_false(taken());
}

static void test_other_words(void **state)
{
	const uint32_t mxcsr = 0x10000;

	(void)state;
	assert_true(refused(&s.fs_base, BIT(47)));
	assert_true(refused(&s.msr_lstar, BIT(47)));
	assert_true(refused(&s.sysenter_esp, BIT(63)));
	assert_true(refused(&s.msr_tsc_aux, BIT(32)));
	s.gdtr_limit = 0x10000;
	assert_false(taken());
	s.gdtr_limit = 0;
	s.gs_sel = 0x10000;
	assert_false(taken());
	s.gs_sel = 0;
	s.ldtr_arbytes = 0x1000;
	assert_false(taken());
	s.ldtr_arbytes = 0;
	memcpy(&s.fpu_regs[24], &mxcsr, sizeof(mxcsr));
	assert_true(taken()); /* not looked at */
	s.flags = XEN_X86_FPU_INITIALISED;
	assert_false(taken());
}

static bool event_taken(uint32_t event)
{
	s.pending_event = event;
	return taken();
}

static void test_events(void **state)
{
	(void)state;
	assert_true(event_taken(0x7fffffff)); /* not valid */
	assert_true(event_taken(EVENT_VALID | 0x51));
	assert_true(event_taken(EVENT_VALID | EVENT_NMI << 8 | 2));
	assert_true(
		event_taken(EVENT_VALID | EVENT_EXCEPTION << 8 | BIT(11) | 14));
	assert_false(event_taken(EVENT_VALID | 1u << 8));
	assert_false(event_taken(EVENT_VALID | 5u << 8));
	assert_false(event_taken(EVENT_VALID | BIT(12)));
	assert_false(event_taken(EVENT_VALID | EVENT_NMI << 8 | 3));
	assert_false(event_taken(EVENT_VALID | EVENT_EXCEPTION << 8 | 32));
	assert_false(event_taken(EVENT_VALID | EVENT_EXCEPTION << 8 | 2));
	assert_true(event_taken(EVENT_VALID | EVENT_EXCEPTION << 8 | 5));
	be_long();
	assert_false(event_taken(EVENT_VALID | EVENT_EXCEPTION << 8 | 5));
}

/* Every word another value. */
static void test_round_trip(void **state)
{
	struct hvm_hw_cpu got;
	uint64_t *word = (uint64_t *)&s.rax;

	(void)state;
	memset(s.fpu_regs, 0x5a, sizeof(s.fpu_regs));
	for (unsigned int i = 0; &word[i] < &s.tsc; i++) {
		/* Those of 32 bits too; narrower ones below. */
		word[i] = UINT64_C(0x100000001) * (i + 1);
	}
	s.msr_efer &= ~EFER_SVME;
	s.msr_flags = 0;
	s.rflags |= RFLAGS_FIXED;
	s.tsc = 0;
	s.flags = XEN_X86_FPU_INITIALISED;
	s.pending_event = EVENT_VALID | EVENT_EXCEPTION << 8 | BIT(11) | 14;
	s.error_code = 5;
	context_set(&v, &s);
	assert_int_equal(vmcb.efer, s.msr_efer | EFER_SVME);
	assert_int_equal(v.gpr[GPR_RSP], s.rsp);
	context_get(&v, &got);
	got.tsc = 0;
	assert_memory_equal(&got, &s, sizeof(s));
}

static void test_privilege_and_interrupt(void **state)
{
	(void)state;
	vmcb.pat = 0x77;
	s.ss_arbytes |= 3u << 5;
	s.pending_event = EVENT_VALID | 0x51;
	context_set(&v, &s);
	assert_int_equal(vmcb.cpl, 3);
	assert_int_equal(vmcb.pat, 0x77);
	assert_int_equal(vmcb.event_inject, 0);
	assert_true(svm_has_virtual_interrupt(&vmcb));
	context_get(&v, &s);
	assert_int_equal(s.pending_event, EVENT_VALID | 0x51);
	s.cr0 = CR0_ET;
	context_set(&v, &s);
	assert_int_equal(vmcb.cpl, 0);
}

/* A debugger gives back what it was given, but for one register. */
static void test_what_is_in_no_context_stays(void **state)
{
	(void)state;
	be_long();
	context_set(&v, &s);
	vv.fpu.xcr0 = 7;
	fpu_area[600] = 0x5a;
	svm_set_tpr(&v, 1);
	svm_want_window(&v, true);
	context_get(&v, &s);
	s.rip = 0x200000;
	context_set(&v, &s);
	assert_int_equal(v.rip, 0x200000);
	assert_int_equal(vv.fpu.xcr0, 7);
	assert_int_equal(fpu_area[600], 0x5a);
	assert_int_equal(svm_get_tpr(&v), 1);
	assert_false(svm_has_event(&v));
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good),
		TEST(test_control_registers),
		TEST(test_long_mode),
		TEST(test_other_words),
		TEST(test_events),
		TEST(test_round_trip),
		TEST(test_privilege_and_interrupt),
		TEST(test_what_is_in_no_context_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
