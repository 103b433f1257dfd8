/* SPDX-License-Identifier: MIT */
/* Grant tables: lending, mapping, copying. */
#include "domain/grant.h"
#include "domain/grant_table.h"

#include "fake.h"

#include <pthread.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define REF        20u
#define FRAMES     4u
#define MAPTRACK   200u
#define RAM_FRAMES 32u
#define EMPTY      0x100000u /* a gaddr with nothing there */

static struct domain *service;
static struct domain *guest;
static struct domain *other;

static struct domain *add(uint16_t id)
{
	struct domain *d = fake_domain_add(id, 1);

	fake_domain_add_ram(d, 0, RAM_FRAMES);
	assert_int_equal(grant_domain_init(d, FRAMES, MAPTRACK), 0);
	return d;
}

static void drop(struct domain *d)
{
	while (!grant_release_some(d, 3)) {
	}
	assert_false(grant_is_lent(d));
	grant_domain_destroy(d);
	assert_int_equal(d->heap_pages, 0);
	for (unsigned int i = 0; i < RAM_FRAMES; i++) {
		assert_int_equal(fake_frame_refs(p2m_lookup(d, gfn(i), NULL)),
				 1);
	}
	fake_domain_remove(d);
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	service = add(0);
	service->privileged = true;
	guest = add(1);
	other = add(2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_check_clean();
	fake_guest_step = NULL;
	fake_alloc_fail_after(-1);
	fake_p2m_fail_after(-1);
	while (!grant_release_some(service, 100)) {
	}
	drop(guest);
	drop(other);
	drop(service);
	return 0;
}

static struct grant_entry_v1 *entry(struct domain *d, uint32_t ref)
{
	void *page;

	assert_int_equal(grant_frame(d, ref / 512, false, &page), 0);
	return (struct grant_entry_v1 *)page + ref % 512;
}

static void give(uint32_t ref, uint16_t to, uint32_t frame, bool readonly)
{
	*entry(guest, ref) = (struct grant_entry_v1){
		.flags = GTF_permit_access | (readonly ? GTF_readonly : 0),
		.domid = to,
		.frame = frame,
	};
}

static struct gnttab_map_grant_ref map_op(uint32_t ref, uint64_t addr,
					  uint32_t flags)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = addr,
		.flags = flags | GNTMAP_host_map,
		.ref = ref,
		.dom = guest->id,
		.status = 77,
	};

	grant_map(service, &op);
	return op;
}

static int map(uint32_t ref, uint64_t addr, uint32_t flags)
{
	return map_op(ref, addr, flags).status;
}

static int unmap(uint32_t handle, uint64_t addr)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = addr,
					     .handle = handle,
					     .status = 77 };

	grant_unmap(service, &op);
	return op.status;
}

static mfn_t frame_of(struct domain *d, uint64_t g)
{
	return p2m_lookup(d, gfn(g), NULL);
}

static enum p2m_type type_at(struct domain *d, uint64_t addr)
{
	enum p2m_type type;

	p2m_lookup(d, gfn(addr >> PAGE_SHIFT), &type);
	return type;
}

static unsigned int in_use(uint32_t ref)
{
	return entry(guest, ref)->flags & (GTF_reading | GTF_writing);
}

static void test_growth(void **state)
{
	struct gnttab_query_size op = { .dom = DOMID_SELF };
	void *page;
	void *again;

	(void)state;
	grant_query_size(guest, &op);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(op.nr_frames, 1);
	assert_int_equal(op.max_nr_frames, FRAMES);
	/* What was seeded stays (reserved entries 0 and 1). */
	entry(guest, 1)->frame = 5;
	assert_int_equal(grant_frame(guest, FRAMES, false, &page), -XEN_EINVAL);
	assert_int_equal(grant_frame(guest, ~0u, false, &page), -XEN_EINVAL);
	assert_int_equal(grant_frame(guest, 0, true, &page), -XEN_EINVAL);
	assert_int_equal(grant_frame(guest, FRAMES - 1, false, &page), 0);
	assert_int_equal(grant_frame(guest, FRAMES - 1, false, &again), 0);
	assert_ptr_equal(page, again);
	grant_query_size(guest, &op);
	assert_int_equal(op.nr_frames, FRAMES);
	assert_int_equal(entry(guest, 1)->frame, 5);
}

