/* SPDX-License-Identifier: MIT */
/*
 * The whole way from a configuration to a guest that runs, against a hypervisor
 * that keeps books; store and devices are counters.
 */
#include "libctl/corbel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <xen/xen.h>

#include <xen/arch-x86/hvm/start_info.h>
#include <xen/grant_table.h>
#include <xen/hvm/params.h>
#include <xen/hvm/save.h>

#include "fake/xen_calls.h"
#include "libctl/build/layout.h"
#include "libctl/core/internal.h"
#include "libctl/domain/kept.h"
#include "libctl/ops/ops.h"
#include "libctl/pool/pool.h"
#include "unit/loader/kernel.h"

#define PADDR 0x1000000u

static char kernel_path[] = "/tmp/corbel-kernel-XXXXXX";
static char initrd_path[] = "/tmp/corbel-initrd-XXXXXX";
static char folder[] = "/tmp/corbel-create-XXXXXX";
static char guests[64]; /* in it */
static struct corbel *c;
static struct corbel_config config;
static uint32_t domid;
static int store_entries;
static int device_entries;
static const char *existing_name;
static struct domain_rings given_rings;
static bool is_deaf; /* the guest does not stop when it is asked to */

/* ---- the other half of the library ---- */

int store_domain_add(struct corbel *handle, uint32_t id,
		     const struct corbel_config *cfg,
		     const struct domain_rings *rings)
{
	(void)cfg;
	assert_int_equal(id, FAKE_DOMID);
	store_entries++;
	given_rings = *rings;
	return fake_xen_call("store")
		       ? corbel_fail_errno(handle, "store", "write")
		       : 0;
}

int store_domain_remove(struct corbel *handle, uint32_t id)
{
	(void)handle;
	(void)id;
	fake_xen_call("unstore");
	store_entries = 0;
	return 0;
}

int store_domain_name(struct corbel *handle, uint32_t id, char name[256])
{
	(void)handle;
	(void)id;
	strcpy(name, "web1");
	return 0;
}

int devices_add(struct corbel *handle, uint32_t id,
		const struct corbel_config *cfg)
{
	(void)cfg;
	(void)id;
	device_entries++;
	return fake_xen_call("devices")
		       ? corbel_fail_errno(handle, "disk xvda", "add")
		       : 0;
}

static int devices_error;

int devices_remove(struct corbel *handle, uint32_t id)
{
	(void)id;
	fake_xen_call("undevices");
	if (devices_error != 0) {
		errno = devices_error;
		return corbel_fail_errno(handle, "store, /libxl/7", "read");
	}
	device_entries = 0;
	return 0;
}

int corbel_find(struct corbel *handle, const char *name, uint32_t *id)
{
	if (existing_name != NULL && strcmp(existing_name, name) == 0) {
		*id = 3;
		return 0;
	}
	return corbel_fail(handle, CORBEL_NOT_FOUND, "guest", "none");
}

bool daemon_is_there(void)
{
	return true;
}

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	return (struct xs_handle *)&store_entries;
}

void xs_close(struct xs_handle *xs)
{
	(void)xs;
}

bool xs_write(struct xs_handle *xs, xs_transaction_t t, const char *path,
	      const void *data, unsigned int size)
{
	(void)xs;
	(void)t;
	assert_string_equal(path, "/local/domain/7/control/shutdown");
	assert_memory_equal(data, "poweroff", size);
	if (!is_deaf) {
		fake_xen.flags |= XEN_DOMINF_shutdown;
	}
	return true;
}

/* Who is noted in the store beside the service VM. */
static const char *noted;

char **xs_directory(struct xs_handle *xs, xs_transaction_t t, const char *path,
		    unsigned int *count)
{
	char **const ids = calloc(1, 2 * sizeof(*ids) + 8);
	char *const text = (char *)(ids + 2);

	(void)xs;
	(void)t;
	assert_string_equal(path, "/libxl");
	*count = 1;
	ids[0] = strcpy(text, "0");
	if (noted != NULL) {
		ids[(*count)++] = strcpy(text + 2, noted);
	}
	return ids;
}

