/* SPDX-License-Identifier: MIT */
/* memory_op as guests issue it: counts, lists, continuations, both widths. */
#include "call/memory_op.h"

#include "arch/x86/features.h"
#include "domain/grant.h"
#include "domain/memory_map.h"
#include "domain/physmap.h"
#include "domain/pvclock.h"
#include "domain/trace.h"
#include "fake.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define RAM     32u
#define ARG     0x1000u /* the struct */
#define LIST    0x2000u /* gfns; three pages */
#define LIST2   0x6000u
#define ERRORS  0x7000u
#define NOWHERE 0x1000000u
#define FREE    512u /* gfns from here on are empty */

struct cpu_features cpu_features;

static struct domain *service;
static struct domain *guest;
static struct call call;

void pvclock_latch_width(struct domain *d, bool wide)
{
	d->width32 = !wide;
}

static struct domain *add(uint16_t id)
{
	struct domain *d = fake_domain_add(id, 1);

	fake_domain_add_ram(d, 0, RAM);
	d->frame_count = RAM;
	assert_int_equal(grant_domain_init(d, 4, 1000), 0);
	return d;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	service = add(0);
	service->privileged = true;
	guest = add(1);
	call = (struct call){ .vcpu = guest->vcpus[0], .wide = true };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_check_clean();
	grant_domain_destroy(guest);
	grant_domain_destroy(service);
	assert_int_equal(guest->heap_pages, 0);
	fake_domain_remove(guest);
	fake_domain_remove(service);
	return 0;
}

static void be_service(void)
{
	call.vcpu = service->vcpus[0];
}

static void put(uint64_t addr, const void *from, size_t len)
{
	assert_int_equal(guest_write(call.vcpu, addr, from, len), 0);
}

static void get(uint64_t addr, void *to, size_t len)
{
	assert_int_equal(guest_read(call.vcpu, to, addr, len), 0);
}

static unsigned int goes;

/* As the guest: issues it until it is done. */
static long issue(unsigned int op, uint64_t arg)
{
	long rc;

	call.arg[0] = op;
	call.arg[1] = arg;
	goes = 0;
	do {
		rc = call_memory_op(&call);
		goes++;
		fake_check_clean();
	} while (rc == CALL_AGAIN);
	return rc;
}

static void put_gfns(uint64_t first, unsigned int count, unsigned int stride)
{
	for (unsigned int i = 0; i < count; i++) {
		const uint64_t g = first + i * stride;

		put(LIST + i * (call.wide ? 8 : 4), &g, call.wide ? 8 : 4);
	}
}

static long reservation(unsigned int op, uint16_t domid, uint64_t count,
			unsigned int order)
{
	struct xen_memory_reservation r = { .nr_extents = count,
					    .extent_order = order,
					    .domid = domid };

	r.extent_start.p = (void *)(uintptr_t)LIST;
	put(ARG, &r, sizeof(r));
	return issue(op, ARG);
}

static enum p2m_type type_at(struct domain *d, uint64_t g)
{
	enum p2m_type type;

	p2m_lookup(d, gfn(g), &type);
	return type;
}

static void test_populate_and_decrease(void **state)
{
	(void)state;
	put_gfns(FREE, 200, 1);
	assert_int_equal(
		reservation(XENMEM_populate_physmap, DOMID_SELF, 200, 0), 200);
	assert_int_equal(goes, 4);
	assert_int_equal(guest->frame_count, RAM + 200);
	assert_int_equal(
		reservation(XENMEM_decrease_reservation, DOMID_SELF, 200, 0),
		200);
	assert_int_equal(guest->frame_count, RAM);
	assert_int_equal(type_at(guest, FREE), P2M_NONE);

	put_gfns(FREE, 2, 512);
	assert_int_equal(reservation(XENMEM_populate_physmap, 1, 1, 9), 1);
	assert_int_equal(reservation(XENMEM_decrease_reservation, 1, 1, 9), 1);
	assert_int_equal(guest->frame_count, RAM);
}

