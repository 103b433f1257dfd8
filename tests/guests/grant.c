/* SPDX-License-Identifier: MIT */
/*
 * Grant mappings, here of this guest's own pages: an entry gives a domain the
 * use of a frame; a mapping marks the entry in use until the last one goes.
 *
 * A bug would map what was not given, leave an entry in use (or free it too
 * early: then the granter reuses a page that others still write), or trust a
 * handle of somebody else.
 */
#include "lib/grant.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/trap.h"

#define REF   GRANT_FIRST_FREE
#define BATCH 40

/* What a service VM holds for 32 rings of busy disks, and their index pages. */
#define MANY (32 * (32 * 33 + 1))

static uint64_t target; /* guest address of an empty frame */

static void check_sizes(void)
{
	struct gnttab_query_size size = { .dom = DOMID_SELF };
	struct gnttab_get_version get = { .dom = DOMID_SELF };
	struct gnttab_set_version set = { .version = 1 };

	expect_eq("query_size", hypercall_grant(GNTTABOP_query_size, &size, 1),
		  0);
	expect(size.status == GNTST_okay && size.max_nr_frames >= 4,
	       "table has room", "status %d, %u of %u frames", size.status,
	       size.nr_frames, size.max_nr_frames);
	size.dom = DOMID_NONE;
	hypercall_grant(GNTTABOP_query_size, &size, 1);
	expect_eq("query_size of no domain", size.status, GNTST_bad_domain);
	expect_eq("set_version 1",
		  hypercall_grant(GNTTABOP_set_version, &set, 1), 0);
	set.version = 3;
	expect_eq("set_version 3",
		  hypercall_grant(GNTTABOP_set_version, &set, 1), -XEN_EINVAL);
	expect_eq("get_version", hypercall_grant(GNTTABOP_get_version, &get, 1),
		  0);
	expect_eq("it is 1", get.version, 1);
}

static void check_second_map(uint64_t second_target)
{
	grant_handle_t second;

	if (on_peer()) {
		skip("map it twice", "a frame of our own moves to the new gfn");
		return;
	}
	expect_eq("map it twice",
		  grant_map(second_target, GNTMAP_host_map, GRANT_SELF, REF,
			    &second),
		  GNTST_okay);
	expect_eq("unmap one", grant_unmap(second_target, second), GNTST_okay);
	expect(grant_in_use(REF), "the other keeps the entry in use",
	       "flags 0x%x", grant_table[REF].flags);
}

static void check_map(uint8_t *page)
{
	grant_handle_t handle;
	volatile uint32_t *here = (uint32_t *)page;
	volatile uint32_t *there = (uint32_t *)(uintptr_t)target;

	grant_give(REF, GRANT_SELF, page_gfn(page), false);
	*here = 0x12345678;
	if (!expect_eq("map",
		       grant_map(target, GNTMAP_host_map, GRANT_SELF, REF,
				 &handle),
		       GNTST_okay)) {
		return;
	}
	expect_eq("the page is seen", *there, 0x12345678);
	*there = 0x9abcdef0;
	if (on_peer()) {
		/* So each of the checks here has a page of its own. */
		skip("and written", "a frame of our own moves to the new gfn");
	} else {
		expect(*here == 0x9abcdef0, "and written", "0x%x", *here);
	}
	expect((grant_table[REF].flags & (GTF_reading | GTF_writing)) ==
		       (GTF_reading | GTF_writing),
	       "the entry is in use", "flags 0x%x", grant_table[REF].flags);

	check_second_map(target + PAGE_SIZE);
	expect(grant_unmap(target + PAGE_SIZE, handle) < 0,
	       "unmap with a wrong address", "accepted");
	expect_eq("unmap", grant_unmap(target, handle), GNTST_okay);
	expect_eq("the entry is free", grant_in_use(REF), 0);
	expect(grant_unmap(target, handle) < 0, "unmap twice", "accepted");
}

static void check_read_only(uint8_t *page)
{
	grant_handle_t handle;

	*(volatile uint32_t *)page = 0x600df00d;
	grant_give(REF, GRANT_SELF, page_gfn(page), true);
	expect(grant_map(target, GNTMAP_host_map, GRANT_SELF, REF, &handle) < 0,
	       "write mapping of a read-only grant", "accepted");
	expect_eq("read-only mapping",
		  grant_map(target, GNTMAP_host_map | GNTMAP_readonly,
			    GRANT_SELF, REF, &handle),
		  GNTST_okay);
	expect((grant_table[REF].flags & (GTF_reading | GTF_writing)) ==
		       GTF_reading,
	       "the entry is being read", "flags 0x%x", grant_table[REF].flags);
	expect_eq("the page is readable",
		  *(volatile uint32_t *)(uintptr_t)target, 0x600df00d);
	expect_eq("unmap read-only", grant_unmap(target, handle), GNTST_okay);
	expect_eq("the entry is free again", grant_in_use(REF), 0);
}