static void test_growth_fails(void **state)
{
	void *page;

	(void)state;
	for (int i = 0; i < 4; i++) {
		fake_alloc_fail_after(i);
		assert_int_equal(grant_frame(guest, 3, false, &page),
				 -XEN_ENOMEM);
	}
	fake_alloc_fail_after(-1);
	assert_int_equal(grant_frame(guest, 3, false, &page), 0);
}

static void test_init_fails(void **state)
{
	struct domain *d = fake_domain_add(9, 1);

	(void)state;
	for (int i = 0; i < 3; i++) {
		fake_alloc_fail_after(i);
		assert_int_equal(grant_domain_init(d, 4, 100), -XEN_ENOMEM);
		assert_int_equal(d->heap_pages, 0);
		assert_null(d->grants);
	}
	fake_alloc_fail_after(-1);
	grant_domain_destroy(d);
	/* A domain that may neither lend nor borrow. */
	void *page;

	assert_int_equal(grant_domain_init(d, 0, 0), 0);
	assert_int_equal(grant_frame(d, 0, false, &page), -XEN_EINVAL);
	assert_true(grant_release_some(d, 1));
	grant_domain_destroy(d);
	fake_domain_remove(d);
}

static void test_queries(void **state)
{
	struct gnttab_query_size size = { .dom = 1 };
	struct gnttab_get_version get = { .dom = 1 };
	struct gnttab_set_version set = { .version = 1 };

	(void)state;
	grant_query_size(other, &size);
	assert_int_equal(size.status, GNTST_permission_denied);
	grant_query_size(service, &size);
	assert_int_equal(size.status, GNTST_okay);
	size.dom = 77;
	grant_query_size(service, &size);
	assert_int_equal(size.status, GNTST_bad_domain);

	assert_int_equal(grant_get_version(other, &get), -XEN_EPERM);
	assert_int_equal(grant_get_version(service, &get), 0);
	assert_int_equal(get.version, 1);
	get.dom = 77;
	assert_int_equal(grant_get_version(service, &get), -XEN_ESRCH);

	assert_int_equal(grant_set_version(guest, &set), 0);
	set.version = 2;
	assert_int_equal(grant_set_version(guest, &set), -XEN_ENOSYS);
	set.version = 3;
	assert_int_equal(grant_set_version(guest, &set), -XEN_EINVAL);
}

static void test_map(void **state)
{
	(void)state;
	give(REF, 0, 7, false);
	struct gnttab_map_grant_ref op = map_op(REF, EMPTY, 0);

	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(op.dev_bus_addr, EMPTY);
	assert_int_equal(type_at(service, EMPTY), P2M_GRANT_RW);
	assert_int_equal(frame_of(service, EMPTY >> 12).v,
			 frame_of(guest, 7).v);
	assert_int_equal(in_use(REF), GTF_reading | GTF_writing);
	assert_int_equal(fake_frame_refs(frame_of(guest, 7)), 2);
	assert_true(grant_is_lent(guest));

	assert_int_equal(unmap(op.handle, EMPTY + PAGE_SIZE),
			 GNTST_bad_virt_addr);
	assert_int_equal(unmap(op.handle, 0), GNTST_bad_virt_addr);
	assert_int_equal(unmap(op.handle + 1, EMPTY), GNTST_bad_handle);
	assert_int_equal(unmap(~0u, EMPTY), GNTST_bad_handle);
	assert_int_equal(unmap(op.handle, EMPTY), GNTST_okay);
	assert_int_equal(type_at(service, EMPTY), P2M_NONE);
	assert_int_equal(in_use(REF), 0);
	assert_int_equal(fake_frame_refs(frame_of(guest, 7)), 1);
	assert_false(grant_is_lent(guest));
	assert_int_equal(unmap(op.handle, EMPTY), GNTST_bad_handle);
}

