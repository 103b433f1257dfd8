/* SPDX-License-Identifier: MIT */
/*
 * A core file of a guest, as a debugger reads it: all memory that the guest has is
 * in it at its physical address, wherever the guest has it.
 */
#include "libctl/corbel.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "libctl/build/layout.h"
#include "libctl/core/internal.h"
#include "libctl/debug/registers.h"
#include "libctl/domain/life.h"
#include "libctl/domain/subject.h"

#define MIB     UINT64_C(0x100000)
#define GIB     UINT64_C(0x40000000)
#define PAGES   256u /* of a MiB */
#define PIECES  4u
#define SPECIAL (LAYOUT_SPECIAL_PAGES + LAYOUT_ACPI_SIZE / LAYOUT_PAGE)

static struct corbel c;
static char path[] = "/tmp/corbel-dump-XXXXXX";
static int file;

/* What memory the guest has: a page's first word is its address. */
static struct {
	uint64_t map_kib;
	struct range pieces[PIECES];
	unsigned int piece_count, pauses;
	uint64_t tried; /* pages */
	uint64_t cancel_at;
	int cancel[2];
} guest;

static bool is_there(uint64_t at)
{
	for (unsigned int i = 0; i < guest.piece_count; i++) {
		if (at >= guest.pieces[i].start && at < guest.pieces[i].end) {
			return true;
		}
	}
	return false;
}

static void has(uint64_t start, uint64_t size)
{
	guest.pieces[guest.piece_count++] = range_of(start, size);
}

void *xenforeignmemory_map(xenforeignmemory_handle *handle, uint32_t domid,
			   int prot, size_t count, const xen_pfn_t gfns[],
			   int errors[])
{
	uint8_t *const pages = calloc(count, LAYOUT_PAGE);

	(void)handle;
	(void)domid;
	(void)prot;
	guest.tried += count;
	if (guest.tried == guest.cancel_at) {
		assert_int_equal(write(guest.cancel[1], "", 1), 1);
	}
	for (size_t i = 0; i < count; i++) {
		const uint64_t at = gfns[i] * LAYOUT_PAGE;

		errors[i] = is_there(at) ? 0 : -EINVAL;
		if (errors[i] == 0) {
			memcpy(pages + i * LAYOUT_PAGE, &at, sizeof(at));
		}
	}
	return pages;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *handle, void *pages,
			   size_t count)
{
	(void)handle;
	(void)count;
	free(pages);
	return 0;
}

int life_memory(struct corbel *handle, uint32_t domid, uint64_t *kib)
{
	(void)handle;
	(void)domid;
	*kib = guest.map_kib;
	return 0;
}

int subject_is_guest(struct corbel *handle, uint32_t domid)
{
	(void)handle;
	(void)domid;
	return 0;
}

int subject_fail(struct corbel *handle, uint32_t domid, const char *what)
{
	(void)domid;
	return corbel_fail(handle, CORBEL_FAILED, "guest", "%s", what);
}

int subject_info(struct corbel *handle, uint32_t domid,
		 struct xen_domctl_getdomaininfo *info)
{
	(void)handle;
	(void)domid;
	memset(info, 0, sizeof(*info));
	info->tot_pages = SPECIAL;
	for (unsigned int i = 0; i < guest.piece_count; i++) {
		info->tot_pages += range_size(guest.pieces[i]) / LAYOUT_PAGE;
	}
	return 0;
}

int domctl_pause(struct corbel *handle, uint32_t domid)
{
	(void)handle;
	(void)domid;
	guest.pauses++;
	return 0;
}

int domctl_unpause(struct corbel *handle, uint32_t domid)
{
	(void)handle;
	(void)domid;
	guest.pauses--;
	return 0;
}

int debug_stop(struct corbel *handle, uint32_t domid, unsigned int reason)
{
	(void)handle;
	(void)domid;
	(void)reason;
	return 0;
}

int debug_get_context(struct corbel *handle, uint32_t domid, void **records,
		      size_t *size)
{
	struct registers_context *const context = malloc(sizeof(*context));
	const struct hvm_hw_cpu cpu = { .cr3 = 0x1000 };

	(void)handle;
	(void)domid;
	registers_context(context, 0, &cpu);
	*records = context;
	*size = sizeof(*context);
	return 0;
}

size_t debug_copy(struct corbel *handle, uint32_t domid, uint64_t cr3,
		  uint64_t at, void *bytes, size_t size, bool write)
{
	(void)handle;
	(void)domid;
	(void)cr3;
	(void)at;
	(void)bytes;
	(void)size;
	(void)write;
	return 0;
}

void handle_progress(struct corbel *handle, const char *step, uint64_t done,
		     uint64_t total)
{
	(void)handle;
	(void)step;
	assert_true(done <= total);
}

