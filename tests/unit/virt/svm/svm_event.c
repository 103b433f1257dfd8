/* SPDX-License-Identifier: MIT */
/* Events on their way into the VMCB: one virtual interrupt, one window, and what
 * happens to either when an exit comes first (AMD APM 2, 15.20, 15.21). */
#include "virt/svm/svm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86/cpu.h"
#include "arch/x86/features.h"
#include "arch/x86/regs.h"
#include "arch/x86/traps.h"

#define VECTOR 0x51u

struct cpu_features cpu_features;

void mce_in_guest(void)
{
}

static struct vmcb vmcb;
static struct virt_vcpu vv;
static struct vcpu v;

static int set_up(void **state)
{
	(void)state;
	memset(&vmcb, 0, sizeof(vmcb));
	memset(&v, 0, sizeof(v));
	vmcb.vintr = VINTR_MASKING;
	vv.vmcb = &vmcb;
	v.virt = &vv;
	return 0;
}

static uint64_t vector_in_vmcb(void)
{
	return vmcb.vintr >> VINTR_VECTOR_SHIFT & 0xff;
}

/* The exit of that code and interrupted event. */
static struct vcpu_exit leave(uint64_t code, uint64_t info)
{
	struct vcpu_exit exit = { 0 };

	vmcb.exit_code = code;
	vmcb.exit_int_info = info;
	svm_translate(&v, &exit);
	return exit;
}

static void test_injected(void **state)
{
	(void)state;
	svm_inject_interrupt(&v, VECTOR);
	assert_true(svm_has_event(&v));
	assert_true((vmcb.vintr & VINTR_IRQ) != 0);
	assert_true((vmcb.vintr & VINTR_MASKING) != 0);
	assert_int_equal(vector_in_vmcb(), VECTOR);
	assert_int_equal(vmcb.intercept_1 & SVM_VINTR, 0);
	assert_int_equal(vmcb.event_inject, 0);
}

static void test_taken(void **state)
{
	(void)state;
	svm_inject_interrupt(&v, VECTOR);
	vmcb.vintr &= ~VINTR_IRQ; /* what the CPU does */
	assert_false(svm_has_event(&v));
}

static void test_exit_came_first(void **state)
{
	(void)state;
	svm_inject_interrupt(&v, VECTOR);
	assert_int_equal(leave(SVM_EXIT_INTR, 0).kind, EXIT_INTERRUPT);
	assert_true(svm_has_event(&v));
	assert_int_equal(vector_in_vmcb(), VECTOR);
}

/* Interrupted half way: by EVENTINJ, unless V_IRQ is still set. */
static void test_delivery_interrupted(void **state)
{
	const uint64_t info = EVENT_VALID | VECTOR;

	(void)state;
	svm_inject_interrupt(&v, VECTOR);
	leave(SVM_EXIT_NPF, info);
	assert_int_equal(vmcb.event_inject, 0);
	vmcb.vintr &= ~VINTR_IRQ;
	leave(SVM_EXIT_NPF, info);
	assert_int_equal(vmcb.event_inject, info);
}

static void test_other_event_interrupted(void **state)
{
	const uint64_t info =
		EVENT_VALID | EVENT_EXCEPTION << EVENT_TYPE_SHIFT | 14;

	(void)state;
	svm_inject_interrupt(&v, VECTOR);
	leave(SVM_EXIT_NPF, info);
	assert_int_equal(vmcb.event_inject, info);
	assert_true((vmcb.vintr & VINTR_IRQ) != 0);
}

static void test_software_interrupt_is_not_repeated(void **state)
{
	(void)state;
	leave(SVM_EXIT_NPF,
	      EVENT_VALID | EVENT_SOFT << EVENT_TYPE_SHIFT | 0x80);
	assert_int_equal(vmcb.event_inject, 0);
}

static void test_window(void **state)
{
	(void)state;
	svm_want_window(&v, true);
	assert_false(svm_has_event(&v));
	assert_true((vmcb.vintr & VINTR_IRQ) != 0);
	assert_true((vmcb.intercept_1 & SVM_VINTR) != 0);
	assert_int_equal(leave(SVM_EXIT_VINTR, 0).kind, EXIT_WINDOW);
	svm_want_window(&v, false);
	assert_int_equal(vmcb.intercept_1 & (SVM_VINTR | SVM_IRET), 0);
	assert_int_equal(vmcb.vintr & VINTR_IRQ, 0);
}

