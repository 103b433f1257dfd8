/* SPDX-License-Identifier: MIT */
/*
 * Memory of the test program at the addresses of a guest's, since the loader
 * sees its guest memory one to one.
 */
#pragma once

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <xen/arch-x86/hvm/start_info.h>

#define MEMORY_START 0x10000000u
#define MEMORY_SIZE  0x04000000u

/* Setup function of a test: fresh memory. */
static inline int memory_map(void **state)
{
	(void)state;
	return mmap((void *)MEMORY_START, MEMORY_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		    0) == MAP_FAILED;
}

static inline int memory_unmap(void **state)
{
	(void)state;
	return munmap((void *)MEMORY_START, MEMORY_SIZE);
}

static inline void *memory_at(uint64_t gpa)
{
	return (void *)(uintptr_t)gpa;
}

static inline struct hvm_memmap_table_entry memory_entry(void)
{
	return (struct hvm_memmap_table_entry){
		.addr = MEMORY_START,
		.size = MEMORY_SIZE,
		.type = XEN_HVM_MEMMAP_TYPE_RAM,
	};
}