/* The first extent that cannot be done ends it; the count says where. */
static void test_partial(void **state)
{
	(void)state;
	put_gfns(FREE - 70, 100, 1);
	assert_int_equal(
		reservation(XENMEM_populate_physmap, DOMID_SELF, 70, 0), 70);
	assert_int_equal(physmap_remove(guest, gfn(FREE - 3)), 0);
	assert_int_equal(
		reservation(XENMEM_decrease_reservation, DOMID_SELF, 100, 0),
		67);
	guest->frame_max = guest->frame_count + 1;
	assert_int_equal(reservation(XENMEM_populate_physmap, DOMID_SELF, 3, 0),
			 1);
	/* The list ends where memory does. */
	guest->frame_max = FAKE_FRAMES;
	assert_int_equal(issue(XENMEM_populate_physmap, NOWHERE), -XEN_EFAULT);
}

static void test_none_done(void **state)
{
	(void)state;
	put_gfns(FREE, 1, 1);
	assert_int_equal(
		reservation(XENMEM_populate_physmap, DOMID_SELF, 1, 10), 0);
	assert_int_equal(
		reservation(XENMEM_decrease_reservation, DOMID_SELF, 1, 10), 0);
	assert_int_equal(
		reservation(XENMEM_populate_physmap, DOMID_SELF, UINT64_MAX, 0),
		0);
	assert_int_equal(guest->frame_count, RAM);
	/* A start beyond the end is the caller's own doing. */
	assert_int_equal(
		reservation(XENMEM_populate_physmap | 5 << 6, DOMID_SELF, 1, 0),
		5);
}

static void test_targets(void **state)
{
	struct xen_memory_domain d = { .domid = 0 };

	(void)state;
	put_gfns(FREE, 1, 1);
	assert_int_equal(reservation(XENMEM_populate_physmap, 0, 1, 0),
			 -XEN_EPERM);
	assert_int_equal(reservation(XENMEM_populate_physmap, 77, 1, 0),
			 -XEN_ESRCH);
	put(ARG, &d, sizeof(d));
	assert_int_equal(issue(XENMEM_current_reservation, ARG), -XEN_EPERM);
	be_service();
	put_gfns(FREE, 1, 1);
	assert_int_equal(reservation(XENMEM_populate_physmap, 1, 1, 0), 1);
	d.domid = 1;
	put(ARG, &d, sizeof(d));
	assert_int_equal(issue(XENMEM_current_reservation, ARG), RAM + 1);
	assert_int_equal(issue(XENMEM_maximum_reservation, ARG), FAKE_FRAMES);
	guest->frame_max = UINT64_MAX;
	assert_int_equal(issue(XENMEM_maximum_reservation, ARG), INT64_MAX);
	assert_int_equal(issue(XENMEM_exchange, ARG), -XEN_ENOSYS);
	assert_int_equal(issue(XENMEM_get_sharing_freed_pages, ARG),
			 -XEN_ENOSYS);
}

static long add_to_physmap(uint16_t domid, unsigned int space, uint64_t idx,
			   uint64_t g)
{
	struct xen_add_to_physmap op = {
		.domid = domid, .size = 3, .space = space, .idx = idx, .gpfn = g
	};

	put(ARG, &op, sizeof(op));
	return issue(XENMEM_add_to_physmap, ARG);
}

