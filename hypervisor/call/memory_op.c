/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_memory_op(cmd, argument): the table, RAM given and taken, and what
 * a domain may ask about its memory. memory_physmap.c has what is not RAM.
 *
 * 32-bit callers are firmware and small kernels: their structs are widened for
 * the same functions.
 */
#include "call/memory_op.h"
#include "domain/memory_map.h"
#include "domain/physmap.h"
#include "lib/string.h"

/* What we do not have: other nodes, and memory that comes when touched. */
#define FLAGS_REFUSED (XENMEMF_populate_on_demand | XENMEMF_vnode)

typedef int (*extent_op_t)(struct domain *d, gfn_t g, unsigned int order);

/* gfns in the list are longs of the caller's. */
static int read_gfn(struct call *c, const struct xen_memory_reservation *r,
		    uint64_t index, gfn_t *g)
{
	const size_t size = c->wide ? sizeof(uint64_t) : sizeof(uint32_t);
	const uint64_t list = (uintptr_t)r->extent_start.p;

	g->v = 0;
	return guest_read(c->vcpu, g, list + index * size, size);
}

/* The result is how many extents were done; the first that cannot be done ends
 * the call (ABI memory.h). A few are done at one go. */
static long run_extents(struct call *c, struct domain *d,
			const struct xen_memory_reservation *r, extent_op_t run)
{
	const uint64_t first = memory_op_done(c);
	const uint64_t step = r->extent_order == 0 ? MEMORY_OP_STEP : 1;

	for (uint64_t i = first; i < r->nr_extents; i++) {
		gfn_t g;

		if (i - first == step) {
			return memory_op_again(c, i);
		}
		if (read_gfn(c, r, i, &g) != 0) {
			return (long)i;
		}

		const int err = run(d, g, r->extent_order);

		if (err == -XEN_EAGAIN) {
			return memory_op_again(c, i);
		}
		if (err != 0) {
			return (long)i;
		}
	}
	return (long)r->nr_extents;
}

/* Of lists longer than we could count, and of extents that are not a page of
 * some size, none is done. */
static long change(struct call *c, const struct xen_memory_reservation *r,
		   extent_op_t run)
{
	const uint64_t limit =
		(c->wide ? UINT64_MAX : UINT32_MAX) >> MEMORY_OP_BITS;
	const bool order_ok = r->extent_order == P2M_ORDER_4K ||
			      r->extent_order == P2M_ORDER_2M;
	struct domain *d;
	const int err = call_target(c, r->domid, &d);

	if (err != 0) {
		return err;
	}
	if (r->nr_extents > limit || memory_op_done(c) >= r->nr_extents ||
	    !order_ok || (r->mem_flags & FLAGS_REFUSED) != 0) {
		return (long)memory_op_done(c);
	}
	return run_extents(c, d, r, run);
}

static long populate(struct call *c, void *arg)
{
	return change(c, arg, reservation_populate);
}

static long decrease(struct call *c, void *arg)
{
	return change(c, arg, physmap_remove_ram);
}

static long current(struct call *c, void *arg)
{
	const struct xen_memory_domain *op = arg;
	struct domain *d;
	const int err = call_target(c, op->domid, &d);

	return err != 0 ? err : (long)load_relaxed(&d->frame_count);
}

static long maximum(struct call *c, void *arg)
{
	const struct xen_memory_domain *op = arg;
	struct domain *d;
	const int err = call_target(c, op->domid, &d);

	/* "No limit" must not look like an error. */
	return err != 0 ? err : (long)min_u64(d->frame_max, INT64_MAX);
}

/* The buffer gets as many entries as it has room for. */
static long memory_map(struct call *c, void *arg)
{
	struct xen_memory_map *op = arg;
	const struct memory_map *map = c->vcpu->domain->memory_map;

	if (map == NULL) {
		return -XEN_ENOSYS;
	}
	op->nr_entries = (uint32_t)min_u64(op->nr_entries, map->count);
	return guest_write(c->vcpu, (uintptr_t)op->buffer.p, map->entry,
			   op->nr_entries * sizeof(map->entry[0]));
}

