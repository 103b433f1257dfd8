/* SPDX-License-Identifier: MIT */
#include "libctl/debug/core_file.h"

#include <elf.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/user.h>

#define PAGE        4096u
#define NOTE_NAME   12u /* the longest, "VMCOREINFO", as it takes room */
#define SEGMENT_MAX (CORE_RANGES_MAX + 2u) /* notes, and the kernel once more */

static size_t align(size_t size, size_t to)
{
	return (size + to - 1) / to * to;
}

static size_t note_room(size_t size)
{
	return sizeof(Elf64_Nhdr) + NOTE_NAME + align(size, 4);
}

static size_t notes_offset(void)
{
	return sizeof(Elf64_Ehdr) + SEGMENT_MAX * sizeof(Elf64_Phdr);
}

size_t core_head_size(unsigned int vcpu_count)
{
	return align(notes_offset() +
			     vcpu_count *
				     note_room(sizeof(struct elf_prstatus)) +
			     note_room(CORE_NOTE_MAX),
		     PAGE);
}

uint64_t core_offset(const struct core_head *h, uint64_t physical)
{
	uint64_t offset = core_head_size(h->vcpu_count);

	for (unsigned int i = 0; i < h->range_count; i++) {
		const struct range *const r = &h->ranges[i];

		if (physical >= r->start && physical < r->end) {
			return offset + (physical - r->start);
		}
		offset += range_size(*r);
	}
	return offset;
}

static uint8_t *put_note(uint8_t *to, const char *name, uint32_t type,
			 const void *bytes, size_t size)
{
	const Elf64_Nhdr n = {
		.n_namesz = (Elf64_Word)strlen(name) + 1,
		.n_descsz = (Elf64_Word)size,
		.n_type = type,
	};

	memcpy(to, &n, sizeof(n));
	to += sizeof(n);
	memcpy(to, name, n.n_namesz);
	to += align(n.n_namesz, 4);
	memcpy(to, bytes, size);
	return to + align(size, 4);
}

static uint8_t *put_vcpu(uint8_t *to, unsigned int number,
			 const struct corbel_registers *r)
{
	const uint64_t *const v = r->value;
	const struct user_regs_struct u = {
		.rax = v[CORBEL_RAX],
		.rbx = v[CORBEL_RBX],
		.rcx = v[CORBEL_RCX],
		.rdx = v[CORBEL_RDX],
		.rsi = v[CORBEL_RSI],
		.rdi = v[CORBEL_RDI],
		.rbp = v[CORBEL_RBP],
		.rsp = v[CORBEL_RSP],
		.r8 = v[CORBEL_R8],
		.r9 = v[CORBEL_R9],
		.r10 = v[CORBEL_R10],
		.r11 = v[CORBEL_R11],
		.r12 = v[CORBEL_R12],
		.r13 = v[CORBEL_R13],
		.r14 = v[CORBEL_R14],
		.r15 = v[CORBEL_R15],
		.rip = v[CORBEL_RIP],
		.eflags = v[CORBEL_RFLAGS],
		.cs = v[CORBEL_CS],
		.ss = v[CORBEL_SS],
		.ds = v[CORBEL_DS],
		.es = v[CORBEL_ES],
		.fs = v[CORBEL_FS],
		.gs = v[CORBEL_GS],
		.fs_base = v[CORBEL_FS_BASE],
		.gs_base = v[CORBEL_GS_BASE],
		.orig_rax = UINT64_MAX, /* in no system call */
	};
	struct elf_prstatus status = { .pr_pid = (int)number + 1 };

	_Static_assert(sizeof(status.pr_reg) == sizeof(u), "the same words");
	memcpy(&status.pr_reg, &u, sizeof(u));
	return put_note(to, "CORE", NT_PRSTATUS, &status, sizeof(status));
}

/* Returns their size. */
static size_t put_notes(const struct core_head *h, uint8_t *out)
{
	uint8_t *to = out;

	for (unsigned int i = 0; i < h->vcpu_count; i++) {
		to = put_vcpu(to, i, &h->vcpus[i]);
	}
	if (h->note_size != 0) {
		to = put_note(to, "VMCOREINFO", 0, h->note, h->note_size);
	}
	return (size_t)(to - out);
}

static Elf64_Phdr memory_segment(const struct core_head *h, uint64_t physical,
				 uint64_t size, uint64_t virtual)
{
	return (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W | PF_X,
		.p_offset = core_offset(h, physical),
		.p_vaddr = virtual,
		.p_paddr = physical,
		.p_filesz = size,
		.p_memsz = size,
	};
}

/* Returns how many there are. */
static unsigned int put_segments(const struct core_head *h, Elf64_Phdr *out,
				 size_t notes)
{
	const struct core_mapping *const direct = &h->direct;
	unsigned int n = 0;

	out[n++] = (Elf64_Phdr){
		.p_type = PT_NOTE,
		.p_offset = notes_offset(),
		.p_filesz = notes,
		.p_memsz = notes,
	};
	if (h->kernel.known) {
		out[n++] = memory_segment(h, h->kernel.physical, h->kernel.size,
					  h->kernel.virtual);
	}
	for (unsigned int i = 0; i < h->range_count; i++) {
		const uint64_t start = h->ranges[i].start;

		out[n++] = memory_segment(
			h, start, range_size(h->ranges[i]),
			direct->known ? start + direct->virtual : start);
	}
	return n;
}

void core_head_write(const struct core_head *h, void *out)
{
	Elf64_Phdr segments[SEGMENT_MAX];
	Elf64_Ehdr e = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(e),
		.e_ehsize = sizeof(e),
		.e_phentsize = sizeof(segments[0]),
	};
	uint8_t *const bytes = out;
	size_t notes;

	memset(out, 0, core_head_size(h->vcpu_count));
	notes = put_notes(h, bytes + notes_offset());
	e.e_phnum = (Elf64_Half)put_segments(h, segments, notes);
	memcpy(bytes, &e, sizeof(e));
	memcpy(bytes + sizeof(e), segments, e.e_phnum * sizeof(segments[0]));
}
