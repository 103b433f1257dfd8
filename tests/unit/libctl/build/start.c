/* SPDX-License-Identifier: MIT */
#include "libctl/build/start.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <xen/hvm/save.h>

#define GADDR 0x3fff000u

static struct layout l;

static void tables_follow_the_start_info(void **state)
{
	struct start_inputs in = { .layout = &l,
				   .cmdline = "quiet",
				   .rsdp = 0xfc000000 };
	const struct hvm_start_info *info;
	uint8_t *out;

	(void)state;
	layout_init(&l, 6 << 20);
	out = malloc(start_size(&in));
	start_build(&in, GADDR, out);
	info = (const void *)out;
	assert_int_equal(info->magic, 0x336ec578);
	assert_int_equal(info->version, 1);
	assert_int_equal(info->flags, 0);
	assert_int_equal(info->nr_modules, 0);
	assert_int_equal(info->memmap_entries, 4);
	assert_memory_equal(out + (info->memmap_paddr - GADDR), l.map,
			    4 * sizeof(l.map[0]));
	assert_string_equal(out + (info->cmdline_paddr - GADDR), "quiet");
	assert_int_equal(info->cmdline_paddr - GADDR + 6, start_size(&in));
	free(out);
}

static void no_command_line_is_an_empty_one(void **state)
{
	struct start_inputs in = { .layout = &l };
	uint8_t *out = malloc(start_size(&in));

	(void)state;
	layout_init(&l, 64 << 10);
	start_build(&in, GADDR, out);
	assert_string_equal(
		out + (((struct hvm_start_info *)out)->cmdline_paddr - GADDR),
		"");
	free(out);
}

static void initrd_is_the_one_module(void **state)
{
	struct start_inputs in = { .layout = &l,
				   .initrd = { 0x2000000, 0x2345678 } };
	uint8_t *out = malloc(start_size(&in));
	const struct hvm_start_info *info = (const void *)out;
	const struct hvm_modlist_entry *module;

	(void)state;
	layout_init(&l, 64 << 10);
	start_build(&in, GADDR, out);
	assert_int_equal(info->nr_modules, 1);
	module = (const void *)(out + (info->modlist_paddr - GADDR));
	assert_int_equal(module->paddr, 0x2000000);
	assert_int_equal(module->size, 0x345678);
	free(out);
}

/* Header, one MTRR record for each vCPU, one CPU, end; nothing behind. */
static void records_of_the_vcpus(void **state)
{
	const uint16_t codes[] = { 1, 14, 14, 14, 2, 0 };
	const size_t size = start_context_size(3);
	uint8_t *out = malloc(size);
	size_t at = 0;

	(void)state;
	start_context(out, 3, 0x1000850, GADDR);
	for (size_t i = 0; i < 6; i++) {
		const struct hvm_save_descriptor *d = (void *)(out + at);

		assert_int_equal(d->typecode, codes[i]);
		at += sizeof(*d) + d->length;
	}
	assert_int_equal(at, size);
	free(out);
}

static void first_vcpu_is_in_protected_mode(void **state)
{
	const size_t size = start_context_size(1);
	uint8_t *out = malloc(size);
	const struct hvm_hw_cpu *cpu;
	const struct hvm_save_descriptor *d;

	(void)state;
	start_context(out, 1, 0x1000850, GADDR);
	d = (void *)(out + size - 8 - 8 - sizeof(*cpu));
	assert_int_equal(d->typecode, 2);
	cpu = (const void *)(d + 1);
	assert_int_equal(cpu->rip, 0x1000850);
	assert_int_equal(cpu->rbx, GADDR);
	assert_int_equal(cpu->rflags, 2);
	assert_int_equal(cpu->cr0, 0x11);
	assert_int_equal(cpu->cr4, 0);
	assert_int_equal(cpu->msr_efer, 0);
	assert_int_equal(cpu->cs_limit, 0xffffffff);
	assert_int_equal(cpu->cs_arbytes, 0xc9b);
	assert_int_equal(cpu->ds_arbytes, 0xc93);
	assert_int_equal(cpu->es_arbytes, 0xc93);
	assert_int_equal(cpu->ss_arbytes, 0xc93);
	assert_int_equal(cpu->tr_limit, 0x67);
	assert_int_equal(cpu->tr_arbytes, 0x8b);
	assert_int_equal(cpu->dr6, 0xffff0ff0);
	assert_int_equal(cpu->dr7, 0x400);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_follow_the_start_info),
		cmocka_unit_test(no_command_line_is_an_empty_one),
		cmocka_unit_test(initrd_is_the_one_module),
		cmocka_unit_test(records_of_the_vcpus),
		cmocka_unit_test(first_vcpu_is_in_protected_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
