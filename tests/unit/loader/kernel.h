/* SPDX-License-Identifier: MIT */
/*
 * A small ELF kernel for the loader's tests: two segments and a note.
 */
#pragma once

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define KERNEL_SIZE    0x4000u /* of the file */
#define KERNEL_NOTES   0x800u  /* where the note segment is in the file */
#define KERNEL_TEXT    0x1000u /* where the first segment is in the file */
#define KERNEL_DATA    0x3000u /* and the second */
#define KERNEL_HEADERS 3       /* note, text, data */

/* Its program headers, and what its note says. */
struct kernel {
	bool is_64;
	Elf64_Phdr headers[KERNEL_HEADERS];
	uint32_t note_type;
	uint32_t entry_size;
	uint64_t entry;
};

static inline struct kernel kernel_at(uint64_t paddr)
{
	return (struct kernel){
		.is_64 = true,
		.headers = {
			{ .p_type = PT_NOTE, .p_offset = KERNEL_NOTES,
			  .p_filesz = 0x2c, .p_align = 4 },
			{ .p_type = PT_LOAD, .p_offset = KERNEL_TEXT,
			  .p_filesz = 0x2000, .p_paddr = paddr,
			  .p_memsz = 0x2000, .p_align = 0x1000 },
			{ .p_type = PT_LOAD, .p_offset = KERNEL_DATA,
			  .p_filesz = 0x800, .p_paddr = paddr + 0x2000,
			  .p_memsz = 0x3000, .p_align = 0x1000 },
		},
		.note_type = 18,
		.entry_size = 8,
		.entry = paddr + 0x10,
	};
}

static inline uint8_t kernel_byte(uint64_t offset)
{
	return (uint8_t)(offset * 7 + offset / 256);
}

static inline void kernel_write_notes(const struct kernel *k, uint8_t *file)
{
	/* One note for somebody else comes first. */
	const struct {
		Elf64_Nhdr head;
		char name[4];
		uint8_t value[4];
	} other = { { 4, 3, 1 }, "GNU", { 1, 2, 3 } };

	const Elf64_Nhdr head = { 4, k->entry_size, k->note_type };
	uint8_t *at = file + k->headers[0].p_offset;

	memcpy(at, &other, sizeof(other));
	at += sizeof(other);
	memcpy(at, &head, sizeof(head));
	memcpy(at + sizeof(head), "Xen", 4);
	memcpy(at + sizeof(head) + 4, &k->entry, sizeof(k->entry));
}

static inline void kernel_write_headers64(const struct kernel *k, uint8_t *file)
{
	const Elf64_Ehdr e = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_phoff = sizeof(e),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = KERNEL_HEADERS,
	};

	memcpy(file, &e, sizeof(e));
	memcpy(file + sizeof(e), k->headers, sizeof(k->headers));
}

static inline void kernel_write_headers32(const struct kernel *k, uint8_t *file)
{
	const Elf32_Ehdr e = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, 1 },
		.e_type = ET_EXEC,
		.e_machine = EM_386,
		.e_phoff = sizeof(e),
		.e_phentsize = sizeof(Elf32_Phdr),
		.e_phnum = KERNEL_HEADERS,
	};
	Elf32_Phdr p[KERNEL_HEADERS];

	for (int i = 0; i < KERNEL_HEADERS; i++) {
		const Elf64_Phdr *h = &k->headers[i];

		p[i] = (Elf32_Phdr){
			.p_type = h->p_type,
			.p_offset = (uint32_t)h->p_offset,
			.p_paddr = (uint32_t)h->p_paddr,
			.p_filesz = (uint32_t)h->p_filesz,
			.p_memsz = (uint32_t)h->p_memsz,
			.p_align = (uint32_t)h->p_align,
		};
	}
	memcpy(file, &e, sizeof(e));
	memcpy(file + sizeof(e), p, sizeof(p));
}

/* Writes the file: KERNEL_SIZE bytes. */
static inline void kernel_write(const struct kernel *k, uint8_t *file)
{
	for (uint32_t i = 0; i < KERNEL_SIZE; i++) {
		file[i] = kernel_byte(i);
	}
	if (k->is_64) {
		kernel_write_headers64(k, file);
	} else {
		kernel_write_headers32(k, file);
	}
	kernel_write_notes(k, file);
}
