/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor must know of the service VM's loader.
 *
 * `loader.bin` is a flat binary that runs at any 2 MiB aligned guest physical
 * address below 4 GiB. The hypervisor copies it there, leaves the rest of
 * `total_size` free and starts vCPU 0 at the first byte in the PVH entry
 * state: 32-bit protected mode without paging, flat segments, IF clear,
 * EBX = address of a version 1 hvm_start_info. The loader clears its own bss.
 *
 * The start info's modules are the kernel image, and at most one initramfs.
 * Its root pointer is a copy of the machine's, at the start of LOADER_ACPI_SIZE
 * bytes of type ACPI, in which the loader builds tables of the service VM's own.
 * Everything the kernel is to find later, other than these and the start info
 * with its tables and command lines, must not be of type RAM in the memory
 * map, since the loader uses whatever RAM it finds free.
 */
#pragma once

#define LOADER_MAGIC     0x444c4243 /* "CBLD" */
#define LOADER_ALIGN     0x200000   /* of the load address, in bytes */
#define LOADER_ACPI_SIZE 0x2000 /* for the vCPUs and I/O APICs of any machine */

#ifndef __ASSEMBLER__
#include <stdint.h>

/* The first bytes of loader.bin. Sizes are in bytes. */
struct loader_header {
	uint8_t jump[4];     /* the entry point: a jump over this header */
	uint32_t magic;      /* LOADER_MAGIC */
	uint32_t image_size; /* bytes of the file, to be copied */
	uint32_t total_size; /* image, bss and stack: RAM to set aside */
};

_Static_assert(sizeof(struct loader_header) == 16, "start.S lays it out");
#endif
