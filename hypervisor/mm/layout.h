/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's virtual address space. There is no map of all memory: what
 * is not listed here is not mapped (docs/memory.md).
 *
 *   ffff8200_00000000  windows: per pCPU, the only mappings of guests' frames
 *   ffff8280_00000000  device registers, mapped once and for ever
 *   ffff8290_00000000  firmware tables, mapped for a moment during boot
 *   ffff82a0_00000000  stacks, with a guard page below each
 *   ffff82c0_00000000  the frame table; one empty page stands for all its
 *                      pages that describe no RAM
 *   ffff8300_00000000  the heap
 *   ffffffff_80000000  the image
 */
#pragma once

#define IMAGE_LOAD    0x200000 /* machine address the image is linked for */
#define IMAGE_VBASE   0xffffffff80000000

#define WINDOW_BASE   0xffff820000000000
#define WINDOW_SLOTS  64 /* pages for each pCPU, a power of two */

#define DEVICE_BASE   0xffff828000000000
#define DEVICE_SIZE   0x0000001000000000
#define FIRMWARE_BASE 0xffff829000000000
#define FIRMWARE_SIZE 0x0000000010000000
#define STACK_BASE    0xffff82a000000000
#define FRAMES_BASE   0xffff82c000000000
#define HEAP_BASE     0xffff830000000000

#define STACK_PAGES   4 /* for each stack; one guard page below */
