/* SPDX-License-Identifier: MIT */
/*
 * What a kernel with a PVH entry point is started with: the start info, and
 * the state of the first vCPU.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "libctl/build/layout.h"

struct start_inputs {
	const struct layout *layout;
	const char *cmdline; /* may be NULL */
	struct range initrd; /* empty if there is none */
	uint64_t rsdp;       /* guest address */
};

/* Bytes that start_build() writes. */
size_t start_size(const struct start_inputs *in);

/* Writes start info, module list, memory map and command line to `out` for a
 * guest that finds them at `gaddr`; the start info is the first. */
void start_build(const struct start_inputs *in, uint64_t gaddr, uint8_t *out);

/* Bytes of the records that start_context() writes. */
size_t start_context_size(unsigned int vcpus);

/* The save records of all vCPUs' memory types, and of vCPU 0 that is about to
 * enter the kernel at `entry` with its start info at `start_info`. `out` is
 * aligned for any type. */
void start_context(void *out, unsigned int vcpus, uint64_t entry,
		   uint64_t start_info);
