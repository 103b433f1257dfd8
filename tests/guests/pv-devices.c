/* SPDX-License-Identifier: MIT */
/*
 * An ordinary guest that is no Linux: the front halves of pv-drivers/ against
 * the service VM's back ends. It prints on its console, reads the store, and on
 * each of its disks reads what the service VM has put there and writes what the
 * service VM will look for (tests/system/tiny-guest).
 *
 * A sector that holds number n holds it in 511 digits and a newline. The lower
 * half of a disk was filled so, with the sector's number; we fill the upper one.
 */
#include "lib/memory.h"
#include "lib/pv.h"
#include "lib/test.h"
#include "pv-drivers/blk/front_device.h"
#include "pv-drivers/env/env.h"
#include "pv-drivers/xenbus/state.h"

#define SECTOR  512u
#define PAGES   8u
#define SECTORS (PAGES * PAGE_SIZE / SECTOR) /* of one request */
#define OPEN    4u                           /* requests at once */

static struct blk_front_device disk;
static uint8_t *data;
static uint32_t refs[OPEN * PAGES];

static void fill(uint8_t *sector, uint64_t number)
{
	memset(sector, '0', SECTOR - 1);
	sector[SECTOR - 1] = '\n';
	for (unsigned i = SECTOR - 2; number != 0; i--) {
		sector[i] = (uint8_t)('0' + number % 10);
		number /= 10;
	}
}

static bool holds(const uint8_t *sector, uint64_t number)
{
	uint8_t want[SECTOR];

	fill(want, number);
	return memcmp(sector, want, SECTOR) == 0;
}

/* Takes a step at each event until `done`; false if a step fails. */
static bool settle(struct xenbus_front *bus,
		   bool done(const struct xenbus_front *bus))
{
	char path[STORE_PATH_MAX], token[STORE_PATH_MAX];

	while (!done(bus)) {
		if (xenbus_front_step(bus) != 0) {
			return false;
		}
		while (!done(bus) && store_event(pv_store, path, token) != 0) {
			env_wait(pv_env);
		}
	}
	return true;
}

struct outcome {
	unsigned answers;
	unsigned errors;
};

static void on_done(void *context, int16_t status)
{
	struct outcome *outcome = context;

	outcome->answers++;
	outcome->errors += status != BLKIF_RSP_OKAY;
}

/* `OPEN` requests next to each other from `sector` on; true if all went well. */
static bool transfer(uint8_t operation, uint64_t sector)
{
	struct outcome outcome = { 0 };

	for (unsigned n = 0; n < OPEN; n++) {
		struct blkif_request_segment segments[PAGES];

		for (unsigned i = 0; i < PAGES; i++) {
			segments[i] = (struct blkif_request_segment){
				.gref = refs[n * PAGES + i],
				.last_sect = PAGE_SIZE / SECTOR - 1,
			};
		}
		if (blk_front_request(&disk.front, operation,
				      sector + n * SECTORS, segments, PAGES,
				      on_done, &outcome) != 0) {
			return false;
		}
	}
	blk_front_push(&disk.front);
	while (outcome.answers < OPEN && !disk.front.is_broken) {
		env_wait(pv_env);
	}
	return outcome.answers == OPEN && outcome.errors == 0;
}

static bool flush(void)
{
	struct outcome outcome = { 0 };

	if (blk_front_request(&disk.front, BLKIF_OP_FLUSH_DISKCACHE, 0, NULL, 0,
			      on_done, &outcome) != 0) {
		return false;
	}
	blk_front_push(&disk.front);
	while (outcome.answers == 0 && !disk.front.is_broken) {
		env_wait(pv_env);
	}
	return outcome.answers == 1 && outcome.errors == 0;
}

/* All of [from, to) is as its number says. */
static bool verify(uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at += OPEN * SECTORS) {
		memset(data, 0, OPEN * PAGES * PAGE_SIZE);
		if (!transfer(BLKIF_OP_READ, at)) {
			return false;
		}
		for (unsigned i = 0; i < OPEN * SECTORS; i++) {
			if (!holds(data + i * SECTOR, at + i)) {
				return false;
			}
		}
	}
	return true;
}

