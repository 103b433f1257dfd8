/* SPDX-License-Identifier: MIT */
/*
 * Port 0x61, "NMI status and control", without the 8254 behind it. Kernels read
 * it on every NMI they cannot explain, and all ones there would mean a memory
 * parity error and a bus error.
 */
#pragma once

#include "lib/types.h"

struct domain;

int vport61_create(struct domain *d) must_check;