/* The names of domains 0 and 7, in two answers; NULL: it is another's daemon. */
static const char *names[2];

char *xs_control_command(struct xs_handle *xs, const char *command, void *data,
			 unsigned int size)
{
	(void)xs;
	assert_string_equal(command, "domains");
	assert_int_equal(size, strlen(data) + 1);
	if (names[0] == NULL) {
		errno = EINVAL;
		return NULL;
	}
	if (strcmp(data, "0") == 0) {
		return strdup(names[1]);
	}
	return strdup(strcmp(data, "") == 0 ? names[0] : "");
}

/* ---- files ---- */

static void write_file(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fclose(f);
}

static void write_kernel(uint64_t paddr)
{
	const struct kernel k = kernel_at(paddr);
	uint8_t file[KERNEL_SIZE];

	kernel_write(&k, file);
	write_file(kernel_path, file, sizeof(file));
}

static int make_files(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL) {
		return -1;
	}
	snprintf(guests, sizeof(guests), "%s/guests", folder);
	kept_folder = guests;
	pool_folder = pool_kept_folder = guests; /* without a file of pools */
	return mkstemp(kernel_path) >= 0 && mkstemp(initrd_path) >= 0 ? 0 : -1;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(kernel_path);
	unlink(initrd_path);
	rmdir(guests);
	return rmdir(folder); /* nothing else is left there */
}

static int set_up(void **state)
{
	(void)state;
	fake_xen_reset(128);
	store_entries = 0;
	device_entries = 0;
	existing_name = NULL;
	is_deaf = false;
	write_kernel(PADDR);
	write_file(initrd_path, "initrd of the guest", 19);
	config = (struct corbel_config){
		.name = (char *)(uintptr_t) "web1",
		.uuid = { 1, 2, 3 },
		.memory_kib = 64 << 10,
		.vcpus = 2,
		.kernel = kernel_path,
		.initrd = initrd_path,
		.cmdline = (char *)(uintptr_t) "console=hvc0 quiet",
		.xml = (char *)(uintptr_t) "<domain type='xen'/>",
	};
	return corbel_open(&c);
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(fake_xen.mapped, 0);
	assert_int_equal(fake_xen.buffers, 0);
	corbel_close(c);
	fake_xen_reset(0);
	kept_remove(FAKE_DOMID);
	return 0;
}

static void create(void)
{
	if (corbel_create(c, &config, 0, &domid) != 0) {
		fail_msg("%s: %s", c->error.object, c->error.text);
	}
}

static void expect_failure(enum corbel_error_code code, const char *object,
			   const char *text)
{
	assert_int_equal(corbel_create(c, &config, 0, &domid), -1);
	assert_string_equal(corbel_error(c)->text, text);
	assert_non_null(strstr(corbel_error(c)->object, object));
	assert_int_equal(corbel_error(c)->code, code);
	assert_false(fake_xen.domain);
}

/* ---- tests ---- */

static bool is_kept(void)
{
	char *text;

	if (corbel_xml(c, FAKE_DOMID, &text) != 0) {
		assert_int_equal(corbel_error(c)->code, CORBEL_NOT_FOUND);
		return false;
	}
	assert_string_equal(text, config.xml);
	free(text);
	return true;
}

static unsigned int count_calls(const char *name)
{
	unsigned int count = 0;

	for (const char *at = fake_xen.log; (at = strstr(at, name)) != NULL;
	     at++) {
		count++;
	}
	return count;
}

static void makes_the_calls_in_order(void **state)
{
	(void)state;
	create();
	assert_int_equal(domid, FAKE_DOMID);
	assert_string_equal(
		fake_xen.log,
		"getdomaininfolist "
		"physinfo createdomain max_vcpus max_mem claim set_memory_map "
		"populate populate populate "
		"write_memory write_memory write_memory write_memory "
		"write_memory "
		"alloc_unbound alloc_unbound "
		"set_param set_param set_param set_param "
		"map_resource sethvmcontext store devices unpausedomain ");
	assert_false(fake_xen.flags & XEN_DOMINF_paused);
	assert_int_equal(fake_xen.max_vcpus, 2);
	assert_int_equal(fake_xen.handle[2], 3);
	assert_int_equal(fake_xen.map_entries, 3);
	assert_int_equal(fake_xen.populated, (64 << 8) + 10);
	assert_int_equal(fake_xen.claimed, fake_xen.populated);
	assert_true(fake_xen.max_kib >= fake_xen.populated * 4);
}

