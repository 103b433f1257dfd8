/* SPDX-License-Identifier: MIT */
#include "arch/x86/percpu.h"
#include "call/call.h"
#include "domain/event.h"
#include "domain/p2m.h"
#include "domain/pvclock.h"
#include "domain/runstate.h"
#include "domain/vcpu.h"
#include "fake.h"
#include "fake_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ARG 0x10100 /* guest address of the argument */

static struct domain *d;
static bool wide;

static int set_up(void **state)
{
	(void)state;
	fake_reset();
	fake_clock = 1000;
	fake_unmapped = false;
	fake_cpu = 0;
	wide = true;
	d = fake_domain_add(1, 40);
	fake_domain_add_ram(d, 0x10, 8);
	if (fake_pcpus[0].timer == NULL) {
		assert_int_equal(timer_cpu_init(0), 0);
	}
	assert_int_equal(event_domain_init(d, 4096), 0);
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		vcpu_timer_init(d->vcpus[i]);
		runstate_init(d->vcpus[i]);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		timer_cancel(&d->vcpus[i]->timer);
		vcpu_info_release(d->vcpus[i]);
	}
	for (unsigned int g = 0x10; g < 0x18; g++) {
		const mfn_t m = p2m_lookup(d, gfn(g), NULL);

		assert_int_equal(fake_frame_refs(m), 1);
	}
	while (!event_close_some(d, 1000)) {
	}
	event_domain_destroy(d);
	fake_check_clean();
	fake_reset();
	return 0;
}

static long vcpu_op(uint32_t op, uint32_t id, const void *arg, size_t size)
{
	struct call c = {
		.vcpu = vcpu_current(),
		.arg = { op, id, ARG },
		.wide = wide,
	};

	if (arg != NULL) {
		memcpy(fake_guest(d, ARG), arg, size);
	}
	return call_vcpu_op(&c);
}

static void expect_record(const struct vcpu_time_info *t)
{
	assert_int_equal(t->version % 2, 0);
	assert_int_not_equal(t->version, 0);
	assert_int_equal(t->tsc_timestamp, clock_scale.tsc_base);
	assert_int_equal(t->system_time, clock_scale.ns_base);
	assert_int_equal(t->tsc_to_system_mul, clock_scale.mul);
	assert_int_equal(t->tsc_shift, clock_scale.shift);
	assert_int_equal(t->flags, XEN_PVCLOCK_TSC_STABLE_BIT);
}

static void test_unknown(void **state)
{
	(void)state;
	assert_int_equal(vcpu_op(VCPUOP_is_up, 40, NULL, 0), -XEN_ENOENT);
	assert_int_equal(vcpu_op(VCPUOP_get_physid, 0, NULL, 0), -XEN_ENOSYS);
	assert_int_equal(vcpu_op(99, 0, NULL, 0), -XEN_ENOSYS);
}

static void test_publish(void **state)
{
	const struct shared_info *s = d->shared_info;
	const char *narrow = (const char *)s;
	uint32_t words[4];

	(void)state;
	pvclock_publish(d);
	expect_record(&s->vcpu_info[0].time);
	expect_record(&s->vcpu_info[31].time);
	assert_int_equal(s->wc_version % 2, 0);
	assert_int_equal(s->wc_sec, 0xfffffff0);
	assert_int_equal(s->wc_sec_hi, 1);
	assert_int_equal(s->wc_nsec, 77);

	d->width32 = true;
	pvclock_publish_wall();
	memcpy(words, narrow + 2304, 12);
	memcpy(&words[3], narrow + 2340, 4);
	assert_int_equal(words[0] % 2, 0);
	assert_int_equal(words[1], 0xfffffff0);
	assert_int_equal(words[2], 77);
	assert_int_equal(words[3], 1);
}

static void test_vcpu_info(void **state)
{
	struct vcpu_register_vcpu_info op = { .mfn = 0x12, .offset = 64 };
	struct vcpu_info *info = fake_guest(d, 0x12040);

	(void)state;
	d->shared_info->vcpu_info[0].arch.cr2 = 0x1234;
	op.offset = 4096 - 56;
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &op, 16),
			 -XEN_ENXIO);
	op.offset = 68;
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &op, 16),
			 -XEN_ENXIO);
	op.offset = 64;
	op.mfn = 0x100;
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &op, 16),
			 -XEN_EINVAL);
	op.mfn = 0x12;
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &op, 16), 0);
	assert_int_equal(info->arch.cr2, 0x1234);
	assert_int_equal(info->evtchn_upcall_pending, 1);
	assert_int_equal(info->evtchn_pending_sel, ~0ul);
	expect_record(&info->time);
	assert_int_equal(fake_frame_refs(p2m_lookup(d, gfn(0x12), NULL)), 2);
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &op, 16),
			 -XEN_EINVAL);

	/* Others: only before they start; vCPU 39 had none so far. */
	op.offset = 128;
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 39, &op, 16),
			 -XEN_EINVAL);
	d->vcpus[39]->wait = WAIT_START;
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 39, &op, 16), 0);
	expect_record(&info[1].time);
}

