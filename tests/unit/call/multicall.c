/* SPDX-License-Identifier: MIT */
#include "call/call.h"
#include "domain/domain.h"
#include "fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LIST 0x10fc0 /* the second entry is on the next page */

static struct domain *d;
static struct call call;
static unsigned int again; /* how often a call stops half way */

/* In the place of all hypercalls: the sum, after `again` steps. */
long call_run(struct call *c, uint32_t number)
{
	if (again > 0) {
		again--;
		c->arg[4]++;
		return CALL_AGAIN;
	}
	return number == 99 ? -XEN_ENOSYS
			    : (long)(number + c->arg[0] + c->arg[4]);
}

static int set_up(void **state)
{
	(void)state;
	fake_reset();
	d = fake_domain_add(0, 1);
	fake_domain_add_ram(d, 0x10, 2);
	again = 0;
	call = (struct call){ .vcpu = d->vcpus[0],
			      .arg = { LIST, 0 },
			      .wide = true };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_check_clean();
	fake_reset();
	return 0;
}

static struct multicall_entry *entry(unsigned int i)
{
	return fake_guest(d, LIST + i * sizeof(struct multicall_entry));
}

static void put(unsigned int i, uint64_t op, uint64_t arg)
{
	*entry(i) = (struct multicall_entry){ .op = op, .args = { arg } };
	call.arg[1] = i + 1;
}

/* As the guest issues it; how often tells the result. */
static unsigned int finish(void)
{
	unsigned int times = 1;
	long rc;

	while ((rc = call_multicall(&call)) == CALL_AGAIN) {
		times++;
	}
	assert_int_equal(rc, 0);
	return times;
}

static void entries_run_in_turn(void **state)
{
	(void)state;
	put(0, 1, 10);
	put(1, 99, 0);
	put(2, 2, 20);
	assert_int_equal(finish(), 3);
	assert_int_equal(entry(0)->result, 11);
	assert_int_equal(entry(1)->result, (uint64_t)-XEN_ENOSYS);
	assert_int_equal(entry(2)->result, 22);
	assert_int_equal(call.arg[1], 0);
}

static void an_entry_goes_on_where_it_stopped(void **state)
{
	(void)state;
	put(0, 1, 10);
	again = 5;
	assert_int_equal(finish(), 6);
	assert_int_equal(entry(0)->result, 16);
}

static void no_entries_are_fine(void **state)
{
	(void)state;
	assert_int_equal(finish(), 1);
}

static void a_list_in_a_list_is_refused(void **state)
{
	(void)state;
	put(0, __HYPERVISOR_multicall, LIST);
	assert_int_equal(finish(), 1);
	assert_int_equal(entry(0)->result, (uint64_t)-XEN_EINVAL);
}

static void the_list_must_be_there(void **state)
{
	(void)state;
	call.arg[1] = 1;
	call.arg[0] = 0x90000000;
	assert_int_equal(call_multicall(&call), -XEN_EFAULT);
}

static void narrow_callers_are_refused(void **state)
{
	(void)state;
	put(0, 1, 10);
	call.wide = false;
	assert_int_equal(call_multicall(&call), -XEN_ENOSYS);
	assert_int_equal(entry(0)->result, 0);
}

#define row(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(entries_run_in_turn),
		row(an_entry_goes_on_where_it_stopped),
		row(no_entries_are_fine),
		row(a_list_in_a_list_is_refused),
		row(the_list_must_be_there),
		row(narrow_callers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