static void stays_paused_if_asked_to(void **state)
{
	(void)state;
	assert_int_equal(
		corbel_create(c, &config, CORBEL_CREATE_PAUSED, &domid), 0);
	assert_true(fake_xen.flags & XEN_DOMINF_paused);
	assert_int_equal(corbel_unpause(c, domid), 0);
	assert_false(fake_xen.flags & XEN_DOMINF_paused);
}

static void kernel_is_in_its_place(void **state)
{
	(void)state;
	create();
	for (uint32_t i = 0; i < 0x2000; i++) {
		assert_int_equal(*fake_xen_memory(PADDR + i),
				 kernel_byte(KERNEL_TEXT + i));
	}
	assert_int_equal(*fake_xen_memory(PADDR + 0x2000),
			 kernel_byte(KERNEL_DATA));
	for (uint32_t i = 0x2800; i < 0x5000; i++) {
		assert_int_equal(*fake_xen_memory(PADDR + i), 0);
	}
}

static const struct hvm_hw_cpu *find_cpu(void)
{
	const uint8_t *at = fake_xen.context;

	for (;;) {
		const struct hvm_save_descriptor *d = (const void *)at;

		if (d->typecode == HVM_SAVE_CODE(CPU)) {
			assert_int_equal(d->length, HVM_SAVE_LENGTH(CPU));
			return (const void *)(d + 1);
		}
		assert_int_not_equal(d->typecode, HVM_SAVE_CODE(END));
		at += sizeof(*d) + d->length;
	}
}

static void vcpu_starts_at_the_entry_with_its_start_info(void **state)
{
	const struct hvm_hw_cpu *cpu;
	const struct hvm_start_info *info;
	const struct hvm_modlist_entry *initrd;

	(void)state;
	create();
	cpu = find_cpu();
	assert_int_equal(cpu->rip, PADDR + 0x10);
	assert_int_equal(cpu->cr0, 0x11);
	assert_int_equal(cpu->cs_arbytes, 0xc9b);

	info = (const void *)fake_xen_memory(cpu->rbx);
	assert_int_equal(info->magic, XEN_HVM_START_MAGIC_VALUE);
	assert_string_equal(fake_xen_memory(info->cmdline_paddr),
			    "console=hvc0 quiet");
	assert_int_equal(info->rsdp_paddr, LAYOUT_ACPI);
	assert_memory_equal(fake_xen_memory(LAYOUT_ACPI), "RSD PTR ", 8);
	assert_int_equal(info->nr_modules, 1);
	initrd = (const void *)fake_xen_memory(info->modlist_paddr);
	assert_int_equal(initrd->size, 19);
	assert_int_equal(initrd->paddr % 4096, 0);
	assert_memory_equal(fake_xen_memory(initrd->paddr),
			    "initrd of the guest", 19);
}

static void rings_are_empty_and_granted(void **state)
{
	const grant_entry_v1_t *table = (const void *)fake_xen.grants;

	(void)state;
	create();
	assert_int_equal(fake_xen.params[HVM_PARAM_STORE_PFN], 0xfeffc);
	assert_int_equal(fake_xen.params[HVM_PARAM_CONSOLE_PFN], 0xfefff);
	assert_int_equal(fake_xen.params[HVM_PARAM_STORE_EVTCHN],
			 given_rings.store_port);
	assert_int_equal(fake_xen.params[HVM_PARAM_CONSOLE_EVTCHN],
			 given_rings.console_port);
	assert_int_not_equal(given_rings.store_port, given_rings.console_port);
	for (uint32_t i = 0; i < 4096; i++) {
		assert_int_equal(*fake_xen_memory(0xfeffc000 + i), 0);
		assert_int_equal(*fake_xen_memory(0xfefff000 + i), 0);
	}
	assert_int_equal(table[0].flags, GTF_permit_access);
	assert_int_equal(table[0].frame, 0xfefff);
	assert_int_equal(table[1].flags, GTF_permit_access);
	assert_int_equal(table[1].frame, 0xfeffc);
	assert_int_equal(table[1].domid, 0);
}

