/* SPDX-License-Identifier: MIT */
/*
 * Reads what a loader needs from an ELF kernel: its segments by physical
 * address, and the PVH entry point, which is Xen ELF note 18.
 *
 * Both ELF classes become one neutral form first; all checks are on that.
 */
#include "svcvm/loader/elf.h"

#include <elf.h>
#include <string.h>
#include <xen/elfnote.h>

/* What both classes' file headers say, in common types. */
struct header {
	bool is_64;
	uint64_t phoff;
	uint32_t phentsize;
	uint32_t phnum;
};

bool elf_is(const struct bytes *file)
{
	return bytes_hold(file, 0, SELFMAG) &&
	       memcmp(file->data, ELFMAG, SELFMAG) == 0;
}

static int read_header64(const struct bytes *file, struct header *h,
			 struct report *why)
{
	Elf64_Ehdr e;

	if (!bytes_read(file, 0, &e, sizeof(e))) {
		return report_error(why, "truncated ELF header");
	}
	if (e.e_machine != EM_X86_64 || e.e_type != ET_EXEC) {
		return report_error(why,
				    "ELF64 machine %u type %u, not an "
				    "x86-64 executable",
				    e.e_machine, e.e_type);
	}
	h->is_64 = true;
	h->phoff = e.e_phoff;
	h->phentsize = e.e_phentsize;
	h->phnum = e.e_phnum;
	return 0;
}

static int read_header32(const struct bytes *file, struct header *h,
			 struct report *why)
{
	Elf32_Ehdr e;

	if (!bytes_read(file, 0, &e, sizeof(e))) {
		return report_error(why, "truncated ELF header");
	}
	if (e.e_machine != EM_386 || e.e_type != ET_EXEC) {
		return report_error(why,
				    "ELF32 machine %u type %u, not an "
				    "i386 executable",
				    e.e_machine, e.e_type);
	}
	h->is_64 = false;
	h->phoff = e.e_phoff;
	h->phentsize = e.e_phentsize;
	h->phnum = e.e_phnum;
	return 0;
}

static int check_table(const struct bytes *file, const struct header *h,
		       struct report *why)
{
	const size_t least = h->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	if (h->phentsize < least) {
		return report_error(why,
				    "program headers of %u bytes are too "
				    "small",
				    h->phentsize);
	}
	if (!bytes_hold(file, h->phoff, (uint64_t)h->phentsize * h->phnum)) {
		return report_error(why,
				    "%u program headers at %#lx are "
				    "beyond the end of the file (%#lx)",
				    h->phnum, h->phoff, file->size);
	}
	return 0;
}

static int read_header(const struct bytes *file, struct header *h,
		       struct report *why)
{
	unsigned char ident[EI_NIDENT];
	int rc;

	if (!bytes_read(file, 0, ident, sizeof(ident))) {
		return report_error(why, "%lu bytes are too few for a kernel",
				    file->size);
	}
	if (!elf_is(file)) {
		return report_error(why, "neither an ELF file nor a bzImage");
	}
	if (ident[EI_DATA] != ELFDATA2LSB) {
		return report_error(why,
				    "ELF data encoding %u is not little "
				    "endian",
				    ident[EI_DATA]);
	}

	if (ident[EI_CLASS] == ELFCLASS64) {
		rc = read_header64(file, h, why);
	} else if (ident[EI_CLASS] == ELFCLASS32) {
		rc = read_header32(file, h, why);
	} else {
		rc = report_error(why, "unknown ELF class %u", ident[EI_CLASS]);
	}
	return rc != 0 ? rc : check_table(file, h, why);
}

/* Reads program header `i`; the table is known to be inside the file. */
static void read_program_header(const struct bytes *file,
				const struct header *h, uint32_t i,
				Elf64_Phdr *out)
{
	const uint64_t offset = h->phoff + (uint64_t)h->phentsize * i;
	Elf32_Phdr p;

	if (h->is_64) {
		bytes_read(file, offset, out, sizeof(*out));
		return;
	}
	bytes_read(file, offset, &p, sizeof(p));
	*out = (Elf64_Phdr){
		.p_type = p.p_type,
		.p_offset = p.p_offset,
		.p_paddr = p.p_paddr,
		.p_filesz = p.p_filesz,
		.p_memsz = p.p_memsz,
		.p_align = p.p_align,
	};
}

static int check_segment(const struct bytes *file, const Elf64_Phdr *p,
			 uint32_t i, struct report *why)
{
	if (!bytes_hold(file, p->p_offset, p->p_filesz)) {
		return report_error(why,
				    "truncated: segment %u (file %#lx+"
				    "%#lx) is beyond the end of the file "
				    "(%#lx)",
				    i, p->p_offset, p->p_filesz, file->size);
	}
	if (p->p_memsz < p->p_filesz) {
		return report_error(why,
				    "segment %u has %#lx bytes in the "
				    "file but %#lx in memory",
				    i, p->p_filesz, p->p_memsz);
	}
	if (p->p_memsz > UINT64_MAX - p->p_paddr) {
		return report_error(why, "segment %u (%#lx+%#lx) wraps around",
				    i, p->p_paddr, p->p_memsz);
	}
	return 0;
}

