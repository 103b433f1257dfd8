/* SPDX-License-Identifier: MIT */
#pragma once

#include "domain/p2m.h"

/* What the CPU is given as root of the nested tables. */
maddr_t p2m_root(const struct domain *d);

/*
 * Makes every translation of the domain that a TLB may hold disappear before
 * return: pCPUs in guest mode are made to leave it. Safe with locks held, since
 * a pCPU in guest mode holds none. Provided by domain/vcpu.c.
 */
void p2m_flush(struct domain *d);
