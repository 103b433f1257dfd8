/* SPDX-License-Identifier: MIT */
/*
 * Domains come and go at the hands of a tool: created paused, filled, ended,
 * while this guest still has pages of theirs. Nothing runs in them.
 *
 * A bug would lose memory with each of them, give a page to somebody else while
 * we have it mapped, or keep a domain for ever. options: svcvm_mem leaves some
 * memory for them.
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"

#include <xen/domctl.h>

#define CYCLES 200
#define PAGES  64
#define LARGE  9u

static struct xen_domctl control;
static unsigned exc_port;

static int domctl(uint32_t cmd, domid_t domain)
{
	control.cmd = cmd;
	control.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	control.domain = domain;
	return (int)hypercall(__HYPERVISOR_domctl, (unsigned long)&control, 0,
			      0, 0, 0);
}

static void wish(unsigned vcpus)
{
	memset(&control, 0, sizeof(control));
	control.u.createdomain = (struct xen_domctl_createdomain){
		.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
		.max_vcpus = vcpus,
		.max_evtchn_port = 1023,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
		.arch.emulation_flags = XEN_X86_EMU_LAPIC,
	};
	memset(control.u.createdomain.handle, 0x5a, 16);
}

/* Its number, or an error. */
static int create(unsigned vcpus)
{
	wish(vcpus);
	int rc = domctl(XEN_DOMCTL_createdomain, DOMID_INVALID);

	return rc != 0 ? rc : control.domain;
}

static uint32_t flags_of(domid_t domain)
{
	int rc = domctl(XEN_DOMCTL_getdomaininfo, domain);

	return rc == 0 && control.domain == domain
		       ? control.u.getdomaininfo.flags
		       : 0;
}

static uint64_t free_pages(void)
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_physinfo,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
	};

	hypercall_sysctl(&op);
	return op.u.physinfo.free_pages;
}

/* Freed frames pass through a grace period. */
static bool wait_for_pages(uint64_t want)
{
	uint64_t end = clock_now() + 5 * SECOND;

	while (free_pages() < want && clock_now() < end) {
		clock_spin(MILLISECOND);
	}
	return free_pages() >= want;
}

static bool wait_until_gone(domid_t domain)
{
	uint64_t end = clock_now() + 5 * SECOND;

	while (flags_of(domain) != 0 && clock_now() < end) {
		clock_spin(MILLISECOND);
	}
	return flags_of(domain) == 0;
}

static long populate(domid_t domain, uint64_t gfn, unsigned count,
		     unsigned order)
{
	static xen_pfn_t frames[PAGES];
	struct xen_memory_reservation r = {
		.nr_extents = count,
		.extent_order = order,
		.domid = domain,
	};

	for (unsigned i = 0; i < count; i++) {
		frames[i] = gfn + ((uint64_t)i << order);
	}
	set_xen_guest_handle(r.extent_start, frames);
	return hypercall_memory(XENMEM_populate_physmap, &r);
}

static void set_max_mem(domid_t domain, uint64_t kib)
{
	control.u.max_mem.max_memkb = kib;
	domctl(XEN_DOMCTL_max_mem, domain);
}

static void check_refused(void)
{
	wish(0);
	expect_eq("no vCPUs", domctl(XEN_DOMCTL_createdomain, DOMID_INVALID),
		  -XEN_EINVAL);
	wish(129);
	expect_eq("too many vCPUs",
		  domctl(XEN_DOMCTL_createdomain, DOMID_INVALID), -XEN_EINVAL);
	wish(1);
	control.u.createdomain.flags = XEN_DOMCTL_CDF_hvm;
	expect_eq("without nested paging",
		  domctl(XEN_DOMCTL_createdomain, DOMID_INVALID), -XEN_EINVAL);
	wish(1);
	control.u.createdomain.arch.emulation_flags = XEN_X86_EMU_ALL;
	expect_eq("devices that are not there",
		  domctl(XEN_DOMCTL_createdomain, DOMID_INVALID),
		  -XEN_EOPNOTSUPP);
	expect_eq("destroy ourselves", domctl(XEN_DOMCTL_destroydomain, 0),
		  -XEN_EINVAL);
	expect_eq("pause ourselves", domctl(XEN_DOMCTL_pausedomain, 0),
		  -XEN_EINVAL);
	expect_eq("destroy nobody",
		  domctl(XEN_DOMCTL_destroydomain, DOMID_NONE), -XEN_ESRCH);
}

