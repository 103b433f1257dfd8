/* SPDX-License-Identifier: MIT */
/*
 * memory_op from 32-bit callers: firmware and small kernels. Longs, handles and
 * gfns have four bytes there; these rows widen the struct, run the usual
 * function, and narrow what it wrote. The service VM is a 64-bit one, so there
 * are no rows for what only it may do.
 */
#include "call/memory_op.h"

struct reservation32 {
	uint32_t extent_start;
	uint32_t nr_extents;
	uint32_t extent_order;
	uint32_t mem_flags;
	uint16_t domid;
};

struct add32 {
	uint16_t domid;
	uint16_t size;
	uint32_t space;
	uint32_t idx;
	uint32_t gpfn;
};

struct remove32 {
	uint16_t domid;
	uint32_t gpfn;
};

struct map32 {
	uint32_t nr_entries;
	uint32_t buffer;
};

static_assert(sizeof(struct reservation32) == 20, "i386 layout");
static_assert(sizeof(struct add32) == 16, "i386 layout");
static_assert(sizeof(struct remove32) == 8, "i386 layout");
static_assert(sizeof(struct map32) == 8, "i386 layout");

static void *pointer(uint32_t handle)
{
	return (void *)(uintptr_t)handle;
}

static struct xen_memory_reservation widen(const struct reservation32 *r)
{
	struct xen_memory_reservation w = {
		.nr_extents = r->nr_extents,
		.extent_order = r->extent_order,
		.mem_flags = r->mem_flags,
		.domid = r->domid,
	};

	w.extent_start.p = pointer(r->extent_start);
	return w;
}

static long increase(struct call *c, void *arg)
{
	struct xen_memory_reservation w = widen(arg);

	return memory_op_increase(c, &w);
}

static long decrease(struct call *c, void *arg)
{
	struct xen_memory_reservation w = widen(arg);

	return memory_op_decrease(c, &w);
}

static long populate(struct call *c, void *arg)
{
	struct xen_memory_reservation w = widen(arg);

	return memory_op_populate(c, &w);
}

static long add(struct call *c, void *arg)
{
	const struct add32 *op = arg;
	struct xen_add_to_physmap w = {
		.domid = op->domid,
		.size = op->size,
		.space = op->space,
		.idx = op->idx,
		.gpfn = op->gpfn,
	};

	return memory_op_add(c, &w);
}

static long remove(struct call *c, void *arg)
{
	const struct remove32 *op = arg;
	struct xen_remove_from_physmap w = {
		.domid = op->domid,
		.gpfn = op->gpfn,
	};

	return memory_op_remove(c, &w);
}

static long map(struct call *c, void *arg)
{
	struct map32 *op = arg;
	struct xen_memory_map w = { .nr_entries = op->nr_entries };

	w.buffer.p = pointer(op->buffer);

	const long rc = memory_op_map(c, &w);

	op->nr_entries = w.nr_entries;
	return rc;
}

/* clang-format off */
#define IN     CALL_SAME32 /* the structs above are the 32-bit layout */
#define IN_OUT (CALL_SAME32 | CALL_COPY_BACK)

static const struct call_op rows[] = {
	{ XENMEM_add_to_physmap, sizeof(struct add32), IN, add },
	{ XENMEM_remove_from_physmap, sizeof(struct remove32), IN, remove },
	{ XENMEM_populate_physmap, sizeof(struct reservation32), IN, populate },
	{ XENMEM_decrease_reservation, sizeof(struct reservation32), IN,
	  decrease },
	{ XENMEM_increase_reservation, sizeof(struct reservation32), IN,
	  increase },
	{ XENMEM_memory_map, sizeof(struct map32), IN_OUT, map },
	{ XENMEM_current_reservation, sizeof(struct xen_memory_domain), IN,
	  memory_op_current },
	{ XENMEM_maximum_reservation, sizeof(struct xen_memory_domain), IN,
	  memory_op_maximum },
	{ XENMEM_maximum_gpfn, sizeof(struct xen_memory_domain), IN,
	  memory_op_highest_gfn },
	{ XENMEM_maximum_ram_page, 0, CALL_NO_ARG, memory_op_highest_mfn },
};

/* clang-format on */

long memory_op32(struct call *c)
{
	return call_table_run(c, rows, ARRAY_SIZE(rows),
			      c->arg[0] & MEMORY_OP_MASK, c->arg[1]);
}