static void check_errors(uint8_t *page)
{
	grant_handle_t handle;

	grant_take_back(REF);
	expect(grant_map(target, GNTMAP_host_map, GRANT_SELF, REF, &handle) < 0,
	       "entry that gives nothing", "accepted");
	expect_eq("entry outside the table",
		  grant_map(target, GNTMAP_host_map, GRANT_SELF, 1u << 24,
			    &handle),
		  GNTST_bad_gntref);
	expect_eq("domain that is not there",
		  grant_map(target, GNTMAP_host_map, DOMID_NONE, REF, &handle),
		  GNTST_bad_domain);
	grant_give(REF, 5, page_gfn(page), false);
	expect(grant_map(target, GNTMAP_host_map, GRANT_SELF, REF, &handle) < 0,
	       "entry for somebody else", "accepted");
	grant_give(REF, GRANT_SELF, page_gfn(page), false);
	expect(grant_map(target, 0, GRANT_SELF, REF, &handle) < 0,
	       "mapping of no kind", "accepted");
	grant_give(REF, GRANT_SELF, memory_end() / PAGE_SIZE + BIT(20), false);
	expect(grant_map(target, GNTMAP_host_map, GRANT_SELF, REF, &handle) < 0,
	       "entry with a frame that is no RAM", "accepted");
	expect_eq("and it is not in use", grant_in_use(REF), 0);
	expect(grant_unmap(target, 0xffff0) == GNTST_bad_handle,
	       "unmap of no handle", "accepted");
	grant_take_back(REF);
}

static void check_batch(void)
{
	static struct gnttab_map_grant_ref maps[BATCH];
	static struct gnttab_unmap_grant_ref unmaps[BATCH];
	uint8_t *pages = page_alloc(BATCH);
	unsigned good = 0;

	for (unsigned i = 0; i < BATCH; i++) {
		uint8_t *page = pages + i * PAGE_SIZE;

		*page = (uint8_t)(i + 1);
		grant_give(REF + i, GRANT_SELF, page_gfn(page), false);
		maps[i].host_addr = target + i * PAGE_SIZE;
		maps[i].flags = GNTMAP_host_map;
		maps[i].ref = REF + i;
		maps[i].dom = GRANT_SELF;
	}
	/* One bad one in the middle spoils only itself. */
	maps[7].ref = 1u << 24;
	expect_eq("map 40 at once",
		  hypercall_grant(GNTTABOP_map_grant_ref, maps, BATCH), 0);
	for (unsigned i = 0; i < BATCH; i++) {
		good += maps[i].status == GNTST_okay &&
			*(volatile uint8_t *)(uintptr_t)maps[i].host_addr ==
				i + 1;
		unmaps[i].host_addr = maps[i].host_addr;
		unmaps[i].handle = i == 7 ? 0xffff0 : maps[i].handle;
	}
	expect_eq("39 of them mapped", good, BATCH - 1);
	expect_eq("the bad one has its status", maps[7].status,
		  GNTST_bad_gntref);
	expect_eq("unmap 40 at once",
		  hypercall_grant(GNTTABOP_unmap_grant_ref, unmaps, BATCH), 0);
	good = 0;
	for (unsigned i = 0; i < BATCH; i++) {
		good += unmaps[i].status == GNTST_okay &&
			!grant_in_use(REF + i);
	}
	expect_eq("39 of them unmapped", good, BATCH - 1);
}

static void check_many(uint8_t *page)
{
	static grant_handle_t handles[MANY];
	unsigned count = 0;
	unsigned unmapped = 0;

	if (on_peer()) {
		skip("mappings for many disks",
		     "a frame of our own moves to the new gfn");
		return;
	}
	grant_give(REF, GRANT_SELF, page_gfn(page), false);
	while (count < MANY &&
	       grant_map(target + count * PAGE_SIZE, GNTMAP_host_map,
			 GRANT_SELF, REF, &handles[count]) == GNTST_okay) {
		count++;
	}
	expect_eq("mappings for many disks", count, MANY);
	for (unsigned i = 0; i < count; i++) {
		unmapped += grant_unmap(target + i * PAGE_SIZE, handles[i]) ==
			    GNTST_okay;
	}
	expect_eq("all of them unmapped", unmapped, count);
	expect_eq("nothing is in use", grant_in_use(REF), 0);
}

static void check_call(void)
{
	expect_eq("no operations is no error",
		  hypercall_grant(GNTTABOP_map_grant_ref, NOWHERE, 0), 0);
	expect_eq("bad pointer",
		  hypercall_grant(GNTTABOP_map_grant_ref, NOWHERE, 1),
		  -XEN_EFAULT);
	expect_eq("unknown sub-op", hypercall_grant(77, NOWHERE, 1),
		  -XEN_ENOSYS);
}

void guest_main(void)
{
	target = frame_empty(MANY) * PAGE_SIZE;
	check_sizes();
	grant_init(2);
	check_map(page_alloc(1));
	check_read_only(page_alloc(1));
	check_errors(page_alloc(1));
	check_batch();
	check_many(page_alloc(1));
	check_call();
}
