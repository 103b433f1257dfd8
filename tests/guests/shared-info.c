/* SPDX-License-Identifier: MIT */
/*
 * The shared page: mapped with XENMEM_add_to_physmap over a frame of the
 * guest, moved by mapping it again, and vcpu_info registered elsewhere.
 *
 * The move keeps the content: events that are pending stay so. Registration
 * copies the live state and may happen once for each vCPU. A bug would lose an
 * event, or leave the hypervisor writing to a page that the guest reuses.
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/trap.h"

static void touch(void *page)
{
	*(volatile uint64_t *)page = 1;
}

static void check_first_map(void *page)
{
	struct vcpu_time_info time;

	memset(page, 0x7f, PAGE_SIZE);
	event_map_shared_info(page);
	time = clock_read(&shared_info->vcpu_info[0].time);
	expect(time.version != 0x7f7f7f7f, "the frame is replaced",
	       "still the old content");
	expect(time.version != 0 && time.tsc_to_system_mul != 0,
	       "the clock runs before the call returns", "version %u, mul %u",
	       time.version, time.tsc_to_system_mul);
	expect(shared_info->wc_sec > 1500000000 || shared_info->wc_sec_hi > 0,
	       "wall clock is set", "%u s", shared_info->wc_sec);
}

static void check_move(void *old, void *new)
{
	struct vcpu_time_info before, after;

	__atomic_store_n(&shared_info->evtchn_mask[7], 0x1234567, 0);
	before = clock_read(&shared_info->vcpu_info[0].time);
	event_map_shared_info(new);
	expect_eq("a move keeps the content", shared_info->evtchn_mask[7],
		  0x1234567);
	cpuid(0, 0);
	after = clock_read(&shared_info->vcpu_info[0].time);
	expect(after.version >= before.version, "the clock goes on",
	       "version %u, before %u", after.version, before.version);
	/* The old gfn is empty now: no fault, but no shared page either. */
	trap_catch(touch, old);
	expect(shared_info->evtchn_pending[0] == 0 ||
		       *(volatile uint64_t *)shared_info != 1,
	       "the old frame is not the shared page", "it is");
	memset(new, 0, 1);
}

static void check_errors(void)
{
	struct xen_add_to_physmap map = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_shared_info,
		.idx = 1,
		.gpfn = page_gfn(page_alloc(1)),
	};

	expect_eq("shared_info has one page",
		  hypercall_memory(XENMEM_add_to_physmap, &map), -XEN_EINVAL);
	map.idx = 0;
	map.space = 77;
	expect(hypercall_memory(XENMEM_add_to_physmap, &map) < 0,
	       "unknown space", "accepted");
	map.space = XENMAPSPACE_shared_info;
	map.domid = DOMID_NONE;
	expect_eq("domain that is not there",
		  hypercall_memory(XENMEM_add_to_physmap, &map), -XEN_ESRCH);
	expect_eq("bad pointer",
		  hypercall_memory(XENMEM_add_to_physmap, NOWHERE),
		  -XEN_EFAULT);
}

static int register_at(unsigned vcpu, uint64_t gfn, uint32_t offset)
{
	struct vcpu_register_vcpu_info info = { .mfn = gfn, .offset = offset };

	return hypercall_vcpu(VCPUOP_register_vcpu_info, vcpu, &info);
}

static void check_register(void)
{
	uint8_t *page = page_alloc(1);
	struct vcpu_info *place = (void *)(page + 128);
	int port;

	expect(register_at(0, page_gfn(page), PAGE_SIZE - 32) < 0,
	       "vcpu_info over the end of a page", "accepted");
	expect(register_at(0, memory_end() / PAGE_SIZE + BIT(20), 0) < 0,
	       "vcpu_info outside RAM", "accepted");
	expect(register_at(1000, page_gfn(page), 0) < 0, "vcpu_info of no vCPU",
	       "accepted");

	/* An event that is pending before the registration. */
	port = event_bind_ipi(0);
	event_clear_mask((unsigned)port);
	irq_disable();
	event_send((unsigned)port);
	expect_eq("register vcpu_info", event_register_vcpu_info(0, place), 0);
	expect(place->evtchn_upcall_pending != 0 &&
		       place->evtchn_pending_sel != 0,
	       "a pending event moves along", "upcall %u, selector 0x%lx",
	       place->evtchn_upcall_pending, place->evtchn_pending_sel);
	expect(event_wait((unsigned)port, 1, SECOND), "and is delivered",
	       "never");
	expect(clock_read(&place->time).tsc_to_system_mul != 0,
	       "the clock moves along", "no scale");
	expect_eq("only once", register_at(0, page_gfn(page), 256),
		  -XEN_EINVAL);

	event_send((unsigned)port);
	expect(event_wait((unsigned)port, 2, SECOND),
	       "events go to the new place", "never");
	event_close((unsigned)port);
}

void guest_main(void)
{
	uint8_t *pages = page_alloc(2);

	event_init();
	check_first_map(pages);
	check_move(pages, pages + PAGE_SIZE);
	for (unsigned port = 0; port < EVENT_PORTS; port++) {
		event_mask(port);
	}
	check_errors();
	check_register();
}
