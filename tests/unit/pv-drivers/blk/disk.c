/* SPDX-License-Identifier: MIT */
/* A disk's life through the store, with a front half that answers by hand. */
#include "pv-drivers/blk/disk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pv-drivers/blk/front_device.h"
#include "pv-drivers/xenbus/state.h"
#include "pv-drivers/xenbus/store.h"
#include "pv-drivers/xenbus/store_fake.h"
#include "unit/pv-drivers/blk/rig.h"

#define BACK  "/local/domain/0/backend/qdisk/7/51712"
#define FRONT "/local/domain/7/device/vbd/51712"

static struct store *store;
static struct disk *disk;
static struct disk_place place;
static unsigned int opens;
static char opened[64];
static int open_error;

static struct storage *open_storage(void *context, const char *path,
				    bool read_only)
{
	(void)context;
	snprintf(opened, sizeof(opened), "%s", path);
	opens++;
	rig.storage.storage.read_only = read_only;
	errno = open_error;
	return open_error == 0 ? &rig.storage.storage : NULL;
}

static void put(const char *folder, const char *key, const char *value)
{
	char path[STORE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, key);
	assert_int_equal(store_write(store, path, value), 0);
}

static void put_number(const char *folder, const char *key, uint32_t value)
{
	assert_int_equal(state_number_write(store, folder, key, value), 0);
}

static uint64_t number(const char *folder, const char *key)
{
	uint64_t n;

	if (state_number_read(store, folder, key, UINT64_MAX, &n) != 0) {
		fail_msg("%s/%s is no number", folder, key);
	}
	return n;
}

/* What a toolstack writes. */
static void create(const char *mode)
{
	put(BACK, "frontend", FRONT);
	put(BACK, "frontend-id", "7");
	put(BACK, "online", "1");
	put(BACK, "params", "raw:/disks/a.img");
	put(BACK, "mode", mode);
	put(FRONT, "state", "1");
	put(BACK, "state", "1");
}

static int setup(void **state)
{
	(void)state;
	rig_storage_init();
	store = store_open();
	opens = 0;
	open_error = 0;
	place = (struct disk_place){
		.env = rig.env,
		.store = store,
		.open = open_storage,
		.offer_persistent = true,
	};
	create("w");
	disk = disk_open(&place, BACK, 7, 51712);
	return disk == NULL;
}

static int teardown(void **state)
{
	(void)state;
	if (disk != NULL) {
		disk_close(disk);
	}
	store_close(store);
	rig_close();
	return 0;
}

/* Delivers events as the program does, and moves data. */
static void run(void)
{
	char path[STORE_PATH_MAX];
	char token[STORE_PATH_MAX];

	for (unsigned int i = 0; i < 10; i++) {
		disk_step(disk);
		while (store_event(store, path, token) == 0) {
			disk_step(disk);
		}
		env_dispatch(rig.env);
		while (disk_turn(disk)) {
		}
	}
}

/* The front half's rings, in the folder they belong to. */
static void offer_ring(const char *folder, unsigned int queue)
{
	struct blk_front *f = &rig.fronts[queue];

	for (unsigned int i = 0; i < f->pages; i++) {
		char key[24];

		snprintf(key, sizeof(key),
			 f->pages == 1 ? "ring-ref" : "ring-ref%u", i);
		put_number(folder, key, f->refs[i]);
	}
	put_number(folder, "event-channel", f->port);
}

static void connect_front(unsigned int queues, unsigned int order)
{
	for (unsigned int i = 0; i < queues; i++) {
		char folder[STORE_PATH_MAX];

		assert_int_equal(
			blk_front_init(&rig.fronts[i], rig.env, 0, 1u << order),
			0);
		snprintf(folder, sizeof(folder), FRONT "/queue-%u", i);
		offer_ring(queues == 1 ? FRONT : folder, i);
	}
	if (queues != 1) {
		put_number(FRONT, "multi-queue-num-queues", queues);
	}
	if (order != 0) {
		put_number(FRONT, "ring-page-order", order);
	}
	put(FRONT, "protocol", "x86_64-abi");
	put(FRONT, "state", "3");
}