static void small_pieces_if_there_are_no_large_ones(void **state)
{
	(void)state;
	fake_xen.largest_order = 0;
	create();
	assert_int_equal(fake_xen.populated, (64 << 8) + 10);
}

/* 3.75 GiB below the hole, the rest above 4 GiB; in pieces of 1 GiB where it
 * can be. */
static void large_guest_is_on_both_sides_of_the_hole(void **state)
{
	(void)state;
	fake_xen_reset(6 << 10);
	config.memory_kib = 5 << 20;
	create();
	assert_int_equal(fake_xen.populated, (5 << 18) + 10);
	assert_int_equal(fake_xen.map_entries, 4);
	assert_non_null(fake_xen_memory(0xeffff000));
	assert_null(fake_xen_memory(0xf0000000));
	assert_non_null(fake_xen_memory(0x100000000));
	assert_non_null(fake_xen_memory(0x14ffff000));
	assert_null(fake_xen_memory(0x150000000));
	/* ACPI, special; 3 x 1 GiB, 6 x 128 MiB; 1 x 1 GiB, 2 x 128 MiB. */
	assert_int_equal(count_calls("populate "), 14);
}

/* Every single call fails once. What was made up to there is gone after. */
static void each_failing_call_rolls_back(void **state)
{
	unsigned int count;

	(void)state;
	create();
	count = fake_xen.calls;
	for (unsigned int i = 1; i <= count; i++) {
		fake_xen_reset(128);
		store_entries = 0;
		device_entries = 0;
		kept_remove(FAKE_DOMID);
		fake_xen.fail_at = i;
		fake_xen.fail_errno = EIO;
		fake_xen.busy = i % 3;
		if (corbel_create(c, &config, 0, &domid) == 0) {
			/* A large piece of memory that was not there. */
			assert_non_null(strstr(fake_xen.log, "populate"));
			continue;
		}
		assert_false(fake_xen.domain);
		assert_int_equal(store_entries, 0);
		assert_int_equal(device_entries, 0);
		assert_int_equal(fake_xen.mapped, 0);
		assert_int_equal(fake_xen.buffers, 0);
		assert_non_null(
			strstr(corbel_error(c)->text, "Input/output error"));
		assert_false(is_kept());
	}
}

/* Creates a guest whose kernel has zeroes from `start` to `end` of its file; returns
 * how many bytes of memory were written. */
static uint64_t create_with_zeroes(size_t start, size_t end)
{
	const struct kernel k = kernel_at(PADDR);
	uint8_t file[KERNEL_SIZE];

	kernel_write(&k, file);
	memset(file + start, 0, end - start);
	write_file(kernel_path, file, sizeof(file));
	fake_xen_reset(128);
	create();
	for (size_t i = KERNEL_TEXT; i < KERNEL_DATA + 0x800; i++) {
		assert_int_equal(*fake_xen_memory(PADDR + i - KERNEL_TEXT),
				 file[i]);
	}
	return fake_xen.written;
}

static void zeroes_at_the_end_are_not_written(void **state)
{
	const size_t end = KERNEL_TEXT + 0x2000;

	(void)state;
	const uint64_t all = create_with_zeroes(0, 0);

	assert_int_equal(create_with_zeroes(end - 0x1000, end), all - 0x1000);
	assert_int_equal(create_with_zeroes(end - 0x1001, end), all - 0x1000);
	assert_int_equal(create_with_zeroes(end - 0x1000, end - 1), all);
	assert_int_equal(create_with_zeroes(KERNEL_TEXT, end - 0x1000), all);
	assert_int_equal(create_with_zeroes(KERNEL_DATA, KERNEL_SIZE),
			 all - 0x800);
}

