/* SPDX-License-Identifier: MIT */
/*
 * A guest that breaks the rules of its disks: indices that cannot be, requests
 * that are none, and a folder of the store that is full of lies.
 */
#include "lib/attack.h"
#include "lib/cpu.h"
#include "lib/pv.h"
#include "lib/test.h"
#include "pv-drivers/env/env.h"
#include "pv-drivers/xenbus/state.h"

/* ---- indices ---- */

static void set_producer(uint32_t distance)
{
	__atomic_store_n(&attack_ring()->req_prod,
			 attack_ring()->rsp_prod + distance, __ATOMIC_SEQ_CST);
	attack_notify_and_rest();
}

static void too_many_requests(void)
{
	set_producer(1000);
}

static void producer_goes_back(void)
{
	pv_disk_move(&attack_disk, BLKIF_OP_READ, 0, PV_DISK_PAGES);
	set_producer(UINT32_MAX - 3);
}

static void producer_far_away(void)
{
	set_producer(0x80000000u);
}

static void whole_ring_of_zeroes(void)
{
	set_producer(attack_disk.device.front.ring.ring.size);
}

static void responses_moved(void)
{
	attack_ring()->rsp_prod += 77;
	attack_ring()->rsp_event = 3;
	attack_ring()->req_event = 0;
	set_producer(5);
}

/* ---- requests ---- */

static void bad_references(void)
{
	static const uint32_t refs[] = {
		0, 1, 7, ATTACK_NO_GRANT, ATTACK_NO_ENTRY, UINT32_MAX
	};

	for (unsigned i = 0; i < ARRAY_SIZE(refs); i++) {
		struct blkif_request r = attack_request(i % 2);

		r.seg[i].gref = refs[i];
		attack_put(&r);
	}
	attack_push_and_rest();
}

/* Pages for reading only, and pages for another domain. */
static void wrong_grants(void)
{
	int read_only = env_grant(pv_env, 0, attack_disk.data, false);
	int others = env_grant(pv_env, 5, attack_disk.data, true);
	struct blkif_request r = attack_request(BLKIF_OP_READ);

	r.seg[1].gref = (uint32_t)read_only;
	attack_put(&r);
	r.seg[1].gref = (uint32_t)others;
	attack_put(&r);
	attack_push_and_rest();
	env_revoke(pv_env, (uint32_t)others);
}

static void bad_segments(void)
{
	static const struct {
		uint8_t count, first, last;
		uint64_t sector;
	} cases[] = {
		{ 0, 0, 7, 0 },
		{ 12, 0, 7, 0 },
		{ 255, 0, 7, 0 },
		{ 8, 7, 0, 0 },
		{ 8, 0, 8, 0 },
		{ 8, 255, 255, 0 },
		{ 8, 0, 7, 1u << 30 },
		{ 8, 0, 7, UINT64_MAX },
		{ 8, 0, 7, UINT64_MAX / 512 + 1 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct blkif_request r = attack_request(i % 2);

		r.nr_segments = cases[i].count;
		r.sector_number = cases[i].sector;
		r.seg[3].first_sect = cases[i].first;
		r.seg[3].last_sect = cases[i].last;
		attack_put(&r);
	}
	attack_push_and_rest();
}

static void bad_operations(void)
{
	for (unsigned operation = 5; operation < 256; operation += 10) {
		attack_put_good((uint8_t)operation);
	}
	attack_push_and_rest();
}

static void bad_discards(void)
{
	static const uint64_t counts[] = { 0, 1u << 30, UINT64_MAX };

	for (unsigned i = 0; i < ARRAY_SIZE(counts); i++) {
		struct blkif_request_discard r = {
			.operation = BLKIF_OP_DISCARD,
			.sector_number = i == 1 ? UINT64_MAX - 5 : 8,
			.nr_sectors = counts[i],
		};

		attack_put((const struct blkif_request *)&r);
	}
	attack_push_and_rest();
}

/* ---- indirect segments ---- */

static void bad_indirect(void)
{
	static const uint16_t counts[] = { 0, 1, 257, 512, 4096, UINT16_MAX };
	uint32_t ref;

	attack_indirect_page(&ref);
	for (unsigned i = 0; i < ARRAY_SIZE(counts); i++) {
		attack_put_indirect(BLKIF_OP_READ, counts[i], ref);
		attack_put_indirect(BLKIF_OP_WRITE, 16, i * 0x1234567u);
		attack_put_indirect((uint8_t)(BLKIF_OP_DISCARD + i), 16, ref);
	}
	attack_push_and_rest();
}

/* ---- the store's keys ---- */

static const struct {
	const char *key, *value;
} lies[] = {
	{ "ring-ref", "1999" },
	{ "ring-ref", "0" },
	{ "ring-ref", "-1" },
	{ "ring-ref", "99999999999999999999" },
	{ "event-channel", "0" },
	{ "event-channel", "4000000000" },
	{ "event-channel", "three" },
	{ "protocol", "none" },
	{ "ring-page-order", "31" },
	{ "ring-page-order", "4294967297" },
	{ "multi-queue-num-queues", "100000" },
	{ "multi-queue-num-queues", "0" },
	{ "state", "99" },
	{ "feature-persistent", "maybe" },
};

static void write_key(const char *key, const char *value)
{
	char path[STORE_PATH_MAX];

	state_key_path(path, attack_disk.device.bus.folder, key);
	store_write(pv_store, path, value);
}

static void remove_lies(void)
{
	write_key("protocol", "x86_64-abi");
	write_key("ring-page-order", "0");
	write_key("multi-queue-num-queues", "1");
	write_key("feature-persistent", "1");
}

/*
 * Each lie is told by a front half that says it is there. Linux's back end warns
 * of some of them with a stack trace, and once there was a ring-page-order wants
 * it from then on.
 */
static void lies_in_the_store(void)
{
	char folder[STORE_PATH_MAX];

	if (strstr(attack_disk.device.bus.back, "/vbd/") != NULL) {
		return;
	}
	snprintf(folder, sizeof(folder), "%s", attack_disk.device.bus.folder);
	for (unsigned i = 0; i < ARRAY_SIZE(lies); i++) {
		pv_disk_close(&attack_disk);
		state_write(pv_store, folder, XenbusStateInitialising);
		pv_rest(ATTACK_PAUSE);
		write_key(lies[i].key, lies[i].value);
		state_write(pv_store, folder, XenbusStateInitialised);
		pv_rest(ATTACK_PAUSE);
		remove_lies();
		attack_disk.device.bus.state = XenbusStateInitialised;
	}
}

static const struct attack attacks[] = {
	{ "more requests than slots", too_many_requests },
	{ "a producer that goes back", producer_goes_back },
	{ "a producer far away", producer_far_away },
	{ "a ring of zeroes", whole_ring_of_zeroes },
	{ "responses moved", responses_moved },
	{ "bad references", bad_references },
	{ "wrong grants", wrong_grants },
	{ "bad segments", bad_segments },
	{ "bad operations", bad_operations },
	{ "bad discards", bad_discards },
	{ "bad indirect requests", bad_indirect },
	{ "lies in the store", lies_in_the_store },
};

void guest_main(void)
{
	pv_start();
	attack_disks(attacks, ARRAY_SIZE(attacks));
}
