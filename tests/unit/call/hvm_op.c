/* SPDX-License-Identifier: MIT */
/* HVM parameters: who may read and set which, and what the callback does. */
#include "call/call.h"

#include "domain/pvclock.h"
#include "fake.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ARG         0x1000u
#define VECTOR_TYPE ((uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56)

static struct domain *service;
static struct domain *guest;
static struct call call;

void pvclock_latch_width(struct domain *d, bool wide)
{
	d->width32 = !wide;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	service = fake_domain_add(0, 1);
	service->privileged = true;
	guest = fake_domain_add(1, 2);
	fake_domain_add_ram(service, 0, 4);
	fake_domain_add_ram(guest, 0, 4);
	call = (struct call){ .vcpu = guest->vcpus[0], .wide = true };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_check_clean();
	fake_domain_remove(guest);
	fake_domain_remove(service);
	return 0;
}

static long issue(uint64_t op, const void *arg, size_t size)
{
	assert_int_equal(guest_write(call.vcpu, ARG, arg, size), 0);
	call.arg[0] = op;
	call.arg[1] = ARG;
	return call_hvm_op(&call);
}

static long set(uint16_t domid, uint32_t index, uint64_t value)
{
	const struct xen_hvm_param op = { .domid = domid,
					  .index = index,
					  .value = value };

	return issue(HVMOP_set_param, &op, sizeof(op));
}

static long get(uint16_t domid, uint32_t index, uint64_t *value)
{
	struct xen_hvm_param op = { .domid = domid, .index = index };
	const long rc = issue(HVMOP_get_param, &op, sizeof(op));

	assert_int_equal(guest_read(call.vcpu, &op, ARG, sizeof(op)), 0);
	*value = op.value;
	return rc;
}

static void test_rights(void **state)
{
	uint64_t value = 1;

	(void)state;
	assert_int_equal(get(DOMID_SELF, HVM_PARAM_STORE_EVTCHN, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(set(DOMID_SELF, HVM_PARAM_STORE_EVTCHN, 3), 0);
	assert_int_equal(get(1, HVM_PARAM_STORE_EVTCHN, &value), 0);
	assert_int_equal(value, 3);
	assert_int_equal(set(DOMID_SELF, HVM_PARAM_STORE_PFN, 3), -XEN_EPERM);
	assert_int_equal(get(DOMID_SELF, HVM_PARAM_IOREQ_PFN, &value),
			 -XEN_EPERM);
	assert_int_equal(get(0, HVM_PARAM_STORE_EVTCHN, &value), -XEN_EPERM);
	assert_int_equal(get(9, HVM_PARAM_STORE_EVTCHN, &value), -XEN_ESRCH);
	assert_int_equal(get(DOMID_SELF, HVM_NR_PARAMS, &value), -XEN_EINVAL);
	assert_int_equal(set(DOMID_SELF, UINT32_MAX, 0), -XEN_EINVAL);
}

static void test_tools(void **state)
{
	uint64_t value;

	(void)state;
	call.vcpu = service->vcpus[0];
	assert_int_equal(set(1, HVM_PARAM_STORE_PFN, 0xfeffc), 0);
	assert_int_equal(get(1, HVM_PARAM_STORE_PFN, &value), 0);
	assert_int_equal(value, 0xfeffc);
}

/* What we do not have cannot be turned on. */
static void test_switches(void **state)
{
	(void)state;
	call.vcpu = service->vcpus[0];
	assert_int_equal(set(1, HVM_PARAM_NESTEDHVM, 0), 0);
	assert_int_equal(set(1, HVM_PARAM_NESTEDHVM, 1), -XEN_EINVAL);
	assert_int_equal(set(1, HVM_PARAM_VIRIDIAN, 3), -XEN_EINVAL);
	assert_int_equal(set(1, HVM_PARAM_TIMER_MODE, 3), 0);
	assert_int_equal(set(1, HVM_PARAM_TIMER_MODE, 4), -XEN_EINVAL);
	assert_int_equal(set(1, HVM_PARAM_ALTP2M, 0), 0);
	assert_int_equal(set(1, HVM_PARAM_IDENT_PT, 0xfeffe000), 0);
	assert_int_equal(set(1, HVM_PARAM_VM86_TSS_SIZED, UINT64_MAX), 0);
}

/* Who waits for events learns of those that came before. */
static void test_callback(void **state)
{
	uint32_t work;

	(void)state;
	assert_int_equal(
		set(DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, VECTOR_TYPE | 0xf3), 0);
	assert_int_equal(fake_kicks(guest->vcpus[1], &work), 1);
	assert_int_equal(work, WORK_EVENT);
	assert_false(guest->width32);
	assert_int_equal(
		set(DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, VECTOR_TYPE | 0xf),
		-XEN_EINVAL);
	assert_int_equal(
		set(DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, UINT64_C(3) << 56),
		-XEN_EINVAL);
	assert_int_equal(set(DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, 1), 0);
	call.wide = false;
	assert_int_equal(
		set(DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, VECTOR_TYPE | 0xf3), 0);
	assert_true(guest->width32);
}

static void test_upcall_vector(void **state)
{
	struct xen_hvm_evtchn_upcall_vector op = { .vcpu = 1, .vector = 0x40 };

	(void)state;
	assert_int_equal(issue(HVMOP_set_evtchn_upcall_vector, &op, sizeof(op)),
			 0);
	assert_int_equal(guest->vcpus[1]->upcall_vector, 0x40);
	assert_int_equal(fake_kicks(guest->vcpus[1], NULL), 1);
	op.vector = 0xf;
	assert_int_equal(issue(HVMOP_set_evtchn_upcall_vector, &op, sizeof(op)),
			 -XEN_EINVAL);
	op = (struct xen_hvm_evtchn_upcall_vector){ .vcpu = 2, .vector = 0x40 };
	assert_int_equal(issue(HVMOP_set_evtchn_upcall_vector, &op, sizeof(op)),
			 -XEN_ENOENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rights),        TEST(test_tools),
		TEST(test_switches),      TEST(test_callback),
		TEST(test_upcall_vector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