static void cut_kernel_off(const char *step, uint64_t done, uint64_t total,
			   void *context)
{
	(void)context;
	if (strcmp(step, "memory") == 0 && done == total) {
		assert_int_equal(truncate(kernel_path, 0), 0);
	}
}

static void kernel_that_is_cut_off_meanwhile(void **state)
{
	(void)state;
	corbel_set_progress(c, cut_kernel_off, NULL);
	expect_failure(CORBEL_FAILED, "guest web1",
		       "writing its memory at 0x1000000: Input/output error");
	assert_null(strstr(fake_xen.log, "write_memory"));
}

static void domain_is_destroyed_last(void **state)
{
	(void)state;
	create();
	fake_xen.fail_at = fake_xen.calls; /* unpausedomain */
	fake_xen.fail_errno = EIO;
	fake_xen.calls = 0;
	fake_xen.log[0] = '\0';
	assert_int_equal(corbel_destroy(c, domid), 0);
	fake_xen.calls = 0;
	fake_xen.log[0] = '\0';
	fake_xen.free_pages = 128 << 8;
	assert_int_equal(corbel_create(c, &config, 0, &domid), -1);
	assert_non_null(strstr(fake_xen.log, "unpausedomain undevices unstore "
					     "destroydomain "));
}

static void too_little_memory_is_told_in_figures(void **state)
{
	(void)state;
	fake_xen_reset(40);
	expect_failure(CORBEL_NO_MEMORY, "guest web1",
		       "not enough free memory: 40 MiB free, 65 MiB wanted");
	fake_xen_reset(128);
	fake_xen.fail_at = 6; /* claim */
	fake_xen.fail_errno = ENOMEM;
	expect_failure(CORBEL_NO_MEMORY, "guest web1",
		       "the hypervisor's own memory is used up: end another "
		       "guest first");
}

static void kernel_beyond_memory_is_told_in_figures(void **state)
{
	(void)state;
	write_kernel(120 << 20);
	expect_failure(CORBEL_INVALID, kernel_path,
		       "needs 121 MiB, the guest has 64 MiB");
	assert_string_equal(fake_xen.log, "");
}

static void files_that_are_no_kernel(void **state)
{
	(void)state;
	write_file(kernel_path, "#!/bin/sh\nnothing to boot\n", 26);
	expect_failure(CORBEL_INVALID, kernel_path,
		       "neither an ELF file nor a bzImage");
	config.kernel = (char *)(uintptr_t) "/nowhere/vmlinuz";
	expect_failure(CORBEL_NOT_FOUND, "kernel /nowhere/vmlinuz",
		       "open: No such file or directory");
	config.kernel = (char *)(uintptr_t) "/tmp";
	expect_failure(CORBEL_INVALID, "kernel /tmp", "not a file");
}

static void configuration_is_checked(void **state)
{
	(void)state;
	config.vcpus = 129;
	expect_failure(CORBEL_INVALID, "guest web1",
		       "129 vCPUs: 1 to 128 are possible");
	config.vcpus = 1;
	existing_name = "web1";
	expect_failure(CORBEL_EXISTS, "guest web1",
		       "the name is in use by domain 3");
	assert_string_equal(fake_xen.log, "");
}

static void hvm_comes_later(void **state)
{
	(void)state;
	config.hvm = true;
	expect_failure(CORBEL_UNSUPPORTED, "guest web1",
		       "HVM comes later, only PVH guests can be started so far "
		       "(<type>xenpvh</type>)");
	assert_string_equal(fake_xen.log, "");
}

static void share_and_places_are_set(void **state)
{
	struct corbel_cpus pins[2] = { { { 0 } }, { { 0x11 } } };

	(void)state;
	fake_xen.weight = 256;
	config.sched.cap = 150;
	config.pins = pins;
	create();
	assert_int_equal(fake_xen.weight, 256); /* nobody said anything */
	assert_int_equal(fake_xen.cap, 150);
	assert_int_equal(fake_xen.affinity[0], 0);
	assert_int_equal(fake_xen.affinity[1], 1); /* there is no pCPU 4 */
}

