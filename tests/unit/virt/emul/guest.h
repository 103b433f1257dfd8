/* SPDX-License-Identifier: MIT */
/* A guest for the executor: registers, flat segments, a run of memory, ports. */
#pragma once

#include "virt/emul/emul.h"

#define EMUL_RBX 3
#define EMUL_RSP 4
/* Behind the general registers. */
#define EMUL_RIP    16
#define EMUL_RFLAGS 17

struct guest {
	struct emul emul;
	uint64_t regs[18];
	struct emul_segment segments[6];
	uint8_t *memory;
	uint64_t memory_base; /* linear */
	uint64_t memory_size;
	bool is_left_to_cpu; /* what is locked */

	unsigned int reads; /* how often memory and ports were reached */
	unsigned int writes;
	uint16_t port;
	uint64_t port_value;
	unsigned int port_size;
};

/* A guest in `mode` over `memory`. Segments have base 0 and no limit. */
void guest_init(struct guest *g, enum insn_mode mode, void *memory,
		uint64_t base, uint64_t size);

/* Decodes and runs, calling again after each EMUL_AGAIN. */
enum emul_result guest_run(struct guest *g, const uint8_t *bytes, size_t count);

/* One call of emul_execute(). */
enum emul_result guest_step(struct guest *g, const struct insn *i);