static void test_device_address(void **state)
{
	(void)state;
	give(REF, 0, 7, false);
	const uint32_t handle = map_op(REF, EMPTY, GNTMAP_device_map).handle;
	struct gnttab_unmap_grant_ref op = { .host_addr = EMPTY,
					     .handle = handle,
					     .dev_bus_addr = PAGE_SIZE };

	grant_unmap(service, &op);
	assert_int_equal(op.status, GNTST_bad_dev_addr);
	op.dev_bus_addr = EMPTY;
	grant_unmap(service, &op);
	assert_int_equal(op.status, GNTST_okay);
}

static void test_map_read_only(void **state)
{
	(void)state;
	give(REF, 0, 7, true);
	assert_int_equal(map(REF, EMPTY, 0), GNTST_general_error);
	assert_int_equal(in_use(REF), 0);
	const struct gnttab_map_grant_ref op =
		map_op(REF, EMPTY, GNTMAP_readonly);

	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(type_at(service, EMPTY), P2M_GRANT_RO);
	assert_int_equal(in_use(REF), GTF_reading);
	/* Its own write access is not hidden by the reader. */
	assert_int_equal(map(REF, EMPTY + PAGE_SIZE, 0), GNTST_general_error);
	assert_int_equal(in_use(REF), GTF_reading);
	assert_int_equal(unmap(op.handle, EMPTY), GNTST_okay);
}

/* In-use bits go with the last mapping that needs them. */
static void test_map_twice(void **state)
{
	(void)state;
	give(REF, 0, 7, false);
	const uint32_t r = map_op(REF, EMPTY, GNTMAP_readonly).handle;

	assert_int_equal(in_use(REF), GTF_reading);
	const uint32_t w = map_op(REF, EMPTY + PAGE_SIZE, 0).handle;
	const uint32_t w2 = map_op(REF, EMPTY + 2 * PAGE_SIZE, 0).handle;

	assert_int_equal(in_use(REF), GTF_reading | GTF_writing);
	/* One reference for all. */
	assert_int_equal(fake_frame_refs(frame_of(guest, 7)), 2);
	assert_int_equal(unmap(w, EMPTY + PAGE_SIZE), GNTST_okay);
	assert_int_equal(in_use(REF), GTF_reading | GTF_writing);
	assert_int_equal(unmap(w2, EMPTY + 2 * PAGE_SIZE), GNTST_okay);
	assert_int_equal(in_use(REF), GTF_reading);
	assert_int_equal(unmap(r, EMPTY), GNTST_okay);
	assert_int_equal(in_use(REF), 0);
}