static void test_time_area(void **state)
{
	struct vcpu_register_time_memory_area op = { .addr.p = 0x12ff0 };
	struct vcpu_time_info t;

	(void)state;
	assert_int_equal(
		vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &op, 8), 0);
	assert_int_equal(fake_guest_read(d, &t, gaddr(0x12ff0), sizeof(t)), 0);
	expect_record(&t);
	assert_int_equal(t.version, d->shared_info->vcpu_info[0].time.version);

	fake_unmapped = true;
	assert_int_equal(
		vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &op, 8),
		-XEN_EFAULT);
	op.addr.p = 0;
	assert_int_equal(
		vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &op, 8), 0);
}

static void test_runstate(void **state)
{
	struct vcpu_register_runstate_memory_area op = { .addr.p = 0x12000 };
	struct vcpu_runstate_info *info = fake_guest(d, ARG);

	(void)state;
	assert_int_equal(
		vcpu_op(VCPUOP_register_runstate_memory_area, 1, &op, 8), 0);
	op.addr.p = UINT64_C(0xffffffff00012000);
	wide = false;
	assert_int_equal(
		vcpu_op(VCPUOP_register_runstate_memory_area, 2, &op, 8), 0);
	assert_int_equal(d->vcpus[2]->runstate_area.linear, 0x12000);
	wide = true;
	fake_unmapped = true;
	assert_int_equal(
		vcpu_op(VCPUOP_register_runstate_memory_area, 3, &op, 8), 0);

	fake_clock += 50;
	assert_int_equal(vcpu_op(VCPUOP_get_runstate_info, 1, NULL, 0), 0);
	assert_int_equal(info->state, RUNSTATE_offline);
	assert_int_equal(info->time[RUNSTATE_offline], 50);
}

static void test_timer(void **state)
{
	struct vcpu_set_singleshot_timer op = { .timeout_abs_ns = 2000 };
	struct vcpu *v = vcpu_current();
	uint32_t work;

	(void)state;
	assert_int_equal(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 1, &op, 12),
			 -XEN_EINVAL);
	assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, &op, 12), 0);
	timer_run();
	assert_int_equal(fake_kicks(v, NULL), 0);
	fake_clock = 2000;
	timer_run();
	assert_int_equal(fake_kicks(v, &work), 1);
	assert_int_equal(work, WORK_TIMER);

	/* In the past: at once, or an error if asked for. */
	assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, &op, 12), 0);
	assert_int_equal(fake_kicks(v, NULL), 1);
	op.timeout_abs_ns = 1999;
	op.flags = VCPU_SSHOTTMR_future;
	assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, &op, 12),
			 -XEN_ETIME);

	op.timeout_abs_ns = 3000;
	assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, &op, 12), 0);
	assert_int_equal(vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL, 0), 0);
	fake_clock = 4000;
	timer_run();
	assert_int_equal(fake_kicks(v, NULL), 0);
}

static void test_set_timer_op(void **state)
{
	struct call c = { .vcpu = vcpu_current(), .wide = true };

	(void)state;
	c.arg[0] = UINT64_C(0x100000001);
	assert_int_equal(call_set_timer_op(&c), 0);
	assert_int_equal(c.vcpu->timer.deadline, UINT64_C(0x100000001));
	c.arg[0] = 0;
	assert_int_equal(call_set_timer_op(&c), 0);
	assert_false(timer_is_armed(&c.vcpu->timer));
	c.wide = false;
	c.arg[0] = 5;
	c.arg[1] = 2;
	assert_int_equal(call_set_timer_op(&c), 0);
	assert_int_equal(c.vcpu->timer.deadline, UINT64_C(0x200000005));
}

static void test_up_and_down(void **state)
{
	uint32_t work;

	(void)state;
	d->vcpus[1]->wait = WAIT_START;
	assert_int_equal(vcpu_op(VCPUOP_is_up, 1, NULL, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_up, 1, NULL, 0), -XEN_EINVAL);
	assert_int_equal(vcpu_op(VCPUOP_is_up, 2, NULL, 0), 1);
	assert_int_equal(vcpu_op(VCPUOP_down, 2, NULL, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_is_up, 2, NULL, 0), 0);
	fake_kicks(d->vcpus[2], &work);
	assert_int_equal(work, WORK_DOWN);
	assert_int_equal(vcpu_op(VCPUOP_up, 2, NULL, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_is_up, 2, NULL, 0), 1);
	fake_kicks(d->vcpus[2], &work);
	assert_int_equal(work, WORK_DOWN);
}

static void test_vm_assist(void **state)
{
	struct call c = { .vcpu = vcpu_current(), .wide = true };

	(void)state;
	c.arg[1] = VMASST_TYPE_runstate_update_flag;
	assert_int_equal(call_vm_assist(&c), 0);
	assert_true(d->runstate_update_flag);
	c.arg[0] = VMASST_CMD_disable;
	assert_int_equal(call_vm_assist(&c), 0);
	assert_false(d->runstate_update_flag);
	c.arg[1] = VMASST_TYPE_writable_pagetables;
	assert_int_equal(call_vm_assist(&c), -XEN_EINVAL);
	c.arg[0] = 2;
	assert_int_equal(call_vm_assist(&c), -XEN_ENOSYS);
}

#define row(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_unknown),      row(test_publish),
		row(test_vcpu_info),    row(test_time_area),
		row(test_runstate),     row(test_timer),
		row(test_set_timer_op), row(test_up_and_down),
		row(test_vm_assist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
