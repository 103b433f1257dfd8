/* SPDX-License-Identifier: MIT */
/* CPU policies: which leaves are listed, and how features are hidden. */
#include "call/domctl.h"
#include "call/sysctl.h"
#include "fake.h"
#include "virt/cpuid.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LIST   0x1000u
#define FEW    3u
#define LEAVES ((uint64_t *)(uintptr_t)LIST)

/* In the order of the ABI's feature sets. */
const struct cpuid_word cpuid_words[DOMAIN_FEATURE_WORDS] = {
	{ 0x01, 0, 3 },       { 0x01, 0, 2 },       { 0x80000001, 0, 3 },
	{ 0x80000001, 0, 2 }, { 0x0d, 1, 0 },       { 0x07, 0, 1 },
	{ 0x07, 0, 2 },       { 0x80000007, 0, 3 }, { 0x80000008, 0, 1 },
	{ 0x07, 0, 3 },
};

static struct domain *service;
static struct domain *guest;
static struct call call;
static struct xen_sysctl sys;
static struct xen_domctl dom;
static uint32_t limits[DOMAIN_FEATURE_WORDS];
static unsigned int limited;

/* A leaf says its own number, so that it is known again. */
struct cpuid_regs cpuid_policy(const struct domain *d, uint32_t leaf,
			       uint32_t subleaf)
{
	const uint32_t a = leaf == 0x80000000 ? 0x80000008 : leaf;

	return (struct cpuid_regs){ a, subleaf, leaf + 2, d != NULL };
}