/* clang-format off */
#define SIZE(name) sizeof(struct xen_##name)

static const struct call_op rows[] = {
	{ XENMEM_add_to_physmap_batch, SIZE(add_to_physmap_batch), 0,
	  memory_op_add_batch },
	{ XENMEM_add_to_physmap, SIZE(add_to_physmap), 0, memory_op_add },
	{ XENMEM_remove_from_physmap, SIZE(remove_from_physmap), 0,
	  memory_op_remove },
	{ XENMEM_acquire_resource, SIZE(mem_acquire_resource),
	  CALL_PRIVILEGED | CALL_COPY_BACK, memory_op_resource },
	{ XENMEM_populate_physmap, SIZE(memory_reservation), 0, populate },
	{ XENMEM_decrease_reservation, SIZE(memory_reservation), 0, decrease },
	{ XENMEM_current_reservation, SIZE(memory_domain), CALL_SAME32,
	  current },
	{ XENMEM_maximum_reservation, SIZE(memory_domain), CALL_SAME32,
	  maximum },
	{ XENMEM_memory_map, SIZE(memory_map), CALL_COPY_BACK, memory_map },
	{ XENMEM_set_memory_map, SIZE(foreign_memory_map), CALL_PRIVILEGED,
	  memory_op_set_map },
	{ XENMEM_claim_pages, SIZE(memory_reservation), CALL_PRIVILEGED,
	  memory_op_claim },
};

/* The fields of these structs in order: a half word, a word, or a long, which
 * has four bytes for a 32-bit caller and eight for us. */
static const struct {
	const char *fields;
	long (*run)(struct call *c, void *arg);
} narrow[] = {
	[XENMEM_add_to_physmap] = { "hhwll", memory_op_add },
	[XENMEM_remove_from_physmap] = { "hl", memory_op_remove },
	[XENMEM_populate_physmap] = { "llwwh", populate },
	[XENMEM_decrease_reservation] = { "llwwh", decrease },
	[XENMEM_memory_map] = { "wl", memory_map },
};

/* clang-format on */

static void widen(char *to, const char *from, const char *fields)
{
	size_t out = 0;
	size_t in = 0;

	for (; *fields != '\0'; fields++) {
		const size_t size = *fields == 'h' ? 2 : 4;
		const size_t wide_size = *fields == 'l' ? 8 : size;

		in = align_up(in, size);
		out = align_up(out, wide_size);
		memcpy(to + out, from + in, size);
		in += size;
		out += wide_size;
	}
}

static long run_narrow(struct call *c, void *arg)
{
	const uint64_t op = c->arg[0] & MEMORY_OP_MASK;
	uint64_t wide[SIZE(memory_reservation) / sizeof(uint64_t)] = { 0 };

	widen((char *)wide, arg, narrow[op].fields);

	const long rc = narrow[op].run(c, wide);

	/* All that memory_map writes is its first word. */
	memcpy(arg, wide, sizeof(uint32_t));
	return rc;
}

/* clang-format off */
static const struct call_op narrow_rows[] = {
	{ XENMEM_add_to_physmap, 16, CALL_SAME32, run_narrow },
	{ XENMEM_remove_from_physmap, 8, CALL_SAME32, run_narrow },
	{ XENMEM_populate_physmap, 20, CALL_SAME32, run_narrow },
	{ XENMEM_decrease_reservation, 20, CALL_SAME32, run_narrow },
	{ XENMEM_memory_map, 8, CALL_SAME32 | CALL_COPY_BACK, run_narrow },
};

/* clang-format on */

long call_memory_op(struct call *c)
{
	const uint64_t op = c->arg[0] & MEMORY_OP_MASK;

	if (!c->wide && op < ARRAY_SIZE(narrow) && narrow[op].run != NULL) {
		return call_table_run(c, narrow_rows, ARRAY_SIZE(narrow_rows),
				      op, c->arg[1]);
	}
	return call_table_run(c, rows, ARRAY_SIZE(rows), op, c->arg[1]);
}