static void test_map_errors(void **state)
{
	struct gnttab_map_grant_ref op = { .host_addr = EMPTY,
					   .flags = GNTMAP_host_map,
					   .ref = REF,
					   .dom = 77 };

	(void)state;
	grant_map(service, &op);
	assert_int_equal(op.status, GNTST_bad_domain);
	/* Nothing granted; granted to another; not a plain frame. */
	assert_int_equal(map(REF, EMPTY, 0), GNTST_bad_gntref);
	give(REF, 2, 7, false);
	assert_int_equal(map(REF, EMPTY, 0), GNTST_bad_gntref);
	give(REF, 0, 7, false);
	entry(guest, REF)->flags |= GTF_sub_page;
	assert_int_equal(map(REF, EMPTY, 0), GNTST_bad_gntref);
	entry(guest, REF)->flags = GTF_accept_transfer;
	assert_int_equal(map(REF, EMPTY, 0), GNTST_bad_gntref);
	entry(guest, REF)->flags = GTF_transitive;
	assert_int_equal(map(REF, EMPTY, 0), GNTST_bad_gntref);
	/* Outside the table as it is now. */
	assert_int_equal(map(512, EMPTY, 0), GNTST_bad_gntref);
	assert_int_equal(map(~0u, EMPTY, 0), GNTST_bad_gntref);
	/* No such frame. */
	give(REF, 0, RAM_FRAMES, false);
	assert_int_equal(map(REF, EMPTY, 0), GNTST_bad_page);
	give(REF, 0, ~0u, false);
	assert_int_equal(map(REF, EMPTY, 0), GNTST_bad_page);
	assert_int_equal(in_use(REF), 0);
	/* Flags and addresses. */
	give(REF, 0, 7, false);
	op = (struct gnttab_map_grant_ref){ .host_addr = EMPTY,
					    .ref = REF,
					    .dom = 1 };
	grant_map(service, &op);
	assert_int_equal(op.status, GNTST_bad_gntref);
	assert_int_equal(map(REF, EMPTY, GNTMAP_contains_pte),
			 GNTST_bad_gntref);
	assert_int_equal(map(REF, EMPTY + 8, 0), GNTST_bad_virt_addr);
	/* Own RAM is there. */
	assert_int_equal(map(REF, 3 * PAGE_SIZE, 0), GNTST_bad_virt_addr);
	/* Beyond what the p2m takes. */
	assert_int_equal(map(REF, UINT64_C(1) << 50, 0), GNTST_no_space);
	assert_int_equal(in_use(REF), 0);
	guest->state = DOMAIN_DYING;
	assert_int_equal(map(REF, EMPTY, 0), GNTST_bad_domain);
	guest->state = DOMAIN_RUNNING;
	assert_int_equal(type_at(service, EMPTY), P2M_NONE);
}

/* Frames that are not the granter's own RAM cannot be lent on. */
static void test_lend_on(void **state)
{
	static const enum p2m_type bad[] = { P2M_RAM_RO,   P2M_MMIO_DIRECT,
					     P2M_FOREIGN,  P2M_GRANT_RW,
					     P2M_GRANT_RO, P2M_SHARED,
					     P2M_MMIO_DM };

	(void)state;
	give(REF, 0, 100, false);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(
			p2m_map(guest, gfn(100), frame_of(other, 3), 0, bad[i]),
			0);
		assert_int_equal(map(REF, EMPTY, 0), GNTST_bad_page);
	}
	/* Not its own, whatever the p2m says. */
	assert_int_equal(
		p2m_map(guest, gfn(100), frame_of(other, 3), 0, P2M_RAM_RW), 0);
	assert_int_equal(map(REF, EMPTY, 0), GNTST_bad_page);
	assert_int_equal(p2m_unmap(guest, gfn(100), 0), 0);
	assert_int_equal(in_use(REF), 0);
}

static void test_p2m_fails(void **state)
{
	(void)state;
	give(REF, 0, 7, false);
	fake_p2m_fail_after(0);
	assert_int_equal(map(REF, EMPTY, 0), GNTST_no_space);
	assert_int_equal(in_use(REF), 0);
	fake_p2m_fail_after(-1);
	const uint32_t handle = map_op(REF, EMPTY, 0).handle;

	/* A mapping that cannot be taken away now still counts. */
	fake_p2m_fail_after(0);
	assert_int_equal(unmap(handle, EMPTY), GNTST_general_error);
	assert_int_equal(in_use(REF), GTF_reading | GTF_writing);
	assert_false(grant_release_some(service, 10));
	assert_int_equal(in_use(REF), GTF_reading | GTF_writing);
	fake_p2m_fail_after(-1);
	assert_int_equal(unmap(handle, EMPTY), GNTST_okay);
	assert_true(grant_release_some(service, 10));
}

