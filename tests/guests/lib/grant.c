/* SPDX-License-Identifier: MIT */
/* A version 1 grant table of this guest, and operations one at a time. */
#include "lib/grant.h"

#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"

volatile struct grant_entry_v1 *grant_table;

void grant_init(unsigned frames)
{
	uint64_t first = frame_empty(frames);

	/* The highest first, as Linux does: the table grows at once. */
	for (unsigned i = frames; i-- > 0;) {
		struct xen_add_to_physmap map = {
			.domid = DOMID_SELF,
			.space = XENMAPSPACE_grant_table,
			.idx = i,
			.gpfn = first + i,
		};
		long rc = hypercall_memory(XENMEM_add_to_physmap, &map);

		if (rc != 0) {
			test_abort("add_to_physmap(grant frame %u): %ld", i,
				   rc);
		}
	}
	grant_table = (void *)(first * PAGE_SIZE);
}

void grant_give(unsigned ref, unsigned domain, uint64_t gfn, bool read_only)
{
	grant_table[ref].domid = (domid_t)domain;
	grant_table[ref].frame = (uint32_t)gfn;
	__atomic_store_n(&grant_table[ref].flags,
			 GTF_permit_access | (read_only ? GTF_readonly : 0),
			 __ATOMIC_SEQ_CST);
}

void grant_take_back(unsigned ref)
{
	__atomic_store_n(&grant_table[ref].flags, 0, __ATOMIC_SEQ_CST);
}

bool grant_in_use(unsigned ref)
{
	return (grant_table[ref].flags & (GTF_reading | GTF_writing)) != 0;
}

int grant_map(uint64_t gaddr, unsigned flags, unsigned domain, unsigned ref,
	      grant_handle_t *handle)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = gaddr,
		.flags = flags,
		.ref = ref,
		.dom = (domid_t)domain,
	};
	int rc = hypercall_grant(GNTTABOP_map_grant_ref, &op, 1);

	*handle = op.handle;
	return rc != 0 ? 1000 + rc : op.status;
}

int grant_unmap(uint64_t gaddr, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = gaddr,
		.handle = handle,
	};
	int rc = hypercall_grant(GNTTABOP_unmap_grant_ref, &op, 1);

	return rc != 0 ? 1000 + rc : op.status;
}
