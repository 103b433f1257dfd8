/* SPDX-License-Identifier: MIT */
#include "libctl/corbel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake/fake_store.h"
#include "libctl/core/internal.h"
#include "libctl/ops/ops.h"

#define DOMID 7u
#define HOME  "/local/domain/7/"

static struct corbel handle;

/* ---- one domain with four vCPUs ---- */

static uint64_t max_kib;
static struct xen_domctl_sched_credit sched;
static uint8_t pinned[4];

int domctl_info(struct corbel *c, uint32_t domid,
		struct xen_domctl_getdomaininfo *info)
{
	(void)c;
	*info = (struct xen_domctl_getdomaininfo){ .domain = DOMID,
						   .max_vcpu_id = 3 };
	errno = ESRCH;
	return domid <= DOMID ? 0 : -1;
}

int domctl_max_memory(struct corbel *c, uint32_t domid, uint64_t kib)
{
	(void)c;
	assert_int_equal(domid, DOMID);
	max_kib = kib;
	return 0;
}

int domctl_vcpu_info(struct corbel *c, uint32_t domid, uint32_t vcpu,
		     struct xen_domctl_getvcpuinfo *info)
{
	(void)c;
	assert_int_equal(domid, DOMID);
	*info = (struct xen_domctl_getvcpuinfo){
		.online = vcpu != 3,
		.running = vcpu == 1,
		.cpu = vcpu,
		.cpu_time = 1000 * vcpu,
	};
	return 0;
}

int domctl_activity(struct corbel *c, uint32_t domid, uint32_t vcpu,
		    struct domctl_activity *activity)
{
	(void)c;
	assert_int_equal(domid, DOMID);
	*activity = (struct domctl_activity){ .steal_ns = 100 * vcpu,
					      .events = vcpu };
	return 0;
}

int domctl_get_affinity(struct corbel *c, uint32_t domid, uint32_t vcpu,
			uint8_t *map, size_t size)
{
	(void)c;
	assert_int_equal(domid, DOMID);
	memset(map, 0, size);
	map[0] = pinned[vcpu];
	return 0;
}

/* The host has four pCPUs. */
int domctl_set_affinity(struct corbel *c, uint32_t domid, uint32_t vcpu,
			uint8_t *map, size_t size)
{
	(void)c;
	(void)size;
	assert_int_equal(domid, DOMID);
	if ((map[0] & 15) == 0) {
		errno = EINVAL;
		return -1;
	}
	pinned[vcpu] = map[0] & 15;
	return 0;
}

int sysctl_physinfo(struct corbel *c, struct xen_sysctl_physinfo *info)
{
	(void)c;
	*info = (struct xen_sysctl_physinfo){ .nr_cpus = 4 };
	return 0;
}

int domctl_get_sched(struct corbel *c, uint32_t domid,
		     struct xen_domctl_sched_credit *s)
{
	(void)c;
	(void)domid;
	*s = sched;
	return 0;
}

int domctl_set_sched(struct corbel *c, uint32_t domid,
		     const struct xen_domctl_sched_credit *s)
{
	(void)c;
	(void)domid;
	sched = *s;
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	fake_store_reset();
	fake_store_set("/local/domain/7", "");
	fake_store_set(HOME "name", "web1");
	fake_store_set(HOME "vm", "/vm/1234");
	fake_store_set("/vm/1234/name", "web1");
	fake_store_set(HOME "memory/static-max", "524288");
	fake_store_set("/local/domain/8/name", "web2");
	memset(&handle.error, 0, sizeof(handle.error));
	max_kib = 0;
	memset(pinned, 15, sizeof(pinned));
	sched = (struct xen_domctl_sched_credit){ .weight = 256 };
	return 0;
}

static void is_refused(int ret, enum corbel_error_code code, const char *text)
{
	assert_int_equal(ret, -1);
	assert_int_equal(handle.error.code, code);
	if (strstr(handle.error.text, text) == NULL) {
		fail_msg("%s: %s", handle.error.object, handle.error.text);
	}
}

/* ---- tests ---- */

static void renames(void **state)
{
	(void)state;
	assert_int_equal(corbel_rename(&handle, DOMID, "web3"), 0);
	assert_string_equal(fake_store_text(HOME "name"), "web3");
	assert_string_equal(fake_store_text("/vm/1234/name"), "web3");
}

static void refuses_names(void **state)
{
	(void)state;
	is_refused(corbel_rename(&handle, DOMID, "web2"), CORBEL_EXISTS,
		   "in use by domain 8");
	is_refused(corbel_rename(&handle, DOMID, "a/b"), CORBEL_INVALID,
		   "no name");
	is_refused(corbel_rename(&handle, DOMID, ""), CORBEL_INVALID,
		   "no name");
	is_refused(corbel_rename(&handle, 0, "host"), CORBEL_NOT_ALLOWED,
		   "service VM");
	assert_string_equal(fake_store_text(HOME "name"), "web1");
}

static void sets_memory(void **state)
{
	(void)state;
	assert_int_equal(corbel_memory_set(&handle, DOMID, 262144), 0);
	assert_string_equal(fake_store_text(HOME "memory/target"), "262144");
	assert_int_equal(max_kib, 262144 + 1024);
	is_refused(corbel_memory_set(&handle, DOMID, 524289), CORBEL_INVALID,
		   "1 to 524288");
	is_refused(corbel_memory_set(&handle, DOMID, 0), CORBEL_INVALID,
		   "1 to 524288");
	assert_string_equal(fake_store_text(HOME "memory/target"), "262144");
	fake_store_set(HOME "memory/static-max", "many");
	is_refused(corbel_memory_set(&handle, DOMID, 4), CORBEL_FAILED,
		   "static-max");
}

