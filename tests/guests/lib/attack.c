/* SPDX-License-Identifier: MIT */
/* What attacks on disks share. */
#include "lib/attack.h"

#include "lib/memory.h"
#include "lib/pv.h"
#include "lib/test.h"
#include "pv-drivers/env/env.h"
#include "pv-drivers/xenbus/state.h"

struct pv_disk attack_disk;
static uint64_t state = 88172645463325252ull;

/* xorshift64 */
uint64_t attack_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

struct ring_sring *attack_ring(void)
{
	return attack_disk.device.front.ring.ring.shared;
}

void attack_put(const struct blkif_request *request)
{
	struct blk_front *front = &attack_disk.device.front;

	if (ring_front_free(&front->ring) > 0) {
		ring_front_put(&front->ring, request, sizeof(*request));
	}
}

struct blkif_request attack_request(uint8_t operation)
{
	struct blkif_request r = {
		.operation = operation,
		.nr_segments = PV_DISK_REQUEST,
		.id = attack_random(),
	};

	pv_disk_segments(&attack_disk, 0, PV_DISK_REQUEST, r.seg);
	return r;
}

void attack_put_good(uint8_t operation)
{
	const struct blkif_request r = attack_request(operation);

	attack_put(&r);
}

static void notify(void)
{
	env_notify(pv_env, attack_disk.device.front.port);
}

void attack_notify_and_rest(void)
{
	notify();
	pv_rest(ATTACK_PAUSE);
}

void attack_push(void)
{
	ring_front_push(&attack_disk.device.front.ring);
	notify();
}

void attack_push_and_rest(void)
{
	attack_push();
	pv_rest(ATTACK_PAUSE);
}

struct blkif_request_segment *attack_indirect_page(uint32_t *ref)
{
	static struct blkif_request_segment *page;

	if (page == NULL) {
		page = page_alloc(1);
	}
	for (unsigned i = 0; i < PAGE_SIZE / sizeof(page[0]); i++) {
		pv_disk_segments(&attack_disk, i % PV_DISK_PAGES, 1, &page[i]);
	}
	*ref = (uint32_t)env_grant(pv_env, 0, page, true);
	return page;
}

void attack_put_indirect(uint8_t operation, uint16_t count, uint32_t ref)
{
	struct blkif_request_indirect r = {
		.operation = BLKIF_OP_INDIRECT,
		.indirect_op = operation,
		.nr_segments = count,
		.indirect_grefs = { ref, ATTACK_NO_GRANT, ATTACK_NO_ENTRY },
	};

	attack_put((const struct blkif_request *)&r);
}

static bool disk_works(const char *folder)
{
	return pv_disk_open(&attack_disk, folder) &&
	       pv_disk_move(&attack_disk, BLKIF_OP_READ, 0, PV_DISK_PAGES);
}

static const struct attack *all;
static unsigned all_count;

/* Every other attack is one on grants that the back end keeps mapped. */
static void attack_one(const char *folder)
{
	static unsigned persistent;
	char place[STORE_PATH_MAX];

	snprintf(place, sizeof(place), "%s", folder);
	for (unsigned i = 0; i < all_count; i++) {
		state_number_write(pv_store, place, "feature-persistent",
				   persistent++ % 2);
		if (!disk_works(place)) {
			test_abort("%s: before %s: state %d", place,
				   all[i].name, attack_disk.device.bus.state);
		}
		all[i].run();
		pv_disk_close(&attack_disk);
		expect(disk_works(place), all[i].name,
		       "%s: no disk afterwards, state %d", place,
		       attack_disk.device.bus.state);
		pv_disk_close(&attack_disk);
	}
}

void attack_disks(const struct attack *attacks, unsigned count)
{
	all = attacks;
	all_count = count;
	expect(pv_each("vbd", attack_one) > 0, "has disks", "none");
}
