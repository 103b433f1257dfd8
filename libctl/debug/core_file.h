/* SPDX-License-Identifier: MIT */
/*
 * The head of an ELF core file: what debuggers have to know of the memory behind
 * it. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libctl/corbel.h"
#include "svcvm/loader/place.h"

#define CORE_RANGES_MAX 4u
#define CORE_NOTE_MAX   8192u

/* A mapping of Linux, which its kernel was built with or has chosen: memory from
 * `physical` on is at `virtual`. */
struct core_mapping {
	bool known;
	uint64_t virtual;
	uint64_t physical;
	uint64_t size;
};

struct core_head {
	/* Of the guest's memory, in their order in the file; the first has the
	 * kernel. */
	struct range ranges[CORE_RANGES_MAX];
	unsigned int range_count;
	unsigned int vcpu_count; /* that were started */
	const struct corbel_registers *vcpus;
	/* Text of the guest's kernel about itself. */
	size_t note_size;
	char note[CORE_NOTE_MAX];
	struct core_mapping direct; /* all of memory */
	struct core_mapping kernel; /* the part that has the kernel */
};

/* Where memory begins in the file, whatever the note will be: a multiple of 4096. */
size_t core_head_size(unsigned int vcpu_count);
/* Where a physical address of a range is in the file. */
uint64_t core_offset(const struct core_head *h, uint64_t physical);
/* Writes core_head_size() bytes. */
void core_head_write(const struct core_head *h, void *out);
