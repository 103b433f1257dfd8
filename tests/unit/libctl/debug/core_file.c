/* SPDX-License-Identifier: MIT */
/* The head of a core file, as its readers find their way in it. */
#include "libctl/debug/core_file.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/user.h>

#include <cmocka.h>

#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)

static struct corbel_registers vcpus[2];
static struct core_head head;
static char *file;

static int set_up(void **state)
{
	(void)state;
	memset(vcpus, 0, sizeof(vcpus));
	vcpus[1].value[CORBEL_RIP] = 0x1234;
	vcpus[1].value[CORBEL_R15] = 0x5678;
	vcpus[1].value[CORBEL_GS_BASE] = 0x9abc;
	memset(&head, 0, sizeof(head));
	head.ranges[0] = range_of(0, 3 * GIB);
	head.ranges[1] = range_of(4 * GIB, MIB);
	head.range_count = 2;
	head.vcpus = vcpus;
	head.vcpu_count = 2;
	strcpy(head.note, "OSRELEASE=6.1");
	head.note_size = strlen(head.note);
	file = malloc(core_head_size(2));
	return file == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	free(file);
	return 0;
}

static const Elf64_Phdr *segment(unsigned int number)
{
	const Elf64_Ehdr *const e = (const Elf64_Ehdr *)file;

	assert_in_range(number, 0, e->e_phnum - 1);
	return (const Elf64_Phdr *)(file + e->e_phoff) + number;
}

static const Elf64_Nhdr *note(unsigned int number)
{
	const Elf64_Phdr *const notes = segment(0);
	const char *at = file + notes->p_offset;

	assert_int_equal(notes->p_type, PT_NOTE);
	while (number-- > 0) {
		const Elf64_Nhdr *const n = (const Elf64_Nhdr *)at;

		at += sizeof(*n) + (n->n_namesz + 3) / 4 * 4 +
		      (n->n_descsz + 3) / 4 * 4;
	}
	assert_true(at < file + notes->p_offset + notes->p_filesz);
	return (const Elf64_Nhdr *)at;
}

static const void *content(const Elf64_Nhdr *n)
{
	return (const char *)(n + 1) + (n->n_namesz + 3) / 4 * 4;
}

static void test_header(void **state)
{
	const Elf64_Ehdr *const e = (const Elf64_Ehdr *)file;

	(void)state;
	core_head_write(&head, file);
	assert_memory_equal(e->e_ident, ELFMAG, SELFMAG);
	assert_int_equal(e->e_type, ET_CORE);
	assert_int_equal(e->e_phnum, 3);
	assert_int_equal(core_head_size(2) % 4096, 0);
}

static void test_memory(void **state)
{
	const uint64_t begin = core_head_size(2);

	(void)state;
	core_head_write(&head, file);
	assert_true(segment(1)->p_paddr == 0);
	assert_true(segment(1)->p_vaddr == 0);
	assert_true(segment(1)->p_offset == begin);
	assert_true(segment(1)->p_filesz == 3 * GIB);
	assert_true(segment(2)->p_paddr == 4 * GIB);
	assert_true(segment(2)->p_offset == begin + 3 * GIB);
	assert_true(segment(2)->p_filesz == MIB);
	assert_true(core_offset(&head, 5 * MIB) == begin + 5 * MIB);
	assert_true(core_offset(&head, 4 * GIB + 7) == begin + 3 * GIB + 7);
}

static void test_virtual_addresses(void **state)
{
	(void)state;
	head.direct = (struct core_mapping){
		.known = true,
		.virtual = 0xffff888000000000,
	};
	head.kernel = (struct core_mapping){ true, 0xffffffff80000000, 2 * MIB,
					     16 * MIB };
	core_head_write(&head, file);
	assert_true(segment(1)->p_vaddr == 0xffffffff80000000);
	assert_true(segment(1)->p_paddr == 2 * MIB);
	assert_true(segment(1)->p_offset == core_head_size(2) + 2 * MIB);
	assert_true(segment(1)->p_memsz == 16 * MIB);
	assert_true(segment(2)->p_vaddr == 0xffff888000000000);
	assert_true(segment(3)->p_vaddr == 0xffff888000000000 + 4 * GIB);
}

static void test_notes(void **state)
{
	const struct elf_prstatus *status;
	struct user_regs_struct registers;

	(void)state;
	core_head_write(&head, file);
	assert_int_equal(note(1)->n_type, NT_PRSTATUS);
	status = content(note(1));
	memcpy(&registers, &status->pr_reg, sizeof(registers));
	assert_int_equal(status->pr_pid, 2);
	assert_int_equal(registers.rip, 0x1234);
	assert_int_equal(registers.r15, 0x5678);
	assert_int_equal(registers.gs_base, 0x9abc);
	assert_string_equal((const char *)(note(2) + 1), "VMCOREINFO");
	assert_int_equal(note(2)->n_descsz, head.note_size);
	assert_memory_equal(content(note(2)), head.note, head.note_size);
	head.note_size = CORE_NOTE_MAX;
	core_head_write(&head, file);
	assert_true(segment(0)->p_offset + segment(0)->p_filesz <=
		    core_head_size(2));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_header),
		TEST(test_memory),
		TEST(test_virtual_addresses),
		TEST(test_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