static int set_up(void **state)
{
	(void)state;
	memset(&guest, 0, sizeof(guest));
	guest.map_kib = 4096;
	strcpy(path + strlen(path) - 6, "XXXXXX");
	file = mkstemp(path);
	return unlink(path) != 0 || pipe(guest.cancel) != 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(guest.cancel[0]);
	close(guest.cancel[1]);
	close(file);
	unlink(path);
	return 0;
}

static void dump(void)
{
	assert_int_equal(corbel_dump(&c, 5, path, 0, guest.cancel[0]), 0);
	assert_int_equal(guest.pauses, 0);
	close(file);
	file = open(path, O_RDONLY);
}

/* The word at a physical address; UINT64_MAX if no segment has it. */
static uint64_t word(uint64_t at)
{
	Elf64_Ehdr e;
	Elf64_Phdr p;
	uint64_t value;

	assert_int_equal(pread(file, &e, sizeof(e), 0), sizeof(e));
	for (unsigned int i = 0; i < e.e_phnum; i++) {
		const off_t header = (off_t)(e.e_phoff + i * sizeof(p));

		assert_int_equal(pread(file, &p, sizeof(p), header), sizeof(p));
		if (p.p_type == PT_LOAD && at >= p.p_paddr &&
		    at - p.p_paddr < p.p_filesz) {
			at += p.p_offset - p.p_paddr;
			assert_int_equal(pread(file, &value, 8, (off_t)at), 8);
			return value;
		}
	}
	return UINT64_MAX;
}

static void is_in_file(uint64_t start, uint64_t end)
{
	assert_int_equal(word(start), start);
	assert_int_equal(word(end - LAYOUT_PAGE), end - LAYOUT_PAGE);
}

static void map_only(void **state)
{
	(void)state;
	has(0, 4 * MIB);
	dump();
	is_in_file(LAYOUT_PAGE, 4 * MIB);
	assert_int_equal(word(4 * MIB), UINT64_MAX);
	assert_int_equal(guest.tried,
			 4 * PAGES + 1); /* nothing is looked for */
}

static void given_up(void **state)
{
	(void)state;
	has(0, MIB);
	has(3 * MIB, MIB);
	dump();
	is_in_file(3 * MIB, 4 * MIB);
	assert_int_equal(word(2 * MIB), 0);
}

static void above_4_gib(void **state)
{
	(void)state;
	guest.map_kib = LAYOUT_LOW_MAX / 1024 + 4096;
	has(LAYOUT_PAGE, MIB);
	has(LAYOUT_HIGH, 4 * MIB);
	has(LAYOUT_HIGH + 128 * MIB, MIB);
	dump();
	is_in_file(LAYOUT_PAGE, MIB);
	is_in_file(LAYOUT_HIGH, LAYOUT_HIGH + 4 * MIB);
	is_in_file(LAYOUT_HIGH + 128 * MIB, LAYOUT_HIGH + 129 * MIB);
}

/* With a section of the driver's own before it, and pages that are not there. */
static void added(void **state)
{
	(void)state;
	has(0, 3 * MIB);
	has(256 * MIB, MIB);
	has(300 * MIB, MIB);
	dump();
	is_in_file(256 * MIB, 257 * MIB);
	is_in_file(300 * MIB, 301 * MIB);
	assert_int_equal(word(299 * MIB), 0);
	assert_int_equal(word(301 * MIB), UINT64_MAX);
	assert_int_equal(word(255 * MIB), UINT64_MAX);
}

static void added_in_both_places(void **state)
{
	(void)state;
	has(0, 4 * MIB);
	has(128 * MIB, MIB);
	has(LAYOUT_HIGH + 512 * MIB, MIB);
	dump();
	is_in_file(128 * MIB, 129 * MIB);
	is_in_file(LAYOUT_HIGH + 512 * MIB, LAYOUT_HIGH + 513 * MIB);
	is_in_file(LAYOUT_PAGE, 4 * MIB);
}

/* A guest that is no Linux may have it anywhere. */
static void added_far_away(void **state)
{
	(void)state;
	has(0, 4 * MIB);
	has(64 * GIB, MIB);
	dump();
	is_in_file(LAYOUT_PAGE, 4 * MIB);
	assert_true(guest.tried < 3 * GIB / LAYOUT_PAGE);
}

static void interrupted(void **state)
{
	(void)state;
	has(0, 4 * MIB);
	has(512 * MIB, MIB);
	guest.cancel_at = 100 * PAGES; /* while it looks for that */
	assert_int_equal(corbel_dump(&c, 5, path, 0, guest.cancel[0]), -1);
	assert_int_equal(guest.pauses, 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_non_null(strstr(corbel_error(&c)->text, "interrupted"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(map_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(above_4_gib, set_up, tear_down),
		cmocka_unit_test_setup_teardown(added, set_up, tear_down),
		cmocka_unit_test_setup_teardown(added_in_both_places, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(added_far_away, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(interrupted, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
