/* SPDX-License-Identifier: MIT */
/*
 * memory_op on lists of extents: 2^order frames each, given by gfn. The result
 * is how many were done; the first that cannot be done ends the call (ABI
 * memory.h). A few are done at one go.
 */
#include "call/memory_op.h"
#include "domain/domain.h"
#include "domain/physmap.h"
#include "domain/reservation.h"

/* What we do not have: other nodes, and memory that comes when touched. */
#define FLAGS_REFUSED (XENMEMF_populate_on_demand | XENMEMF_vnode)

typedef int (*extent_op_t)(struct domain *d, gfn_t g, unsigned int order);

/* gfns in the list are longs of the caller's. */
static int read_gfn(struct call *c, const struct xen_memory_reservation *r,
		    uint64_t index, gfn_t *g)
{
	const size_t size = c->wide ? sizeof(uint64_t) : sizeof(uint32_t);
	const uint64_t list = (uint64_t)(uintptr_t)r->extent_start.p;

	g->v = 0;
	return guest_read(c->vcpu, g, list + index * size, size);
}

/* Frames count against the step, but one extent is always done. */
static uint64_t step_of(unsigned int order)
{
	return order < 6 ? MEMORY_OP_STEP >> order : 1;
}

static long run_extents(struct call *c, struct domain *d,
			const struct xen_memory_reservation *r, extent_op_t run)
{
	const uint64_t first = memory_op_done(c);

	for (uint64_t i = first; i < r->nr_extents; i++) {
		gfn_t g;

		if (i - first == step_of(r->extent_order)) {
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

/* Lists longer than we could count, or extents larger than `max_order`: none is
 * done. */
static bool can_begin(const struct call *c,
		      const struct xen_memory_reservation *r,
		      unsigned int max_order)
{
	const uint64_t limit =
		(c->wide ? UINT64_MAX : UINT32_MAX) >> MEMORY_OP_BITS;

	return r->nr_extents <= limit && memory_op_done(c) < r->nr_extents &&
	       r->extent_order <= max_order;
}

long memory_op_populate(struct call *c, void *arg)
{
	const struct xen_memory_reservation *r = arg;
	const unsigned int max_order =
		c->vcpu->domain->privileged ? P2M_ORDER_1G : P2M_ORDER_2M;
	struct domain *d;
	const int err = call_target(c, r->domid, &d);

	if (err != 0) {
		return err;
	}
	if (!can_begin(c, r, max_order) ||
	    (r->mem_flags & FLAGS_REFUSED) != 0) {
		return (long)memory_op_done(c);
	}
	return run_extents(c, d, r, reservation_populate);
}

long memory_op_decrease(struct call *c, void *arg)
{
	const struct xen_memory_reservation *r = arg;
	struct domain *d;
	const int err = call_target(c, r->domid, &d);

	if (err != 0) {
		return err;
	}
	if (!can_begin(c, r, P2M_ORDER_2M)) {
		return (long)memory_op_done(c);
	}
	return run_extents(c, d, r, physmap_remove_ram);
}

/* Frames that are nowhere in the address space are of no use to a translated
 * domain: none is ever given. */
long memory_op_increase(struct call *c, void *arg)
{
	const struct xen_memory_reservation *r = arg;
	struct domain *d;

	return call_target(c, r->domid, &d);
}

long memory_op_claim(struct call *c, void *arg)
{
	const struct xen_memory_reservation *r = arg;
	struct domain *d;
	const int err = call_target(c, r->domid, &d);

	if (err != 0) {
		return err;
	}
	if (r->extent_start.p != NULL || r->extent_order != 0 ||
	    r->mem_flags != 0) {
		return -XEN_EINVAL;
	}
	return reservation_claim(d, r->nr_extents);
}