static void grows_up_to_its_maximum(void **state)
{
	(void)state;
	fake_store_set(HOME "memory/maximum", "1048576");
	assert_int_equal(corbel_memory_set(&handle, DOMID, 1048576), 0);
	assert_string_equal(fake_store_text(HOME "memory/target"), "1048576");
	is_refused(corbel_memory_set(&handle, DOMID, 1048577), CORBEL_INVALID,
		   "1 to 1048576 are possible");
	assert_int_equal(corbel_memory_limit(&handle, DOMID, 1048576), 0);
}

static void limits_memory(void **state)
{
	(void)state;
	assert_int_equal(corbel_memory_set(&handle, DOMID, 262144), 0);
	assert_int_equal(corbel_memory_limit(&handle, DOMID, 300000), 0);
	assert_string_equal(fake_store_text(HOME "memory/limit"), "300000");
	is_refused(corbel_memory_set(&handle, DOMID, 300001), CORBEL_INVALID,
		   "1 to 300000");
	is_refused(corbel_memory_limit(&handle, DOMID, 262143), CORBEL_INVALID,
		   "262144 to 524288");
	is_refused(corbel_memory_limit(&handle, DOMID, 524289), CORBEL_INVALID,
		   "262144 to 524288");
	assert_int_equal(corbel_memory_limit(&handle, DOMID, 524288), 0);
	assert_int_equal(corbel_memory_set(&handle, DOMID, 524288), 0);
}

static void sends_keys(void **state)
{
	(void)state;
	assert_int_equal(corbel_sysrq(&handle, DOMID, 'h'), 0);
	assert_string_equal(fake_store_text(HOME "control/sysrq"), "h");
}

static void sets_vcpus(void **state)
{
	(void)state;
	assert_int_equal(corbel_vcpus_set(&handle, DOMID, 2), 0);
	assert_string_equal(fake_store_text(HOME "cpu/0/availability"),
			    "online");
	assert_string_equal(fake_store_text(HOME "cpu/1/availability"),
			    "online");
	assert_string_equal(fake_store_text(HOME "cpu/2/availability"),
			    "offline");
	assert_string_equal(fake_store_text(HOME "cpu/3/availability"),
			    "offline");
	is_refused(corbel_vcpus_set(&handle, DOMID, 0), CORBEL_INVALID,
		   "4 vCPUs");
	is_refused(corbel_vcpus_set(&handle, DOMID, 5), CORBEL_INVALID,
		   "4 vCPUs");
	is_refused(corbel_vcpus_set(&handle, 9, 1), CORBEL_NOT_FOUND,
		   "no such domain");
}

static void pins(void **state)
{
	struct corbel_cpus cpus;

	(void)state;
	assert_true(corbel_cpus_parse("1-9", &cpus));
	assert_int_equal(corbel_vcpu_pin(&handle, DOMID, 3, &cpus), 0);
	assert_int_equal(pinned[3], 14);
	is_refused(corbel_vcpu_pin(&handle, DOMID, 4, &cpus), CORBEL_INVALID,
		   "4 vCPUs");
	is_refused(corbel_vcpu_pin(&handle, DOMID, UINT32_MAX, &cpus),
		   CORBEL_INVALID, "4 vCPUs");
	assert_true(corbel_cpus_parse("4", &cpus));
	is_refused(corbel_vcpu_pin(&handle, DOMID, 0, &cpus), CORBEL_INVALID,
		   "none of these pCPUs");
}

static void lists_vcpus(void **state)
{
	struct corbel_vcpu *list;
	size_t count;

	(void)state;
	pinned[2] = 4;
	assert_int_equal(corbel_vcpus(&handle, DOMID, &list, &count), 0);
	assert_int_equal(count, 4);
	assert_true(list[1].running && list[1].online);
	assert_false(list[3].online);
	assert_int_equal(list[2].cpu_ns, 2000);
	assert_int_equal(list[2].steal_ns, 200);
	assert_int_equal(list[2].events, 2);
	assert_int_equal(list[2].affinity.bits[0], 4);
	free(list);
	is_refused(corbel_vcpus(&handle, 9, &list, &count), CORBEL_NOT_FOUND,
		   "no such domain");
}

static void weighs(void **state)
{
	struct corbel_sched s = { .weight = 512, .cap = 150 };

	(void)state;
	assert_int_equal(corbel_sched_set(&handle, DOMID, &s), 0);
	s = (struct corbel_sched){ 0 };
	assert_int_equal(corbel_sched_get(&handle, DOMID, &s), 0);
	assert_int_equal(s.weight, 512);
	assert_int_equal(s.cap, 150);
	s.weight = 0;
	is_refused(corbel_sched_set(&handle, DOMID, &s), CORBEL_INVALID,
		   "weights are");
	s = (struct corbel_sched){ .weight = 1, .cap = 65536 };
	is_refused(corbel_sched_set(&handle, DOMID, &s), CORBEL_INVALID,
		   "caps");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(renames, set_up),
		cmocka_unit_test_setup(refuses_names, set_up),
		cmocka_unit_test_setup(sets_memory, set_up),
		cmocka_unit_test_setup(grows_up_to_its_maximum, set_up),
		cmocka_unit_test_setup(limits_memory, set_up),
		cmocka_unit_test_setup(sends_keys, set_up),
		cmocka_unit_test_setup(sets_vcpus, set_up),
		cmocka_unit_test_setup(pins, set_up),
		cmocka_unit_test_setup(lists_vcpus, set_up),
		cmocka_unit_test_setup(weighs, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