static void places_that_are_not_there(void **state)
{
	struct corbel_cpus pins[2] = { { { 0xf0 } }, { { 0 } } };

	(void)state;
	config.pins = pins;
	expect_failure(CORBEL_INVALID, "guest web1",
		       "vCPU 0: this host has none of these pCPUs");
}

static void uuid_is_in_use(void **state)
{
	(void)state;
	create();
	assert_int_equal(corbel_create(c, &config, 0, &domid), -1);
	assert_int_equal(corbel_error(c)->code, CORBEL_EXISTS);
	assert_string_equal(corbel_error(c)->text,
			    "the uuid is in use by domain 7");
	assert_true(fake_xen.domain);
	assert_true(is_kept());
}

static void description_is_kept_for_its_life(void **state)
{
	(void)state;
	assert_false(is_kept());
	create();
	assert_true(is_kept());
	assert_int_equal(corbel_destroy(c, domid), 0);
	assert_false(is_kept());
}

static void destroy_removes_all(void **state)
{
	(void)state;
	create();
	fake_xen.busy = 3;
	fake_xen.log[0] = '\0';
	assert_int_equal(corbel_destroy(c, domid), 0);
	assert_string_equal(fake_xen.log,
			    "pausedomain undevices destroydomain "
			    "destroydomain destroydomain destroydomain "
			    "unstore ");
	assert_int_equal(corbel_destroy(c, domid), -1);
	assert_int_equal(corbel_error(c)->code, CORBEL_NOT_FOUND);
	assert_int_equal(corbel_destroy(c, 0), -1);
	assert_int_equal(corbel_error(c)->code, CORBEL_NOT_ALLOWED);
}

static void a_guest_stays_while_the_store_does_not_answer(void **state)
{
	(void)state;
	create();
	devices_error = ETIMEDOUT;
	assert_int_equal(corbel_destroy(c, domid), -1);
	assert_int_equal(corbel_error(c)->code, CORBEL_TIMEOUT);
	assert_true(fake_xen.domain);
	assert_true(is_kept());
	devices_error = EIO;
	assert_int_equal(corbel_destroy(c, domid), -1);
	assert_int_equal(corbel_error(c)->code, CORBEL_FAILED);
	assert_false(fake_xen.domain);
	devices_error = 0;
}

static void nobody_alive_is_swept(void **state)
{
	(void)state;
	create();
	noted = "7";
	assert_int_equal(corbel_sweep(c), 0);
	assert_true(device_entries > 0);
	assert_true(is_kept());
	noted = NULL;
	assert_int_equal(corbel_sweep(c), 0);
}

static void what_is_left_of_the_dead_is_swept(void **state)
{
	(void)state;
	create();
	noted = "7";
	fake_xen.flags |= XEN_DOMINF_dying;
	devices_error = EIO;
	assert_int_equal(corbel_sweep(c), -1);
	assert_true(store_entries > 0);
	devices_error = 0;
	assert_int_equal(corbel_sweep(c), 1);
	assert_int_equal(device_entries, 0);
	assert_int_equal(store_entries, 0);
	assert_false(is_kept());

	noted = "6";
	store_entries = 1;
	assert_int_equal(corbel_sweep(c), 1);
	assert_int_equal(store_entries, 0);
	noted = NULL;
}

static void shutdown_asks_and_waits(void **state)
{
	struct corbel_info info;

	(void)state;
	create();
	assert_int_equal(corbel_shutdown(c, domid, 5), 0);
	assert_int_equal(corbel_info(c, domid, &info), 0);
	assert_int_equal(info.state, CORBEL_STATE_SHUTDOWN);
	assert_string_equal(info.name, "web1");
	assert_int_equal(corbel_info(c, 5, &info), -1);
	assert_int_equal(corbel_error(c)->code, CORBEL_NOT_FOUND);
}

