/* SPDX-License-Identifier: MIT */
/*
 * A guest that takes away what its disks' back ends are using: grants, pages,
 * and requests, which its second vCPU writes over while they are being read.
 */
#include "lib/apic.h"
#include "lib/attack.h"
#include "lib/cpu.h"
#include "lib/grant.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/pv.h"
#include "lib/test.h"

#define SCRIBBLED 500u

/* Slots that the second vCPU writes over. */
static volatile uint8_t *volatile scribbled;

/* The page of segments becomes another one while it is looked at. */
static void indirect_changes(void)
{
	uint32_t ref;
	struct blkif_request_segment *page = attack_indirect_page(&ref);

	for (unsigned round = 0; round < 20; round++) {
		attack_put_indirect(BLKIF_OP_WRITE, 256, ref);
		attack_push();
		for (unsigned i = 0; i < 256; i++) {
			page[i].gref = (uint32_t)attack_random();
			page[i].first_sect = (uint8_t)attack_random();
			page[i].last_sect = (uint8_t)attack_random();
		}
		pv_rest(MILLISECOND);
	}
	attack_notify_and_rest();
}

/* ---- grants in flight ---- */

static void begin_moves(uint8_t operation)
{
	for (unsigned i = 0; i < PV_DISK_PAGES; i += PV_DISK_REQUEST) {
		struct blkif_request r = attack_request(operation);

		pv_disk_segments(&attack_disk, i, PV_DISK_REQUEST, r.seg);
		attack_put(&r);
	}
	attack_push();
}

/* Zero in the entries while they are in use. */
static void revoked_in_flight(void)
{
	for (unsigned round = 0; round < 8; round++) {
		begin_moves(round % 2 == 0 ? BLKIF_OP_WRITE : BLKIF_OP_READ);
		for (unsigned i = 0; i < PV_DISK_PAGES; i++) {
			grant_table[attack_disk.refs[i]].flags = 0;
		}
		pv_rest(ATTACK_PAUSE);
		for (unsigned i = 0; i < PV_DISK_PAGES; i++) {
			grant_table[attack_disk.refs[i]].flags =
				GTF_permit_access;
		}
	}
}

/* Other frames, and no frames, in entries that are in use. */
static void remapped_in_flight(void)
{
	for (unsigned round = 0; round < 8; round++) {
		begin_moves(round % 2 == 0 ? BLKIF_OP_WRITE : BLKIF_OP_READ);
		for (unsigned i = 0; i < PV_DISK_PAGES; i++) {
			grant_table[attack_disk.refs[i]].frame =
				round % 4 == 3 ? ATTACK_NO_ENTRY
					       : (uint32_t)attack_random();
			grant_table[attack_disk.refs[i]].domid = (domid_t)round;
		}
		pv_rest(ATTACK_PAUSE);
		for (unsigned i = 0; i < PV_DISK_PAGES; i++) {
			grant_table[attack_disk.refs[i]].frame =
				(uint32_t)page_gfn(attack_disk.data +
						   i * PAGE_SIZE);
			grant_table[attack_disk.refs[i]].domid = 0;
		}
	}
}

/* The frames themselves go, under the back end's hands. */
static void memory_given_up_in_flight(void)
{
	for (unsigned round = 0; round < 4; round++) {
		xen_pfn_t frames[PV_DISK_PAGES];
		struct xen_memory_reservation reservation = {
			.nr_extents = PV_DISK_PAGES,
			.domid = DOMID_SELF,
		};

		for (unsigned i = 0; i < PV_DISK_PAGES; i++) {
			frames[i] = page_gfn(attack_disk.data + i * PAGE_SIZE);
		}
		set_xen_guest_handle(reservation.extent_start, frames);
		begin_moves(round % 2 == 0 ? BLKIF_OP_READ : BLKIF_OP_WRITE);
		hypercall_memory(XENMEM_decrease_reservation, &reservation);
		pv_rest(ATTACK_PAUSE);
		hypercall_memory(XENMEM_populate_physmap, &reservation);
	}
	/* Some may be missing, while a back end has them: take others. */
	attack_disk.data = NULL;
}

/* ---- requests changed after they were read ---- */

static void sleep_a_while(void)
{
	struct sched_poll poll = { .timeout = clock_now() + ATTACK_PAUSE };

	hypercall_sched(SCHEDOP_poll, &poll);
}

/* The second vCPU's work, for ever: the ring where it is, or else sleep. */
static void scribble(unsigned cpu)
{
	(void)cpu;
	for (;;) {
		volatile uint8_t *slots = scribbled;
		uint64_t r = attack_random();

		if (slots == NULL) {
			sleep_a_while();
		} else {
			slots[r % (PAGE_SIZE - RING_SLOTS_OFFSET)] =
				(uint8_t)(r >> 32);
		}
	}
}

static void requests_change(void)
{
	scribbled = (volatile uint8_t *)attack_ring() + RING_SLOTS_OFFSET;
	for (unsigned i = 0; i < SCRIBBLED; i++) {
		/* What is answered is of no use: its ids are not ours. */
		attack_disk.device.front.ring.rsp_cons =
			attack_disk.device.front.ring.req_prod;
		attack_put_good(i % 2);
		attack_push();
		if (i % 16 == 0) {
			pv_rest(MILLISECOND);
		}
	}
	scribbled = NULL;
	attack_notify_and_rest();
}

static const struct attack attacks[] = {
	{ "indirect segments change", indirect_changes },
	{ "grants revoked in flight", revoked_in_flight },
	{ "grants remapped in flight", remapped_in_flight },
	{ "memory given up in flight", memory_given_up_in_flight },
	{ "requests change", requests_change },
};

void guest_main(void)
{
	pv_start();
	apic_enable(false);
	if (!smp_call_begin(1, scribble)) {
		test_abort("no second vCPU");
	}
	attack_disks(attacks, ARRAY_SIZE(attacks));
}
