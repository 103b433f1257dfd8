/* SPDX-License-Identifier: MIT */
/*
 * What a guest finds beside its memory: rings with their event ports and
 * grants, and its first vCPU ready to run.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <xen/grant_table.h>

#include "libctl/build/build.h"
#include "libctl/build/start.h"
#include "libctl/ops/ops.h"

int setup_ports(struct build *b)
{
	b->rings.store_gfn = LAYOUT_STORE_GFN;
	b->rings.console_gfn = LAYOUT_CONSOLE_GFN;
	if (guest_alloc_port(b->c, b->domid, &b->rings.store_port) != 0) {
		return corbel_fail_errno(b->c, b->object, "store event port");
	}
	if (guest_alloc_port(b->c, b->domid, &b->rings.console_port) != 0) {
		return corbel_fail_errno(b->c, b->object, "console event port");
	}
	return 0;
}

int setup_params(struct build *b)
{
	const struct {
		uint32_t index;
		uint64_t value;
	} params[] = {
		{ HVM_PARAM_STORE_PFN, b->rings.store_gfn },
		{ HVM_PARAM_STORE_EVTCHN, b->rings.store_port },
		{ HVM_PARAM_CONSOLE_PFN, b->rings.console_gfn },
		{ HVM_PARAM_CONSOLE_EVTCHN, b->rings.console_port },
	};

	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		if (guest_set_param(b->c, b->domid, params[i].index,
				    params[i].value) != 0) {
			return corbel_fail_errno(b->c, b->object,
						 "guest parameter %u",
						 params[i].index);
		}
	}
	return 0;
}

/* The flags make an entry valid, so they are written last. */
static void grant(grant_entry_v1_t *entry, uint64_t gfn)
{
	entry->domid = 0;
	entry->frame = (uint32_t)gfn;
	__atomic_store_n(&entry->flags, GTF_permit_access, __ATOMIC_RELEASE);
}

int setup_grants(struct build *b)
{
	void *frame = NULL;
	grant_entry_v1_t *table;
	xenforeignmemory_resource_handle *resource;

	resource = xenforeignmemory_map_resource(
		b->c->fmem, (domid_t)b->domid, XENMEM_resource_grant_table,
		XENMEM_resource_grant_table_id_shared, 0, 1, &frame,
		PROT_READ | PROT_WRITE, 0);
	if (resource == NULL) {
		return corbel_fail_errno(b->c, b->object, "its grant table");
	}
	table = frame;
	grant(&table[GNTTAB_RESERVED_CONSOLE], b->rings.console_gfn);
	grant(&table[GNTTAB_RESERVED_XENSTORE], b->rings.store_gfn);
	xenforeignmemory_unmap_resource(b->c->fmem, resource);
	return 0;
}

int setup_vcpu(struct build *b)
{
	const size_t size = start_context_size(b->config->vcpus);
	void *records = malloc(size);
	int rc = 0;

	if (records == NULL) {
		return corbel_fail_errno(b->c, b->object, "vCPU state");
	}
	start_context(records, b->config->vcpus, b->kernel.layout.entry,
		      b->start_at.start);
	if (domctl_set_context(b->c, b->domid, records, size) != 0) {
		rc = corbel_fail_errno(b->c, b->object, "vCPU state");
	}
	free(records);
	return rc;
}