static void test_add(void **state)
{
	(void)state;
	assert_int_equal(
		add_to_physmap(DOMID_SELF, XENMAPSPACE_shared_info, 0, FREE),
		0);
	assert_int_equal(type_at(guest, FREE), P2M_SHARED);
	assert_false(guest->width32);
	assert_int_equal(
		add_to_physmap(DOMID_SELF, XENMAPSPACE_shared_info, 1, FREE),
		-XEN_EINVAL);
	/* Highest index first, as Linux does. */
	assert_int_equal(add_to_physmap(DOMID_SELF, XENMAPSPACE_grant_table, 3,
					FREE + 3),
			 0);
	assert_int_equal(add_to_physmap(DOMID_SELF, XENMAPSPACE_grant_table, 0,
					FREE + 2),
			 0);
	assert_int_equal(add_to_physmap(DOMID_SELF, XENMAPSPACE_grant_table, 4,
					FREE + 4),
			 -XEN_EINVAL);
	assert_int_equal(add_to_physmap(DOMID_SELF, XENMAPSPACE_grant_table,
					XENMAPIDX_grant_table_status, FREE),
			 -XEN_EINVAL);
	assert_int_equal(
		add_to_physmap(DOMID_SELF, XENMAPSPACE_gmfn_foreign, 1, FREE),
		-XEN_EINVAL);
	assert_int_equal(add_to_physmap(0, XENMAPSPACE_shared_info, 0, FREE),
			 -XEN_EPERM);
}

static long remove_from_physmap(uint64_t g)
{
	struct xen_remove_from_physmap op = { .domid = DOMID_SELF, .gpfn = g };

	put(ARG, &op, sizeof(op));
	return issue(XENMEM_remove_from_physmap, ARG);
}

static long batch(unsigned int space, unsigned int count, uint16_t foreign)
{
	struct xen_add_to_physmap_batch op = {
		.domid = DOMID_SELF,
		.space = (uint16_t)space,
		.size = (uint16_t)count,
		.u.foreign_domid = foreign,
	};

	op.idxs.p = (void *)(uintptr_t)LIST2;
	op.gpfns.p = (void *)(uintptr_t)LIST;
	op.errs.p = (void *)(uintptr_t)ERRORS;
	put(ARG, &op, sizeof(op));
	return issue(XENMEM_add_to_physmap_batch, ARG);
}

/* Holes fail alone, with an error that does not make tools wait. */
static void test_batch_foreign(void **state)
{
	int32_t errors[100];

	(void)state;
	be_service();
	for (uint64_t i = 0; i < 100; i++) {
		put(LIST2 + i * 8, &i, 8);
	}
	put_gfns(FREE, 100, 1);
	assert_int_equal(batch(XENMAPSPACE_gmfn_foreign, 100, 1), 0);
	assert_int_equal(goes, 2);
	get(ERRORS, errors, sizeof(errors));
	for (unsigned int i = 0; i < 100; i++) {
		assert_int_equal(errors[i], i < RAM ? 0 : -XEN_EINVAL);
	}
	assert_int_equal(fake_frame_refs(p2m_lookup(guest, gfn(5), NULL)), 2);
	for (unsigned int i = 0; i < RAM; i++) {
		assert_int_equal(remove_from_physmap(FREE + i), 0);
	}
	assert_int_equal(remove_from_physmap(FREE + 5), -XEN_ENOENT);
	assert_int_equal(fake_frame_refs(p2m_lookup(guest, gfn(5), NULL)), 1);

	assert_int_equal(batch(XENMAPSPACE_gmfn_foreign, 1, 9), -XEN_ESRCH);
	assert_int_equal(batch(XENMAPSPACE_gmfn, 1, 1), -XEN_EINVAL);
}

/* The frames that tracing has. */
int trace_map(struct domain *d, gfn_t g, mfn_t m)
{
	return d != service || g.v != FREE + m.v ? -XEN_EPERM
	       : m.v == 2                        ? -XEN_EINVAL
						 : 0;
}

static void test_batch_of_own(void **state)
{
	int32_t errors[3];

	(void)state;
	be_service();
	for (uint64_t i = 0; i < 3; i++) {
		put(LIST2 + i * 8, &i, 8);
	}
	put_gfns(FREE, 3, 1);
	assert_int_equal(batch(XENMAPSPACE_gmfn_foreign, 3, DOMID_XEN), 0);
	get(ERRORS, errors, sizeof(errors));
	assert_int_equal(errors[0], 0);
	assert_int_equal(errors[1], 0);
	assert_int_equal(errors[2], -XEN_EINVAL);
}