static int16_t read_sector(unsigned int queue, uint64_t sector)
{
	const struct blkif_request_segment s = { rig.refs[0], 0, 0 };
	struct rig_answer a = { 0 };

	blk_front_request(&rig.fronts[queue], BLKIF_OP_READ, sector, &s, 1,
			  rig_done, &a);
	blk_front_push(&rig.fronts[queue]);
	run();
	blk_front_poll(&rig.fronts[queue]);
	assert_true(a.is_there);
	assert_memory_equal(rig.pages, rig.storage.bytes + sector * 512, 512);
	return a.status;
}

static void test_offer(void **state)
{
	(void)state;
	run();
	assert_int_equal(number(BACK, "state"), XenbusStateInitWait);
	assert_string_equal(opened, "/disks/a.img");
	assert_int_equal(opens, 1);
	assert_int_equal(number(BACK, "sectors"), RIG_SECTORS);
	assert_int_equal(number(BACK, "sector-size"), 512);
	assert_int_equal(number(BACK, "physical-sector-size"), 4096);
	assert_int_equal(number(BACK, "info"), 0);
	assert_int_equal(number(BACK, "feature-flush-cache"), 1);
	assert_int_equal(number(BACK, "feature-barrier"), 1);
	assert_int_equal(number(BACK, "feature-discard"), 1);
	assert_int_equal(number(BACK, "feature-persistent"), 1);
	assert_int_equal(number(BACK, "feature-max-indirect-segments"), 256);
	assert_int_equal(number(BACK, "multi-queue-max-queues"), 4);
	assert_int_equal(number(BACK, "max-ring-page-order"), 4);
}

static void test_connect_and_close(void **state)
{
	(void)state;
	run();
	connect_front(1, 0);
	run();
	assert_int_equal(number(BACK, "state"), XenbusStateConnected);
	put(FRONT, "state", "4");
	assert_int_equal(read_sector(0, 9), 0);
	put(FRONT, "state", "5");
	run();
	assert_int_equal(number(BACK, "state"), XenbusStateClosing);
	put(FRONT, "state", "6");
	run();
	assert_int_equal(number(BACK, "state"), XenbusStateClosed);
	assert_int_equal(fake_counts(rig.env).maps, 0);
	assert_int_equal(fake_counts(rig.env).ports, 1);

	/* The guest loads its driver again. */
	put(FRONT, "state", "1");
	run();
	assert_int_equal(number(BACK, "state"), XenbusStateInitWait);
	connect_front(1, 0);
	run();
	assert_int_equal(read_sector(0, 1), 0);
}

/* Both halves take their steps at the same events. */
static void settle(struct blk_front_device *device,
		   bool done(const struct xenbus_front *bus))
{
	for (unsigned int i = 0; i < 5; i++) {
		assert_int_equal(xenbus_front_step(&device->bus), 0);
		run();
	}
	assert_true(done(&device->bus));
}

/* The front half by its own code, twice. */
static void test_both_halves(void **state)
{
	static struct blk_front_device device;
	const struct blkif_request_segment s = { rig.refs[0], 0, 0 };

	(void)state;
	put(FRONT, "backend", BACK);
	put(FRONT, "backend-id", "0");
	for (unsigned int i = 0; i < 2; i++) {
		struct rig_answer a = { 0 };

		put(FRONT, "state", "1");
		assert_int_equal(
			blk_front_device_open(&device, rig.env, store, FRONT),
			0);
		assert_false(xenbus_front_is_up(&device.bus));
		settle(&device, xenbus_front_is_up);
		assert_int_equal(device.sectors, RIG_SECTORS);
		assert_int_equal(device.indirect_max, 256);
		blk_front_request(&device.front, BLKIF_OP_READ, 5 + i, &s, 1,
				  rig_done, &a);
		blk_front_push(&device.front);
		run();
		blk_front_poll(&device.front);
		assert_true(a.is_there && a.status == BLKIF_RSP_OKAY);
		assert_memory_equal(rig.pages,
				    rig.storage.bytes + (5 + i) * 512, 512);

		assert_int_equal(xenbus_front_close(&device.bus), 0);
		settle(&device, xenbus_front_is_closed);
		xenbus_front_forget(&device.bus);
		env_unbind(rig.env, device.front.port);
		assert_int_equal(env_revoke(rig.env, device.front.refs[0]), 0);
	}
	assert_int_equal(fake_counts(rig.env).maps, 0);
	assert_int_equal(fake_counts(rig.env).ports, 0);
}