static void test_maptrack_limit(void **state)
{
	uint32_t handles[MAPTRACK];

	(void)state;
	give(REF, 0, 7, false);
	for (unsigned int i = 0; i < MAPTRACK; i++) {
		const struct gnttab_map_grant_ref op =
			map_op(REF, EMPTY + i * PAGE_SIZE, 0);

		assert_int_equal(op.status, GNTST_okay);
		handles[i] = op.handle;
	}
	assert_int_equal(map(REF, EMPTY + MAPTRACK * PAGE_SIZE, 0),
			 GNTST_no_device_space);
	assert_int_equal(unmap(handles[50], EMPTY + 50 * PAGE_SIZE),
			 GNTST_okay);
	assert_int_equal(map_op(REF, EMPTY + 50 * PAGE_SIZE, 0).handle,
			 handles[50]);
	assert_int_equal(fake_frame_refs(frame_of(guest, 7)), 2);
}

static void test_maptrack_memory(void **state)
{
	(void)state;
	give(REF, 0, 7, false);
	fake_alloc_fail_after(0);
	assert_int_equal(map(REF, EMPTY, 0), GNTST_no_device_space);
	fake_alloc_fail_after(-1);
	assert_int_equal(map(REF, EMPTY, 0), GNTST_okay);
}

/* The guest put something else at the gfn: unmap must not disturb it. */
static void test_replaced(void **state)
{
	(void)state;
	give(REF, 0, 7, false);
	give(REF + 1, 0, 8, false);
	const uint32_t handle = map_op(REF, EMPTY, 0).handle;

	assert_int_equal(p2m_map(service, gfn(EMPTY >> 12),
				 frame_of(service, 2), 0, P2M_RAM_RW),
			 0);
	assert_int_equal(unmap(handle, EMPTY), GNTST_okay);
	assert_int_equal(type_at(service, EMPTY), P2M_RAM_RW);
	assert_int_equal(in_use(REF), 0);
	assert_int_equal(p2m_unmap(service, gfn(EMPTY >> 12), 0), 0);

	/* Emptied, and used for another grant. */
	const uint32_t first = map_op(REF, EMPTY, 0).handle;

	assert_int_equal(p2m_unmap(service, gfn(EMPTY >> 12), 0), 0);
	const uint32_t second = map_op(REF + 1, EMPTY, 0).handle;

	assert_int_equal(unmap(first, EMPTY), GNTST_okay);
	assert_int_equal(type_at(service, EMPTY), P2M_GRANT_RW);
	assert_int_equal(unmap(second, EMPTY), GNTST_okay);
	assert_int_equal(type_at(service, EMPTY), P2M_NONE);
}

static void test_loopback(void **state)
{
	struct gnttab_map_grant_ref op = { .host_addr = EMPTY,
					   .flags = GNTMAP_host_map,
					   .ref = REF,
					   .dom = DOMID_SELF };

	(void)state;
	give(REF, 1, 7, false);
	grant_map(guest, &op);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(frame_of(guest, EMPTY >> 12).v, frame_of(guest, 7).v);
	/* drop() gives it back. */
}

/* What the guest writes into an entry in use changes nothing for its users. */
static void test_entry_changed(void **state)
{
	(void)state;
	give(REF, 0, 7, false);
	const uint32_t handle = map_op(REF, EMPTY, 0).handle;

	*entry(guest, REF) = (struct grant_entry_v1){
		.flags = GTF_permit_access, .domid = 2, .frame = 9
	};
	/* The first user is the service VM: only it comes in. */
	struct gnttab_map_grant_ref op = { .host_addr = EMPTY,
					   .flags = GNTMAP_host_map,
					   .ref = REF,
					   .dom = 1 };

	grant_map(other, &op);
	assert_int_equal(op.status, GNTST_bad_gntref);
	op.host_addr += PAGE_SIZE;
	grant_map(service, &op);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(frame_of(service, op.host_addr >> 12).v,
			 frame_of(guest, 7).v);
	assert_int_equal(unmap(op.handle, op.host_addr), GNTST_okay);
	assert_int_equal(unmap(handle, EMPTY), GNTST_okay);
	assert_int_equal(fake_frame_refs(frame_of(guest, 9)), 1);
	/* A gfn that moved after it was granted: the frame is the old one. */
	give(REF, 0, 7, false);
	const uint32_t again = map_op(REF, EMPTY, 0).handle;
	const mfn_t seven = frame_of(guest, 7);

	assert_int_equal(p2m_unmap(guest, gfn(7), 0), 0);
	assert_int_equal(unmap(again, EMPTY), GNTST_okay);
	assert_int_equal(fake_frame_refs(seven), 1);
	assert_int_equal(p2m_map(guest, gfn(7), seven, 0, P2M_RAM_RW), 0);
}