int cpuid_limit(struct domain *d, unsigned int word, uint32_t value)
{
	assert_ptr_equal(d, guest);
	limits[word] = value;
	limited++;
	return value == 0xbad ? -XEN_EINVAL : 0;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	memset(&sys, 0, sizeof(sys));
	memset(&dom, 0, sizeof(dom));
	memset(limits, 0, sizeof(limits));
	limited = 0;
	service = fake_domain_add(0, 1);
	service->privileged = true;
	fake_domain_add_ram(service, 0, 8);
	guest = fake_domain_add(5, 2);
	call = (struct call){ .vcpu = service->vcpus[0], .wide = true };
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

static const xen_cpuid_leaf_t *find(uint32_t count, uint32_t leaf,
				    uint32_t subleaf)
{
	const xen_cpuid_leaf_t *list = fake_guest(service, LIST);

	for (uint32_t i = 0; i < count; i++) {
		if (list[i].leaf == leaf && list[i].subleaf == subleaf) {
			return &list[i];
		}
	}
	return NULL;
}

static void test_list(void **state)
{
	struct xen_sysctl_cpu_policy *op = &sys.u.cpu_policy;

	(void)state;
	op->index = XEN_SYSCTL_cpu_policy_hvm_default;
	assert_int_equal(sysctl_get_cpu_policy(&call, &sys), 0);
	assert_int_equal(op->nr_leaves, 128);
	assert_int_equal(op->nr_msrs, 0);
	op->leaves.p = (void *)LEAVES;
	assert_int_equal(sysctl_get_cpu_policy(&call, &sys), 0);
	assert_int_equal(find(op->nr_leaves, 1, XEN_CPUID_NO_SUBLEAF)->c, 3);
	assert_int_equal(find(op->nr_leaves, 4, 3)->b, 3);
	assert_non_null(find(op->nr_leaves, 7, 0));
	/* Tools refuse a leaf that should have a subleaf and has none. */
	assert_non_null(find(op->nr_leaves, 0xb, 0));
	assert_non_null(find(op->nr_leaves, 0xd, 8));
	assert_null(find(op->nr_leaves, 0xe, XEN_CPUID_NO_SUBLEAF));
	assert_non_null(find(op->nr_leaves, 0x80000008, XEN_CPUID_NO_SUBLEAF));
	assert_null(find(op->nr_leaves, 0x80000009, XEN_CPUID_NO_SUBLEAF));
	op->index = 6;
	assert_int_equal(sysctl_get_cpu_policy(&call, &sys), -XEN_EINVAL);
}

/* Nothing is written behind the room there is. */
static void test_little_room(void **state)
{
	struct xen_sysctl_cpu_policy *op = &sys.u.cpu_policy;
	xen_cpuid_leaf_t *list = fake_guest(service, LIST);

	(void)state;
	memset(list, 0x7f, 8 * sizeof(*list));
	op->leaves.p = (void *)LEAVES;
	op->nr_leaves = FEW;
	assert_int_equal(sysctl_get_cpu_policy(&call, &sys), -XEN_ENOBUFS);
	assert_int_equal(list[FEW - 1].leaf, FEW - 1);
	assert_int_equal(list[FEW].leaf, 0x7f7f7f7f);
	op->nr_leaves = 128;
	op->leaves.p = (void *)0x90000;
	assert_int_equal(sysctl_get_cpu_policy(&call, &sys), -XEN_EFAULT);
}

static void test_of_domain(void **state)
{
	(void)state;
	dom.domain = 5;
	dom.u.cpu_policy.nr_leaves = 128;
	dom.u.cpu_policy.leaves.p = (void *)LEAVES;
	assert_int_equal(domctl_get_cpu_policy(&call, &dom), 0);
	assert_int_equal(find(dom.u.cpu_policy.nr_leaves, 7, 0)->d, 1);
	dom.domain = 6;
	assert_int_equal(domctl_get_cpu_policy(&call, &dom), -XEN_ESRCH);
}

static void test_set(void **state)
{
	struct xen_domctl_cpu_policy *p = &dom.u.cpu_policy;
	xen_cpuid_leaf_t *list = fake_guest(service, LIST);

	(void)state;
	list[0] = (xen_cpuid_leaf_t){ 1, XEN_CPUID_NO_SUBLEAF, 1, 2, 3, 4 };
	list[1] = (xen_cpuid_leaf_t){ 0xd, 1, 5, 6, 7, 8 };
	list[2] = (xen_cpuid_leaf_t){ 0xd, 2, 9, 9, 9, 9 };
	dom.domain = 5;
	p->nr_leaves = 3;
	p->leaves.p = (void *)LEAVES;
	assert_int_equal(domctl_set_cpu_policy(&call, &dom), 0);
	assert_int_equal(limited, 3);
	assert_int_equal(limits[0], 4);
	assert_int_equal(limits[1], 3);
	assert_int_equal(limits[4], 5);
	list[1].a = 0xbad;
	assert_int_equal(domctl_set_cpu_policy(&call, &dom), -XEN_EINVAL);
	p->nr_msrs = 1;
	assert_int_equal(domctl_set_cpu_policy(&call, &dom), -XEN_EOPNOTSUPP);
	p->nr_msrs = 0;
	p->nr_leaves = 129;
	assert_int_equal(domctl_set_cpu_policy(&call, &dom), -XEN_EOPNOTSUPP);
	p->nr_leaves = 1;
	p->leaves.p = (void *)0x90000;
	assert_int_equal(domctl_set_cpu_policy(&call, &dom), -XEN_EFAULT);
	dom.domain = 0;
	assert_int_equal(domctl_set_cpu_policy(&call, &dom), -XEN_EINVAL);
}

static void test_featureset(void **state)
{
	struct xen_sysctl_cpu_featureset *op = &sys.u.cpu_featureset;
	uint32_t *words = fake_guest(service, LIST);

	(void)state;
	assert_int_equal(sysctl_get_cpu_featureset(&call, &sys), 0);
	assert_int_equal(op->nr_features, DOMAIN_FEATURE_WORDS);
	op->features.p = (void *)LEAVES;
	op->nr_features = 20;
	assert_int_equal(sysctl_get_cpu_featureset(&call, &sys), 0);
	assert_int_equal(op->nr_features, DOMAIN_FEATURE_WORDS);
	assert_int_equal(words[1], 3);
	assert_int_equal(words[3], 0x80000003);
	words[2] = 0x7f7f7f7f;
	op->nr_features = 2;
	assert_int_equal(sysctl_get_cpu_featureset(&call, &sys), -XEN_ENOBUFS);
	assert_int_equal(words[2], 0x7f7f7f7f);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list), TEST(test_little_room), TEST(test_of_domain),
		TEST(test_set),  TEST(test_featureset),
	};

	return cmocka_run_group_tests_name("cpu_policy", tests, NULL, NULL);
}
