/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/inputs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "svcvm/loader/handover.h"
#include "unit/loader/memory.h"

#define INFO    (MEMORY_START + 0x1000)
#define MODULES (MEMORY_START + 0x2000)
#define MAP     (MEMORY_START + 0x3000)
#define LINE_1  (MEMORY_START + 0x5000)
#define LINE_2  (MEMORY_START + 0x7000)

/* A row of the list of tests, each with memory of its own. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, memory_unmap)

static struct inputs inputs;
static struct report why;
static struct hvm_start_info *info;
static struct hvm_modlist_entry *modules;

static int set_up(void **state)
{
	struct hvm_memmap_table_entry *map = memory_at(MAP);

	if (memory_map(state) != 0) {
		return -1;
	}
	info = memory_at(INFO);
	modules = memory_at(MODULES);
	*info = (struct hvm_start_info){
		.magic = XEN_HVM_START_MAGIC_VALUE,
		.version = 1,
		.flags = 3,
		.nr_modules = 2,
		.modlist_paddr = MODULES,
		.rsdp_paddr = 0xf0000,
		.memmap_paddr = MAP,
		.memmap_entries = 2,
	};
	modules[0] = (struct hvm_modlist_entry){ 0x20000000, 0x3000, 0, 0 };
	modules[1] = (struct hvm_modlist_entry){ 0x30000000, 0x123, 0, 0 };
	map[0] = memory_entry();
	map[1] = memory_entry();
	map[1].addr = 0x50000000;
	return 0;
}

static const char *words = "";

static int read_inputs(void)
{
	memset(&inputs, 0xaa, sizeof(inputs));
	memset(&why, 0, sizeof(why));
	return inputs_read(INFO, words, &inputs, &why);
}

static void assert_refused(const char *text)
{
	assert_int_equal(read_inputs(), -22);
	assert_string_equal(why.text, text);
}

static void test_all_there(void **state)
{
	(void)state;
	assert_int_equal(read_inputs(), 0);
	assert_int_equal(inputs.image.start, 0x20000000);
	assert_int_equal(inputs.image.end, 0x20003000);
	assert_int_equal(inputs.initramfs.start, 0x30000000);
	assert_int_equal(inputs.initramfs.end, 0x30000123);
	assert_int_equal(inputs.memmap[1].addr, 0x50000000);
	assert_string_equal(inputs.cmdline, "");
}

static void test_one_module(void **state)
{
	(void)state;
	info->nr_modules = 1;
	assert_int_equal(read_inputs(), 0);
	assert_int_equal(range_size(inputs.initramfs), 0);
}

static const char *line_of(const char *own, const char *module)
{
	strcpy(memory_at(LINE_1), own);
	strcpy(memory_at(LINE_2), module);
	info->cmdline_paddr = LINE_1;
	modules[0].cmdline_paddr = LINE_2;
	assert_int_equal(read_inputs(), 0);
	return inputs.cmdline;
}

static void test_command_lines(void **state)
{
	(void)state;
	assert_string_equal(line_of("", ""), "");
	assert_string_equal(line_of("quiet", ""), "quiet");
	assert_string_equal(line_of("", "root=/dev/vda ro"),
			    "root=/dev/vda ro");
	assert_string_equal(line_of("quiet", "ro"), "quiet ro");
	words = "swiotlb=force";
	assert_string_equal(line_of("", ""), "swiotlb=force");
	assert_string_equal(line_of("", "ro"), "swiotlb=force ro");
	assert_string_equal(line_of("quiet", "ro"), "swiotlb=force quiet ro");
	words = "";
}

static void test_long_command_line(void **state)
{
	char *line = memory_at(LINE_1);

	(void)state;
	info->cmdline_paddr = LINE_1;
	memset(line, 'x', INPUTS_CMDLINE_SIZE - 1);
	assert_int_equal(read_inputs(), 0);
	assert_int_equal(strlen(inputs.cmdline), INPUTS_CMDLINE_SIZE - 1);
	line[INPUTS_CMDLINE_SIZE - 1] = 'x';
	assert_refused("command line: longer than 4095 characters");

	line[INPUTS_CMDLINE_SIZE - 1] = '\0';
	modules[0].cmdline_paddr = LINE_2;
	strcpy(memory_at(LINE_2), "y");
	assert_refused("command line: longer than 4095 characters");
}

static void test_refused(void **state)
{
	(void)state;
	info->nr_modules = 0;
	assert_refused("0 modules, not a kernel image and at most one "
		       "initramfs");
	info->nr_modules = 3;
	assert_refused("3 modules, not a kernel image and at most one "
		       "initramfs");
	info->nr_modules = 2;
	info->memmap_entries = 0;
	assert_refused("memory map: 0 entries, not 1..127");
	info->memmap_entries = 128;
	assert_refused("memory map: 128 entries, not 1..127");
	info->memmap_entries = 1;
	info->version = 0;
	assert_refused("start info: magic 0x336ec578 version 0");
}

static void test_above_4g(void **state)
{
	(void)state;
	modules[0].paddr = 0xfffff000;
	assert_refused("kernel image: 0xfffff000+0x3000 ends above 4 GiB");
	modules[0].paddr = 0x1000;
	modules[1].size = UINT64_MAX;
	assert_refused("initramfs: 0x30000000+0xffffffffffffffff ends above "
		       "4 GiB");
	info->modlist_paddr = 0x100000000;
	assert_refused("module list: at 0x100000000, above 4 GiB");
	info->cmdline_paddr = UINT64_MAX;
	assert_refused("command line: at 0xffffffffffffffff, above 4 GiB");
	info->memmap_paddr = 0xfffffff0;
	assert_refused("memory map: at 0xfffffff0, above 4 GiB");
}

static void test_handover(void **state)
{
	static struct handover out;
	const uint64_t gpa = 0x3ff00000;

	(void)state;
	line_of("a", "b");
	handover_build(&inputs, range_of(0x40000000, 0x123), gpa, &out);
	assert_int_equal(out.start_info.magic, XEN_HVM_START_MAGIC_VALUE);
	assert_int_equal(out.start_info.flags, 3);
	assert_int_equal(out.start_info.nr_modules, 1);
	assert_int_equal(out.start_info.rsdp_paddr, 0xf0000);
	assert_int_equal(out.start_info.memmap_entries, 2);
	assert_int_equal(out.start_info.modlist_paddr,
			 gpa + offsetof(struct handover, initramfs));
	assert_int_equal(out.start_info.memmap_paddr,
			 gpa + offsetof(struct handover, memmap));
	assert_int_equal(out.start_info.cmdline_paddr,
			 gpa + offsetof(struct handover, cmdline));
	assert_int_equal(out.initramfs.paddr, 0x40000000);
	assert_int_equal(out.initramfs.size, 0x123);
	assert_int_equal(out.memmap[1].addr, 0x50000000);
	assert_string_equal(out.cmdline, "a b");

	handover_build(&inputs, range_of(0, 0), gpa, &out);
	assert_int_equal(out.start_info.nr_modules, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_there),     TEST(test_one_module),
		TEST(test_command_lines), TEST(test_long_command_line),
		TEST(test_refused),       TEST(test_above_4g),
		TEST(test_handover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
