/* SPDX-License-Identifier: MIT */
/* What a tool in the service VM does with other domains. */
#include "lib/tools.h"

#include "lib/clock.h"
#include "lib/hypercall.h"
#include "lib/test.h"

#define EXTENTS_MAX 64u
#define PATIENCE    (5 * SECOND)

struct xen_domctl tools_control;

int tools_domctl(uint32_t cmd, domid_t domain)
{
	tools_control.cmd = cmd;
	tools_control.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	tools_control.domain = domain;
	return (int)hypercall(__HYPERVISOR_domctl,
			      (unsigned long)&tools_control, 0, 0, 0, 0);
}

void tools_wish(unsigned vcpus)
{
	memset(&tools_control, 0, sizeof(tools_control));
	tools_control.u.createdomain = (struct xen_domctl_createdomain){
		.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
		.max_vcpus = vcpus,
		.max_evtchn_port = 1023,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
		.arch.emulation_flags = XEN_X86_EMU_LAPIC,
	};
}

int tools_create(unsigned vcpus)
{
	tools_wish(vcpus);

	int rc = tools_domctl(XEN_DOMCTL_createdomain, DOMID_INVALID);

	return rc != 0 ? rc : tools_control.domain;
}

uint32_t tools_flags(domid_t domain)
{
	int rc = tools_domctl(XEN_DOMCTL_getdomaininfo, domain);

	return rc == 0 && tools_control.domain == domain
		       ? tools_control.u.getdomaininfo.flags
		       : 0;
}

bool tools_wait_gone(domid_t domain)
{
	uint64_t end = clock_now() + PATIENCE;

	while (tools_flags(domain) != 0 && clock_now() < end) {
		clock_spin(MILLISECOND);
	}
	return tools_flags(domain) == 0;
}

long tools_populate(domid_t domain, uint64_t gfn, unsigned count,
		    unsigned order)
{
	static xen_pfn_t frames[EXTENTS_MAX];
	struct xen_memory_reservation r = {
		.nr_extents = count,
		.extent_order = order,
		.domid = domain,
	};

	if (count > EXTENTS_MAX) {
		test_abort("%u extents: at most %u", count, EXTENTS_MAX);
	}
	for (unsigned i = 0; i < count; i++) {
		frames[i] = gfn + ((uint64_t)i << order);
	}
	set_xen_guest_handle(r.extent_start, frames);
	return hypercall_memory(XENMEM_populate_physmap, &r);
}

uint64_t tools_free_pages(void)
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_physinfo,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
	};

	hypercall_sysctl(&op);
	return op.u.physinfo.free_pages;
}

bool tools_wait_pages(uint64_t want)
{
	uint64_t end = clock_now() + PATIENCE;

	while (tools_free_pages() < want && clock_now() < end) {
		clock_spin(MILLISECOND);
	}
	return tools_free_pages() >= want;
}

int tools_map(domid_t domain, uint64_t from, uint64_t to)
{
	xen_ulong_t index = from;
	xen_pfn_t gfn = to;
	int err = 0;
	struct xen_add_to_physmap_batch op = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_gmfn_foreign,
		.size = 1,
		.u.foreign_domid = domain,
	};

	set_xen_guest_handle(op.idxs, &index);
	set_xen_guest_handle(op.gpfns, &gfn);
	set_xen_guest_handle(op.errs, &err);
	int rc = (int)hypercall_memory(XENMEM_add_to_physmap_batch, &op);

	return rc != 0 ? rc : err;
}

int tools_map_grants(domid_t domain, uint64_t to)
{
	xen_pfn_t gfn = to;
	struct xen_mem_acquire_resource op = {
		.domid = domain,
		.type = XENMEM_resource_grant_table,
		.id = XENMEM_resource_grant_table_id_shared,
		.nr_frames = 1,
	};

	set_xen_guest_handle(op.frame_list, &gfn);
	return (int)hypercall_memory(XENMEM_acquire_resource, &op);
}

int tools_unmap(uint64_t gfn)
{
	struct xen_remove_from_physmap op = { .domid = DOMID_SELF,
					      .gpfn = gfn };

	return (int)hypercall_memory(XENMEM_remove_from_physmap, &op);
}
