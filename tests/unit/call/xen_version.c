/* SPDX-License-Identifier: MIT */
#include "call/call.h"

#include "fake.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ARG     0x1000u
#define NOWHERE 0x1000000u

static struct domain *guest;
static struct call call;

static int setup(void **state)
{
	(void)state;
	fake_reset();
	guest = fake_domain_add(1, 1);
	fake_domain_add_ram(guest, 0, 4);
	call = (struct call){ .vcpu = guest->vcpus[0], .wide = true };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_check_clean();
	fake_domain_remove(guest);
	return 0;
}

static long issue(uint64_t cmd, uint64_t arg)
{
	call.arg[0] = cmd;
	call.arg[1] = arg;
	return call_xen_version(&call);
}

static void test_texts(void **state)
{
	const char *text = fake_guest(guest, ARG);

	(void)state;
	assert_int_equal(issue(XENVER_version, 0), 0x40011);
	assert_int_equal(issue(XENVER_extraversion, ARG), 0);
	assert_true(strlen(text) < sizeof(xen_extraversion_t));
	assert_int_equal(issue(XENVER_capabilities, ARG), 0);
	assert_string_equal(text,
			    "hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ");
	assert_int_equal(issue(XENVER_changeset, ARG), 0);
	assert_int_equal(issue(XENVER_compile_info, ARG), 0);
	assert_memory_equal(text, "gcc ", 4);
	assert_int_equal(issue(XENVER_capabilities, NOWHERE), -XEN_EFAULT);
}

static uint32_t features(void)
{
	struct xen_feature_info *info = fake_guest(guest, ARG);

	info->submap_idx = 0;
	assert_int_equal(issue(XENVER_get_features, ARG), 0);
	return info->submap;
}

static void test_features(void **state)
{
	struct xen_feature_info *info = fake_guest(guest, ARG);
	const uint32_t common = 1u << XENFEAT_auto_translated_physmap |
				1u << XENFEAT_hvm_callback_vector |
				1u << XENFEAT_hvm_safe_pvclock;

	(void)state;
	assert_int_equal(features(), common | 1u << XENFEAT_not_direct_mapped);
	guest->privileged = true;
	guest->one_to_one = true;
	assert_int_equal(features(), common | 1u << XENFEAT_dom0 |
					     1u << XENFEAT_direct_mapped);
	info->submap_idx = 1;
	assert_int_equal(issue(XENVER_get_features, ARG), -XEN_EINVAL);
	assert_int_equal(issue(XENVER_get_features, NOWHERE), -XEN_EFAULT);
}

static void test_commandline(void **state)
{
	(void)state;
	xen_version_commandline = "loglevel=debug";
	assert_int_equal(issue(XENVER_commandline, ARG), -XEN_EPERM);
	guest->privileged = true;
	assert_int_equal(issue(XENVER_commandline, ARG), 0);
	assert_string_equal(fake_guest(guest, ARG), "loglevel=debug");
}

static void test_others(void **state)
{
	uint64_t *there = fake_guest(guest, ARG);

	(void)state;
	there[0] = ~UINT64_C(0);
	call.wide = false;
	assert_int_equal(issue(XENVER_platform_parameters, ARG), 0);
	assert_int_equal(there[0], 0xffffffff00000000);
	call.wide = true;
	assert_int_equal(issue(XENVER_platform_parameters, ARG), 0);
	assert_int_equal(there[0], 0);
	memset(guest->handle, 7, sizeof(guest->handle));
	assert_int_equal(issue(XENVER_guest_handle, ARG), 0);
	assert_memory_equal(there, guest->handle, sizeof(guest->handle));
	assert_int_equal(issue(XENVER_pagesize, 0), 4096);
	assert_int_equal(issue(XENVER_build_id, 0), -XEN_ENODATA);
	assert_int_equal(issue(99, ARG), -XEN_ENOSYS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_texts),
		TEST(test_features),
		TEST(test_commandline),
		TEST(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
