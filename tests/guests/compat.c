/* SPDX-License-Identifier: MIT */
/*
 * A caller in 32-bit mode: the structures have their 32-bit layout, and the
 * shared page, once mapped by such a caller, has too.
 *
 * Firmware and old kernels call so. A bug would read a 64-bit structure where
 * a shorter one lies, or set event bits where the guest does not look.
 */
#include "lib/hypercall.h"
#include "lib/test.h"

_Static_assert(sizeof(struct xen_memory_reservation) == 20, "32-bit layout");

/* Set by the hypervisor with 32-bit words. */
static union {
	struct shared_info info;
	uint8_t page[4096]; /* nothing of ours may share its frame */
} shared_page __attribute__((aligned(4096)));

#define shared shared_page.info
static uint8_t pages[4][4096] __attribute__((aligned(4096)));

static void check_version(void)
{
	static xen_capabilities_info_t text;
	struct xen_feature_info info = { .submap_idx = 0 };

	expect(hypercall_version(XENVER_version, NULL) >> 16 == 4, "version",
	       "%d", hypercall_version(XENVER_version, NULL));
	expect_eq("get_features", hypercall_version(XENVER_get_features, &info),
		  0);
	expect((info.submap >> XENFEAT_auto_translated_physmap & 1) != 0,
	       "feature bits", "0x%x", info.submap);
	expect_eq("capabilities", hypercall_version(XENVER_capabilities, text),
		  0);
}

static void check_memory_map(void)
{
	static uint8_t buffer[20 * 64];
	struct xen_memory_map map = { .nr_entries = 64 };

	set_xen_guest_handle(map.buffer, buffer);
	expect_eq("memory_map", hypercall_memory(XENMEM_memory_map, &map), 0);
	expect(map.nr_entries >= 2 && map.nr_entries < 64, "has entries", "%u",
	       map.nr_entries);
}

static void check_reservation(void)
{
	xen_pfn_t frames[4];
	struct xen_memory_reservation reservation = {
		.nr_extents = 4,
		.domid = DOMID_SELF,
	};
	domid_t self = DOMID_SELF;
	long before = hypercall_memory(XENMEM_current_reservation, &self);

	for (unsigned i = 0; i < 4; i++) {
		frames[i] = (uintptr_t)pages[i] / PAGE_SIZE;
	}
	set_xen_guest_handle(reservation.extent_start, frames);
	expect_eq("decrease_reservation",
		  hypercall_memory(XENMEM_decrease_reservation, &reservation),
		  4);
	expect_eq("current_reservation",
		  hypercall_memory(XENMEM_current_reservation, &self),
		  before - 4);
	expect_eq("populate_physmap",
		  hypercall_memory(XENMEM_populate_physmap, &reservation), 4);
	pages[3][5] = 7;
	expect_eq("a page is there again", ((volatile uint8_t *)pages)[12293],
		  7);
}

static bool map_shared(void)
{
	struct xen_add_to_physmap map = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_shared_info,
		.gpfn = (uintptr_t)&shared_page / PAGE_SIZE,
	};
	struct xen_hvm_param param = {
		.domid = DOMID_SELF,
		.index = HVM_PARAM_CALLBACK_IRQ,
		.value = (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 | 0xf3,
	};

	/* The width of the shared page follows the caller of these. */
	return expect_eq("add_to_physmap",
			 hypercall_memory(XENMEM_add_to_physmap, &map), 0) &&
	       expect_eq("set_param", hypercall_hvm(HVMOP_set_param, &param),
			 0);
}

static volatile unsigned long *word_of(unsigned long *array, unsigned port)
{
	return &array[port / 32];
}

static void check_events(void)
{
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };
	struct evtchn_send send;
	int rc = hypercall_event(EVTCHNOP_bind_ipi, &ipi);

	if (!expect(rc == 0, "bind_ipi", "%d", rc)) {
		return;
	}
	for (unsigned i = 0; i < 32; i++) {
		shared.evtchn_mask[i] = ~0ul;
	}
	*word_of(shared.evtchn_mask, ipi.port) &= ~(1ul << ipi.port % 32);
	send.port = ipi.port;
	expect_eq("send", hypercall_event(EVTCHNOP_send, &send), 0);
	expect((*word_of(shared.evtchn_pending, ipi.port) >> ipi.port % 32 &
		1) != 0,
	       "the pending bit is where 32-bit words have it", "0x%lx",
	       shared.evtchn_pending[0]);
	expect(shared.vcpu_info[0].evtchn_upcall_pending != 0 &&
		       shared.vcpu_info[0].evtchn_pending_sel != 0,
	       "upcall and selector", "%u 0x%lx",
	       shared.vcpu_info[0].evtchn_upcall_pending,
	       shared.vcpu_info[0].evtchn_pending_sel);
	expect(shared.vcpu_info[0].time.tsc_to_system_mul != 0,
	       "the clock runs", "mul 0");
}

static void check_errors(void)
{
	expect_eq("unknown number", hypercall(63, 0, 0, 0, 0, 0), -XEN_ENOSYS);
	expect_eq("bad pointer",
		  hypercall_memory(XENMEM_memory_map, (void *)0xfffffff0),
		  -XEN_EFAULT);
}

void guest_main(void)
{
	check_version();
	check_memory_map();
	check_reservation();
	if (map_shared()) {
		check_events();
	}
	if (on_peer()) {
		/* Without paging the end of 4 GiB reads as the flash there. */
		skip("errors", "see the list of bad arguments");
	} else {
		check_errors();
	}
}