static unsigned int count_of(const char *text, const char *word)
{
	unsigned int count = 0;

	while ((text = strstr(text, word)) != NULL) {
		count++;
		text += strlen(word);
	}
	return count;
}

/* A guest's faults are told once, however often it connects and repeats them. */
static void test_told_once(void **state)
{
	const struct blkif_request_segment bad = { 0, 1, 0 };
	FILE *terminal = stderr;
	char *told = NULL;
	size_t size;

	(void)state;
	stderr = open_memstream(&told, &size);
	for (unsigned int i = 0; i < 5; i++) {
		struct rig_answer a = { 0 };

		put(FRONT, "state", "1");
		run();
		connect_front(1, 0);
		run();
		blk_front_request(&rig.fronts[0], BLKIF_OP_READ, 0, &bad, 1,
				  rig_done, &a);
		blk_front_push(&rig.fronts[0]);
		run();
		put(FRONT, "state", "5");
		run();
		put(FRONT, "state", "6");
		run();
	}
	fclose(stderr);
	stderr = terminal;
	assert_int_equal(count_of(told, "domain 7 disk 51712: bad request"), 1);
	assert_int_equal(count_of(told, "\n"), 1);
	free(told);
}

static void test_queues_of_pages(void **state)
{
	(void)state;
	run();
	connect_front(3, 2);
	run();
	assert_int_equal(number(BACK, "state"), XenbusStateConnected);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(rig.fronts[i].ring.ring.size, 128);
		assert_int_equal(read_sector(i, 50 + i), 0);
	}
}

static void test_mode(void **state)
{
	(void)state;
	put(BACK, "mode", "r");
	put(BACK, "discard-enable", "0");
	run();
	assert_int_equal(number(BACK, "feature-discard"), 0);
	assert_int_equal(number(BACK, "info"), 4);
	assert_true(rig.storage.storage.read_only);
}

static void test_cannot_open(void **state)
{
	char why[STORE_VALUE_MAX];

	(void)state;
	open_error = ENOENT;
	run();
	assert_int_equal(number(BACK, "state"), XenbusStateClosed);
	assert_int_equal(store_read(store, BACK "/error", why), 0);
	assert_string_equal(why, "/disks/a.img: No such file or directory");
	assert_int_equal(opens, 1);

	/* Replaced by one that can be opened. */
	open_error = 0;
	store_fake_remove(store, BACK);
	create("w");
	run();
	assert_int_equal(number(BACK, "state"), XenbusStateInitWait);
}

