/* SPDX-License-Identifier: MIT */
/* On a real file, where the machine the tests run on has io_uring. */
#include "pv-drivers/blk/back_uring.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pv-drivers/blk/storage.h"

#define SECTORS 2048u
#define COUNT   1000u

static char path[64];
static struct uring *uring;
static struct storage *storage;
static unsigned int done_count;
static int last_error;
static _Alignas(4096) uint8_t a[65536];
static _Alignas(4096) uint8_t b[65536];
static _Alignas(4096) uint8_t buffers[COUNT * STORAGE_SECTOR];

static int setup(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/corbel-blk-test-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || ftruncate(fd, SECTORS * STORAGE_SECTOR) != 0) {
		return -1;
	}
	close(fd);
	uring = uring_open();
	if (uring == NULL) {
		return 0;
	}
	storage = uring_storage(uring, path, false);
	done_count = 0;
	return storage == NULL;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	if (uring != NULL) {
		storage->ops->close(storage);
		uring_close(uring);
	}
	return 0;
}

static void need_uring(void)
{
	if (uring == NULL) {
		skip();
	}
}

static void done(struct storage_io *io, int error)
{
	(void)io;
	last_error = error;
	done_count++;
}

static void wait_for(unsigned int count)
{
	struct pollfd p = { .fd = uring_fd(uring), .events = POLLIN };

	while (done_count < count) {
		uring_submit(uring);
		assert_int_equal(poll(&p, 1, 5000), 1);
		uring_reap(uring);
	}
}

static int run(enum storage_op op, void *buffer, uint64_t sector,
	       uint64_t count, bool durable)
{
	struct storage_io io = {
		.op = op,
		.durable = durable,
		.offset = sector * STORAGE_SECTOR,
		.length = count * STORAGE_SECTOR,
		.buffer = buffer,
		.done = done,
	};

	storage->ops->start(storage, &io);
	wait_for(done_count + 1);
	return last_error;
}

static void test_properties(void **state)
{
	(void)state;
	need_uring();
	assert_int_equal(storage->sectors, SECTORS);
	assert_true(storage->can_discard);
	assert_int_equal(storage->physical_sector, 4096);
	assert_null(uring_storage(uring, "/nonexistent", false));
	assert_int_equal(errno, ENOENT);
	assert_null(uring_storage(uring, "/dev/null", false));
	assert_int_equal(errno, ENOTBLK);
}

static void test_write_read(void **state)
{

	(void)state;
	need_uring();
	for (unsigned int i = 0; i < 65536; i++) {
		a[i] = (uint8_t)(i * 31 + (i >> 8));
	}
	assert_int_equal(run(STORAGE_WRITE, a, 3, 100, false), 0);
	assert_int_equal(run(STORAGE_WRITE, a, 103, 1, true), 0);
	assert_int_equal(run(STORAGE_FLUSH, NULL, 0, 0, false), 0);
	assert_int_equal(run(STORAGE_READ, b, 3, 100, false), 0);
	assert_memory_equal(a, b, 100 * STORAGE_SECTOR);
	assert_int_equal(run(STORAGE_READ, b, 103, 1, false), 0);
	assert_memory_equal(a, b, STORAGE_SECTOR);
}

static void test_discard(void **state)
{
	struct stat st;
	int error;

	(void)state;
	need_uring();
	memset(a, 0x55, 65536);
	assert_int_equal(run(STORAGE_WRITE, a, 0, 128, false), 0);
	error = run(STORAGE_DISCARD, NULL, 0, 64, false);
	if (error == EOPNOTSUPP) {
		skip();
	}
	assert_int_equal(error, 0);
	assert_int_equal(run(STORAGE_READ, a, 0, 128, false), 0);
	assert_int_equal(a[0], 0);
	assert_int_equal(a[64 * 512 - 1], 0);
	assert_int_equal(a[64 * 512], 0x55);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, SECTORS * STORAGE_SECTOR);
}

/* More than the ring takes at once. */
static void test_many(void **state)
{
	static struct storage_io ios[COUNT];

	(void)state;
	need_uring();
	for (unsigned int i = 0; i < COUNT; i++) {
		memset(buffers + i * 512, (int)i, 512);
		ios[i] = (struct storage_io){
			.op = STORAGE_WRITE,
			.offset = i * STORAGE_SECTOR,
			.length = STORAGE_SECTOR,
			.buffer = buffers + i * 512,
			.done = done,
		};
		storage->ops->start(storage, &ios[i]);
	}
	wait_for(COUNT);
	for (unsigned int i = 0; i < COUNT; i += 37) {
		assert_int_equal(run(STORAGE_READ, buffers, i, 1, false), 0);
		assert_int_equal(buffers[511], (uint8_t)i);
	}
}

/* A file that has become shorter does not give what was in the buffer. */
static void test_short_file(void **state)
{

	(void)state;
	need_uring();
	assert_int_equal(truncate(path, 512), 0);
	assert_int_equal(run(STORAGE_READ, a, 0, 8, false), EIO);
	assert_int_equal(run(STORAGE_READ, a, 0, 1, false), 0);
}

static void test_read_only(void **state)
{
	struct storage *s;

	(void)state;
	need_uring();
	s = uring_storage(uring, path, true);
	assert_non_null(s);
	assert_true(s->read_only && !s->can_discard);
	storage->ops->close(storage);
	storage = s;
	memset(a, 0, 4096);
	assert_int_equal(run(STORAGE_WRITE, a, 0, 1, false), EBADF);
}

static void test_wait_unused(void **state)
{
	(void)state;
	need_uring();
	assert_false(uring_wait_unused(path, 0));
	storage->ops->close(storage);
	assert_true(uring_wait_unused(path, 0));
	assert_true(uring_wait_unused("/nonexistent", 0));
	storage = uring_storage(uring, path, false);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_properties),  TEST(test_write_read),
		TEST(test_discard),     TEST(test_many),
		TEST(test_short_file),  TEST(test_read_only),
		TEST(test_wait_unused),
	};

	return cmocka_run_group_tests_name("blk/back_uring", tests, NULL, NULL);
}