static void all_guests_are_shut_down(void **state)
{
	(void)state;
	assert_int_equal(corbel_shutdown_all(c, 5), 0); /* there is none */
	create();
	is_deaf = true;
	assert_int_equal(corbel_shutdown_all(c, 0), 0);
	assert_int_equal(corbel_shutdown_all(c, 1), -1);
	assert_int_equal(corbel_error(c)->code, CORBEL_TIMEOUT);
	assert_string_equal(corbel_error(c)->object, "guest web1");
	is_deaf = false;
	assert_int_equal(corbel_shutdown_all(c, 5), 0);
	assert_true(fake_xen.flags & XEN_DOMINF_shutdown);
	assert_int_equal(corbel_destroy_all(c), 0);
	assert_false(fake_xen.domain);
}

static void paused_guests_are_told_and_not_waited_for(void **state)
{
	(void)state;
	create();
	assert_int_equal(corbel_pause(c, domid), 0);
	assert_int_equal(corbel_shutdown_all(c, 60), -1);
	assert_int_equal(corbel_error(c)->code, CORBEL_INVALID);
	fake_xen.fail_at = fake_xen.calls + 2; /* its pause */
	fake_xen.fail_errno = EPERM;
	assert_int_equal(corbel_destroy_all(c), -1);
	assert_int_equal(corbel_error(c)->code, CORBEL_NOT_ALLOWED);
}

static void list_has_all_domains(void **state)
{
	struct corbel_info *list;
	size_t count;

	(void)state;
	create();
	names[0] = "0 2 0 Domain-0\n";
	names[1] = "5 3 0 gone\n7 40 123 a web\n";
	assert_int_equal(corbel_list(c, &list, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(list[0].domid, 0);
	assert_int_equal(list[1].domid, FAKE_DOMID);
	assert_int_equal(list[1].memory_kib, (64 << 10) + 40);
	assert_string_equal(list[1].pool, "Pool-0");
	assert_int_equal(list[1].steal_ns, 300);
	assert_int_equal(list[1].events, 5);
	assert_string_equal(list[0].name, "Domain-0");
	assert_string_equal(list[1].name, "a web");
	assert_int_equal(list[1].store_requests, 40);
	assert_int_equal(list[1].store_held_ns, 123);
	free(list);

	names[1] = "";
	assert_int_equal(corbel_list(c, &list, &count), 0);
	assert_string_equal(list[1].name, ""); /* it is half made */
	free(list);

	names[0] = NULL; /* asked one by one */
	assert_int_equal(corbel_list(c, &list, &count), 0);
	assert_string_equal(list[1].name, "web1");
	free(list);
}

static void list_fails_with_a_reason(void **state)
{
	struct corbel_info *list;
	size_t count;

	(void)state;
	fake_xen.fail_at = fake_xen.calls + 1;
	fake_xen.fail_errno = EPERM;
	assert_int_equal(corbel_list(c, &list, &count), -1);
	assert_int_equal(corbel_error(c)->code, CORBEL_NOT_ALLOWED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(makes_the_calls_in_order),
		TEST(stays_paused_if_asked_to),
		TEST(kernel_is_in_its_place),
		TEST(vcpu_starts_at_the_entry_with_its_start_info),
		TEST(rings_are_empty_and_granted),
		TEST(small_pieces_if_there_are_no_large_ones),
		TEST(large_guest_is_on_both_sides_of_the_hole),
		TEST(each_failing_call_rolls_back),
		TEST(zeroes_at_the_end_are_not_written),
		TEST(kernel_that_is_cut_off_meanwhile),
		TEST(domain_is_destroyed_last),
		TEST(too_little_memory_is_told_in_figures),
		TEST(kernel_beyond_memory_is_told_in_figures),
		TEST(files_that_are_no_kernel),
		TEST(configuration_is_checked),
		TEST(hvm_comes_later),
		TEST(share_and_places_are_set),
		TEST(places_that_are_not_there),
		TEST(uuid_is_in_use),
		TEST(description_is_kept_for_its_life),
		TEST(destroy_removes_all),
		TEST(a_guest_stays_while_the_store_does_not_answer),
		TEST(nobody_alive_is_swept),
		TEST(what_is_left_of_the_dead_is_swept),
		TEST(shutdown_asks_and_waits),
		TEST(all_guests_are_shut_down),
		TEST(paused_guests_are_told_and_not_waited_for),
		TEST(list_has_all_domains),
		TEST(list_fails_with_a_reason),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
