/* SPDX-License-Identifier: MIT */
/*
 * A guest under a debugger, in memory: vCPUs 0 and 1 were started, 2 was not. What
 * happens while it runs, the test says.
 */
#pragma once

#include "libctl/corbel.h"

#define FAKE_DEBUG_VCPUS  3u
#define FAKE_DEBUG_BASE   UINT64_C(0xffffffff81000000)
#define FAKE_DEBUG_MEMORY 0x2000u

struct corbel_debug {
	struct corbel_registers registers[FAKE_DEBUG_VCPUS];
	uint8_t memory[FAKE_DEBUG_MEMORY];
	enum corbel_debug_action actions[FAKE_DEBUG_VCPUS];
	bool running;
	bool cannot_run;
	unsigned int runs, passes, interrupts;
	enum corbel_debug_event event; /* the next, and whose */
	unsigned int vcpu;
};

/* Memory counts up; each register has its number and its vCPU's. */
void fake_debug_init(struct corbel_debug *d);