/* The guest between our accesses to the entry. */
static unsigned int steps;
static uint32_t *frame_word;

static void revoke(void *w)
{
	*(uint16_t *)w = 0;
	fake_guest_step = NULL;
}

static void make_read_only(void *w)
{
	if (++steps == 2) {
		*(uint16_t *)w |= GTF_readonly;
	}
}

static void give_away(void *w)
{
	if (++steps == 2) {
		((uint16_t *)w)[1] = 2;
	}
}

static void never_rest(void *w)
{
	steps++;
	*(uint16_t *)w ^= GTF_PWT;
}

static void move_frame(void *w)
{
	/* The claim is done when the frame is read. */
	if (w == frame_word) {
		*(uint32_t *)w = 9;
	}
}

static int map_with(void (*step)(void *w))
{
	give(REF, 0, 7, false);
	steps = 0;
	frame_word = &entry(guest, REF)->frame;
	fake_guest_step = step;
	const struct gnttab_map_grant_ref op = map_op(REF, EMPTY, 0);

	fake_guest_step = NULL;
	if (op.status == GNTST_okay) {
		unmap(op.handle, EMPTY);
	}
	return op.status;
}

static void test_entry_races(void **state)
{
	(void)state;
	assert_int_equal(map_with(revoke), GNTST_bad_gntref);
	assert_int_equal(map_with(make_read_only), GNTST_general_error);
	assert_int_equal(map_with(give_away), GNTST_bad_gntref);
	assert_int_equal(in_use(REF), 0);
	assert_int_equal(map_with(never_rest), GNTST_general_error);
	assert_in_range(steps, 2, 10);
	assert_int_equal(map_with(move_frame), GNTST_okay);
	assert_int_equal(fake_frame_refs(frame_of(guest, 7)), 1);
	assert_int_equal(fake_frame_refs(frame_of(guest, 9)), 1);
}

static void test_release(void **state)
{
	const struct grant_entry_v1 *e = entry(guest, REF);
	unsigned int rounds = 0;
	void *page;

	(void)state;
	give(REF, 0, 7, false);
	for (unsigned int i = 0; i < 100; i++) {
		map(REF, EMPTY + i * PAGE_SIZE, i % 2 ? GNTMAP_readonly : 0);
	}
	/* The granter dies first; its domain stays until all is back. */
	guest->state = DOMAIN_DYING;
	service->state = DOMAIN_DYING;
	assert_int_equal(grant_frame(guest, 0, false, &page), -XEN_EINVAL);
	assert_true(grant_is_lent(guest));
	while (!grant_release_some(service, 8)) {
		rounds++;
	}
	assert_in_range(rounds, 12, 30);
	assert_int_equal(e->flags & (GTF_reading | GTF_writing), 0);
	assert_false(grant_is_lent(guest));
	for (unsigned int i = 0; i < 100; i++) {
		assert_int_equal(type_at(service, EMPTY + i * PAGE_SIZE),
				 P2M_NONE);
	}
}

static struct gnttab_copy copy_op(uint16_t flags)
{
	struct gnttab_copy op = {
		.source = { .domid = DOMID_SELF, .u.gmfn = 4 },
		.dest = { .domid = DOMID_SELF, .u.gmfn = 5 },
		.len = 100,
		.flags = flags,
		.status = 77,
	};

