/* SPDX-License-Identifier: MIT */
/*
 * A clock that stands still until the test moves it, and what else the time
 * calls need of the machine. Defines functions: for one file of a program.
 */
#pragma once

#include "core/clock.h"
#include "core/sched.h"
#include "domain/guest_copy.h"

static uint64_t fake_clock = 1000;
static bool fake_unmapped; /* guest_translate() finds nothing */

struct clock_scale clock_scale = {
	.tsc_base = 0x123456789,
	.ns_base = 5,
	.mul = 0x80000001,
	.shift = -1,
	.tsc_stable = true,
};

uint64_t clock_now(void)
{
	return fake_clock;
}

void clock_wall_get(uint64_t *sec, uint32_t *nsec)
{
	*sec = UINT64_C(0x1fffffff0);
	*nsec = 77;
}

void smp_kick(unsigned int cpu)
{
	(void)cpu;
}

int guest_translate(struct vcpu *v, uint64_t linear, bool write, gaddr_t *out)
{
	(void)v;
	(void)write;
	*out = gaddr(linear);
	return fake_unmapped ? -XEN_EFAULT : 0;
}