static int check_overlap(const struct elf_image *image,
			 const struct elf_segment *s, struct report *why)
{
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *o = &image->segments[i];

		if (s->paddr < o->paddr + o->memory_size &&
		    o->paddr < s->paddr + s->memory_size) {
			return report_error(why,
					    "segments %u (%#lx+%#lx) and "
					    "%u (%#lx+%#lx) overlap",
					    o->index, o->paddr, o->memory_size,
					    s->index, s->paddr, s->memory_size);
		}
	}
	return 0;
}

static int add_segment(const struct bytes *file, const Elf64_Phdr *p,
		       uint32_t i, struct elf_image *out, struct report *why)
{
	const struct elf_segment segment = {
		.index = i,
		.offset = p->p_offset,
		.file_size = p->p_filesz,
		.paddr = p->p_paddr,
		.memory_size = p->p_memsz,
	};
	int rc;

	rc = check_segment(file, p, i, why);
	if (rc != 0 || p->p_memsz == 0) {
		return rc;
	}
	rc = check_overlap(out, &segment, why);
	if (rc != 0) {
		return rc;
	}
	if (out->segment_count == ELF_SEGMENTS_MAX) {
		return report_error(why, "more than %u segments to load",
				    ELF_SEGMENTS_MAX);
	}
	out->segments[out->segment_count++] = segment;
	return 0;
}

/* Reads the entry from the note's descriptor, of 4 or 8 bytes. */
static int read_entry(const struct bytes *notes, uint64_t offset, uint32_t size,
		      struct elf_image *out, struct report *why)
{
	uint64_t entry = 0;

	if (size != 4 && size != 8) {
		return report_error(why,
				    "PHYS32_ENTRY note has %u bytes, "
				    "not 4 or 8",
				    size);
	}
	bytes_read(notes, offset, &entry, size);
	out->entry = entry;
	return 0;
}

static bool is_entry_note(const struct bytes *notes, const Elf64_Nhdr *note,
			  uint64_t name)
{
	return note->n_type == XEN_ELFNOTE_PHYS32_ENTRY &&
	       note->n_namesz == sizeof("Xen") &&
	       memcmp(notes->data + name, "Xen", sizeof("Xen")) == 0;
}

/*
 * Looks for the entry in one PT_NOTE segment. The two classes' note headers
 * are the same; a segment aligned to 8 also aligns what is in its notes so.
 */
static int scan_notes(const struct bytes *notes, uint64_t align, bool *found,
		      struct elf_image *out, struct report *why)
{
	const uint64_t mask = align == 8 ? 7 : 3;
	uint64_t at = 0;
	Elf64_Nhdr note;

	while (bytes_read(notes, at, &note, sizeof(note))) {
		const uint64_t name = at + sizeof(note);
		const uint64_t desc = (name + note.n_namesz + mask) & ~mask;

		if (!bytes_hold(notes, name, note.n_namesz) ||
		    !bytes_hold(notes, desc, note.n_descsz)) {
			return report_error(why,
					    "malformed ELF note at %#lx "
					    "of its segment",
					    at);
		}
		if (is_entry_note(notes, &note, name)) {
			*found = true;
			return read_entry(notes, desc, note.n_descsz, out, why);
		}
		at = (desc + note.n_descsz + mask) & ~mask;
	}
	return 0;
}

static int read_note_segment(const struct bytes *file, const Elf64_Phdr *p,
			     uint32_t i, bool *found, struct elf_image *out,
			     struct report *why)
{
	if (!bytes_hold(file, p->p_offset, p->p_filesz)) {
		return report_error(why,
				    "truncated: note segment %u (file "
				    "%#lx+%#lx) is beyond the end of the file "
				    "(%#lx)",
				    i, p->p_offset, p->p_filesz, file->size);
	}

	const struct bytes notes = { file->data + p->p_offset, p->p_filesz };

	return scan_notes(&notes, p->p_align, found, out, why);
}

static bool holds_entry(const struct elf_image *image)
{
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *s = &image->segments[i];

		if (image->entry >= s->paddr &&
		    image->entry - s->paddr < s->memory_size) {
			return true;
		}
	}
	return false;
}

static int read_program_headers(const struct bytes *file,
				const struct header *h, bool *found,
				struct elf_image *out, struct report *why)
{
	Elf64_Phdr p;
	int rc = 0;

	for (uint32_t i = 0; i < h->phnum && rc == 0; i++) {
		read_program_header(file, h, i, &p);
		if (p.p_type == PT_LOAD) {
			rc = add_segment(file, &p, i, out, why);
		} else if (p.p_type == PT_NOTE && !*found) {
			rc = read_note_segment(file, &p, i, found, out, why);
		}
	}
	return rc;
}

int elf_read(const struct bytes *file, struct elf_image *out,
	     struct report *why)
{
	struct header h = { .is_64 = false };
	bool found = false;
	int rc;

	out->segment_count = 0;
	rc = read_header(file, &h, why);
	if (rc != 0) {
		return rc;
	}
	rc = read_program_headers(file, &h, &found, out, why);
	if (rc != 0) {
		return rc;
	}
	if (!found) {
		return report_error(why, "no PHYS32_ENTRY note: not a kernel "
					 "with a PVH entry point");
	}
	if (!holds_entry(out)) {
		return report_error(why, "entry point %#lx is in no segment",
				    out->entry);
	}
	return 0;
}