static void check_life(void)
{
	int id = create(3);

	expect(id > 0, "create", "%d", id);
	wish(1);
	expect_eq("its number is taken",
		  domctl(XEN_DOMCTL_createdomain, (domid_t)id), -XEN_EEXIST);
	expect_eq("it is paused",
		  flags_of((domid_t)id) &
			  (XEN_DOMINF_paused | XEN_DOMINF_dying),
		  XEN_DOMINF_paused);
	expect_eq("its handle", control.u.getdomaininfo.handle[15], 0x5a);
	expect_eq("its vCPUs", control.u.getdomaininfo.max_vcpu_id, 2);
	control.u.max_vcpus.max = 3;
	expect_eq("as many vCPUs as it has",
		  domctl(XEN_DOMCTL_max_vcpus, (domid_t)id), 0);
	control.u.max_vcpus.max = 4;
	expect_eq("more", domctl(XEN_DOMCTL_max_vcpus, (domid_t)id),
		  -XEN_EINVAL);
	expect_eq("pause it again", domctl(XEN_DOMCTL_pausedomain, (domid_t)id),
		  0);
	expect_eq("unpause it", domctl(XEN_DOMCTL_unpausedomain, (domid_t)id),
		  0);
	expect(flags_of((domid_t)id) & XEN_DOMINF_paused, "it is still paused",
	       "0x%x", flags_of((domid_t)id));
	expect_eq("unpause it once more",
		  domctl(XEN_DOMCTL_unpausedomain, (domid_t)id), 0);
	expect_eq("it runs", flags_of((domid_t)id) & XEN_DOMINF_paused, 0);
	expect_eq("too often", domctl(XEN_DOMCTL_unpausedomain, (domid_t)id),
		  -XEN_EINVAL);

	struct sched_remote_shutdown op = {
		.domain_id = (domid_t)id,
		.reason = SHUTDOWN_suspend,
	};
	unsigned events = event_counts[exc_port];

	expect_eq("shut it down", hypercall_sched(SCHEDOP_remote_shutdown, &op),
		  0);
	expect(event_wait(exc_port, events + 1, SECOND), "we are told", "not");
	expect_eq("its reason", flags_of((domid_t)id) >> 16, SHUTDOWN_suspend);
	expect_eq("destroy it", domctl(XEN_DOMCTL_destroydomain, (domid_t)id),
		  0);
	expect_eq("it is gone", flags_of((domid_t)id), 0);
}

/* Nothing is lost, whatever it had. */
static void check_cycles(void)
{
	uint64_t before = free_pages();
	unsigned bad = 0;

	for (unsigned i = 0; i < CYCLES; i++) {
		int id = create(1 + i % 4);

		if (id < 0) {
			bad++;
			continue;
		}
		set_max_mem((domid_t)id, 8 << 10);
		bad += populate((domid_t)id, 512, 2, LARGE) != 2;
		bad += populate((domid_t)id, 3, PAGES, 0) != PAGES;
		bad += event_alloc_unbound((domid_t)id, 0) < 0;
		bad += domctl(XEN_DOMCTL_destroydomain, (domid_t)id) != 0;
		bad += flags_of((domid_t)id) != 0;
	}
	expect_eq("200 domains", bad, 0);
	expect(wait_for_pages(before), "no memory is lost", "%lu of %lu pages",
	       free_pages(), before);
}

static int map_foreign(domid_t domain, uint64_t from, uint64_t to)
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

static int map_grant_table(domid_t domain, uint64_t to)
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

static int unmap(uint64_t gfn)
{
	struct xen_remove_from_physmap op = { .domid = DOMID_SELF,
					      .gpfn = gfn };

	return (int)hypercall_memory(XENMEM_remove_from_physmap, &op);
}

/* It ends while we have `what` of it mapped at `gfn`. */
static void check_held(int id, uint64_t gfn, const char *what)
{
	volatile uint32_t *page = (void *)(gfn * PAGE_SIZE);
	unsigned events = event_counts[exc_port];

	page[7] = 0x12345678;
	expect_eq(what, domctl(XEN_DOMCTL_destroydomain, (domid_t)id), 0);
	expect(event_wait(exc_port, events + 1, SECOND), "we are told", "not");
	clock_spin(200 * MILLISECOND);
	expect(flags_of((domid_t)id) & XEN_DOMINF_dying, "it is dying", "0x%x",
	       flags_of((domid_t)id));
	expect_eq("nothing comes to it", event_alloc_unbound((domid_t)id, 0),
		  -XEN_EINVAL);
	expect_eq("nor memory", populate((domid_t)id, 100, 1, 0), 0);
	expect_eq("our page is still ours", page[7], 0x12345678);
	expect_eq("unmap it", unmap(gfn), 0);
	expect(wait_until_gone((domid_t)id), "then it goes", "it does not");
	expect(event_wait(exc_port, events + 2, SECOND), "and we are told",
	       "not");
}

static void check_holders(void)
{
	uint64_t before = free_pages();
	uint64_t gfn = frame_empty(2);
	int id = create(1);

	page_map(gfn * PAGE_SIZE, gfn * PAGE_SIZE, PTE_RWX);
	page_map((gfn + 1) * PAGE_SIZE, (gfn + 1) * PAGE_SIZE, PTE_RWX);
	set_max_mem((domid_t)id, 1 << 10);
	expect_eq("memory for it", populate((domid_t)id, 0, 8, 0), 8);
	expect_eq("map a page of it", map_foreign((domid_t)id, 5, gfn), 0);
	check_held(id, gfn, "destroy it while we have a page");

	id = create(1);
	expect_eq("map its grant table", map_grant_table((domid_t)id, gfn + 1),
		  0);
	check_held(id, gfn + 1, "destroy it while we have its grants");
	expect(wait_for_pages(before), "no memory is lost, once more",
	       "%lu of %lu pages", free_pages(), before);
}

void guest_main(void)
{
	event_init();
	exc_port = (unsigned)event_bind_virq(VIRQ_DOM_EXC, 0);
	event_clear_mask(exc_port);
	check_refused();
	check_life();
	check_cycles();
	check_holders();
}
