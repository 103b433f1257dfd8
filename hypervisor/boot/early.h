/* SPDX-License-Identifier: MIT */
#pragma once

#include "boot/region.h"

extern struct boot_region boot_region;

/* From head.S, on the boot page tables: reads what the boot loader says, moves
 * the hypervisor to its region and goes on in boot_main(). */
void boot_start(uint32_t magic, uint32_t info) noreturn;

/* boot/main.c */
void boot_main(void) noreturn;
