/* SPDX-License-Identifier: MIT */
/* Which exits stop a domain that is debugged, and what its guest gets. */
#include "virt/debug.h"

#include "arch/x86/regs.h"
#include "arch/x86/traps.h"
#include "domain/event.h"
#include "virt/exit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct domain d;
static struct vcpu v;
static struct vcpu *vcpus[] = { &v };
static unsigned int pauses, told, unpaused_units;
static int pause_error;
static bool wanted;
static int fault;    /* its vector; -1: none */
static int software; /* likewise */
static const char *code;

int domain_pause(struct domain *domain)
{
	domain->pause_count++;
	return pause_error;
}

int domain_unpause(struct domain *domain)
{
	domain->pause_count--;
	return 0;
}

int domain_pause_self(struct domain *domain)
{
	(void)domain;
	pauses += pause_error == 0;
	return pause_error;
}

void sched_unpause(struct sched_unit *u)
{
	assert_ptr_equal(u, &v.unit);
	unpaused_units++;
}

void event_virq_service(uint32_t virq)
{
	assert_int_equal(virq, VIRQ_DEBUGGER);
	told++;
}

size_t translate_fetch(struct vcpu *vcpu, uint8_t bytes[INSN_BYTES])
{
	(void)vcpu;
	memcpy(bytes, code, strlen(code));
	return strlen(code);
}

static void inject_fault(struct vcpu *vcpu, const struct emul_fault *f)
{
	(void)vcpu;
	fault = f->vector;
}

static void inject_software(struct vcpu *vcpu, uint8_t vector, uint8_t length)
{
	(void)vcpu;
	assert_int_equal(length, 2);
	software = vector;
}

static void want_debug(struct vcpu *vcpu, bool want)
{
	(void)vcpu;
	wanted = want;
}

static const struct virt_ops ops = {
	.inject_fault = inject_fault,
	.inject_software = inject_software,
	.want_debug = want_debug,
};
const struct virt_ops *virt = &ops;

static int set_up(void **state)
{
	(void)state;
	d = (struct domain){ .vcpu_count = 1, .vcpus = vcpus };
	v = (struct vcpu){ .domain = &d };
	spinlock_init(&d.lock, LOCK_DOMAIN);
	pauses = told = unpaused_units = 0;
	pause_error = 0;
	fault = software = -1;
	return 0;
}

static void test_breakpoint(void **state)
{
	(void)state;
	v.rip = 0x1000;
	debug_exit_breakpoint(&v, NULL);
	assert_int_equal(v.debug_event, TRAP_BP);
	assert_int_equal(v.rip, 0x1000);
	assert_int_equal(pauses, 1);
	assert_int_equal(told, 1);
	assert_int_equal(fault, -1);
}

/* Nobody would ever let it go on. */
static void test_one_that_cannot_be_paused_is_not_told(void **state)
{
	(void)state;
	pause_error = -XEN_EOVERFLOW;
	debug_exit_breakpoint(&v, NULL);
	assert_int_equal(v.debug_event, 0);
	assert_int_equal(told, 0);
}

static void test_software_interrupts(void **state)
{
	(void)state;
	code = "\xcc\x90";
	debug_exit_software(&v, NULL);
	assert_int_equal(v.debug_event, TRAP_BP);
	code = "\xcd\x80\x90";
	debug_exit_software(&v, NULL);
	assert_int_equal(software, 0x80);
	/* Its page is gone: the guest faults by itself. */
	code = "";
	debug_exit_software(&v, NULL);
	assert_int_equal(fault, -1);
	code = "\xce";
	debug_exit_software(&v, NULL);
	assert_int_equal(fault, 6);
	assert_int_equal(pauses, 1);
}

static void test_steps(void **state)
{
	const struct vcpu_exit step = { .is_step = true };
	const struct vcpu_exit other = { .is_step = false };

	(void)state;
	d.debugged = true;
	assert_int_equal(debug_step(&v, true), 0);
	assert_int_equal(v.step, RFLAGS_TF);
	debug_exit_trap(&v, &step);
	assert_int_equal(v.debug_event, TRAP_DB);
	assert_int_equal(fault, -1);
	assert_int_equal(debug_step(&v, false), 0);
	assert_int_equal(v.step, 0);
	/* TF of an old step, from the guest's stack. */
	v.rflags = RFLAGS_TF;
	debug_exit_trap(&v, &step);
	assert_int_equal(v.rflags, 0);
	assert_int_equal(fault, -1);
	debug_exit_trap(&v, &other);
	assert_int_equal(fault, TRAP_DB);
	assert_int_equal(pauses, 1);
	assert_int_equal(d.pause_count, 0);
}

static void test_no_step_without_a_debugger(void **state)
{
	(void)state;
	assert_int_equal(debug_step(&v, true), -XEN_EINVAL);
	assert_int_equal(v.step, 0);
	assert_int_equal(debug_step(&v, false), 0);
	pause_error = -XEN_EINVAL;
	assert_int_equal(debug_step(&v, false), -XEN_EINVAL);
}

static void test_a_debugger_leaves_nothing(void **state)
{
	(void)state;
	assert_int_equal(debug_attach(&d, true), 0);
	assert_true(wanted);
	v.step = RFLAGS_TF;
	v.debug_event = TRAP_BP;
	v.pause_count = 2;
	assert_int_equal(debug_attach(&d, false), 0);
	assert_false(wanted);
	assert_false(d.debugged);
	assert_int_equal(v.step, 0);
	assert_int_equal(v.debug_event, 0);
	assert_int_equal(v.pause_count, 0);
	assert_int_equal(unpaused_units, 2);
	assert_int_equal(d.pause_count, 0);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_breakpoint),
		TEST(test_one_that_cannot_be_paused_is_not_told),
		TEST(test_software_interrupts),
		TEST(test_steps),
		TEST(test_no_step_without_a_debugger),
		TEST(test_a_debugger_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