static void test_batch_of_guest(void **state)
{
	(void)state;
	assert_int_equal(batch(XENMAPSPACE_gmfn_foreign, 1, 0), -XEN_EPERM);
	assert_int_equal(batch(XENMAPSPACE_grant_table, 1, 0), -XEN_EINVAL);
}

static long resource(unsigned int type, unsigned int frames, uint64_t first,
		     uint64_t list, struct xen_mem_acquire_resource *op)
{
	*op = (struct xen_mem_acquire_resource){ .domid = 1,
						 .type = (uint16_t)type,
						 .nr_frames = frames,
						 .frame = first };
	op->frame_list.p = (void *)(uintptr_t)list;
	put(ARG, op, sizeof(*op));

	const long rc = issue(XENMEM_acquire_resource, ARG);

	get(ARG, op, sizeof(*op));
	return rc;
}

static void test_resource(void **state)
{
	struct xen_mem_acquire_resource op;

	(void)state;
	assert_int_equal(resource(XENMEM_resource_grant_table, 0, 0, 0, &op),
			 -XEN_EPERM);
	be_service();
	assert_int_equal(resource(XENMEM_resource_grant_table, 0, 0, 0, &op),
			 0);
	assert_int_equal(op.nr_frames, 4);
	put_gfns(FREE, 3, 1);
	assert_int_equal(resource(XENMEM_resource_grant_table, 2, 0, LIST, &op),
			 0);
	assert_int_equal(type_at(service, FREE + 1), P2M_SHARED);
	/* Beyond the table: partly done is an I/O error. */
	assert_int_equal(resource(XENMEM_resource_grant_table, 2, 3, LIST, &op),
			 -XEN_EIO);
	assert_int_equal(resource(XENMEM_resource_grant_table, 1, 4, LIST, &op),
			 -XEN_EINVAL);
	assert_int_equal(
		resource(XENMEM_resource_grant_table, 1, UINT64_MAX, LIST, &op),
		-XEN_EINVAL);
	assert_int_equal(
		resource(XENMEM_resource_ioreq_server, 1, 0, LIST, &op),
		-XEN_EOPNOTSUPP);
	assert_int_equal(remove_from_physmap(FREE), 0);
	assert_int_equal(remove_from_physmap(FREE + 1), 0);
}

static struct memory_map e820 = {
	.count = 2,
	.entry = { { 0, 0xa0000, 1 }, { 0x100000, 0x40000000, 1 } },
};

static void test_memory_map(void **state)
{
	struct xen_memory_map op = { .nr_entries = 200 };
	uint32_t narrow[2] = { 1, LIST };
	char got[2 * sizeof(e820.entry[0])];

	(void)state;
	op.buffer.p = (void *)(uintptr_t)LIST;
	put(ARG, &op, sizeof(op));
	assert_int_equal(issue(XENMEM_memory_map, ARG), -XEN_ENOSYS);
	guest->memory_map = &e820;
	put(ARG, &op, sizeof(op));
	assert_int_equal(issue(XENMEM_memory_map, ARG), 0);
	get(ARG, &op, sizeof(op));
	assert_int_equal(op.nr_entries, 2);
	get(LIST, got, sizeof(got));
	assert_memory_equal(got, e820.entry, sizeof(got));

	call.wide = false;
	put(ARG, narrow, sizeof(narrow));
	assert_int_equal(issue(XENMEM_memory_map, ARG), 0);
	get(ARG, narrow, sizeof(narrow));
	assert_int_equal(narrow[0], 1);
}