static bool write_numbers(uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at += OPEN * SECTORS) {
		for (unsigned i = 0; i < OPEN * SECTORS; i++) {
			fill(data + i * SECTOR, at + i);
		}
		if (!transfer(BLKIF_OP_WRITE, at)) {
			return false;
		}
	}
	return flush();
}

/* Past the end of the disk: an error, and the ring works on. */
static bool refused(void)
{
	return !transfer(BLKIF_OP_READ, disk.sectors - SECTORS) &&
	       !disk.front.is_broken;
}

static bool let_go(void)
{
	for (unsigned i = 0; i < disk.front.pages; i++) {
		if (env_revoke(pv_env, disk.front.refs[i]) != 0) {
			return false;
		}
	}
	env_unbind(pv_env, disk.front.port);
	for (unsigned i = 0; i < OPEN * PAGES; i++) {
		if (env_revoke(pv_env, refs[i]) != 0) {
			return false;
		}
	}
	return true;
}

static void grant_data(void)
{
	for (unsigned i = 0; i < OPEN * PAGES; i++) {
		int ref = env_grant(pv_env, disk.bus.domain,
				    data + i * PAGE_SIZE, true);

		if (ref < 0) {
			test_abort("no grant left");
		}
		refs[i] = (uint32_t)ref;
	}
}

static void use_disk(const char *folder)
{
	uint64_t half;
	int rc = blk_front_device_open(&disk, pv_env, pv_store, folder);

	if (!expect(rc == 0, "the disk's folder", "%s: %d", folder, rc) ||
	    !expect(settle(&disk.bus, xenbus_front_is_up),
		    "both halves connect", "%s: state %d", folder,
		    disk.bus.state)) {
		return;
	}
	print("%s: %lu sectors, served by %s\n", folder, disk.sectors,
	      disk.bus.back);
	grant_data();
	half = disk.sectors / 2;
	expect(verify(0, half), "reads what the service VM has written",
	       "other data or an error");
	expect(write_numbers(half, disk.sectors), "writes and flushes",
	       "an error");
	expect(verify(half, disk.sectors), "reads what it has written",
	       "other data or an error");
	expect(refused(), "a read past the end is refused", "it is not");
	rc = xenbus_front_close(&disk.bus);
	expect(rc == 0 && settle(&disk.bus, xenbus_front_is_closed),
	       "both halves close", "state %d", disk.bus.state);
	xenbus_front_forget(&disk.bus);
	expect(let_go(), "the back half has let go of all grants",
	       "one is in use");
}

struct names {
	char name[8][16];
	unsigned count;
};

static void note_name(void *context, const char *name)
{
	struct names *names = context;

	if (names->count < ARRAY_SIZE(names->name)) {
		snprintf(names->name[names->count++], sizeof(names->name[0]),
			 "%s", name);
	}
}

/* Transactions and errors of the store, in our own folder. */
static void use_store(void)
{
	char value[STORE_VALUE_MAX];

	print("I am %s\n", pv_read("name"));
	expect_eq("write", store_write(pv_store, "data/note", "tiny"), 0);
	expect_eq("read", strcmp(pv_read("data/note"), "tiny"), 0);
	expect_eq("begin", store_begin(pv_store), 0);
	expect_eq("write inside", store_write(pv_store, "data/note", "x"), 0);
	expect_eq("end", store_end(pv_store), 0);
	expect_eq("what was written inside", strcmp(pv_read("data/note"), "x"),
		  0);
	expect_eq("a key that is not there",
		  store_read(pv_store, "data/none", value), -XEN_ENOENT);
	expect_eq("a key of another",
		  store_write(pv_store, "/local/domain/0/name", "me"),
		  -XEN_EACCES);
}

void guest_main(void)
{
	struct names disks = { 0 };
	char folder[STORE_PATH_MAX];

	pv_start();
	use_store();
	data = env_pages(pv_env, OPEN * PAGES);
	store_list(pv_store, "device/vbd", note_name, &disks);
	expect(disks.count > 0, "has disks", "none in the store");
	for (unsigned i = 0; i < disks.count; i++) {
		snprintf(folder, sizeof(folder), "device/vbd/%s",
			 disks.name[i]);
		use_disk(folder);
	}
}