/* A window must not take the place of an interrupt. */
static void test_window_behind_interrupt(void **state)
{
	(void)state;
	svm_inject_interrupt(&v, VECTOR);
	svm_want_window(&v, true);
	assert_true(svm_has_event(&v));
	assert_int_equal(vector_in_vmcb(), VECTOR);
	assert_int_equal(vmcb.intercept_1 & SVM_VINTR, 0);
	assert_true((vmcb.intercept_1 & SVM_IRET) != 0);

	vmcb.vintr &= ~VINTR_IRQ;
	assert_int_equal(leave(SVM_EXIT_IRET, 0).kind, EXIT_WINDOW);
	svm_want_window(&v, true);
	assert_int_equal(vmcb.intercept_1 & SVM_IRET, 0);
	assert_true((vmcb.intercept_1 & SVM_VINTR) != 0);
}

static void test_interrupt_after_window(void **state)
{
	(void)state;
	svm_want_window(&v, true);
	svm_inject_interrupt(&v, VECTOR);
	svm_want_window(&v, false);
	assert_true(svm_has_event(&v));
	assert_int_equal(vmcb.intercept_1 & (SVM_VINTR | SVM_IRET), 0);
}

/* A debugger's step is not the guest's #DB. */
static void test_step(void **state)
{
	struct vcpu_exit exit;

	(void)state;
	vmcb.dr6 = DR6_SINGLE_STEP | 1;
	exit = leave(SVM_EXIT_EXCEPTION + TRAP_DB, 0);
	assert_int_equal(exit.kind, EXIT_DEBUG);
	assert_true(exit.is_step);
	assert_int_equal(vmcb.dr6, 1);
	exit = leave(SVM_EXIT_EXCEPTION + TRAP_DB, 0);
	assert_false(exit.is_step);
}

static void test_step_over_an_exit(void **state)
{
	(void)state;
	v.step = RFLAGS_TF;
	svm_advance(&v, 7);
	assert_int_equal(v.rip, 7);
	assert_int_equal(v.sticky_work, WORK_STEPPED);
	assert_int_equal(vmcb.event_inject, 0);
	assert_int_equal(vmcb.dr6, 0);
	v.step = 0;
	v.rflags = RFLAGS_TF;
	svm_advance(&v, 8);
	assert_int_equal(vmcb.event_inject & 0xff, TRAP_DB);
}

static void test_debug_intercepts(void **state)
{
	const uint32_t traps = BIT(TRAP_DB) | BIT(TRAP_BP);

	(void)state;
	vmcb.intercept_exceptions = BIT(TRAP_MC);
	svm_want_debug(&v, true);
	assert_int_equal(vmcb.intercept_exceptions, BIT(TRAP_MC) | traps);
	assert_true((vmcb.intercept_1 & SVM_INTN) != 0);
	svm_want_debug(&v, false);
	assert_int_equal(vmcb.intercept_exceptions, BIT(TRAP_MC));
	assert_int_equal(vmcb.intercept_1, 0);
	cpu_features.svm_nrips = true;
	svm_want_debug(&v, true);
	cpu_features.svm_nrips = false;
	assert_int_equal(vmcb.intercept_1, 0);
}

static void test_software_interrupt_is_given_back(void **state)
{
	(void)state;
	v.rip = 0x1000;
	assert_int_equal(leave(SVM_EXIT_INTN, 0).kind, EXIT_SOFTWARE_INTERRUPT);
	svm_inject_software(&v, 0x80, 2);
	assert_int_equal(v.rip, 0x1002);
	assert_int_equal(vmcb.next_rip, 0x1002);
	assert_int_equal(vmcb.event_inject,
			 EVENT_VALID | EVENT_SOFT << EVENT_TYPE_SHIFT | 0x80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_injected, set_up),
		cmocka_unit_test_setup(test_taken, set_up),
		cmocka_unit_test_setup(test_exit_came_first, set_up),
		cmocka_unit_test_setup(test_delivery_interrupted, set_up),
		cmocka_unit_test_setup(test_other_event_interrupted, set_up),
		cmocka_unit_test_setup(test_software_interrupt_is_not_repeated,
				       set_up),
		cmocka_unit_test_setup(test_window, set_up),
		cmocka_unit_test_setup(test_window_behind_interrupt, set_up),
		cmocka_unit_test_setup(test_interrupt_after_window, set_up),
		cmocka_unit_test_setup(test_step, set_up),
		cmocka_unit_test_setup(test_step_over_an_exit, set_up),
		cmocka_unit_test_setup(test_debug_intercepts, set_up),
		cmocka_unit_test_setup(test_software_interrupt_is_given_back,
				       set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