static void test_bad_front_keys(void **state)
{
	static const char *const bad[][2] = {
		{ "protocol", "z80-abi" },
		{ "multi-queue-num-queues", "0" },
		{ "multi-queue-num-queues", "5" },
		{ "multi-queue-num-queues", "2" },
		{ "ring-page-order", "5" },
		{ "ring-page-order", "1" },
		{ "ring-page-order", "4294967297" },
		{ "ring-ref", "-1" },
		{ "ring-ref", "4000" },
		{ "ring-ref", "" },
		{ "event-channel", "0" },
		{ "event-channel", "4294967296" },
		{ "event-channel", "zero" },
		{ "feature-persistent", "yes" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		store_fake_remove(store, FRONT);
		put(FRONT, "state", "1");
		put(BACK, "state", "1");
		run();
		connect_front(1, 0);
		put(FRONT, "state", "1");
		put(FRONT, bad[i][0], bad[i][1]);
		put(FRONT, "state", "3");
		run();
		if (number(BACK, "state") != XenbusStateClosing) {
			fail_msg("%s = %s", bad[i][0], bad[i][1]);
		}
		assert_int_equal(fake_counts(rig.env).maps, 0);
	}
}

static void test_broken_ring(void **state)
{
	(void)state;
	run();
	connect_front(1, 0);
	run();
	rig.fronts[0].ring.ring.shared->req_prod = 100;
	run();
	assert_int_equal(number(BACK, "state"), XenbusStateClosing);
	put(FRONT, "state", "6");
	run();
	assert_int_equal(number(BACK, "state"), XenbusStateClosed);
}

/* The folder goes away with a request at the storage. */
static void test_removed(void **state)
{
	struct rig_answer a = { 0 };
	const struct blkif_request_segment s = { rig.refs[0], 0, 0 };

	(void)state;
	run();
	connect_front(1, 0);
	run();
	rig.storage.hold = true;
	blk_front_request(&rig.fronts[0], BLKIF_OP_READ, 0, &s, 1, rig_done,
			  &a);
	blk_front_push(&rig.fronts[0]);
	run();
	store_fake_remove(store, BACK);
	run();
	assert_false(disk_is_over(disk));
	rig_end_all();
	run();
	assert_true(disk_is_over(disk));
	assert_int_equal(fake_counts(rig.env).maps, 0);
}

/* What goes away is not made anew by writing to it. */
static void test_half_removed(void **state)
{
	char value[STORE_VALUE_MAX];

	(void)state;
	store_fake_remove(store, BACK "/state");
	run();
	assert_int_equal(opens, 0);
	put(BACK, "state", "1");
	run();
	store_fake_remove(store, BACK "/frontend");
	store_fake_remove(store, BACK "/state");
	run();
	assert_int_equal(store_read(store, BACK "/state", value), -ENOENT);
	assert_true(disk_is_over(disk));
}

/* A new process, as after a kill: the states say Connected. */
static void test_new_process(void **state)
{
	const struct blkif_request_segment s = { rig.refs[0], 0, 0 };
	struct rig_answer a = { 0 };

	(void)state;
	run();
	connect_front(1, 0);
	run();
	put(FRONT, "state", "4");
	disk_close(disk);
	blk_front_request(&rig.fronts[0], BLKIF_OP_READ, 11, &s, 1, rig_done,
			  &a);
	blk_front_push(&rig.fronts[0]);

	disk = disk_open(&place, BACK, 7, 51712);
	run();
	blk_front_poll(&rig.fronts[0]);
	assert_true(a.is_there && a.status == 0);
	assert_int_equal(opens, 2);
	assert_int_equal(number(BACK, "state"), XenbusStateConnected);
	assert_int_equal(read_sector(0, 12), 0);
}

static void test_file_of(void **state)
{
	(void)state;
	assert_string_equal(disk_file_of("raw:/a:b"), "/a:b");
	assert_string_equal(disk_file_of("aio:/a"), "/a");
	assert_string_equal(disk_file_of("/dev/vg/a"), "/dev/vg/a");
	assert_null(disk_file_of("qcow2:/a"));
	assert_null(disk_file_of("raw:"));
	assert_null(disk_file_of("raw:a"));
	assert_null(disk_file_of(""));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_offer),           TEST(test_connect_and_close),
		TEST(test_both_halves),     TEST(test_told_once),
		TEST(test_queues_of_pages), TEST(test_mode),
		TEST(test_cannot_open),     TEST(test_bad_front_keys),
		TEST(test_broken_ring),     TEST(test_removed),
		TEST(test_half_removed),    TEST(test_new_process),
		TEST(test_file_of),
	};

	return cmocka_run_group_tests_name("blk/disk", tests, NULL, NULL);
}