	if ((flags & GNTCOPY_source_gref) != 0) {
		op.source =
			(struct gnttab_copy_ptr){ .domid = 1, .u.ref = REF };
	}
	if ((flags & GNTCOPY_dest_gref) != 0) {
		op.dest = (struct gnttab_copy_ptr){ .domid = 1,
						    .u.ref = REF + 1 };
	}
	return op;
}

static int copy(struct gnttab_copy op)
{
	grant_copy(service, &op);
	return op.status;
}

static void test_copy(void **state)
{
	char *mine = fake_guest(service, 4 * PAGE_SIZE);
	char *theirs = fake_guest(guest, 7 * PAGE_SIZE);

	(void)state;
	strcpy(theirs + 10, "from the guest");
	strcpy(mine, "from the service VM");
	give(REF, 0, 7, true);
	give(REF + 1, 0, 8, false);

	struct gnttab_copy op = copy_op(GNTCOPY_source_gref);

	op.source.offset = 10;
	op.dest.offset = PAGE_SIZE - 100;
	assert_int_equal(copy(op), GNTST_okay);
	assert_string_equal((char *)fake_guest(service, 6 * PAGE_SIZE) - 100,
			    "from the guest");
	assert_int_equal(copy(copy_op(GNTCOPY_dest_gref)), GNTST_okay);
	assert_string_equal(fake_guest(guest, 8 * PAGE_SIZE),
			    "from the service VM");
	assert_int_equal(copy(copy_op(3)), GNTST_okay);
	assert_int_equal(((char *)fake_guest(guest, 8 * PAGE_SIZE))[10], 'f');
	assert_int_equal(copy(copy_op(0)), GNTST_okay);
	assert_string_equal(fake_guest(service, 5 * PAGE_SIZE),
			    "from the service VM");
	assert_int_equal(in_use(REF) | in_use(REF + 1), 0);
	assert_int_equal(fake_frame_refs(frame_of(guest, 7)), 1);
}

static void test_copy_overlap(void **state)
{
	struct gnttab_copy op = copy_op(0);
	char *page = fake_guest(service, 4 * PAGE_SIZE);

	(void)state;
	strcpy(page, "0123456789");
	op.dest.u.gmfn = 4;
	op.dest.offset = 3;
	op.len = 11;
	assert_int_equal(copy(op), GNTST_okay);
	assert_string_equal(page, "0120123456789");
}

static void test_copy_bounds(void **state)
{
	struct gnttab_copy op = copy_op(0);

	(void)state;
	op.len = PAGE_SIZE;
	assert_int_equal(copy(op), GNTST_okay);
	op.len++;
	assert_int_equal(copy(op), GNTST_bad_copy_arg);
	op = copy_op(0);
	op.source.offset = PAGE_SIZE - 99;
	assert_int_equal(copy(op), GNTST_bad_copy_arg);
	op = copy_op(0);
	op.dest.offset = 0xffff;
	assert_int_equal(copy(op), GNTST_bad_copy_arg);
	op = copy_op(0);
	op.len = 0;
	op.dest.offset = PAGE_SIZE;
	assert_int_equal(copy(op), GNTST_okay);
}

