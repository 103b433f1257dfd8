/* SPDX-License-Identifier: MIT */
/*
 * Memory of a guest, <xen/memory.h>.
 */
#include <string.h>

#include "libctl/core/internal.h"
#include "libctl/ops/ops.h"

long memory_populate(struct corbel *c, uint32_t domid, unsigned int order,
		     const xen_pfn_t *gfns, size_t count)
{
	struct xen_memory_reservation r = {
		.nr_extents = count,
		.extent_order = order,
		.domid = (domid_t)domid,
	};
	xen_pfn_t *copy = call_buffer(c, count * sizeof(*copy));
	long done;

	if (copy == NULL) {
		return -1;
	}
	memcpy(copy, gfns, count * sizeof(*copy));
	set_xen_guest_handle(r.extent_start, copy);
	done = call_command(c, __HYPERVISOR_memory_op, XENMEM_populate_physmap,
			    &r, sizeof(r));
	call_buffer_free(c, copy);
	return done;
}

int memory_claim(struct corbel *c, uint32_t domid, uint64_t pages)
{
	struct xen_memory_reservation r = {
		.nr_extents = pages,
		.domid = (domid_t)domid,
	};

	return (int)call_command(c, __HYPERVISOR_memory_op, XENMEM_claim_pages,
				 &r, sizeof(r));
}

int memory_set_map(struct corbel *c, uint32_t domid,
		   const struct memory_e820_entry *map, unsigned int count)
{
	const size_t size = count * sizeof(*map);
	struct xen_foreign_memory_map m = {
		.domid = (domid_t)domid,
		.map.nr_entries = count,
	};
	void *copy = call_buffer(c, size);
	long rc;

	if (copy == NULL) {
		return -1;
	}
	memcpy(copy, map, size);
	set_xen_guest_handle(m.map.buffer, copy);
	rc = call_command(c, __HYPERVISOR_memory_op, XENMEM_set_memory_map, &m,
			  sizeof(m));
	call_buffer_free(c, copy);
	return (int)rc;
}
