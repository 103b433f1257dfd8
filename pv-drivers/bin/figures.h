/* SPDX-License-Identifier: MIT */
/*
 * What disks did, in files that stand below FIGURES as those of the kernel's back
 * ends do below /sys/bus/xen-backend/devices: vbd-DOMAIN-NUMBER/statistics/rd_req.
 */
#pragma once

#include <stdint.h>

struct blk_counts;

/* Removes what a process before this one has left. */
void figures_begin(void);

/* Without a place to write there are no figures, which is no failure. */
void figures_write(uint16_t domain, uint32_t number,
		   const struct blk_counts *counts);
void figures_remove(uint16_t domain, uint32_t number);