static void test_copy_errors(void **state)
{
	struct gnttab_copy op = copy_op(0);

	(void)state;
	op.source.domid = 77;
	assert_int_equal(copy(op), GNTST_bad_domain);
	op = copy_op(0);
	op.dest.domid = 77;
	assert_int_equal(copy(op), GNTST_bad_domain);
	/* No frame numbers of others, not even for the service VM. */
	op = copy_op(0);
	op.dest.domid = 1;
	assert_int_equal(copy(op), GNTST_permission_denied);
	op = copy_op(0);
	op.source.u.gmfn = RAM_FRAMES;
	assert_int_equal(copy(op), GNTST_bad_page);
	op = copy_op(0);
	op.dest.u.gmfn = ~UINT64_C(0);
	assert_int_equal(copy(op), GNTST_bad_page);
	/* Read-only RAM is a source only. */
	assert_int_equal(
		p2m_map(service, gfn(4), frame_of(service, 4), 0, P2M_RAM_RO),
		0);
	op = copy_op(0);
	assert_int_equal(copy(op), GNTST_okay);
	op.dest.u.gmfn = 4;
	assert_int_equal(copy(op), GNTST_bad_page);
	/* By reference: the far end's error gives the near end back. */
	give(REF, 0, 7, false);
	give(REF + 1, 0, 8, true);
	assert_int_equal(copy(copy_op(3)), GNTST_general_error);
	assert_int_equal(in_use(REF) | in_use(REF + 1), 0);
	give(REF + 1, 2, 8, false);
	assert_int_equal(copy(copy_op(GNTCOPY_dest_gref)), GNTST_bad_gntref);
	/* A mapped grant is copied by reference, not by its address here. */
	const uint32_t handle = map_op(REF, EMPTY, 0).handle;

	op = copy_op(0);
	op.source.u.gmfn = EMPTY >> 12;
	assert_int_equal(copy(op), GNTST_bad_page);
	assert_int_equal(copy(copy_op(GNTCOPY_source_gref)), GNTST_okay);
	assert_int_equal(in_use(REF), GTF_reading | GTF_writing);
	assert_int_equal(unmap(handle, EMPTY), GNTST_okay);
}

/* Two CPUs map and unmap one grant, the guest revokes and gives it again. */
#define ROUNDS 20000

static bool guest_stop;

static void *mapper(void *arg)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		/* Every second time both want the same place. */
		const uint64_t addr =
			EMPTY + (i % 2) * (uintptr_t)arg * PAGE_SIZE;
		const struct gnttab_map_grant_ref op =
			map_op(REF, addr, i % 3 ? GNTMAP_readonly : 0);

		if (op.status == GNTST_okay) {
			assert_int_equal(unmap(op.handle, addr), GNTST_okay);
		}
		copy(copy_op(GNTCOPY_source_gref));
	}
	return NULL;
}

/* As Linux revokes: never while an in-use bit is set. */
static void *granter(void *arg)
{
	uint16_t *flags = &entry(guest, REF)->flags;

	while (!__atomic_load_n(&guest_stop, __ATOMIC_SEQ_CST)) {
		uint16_t old = __atomic_load_n(flags, __ATOMIC_SEQ_CST);

		if ((old & (GTF_reading | GTF_writing)) == 0) {
			__atomic_compare_exchange_n(
				flags, &old, old ^ GTF_permit_access, false,
				__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		}
	}
	return arg;
}

static void test_races(void **state)
{
	pthread_t t[3];

	(void)state;
	give(REF, 0, 7, false);
	guest_stop = false;
	pthread_create(&t[2], NULL, granter, NULL);
	pthread_create(&t[0], NULL, mapper, NULL);
	pthread_create(&t[1], NULL, mapper, (void *)(uintptr_t)1);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	__atomic_store_n(&guest_stop, true, __ATOMIC_SEQ_CST);
	pthread_join(t[2], NULL);
	assert_int_equal(in_use(REF), 0);
	assert_false(grant_is_lent(guest));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_growth),
		TEST(test_growth_fails),
		TEST(test_init_fails),
		TEST(test_queries),
		TEST(test_map),
		TEST(test_device_address),
		TEST(test_map_read_only),
		TEST(test_map_twice),
		TEST(test_map_errors),
		TEST(test_lend_on),
		TEST(test_p2m_fails),
		TEST(test_maptrack_limit),
		TEST(test_maptrack_memory),
		TEST(test_replaced),
		TEST(test_loopback),
		TEST(test_entry_changed),
		TEST(test_entry_races),
		TEST(test_release),
		TEST(test_copy),
		TEST(test_copy_overlap),
		TEST(test_copy_bounds),
		TEST(test_copy_errors),
		TEST(test_races),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