static long set_map(uint32_t entries, const struct memory_map_entry *list)
{
	struct xen_foreign_memory_map op = { .domid = guest->id,
					     .map.nr_entries = entries };

	op.map.buffer.p = (void *)(uintptr_t)LIST;
	if (list != NULL) {
		put(LIST, list, entries * sizeof(*list));
	}
	put(ARG, &op, sizeof(op));
	return issue(XENMEM_set_memory_map, ARG);
}

static void test_set_map(void **state)
{
	static const struct memory_map_entry wraps = { UINT64_MAX, 2, 1 };

	(void)state;
	assert_int_equal(set_map(2, e820.entry), -XEN_EPERM);
	be_service();
	assert_int_equal(set_map(2, e820.entry), -XEN_EBUSY);
	guest->state = DOMAIN_BUILDING;
	assert_int_equal(set_map(2, e820.entry), 0);
	assert_int_equal(set_map(2, e820.entry), 0);
	assert_int_equal(guest->memory_map->count, 2);
	assert_memory_equal(guest->memory_map->entry, e820.entry,
			    2 * sizeof(e820.entry[0]));
	assert_int_equal(set_map(MEMORY_MAP_MAX + 1, NULL), -XEN_EINVAL);
	assert_int_equal(set_map(1, &wraps), -XEN_EINVAL);
	assert_int_equal(guest->memory_map->count, 2);
	assert_int_equal(set_map(0, NULL), 0);
	assert_int_equal(guest->memory_map->count, 0);
	domain_free(guest, guest->memory_map, sizeof(*guest->memory_map));
	guest->memory_map = NULL;
}

static long claim(uint64_t frames, unsigned int order)
{
	const struct xen_memory_reservation r = { .nr_extents = frames,
						  .extent_order = order,
						  .domid = guest->id };

	put(ARG, &r, sizeof(r));
	return issue(XENMEM_claim_pages, ARG);
}

static void test_claim(void **state)
{
	(void)state;
	assert_int_equal(claim(RAM + 5, 0), -XEN_EPERM);
	be_service();
	assert_int_equal(claim(RAM + 5, 0), 0);
	assert_int_equal(guest->claim, 5);
	assert_int_equal(claim(RAM + 5, 0), -XEN_EINVAL);
	assert_int_equal(claim(0, 0), 0);
	assert_int_equal(guest->claim, 0);
	assert_int_equal(claim(1, 9), -XEN_EINVAL);
}

static void test_32_bit(void **state)
{
	const uint32_t add_op[4] = { DOMID_SELF, XENMAPSPACE_shared_info, 0,
				     FREE };
	const uint32_t reservation_op[5] = { LIST, 70, 0, 0, DOMID_SELF };
	const uint32_t remove_op[2] = { DOMID_SELF, FREE };

	(void)state;
	call.wide = false;
	put(ARG, add_op, sizeof(add_op));
	assert_int_equal(issue(XENMEM_add_to_physmap, ARG), 0);
	assert_int_equal(type_at(guest, FREE), P2M_SHARED);
	assert_true(guest->width32);
	put(ARG, remove_op, sizeof(remove_op));
	assert_int_equal(issue(XENMEM_remove_from_physmap, ARG), 0);
	put_gfns(FREE, 70, 1);
	put(ARG, reservation_op, sizeof(reservation_op));
	assert_int_equal(issue(XENMEM_populate_physmap, ARG), 70);
	assert_int_equal(goes, 2);
	assert_int_equal(issue(XENMEM_decrease_reservation, ARG), 70);
	assert_int_equal(issue(XENMEM_add_to_physmap_batch, ARG), -XEN_ENOSYS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_populate_and_decrease),
		TEST(test_partial),
		TEST(test_none_done),
		TEST(test_targets),
		TEST(test_add),
		TEST(test_batch_foreign),
		TEST(test_batch_of_own),
		TEST(test_batch_of_guest),
		TEST(test_resource),
		TEST(test_memory_map),
		TEST(test_set_map),
		TEST(test_claim),
		TEST(test_32_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
