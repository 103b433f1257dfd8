/* SPDX-License-Identifier: MIT */
/* memory_op on what stands at a gfn and is not RAM of the domain: pages of the
 * hypervisor's, frames of other domains. */
#include "call/memory_op.h"
#include "domain/grant.h"
#include "domain/physmap.h"
#include "domain/pvclock.h"
#include "domain/trace.h"

static int add_shared_info(struct call *c, struct domain *d, uint64_t index,
			   gfn_t g)
{
	if (index != 0) {
		return -XEN_EINVAL;
	}

	const int err = physmap_move_page(d, g, d->shared_info);

	/* The guest says how it will read it. */
	if (err == 0 && d == c->vcpu->domain) {
		pvclock_latch_width(d, c->wide);
	}
	return err;
}

/* The index comes with a bit that selects the status frames. */
static int add_grant_frame(struct domain *d, uint64_t index, gfn_t g)
{
	const bool status = (index & XENMAPIDX_grant_table_status) != 0;
	void *page;

	index &= ~(uint64_t)XENMAPIDX_grant_table_status;
	if (index > UINT32_MAX) {
		return -XEN_EINVAL;
	}

	const int err = grant_frame(d, (uint32_t)index, status, &page);

	return err != 0 ? err : physmap_move_page(d, g, page);
}

long memory_op_add(struct call *c, void *arg)
{
	const struct xen_add_to_physmap *op = arg;
	struct domain *d;
	const int err = call_target(c, op->domid, &d);

	if (err != 0) {
		return err;
	}
	switch (op->space) {
	case XENMAPSPACE_shared_info:
		return add_shared_info(c, d, op->idx, gfn(op->gpfn));
	case XENMAPSPACE_grant_table:
		return add_grant_frame(d, op->idx, gfn(op->gpfn));
	default:
		return -XEN_EINVAL;
	}
}

/* One of a batch: where it comes from, where it goes, what became of it. 0
 * unless the lists cannot be read or written. Without an owner it is one of the
 * hypervisor's own frames. */
static int add_foreign(struct call *c, struct domain *d, struct domain *owner,
		       const struct xen_add_to_physmap_batch *op, uint64_t i)
{
	const uint64_t indices = (uintptr_t)op->idxs.p;
	const uint64_t gfns = (uintptr_t)op->gpfns.p;
	const uint64_t errors = (uintptr_t)op->errs.p;
	gfn_t from;
	gfn_t to;

	if (guest_read(c->vcpu, &from, indices + i * 8, 8) != 0 ||
	    guest_read(c->vcpu, &to, gfns + i * 8, 8) != 0) {
		return -XEN_EFAULT;
	}

	const int32_t rc = owner == NULL
				   ? trace_map(d, to, mfn(from.v))
				   : physmap_add_foreign(d, to, owner, from);

	return guest_write(c->vcpu, errors + i * 4, &rc, sizeof(rc));
}

/* Batches are for other domains' frames, which only the service VM reaches. */
long memory_op_add_batch(struct call *c, void *arg)
{
	const struct xen_add_to_physmap_batch *op = arg;
	const uint64_t first = memory_op_done(c);
	struct domain *owner = NULL;
	struct domain *d;
	int err = call_target(c, op->domid, &d);

	if (err == 0 && op->space != XENMAPSPACE_gmfn_foreign) {
		err = -XEN_EINVAL;
	}
	if (err == 0 && op->u.foreign_domid != DOMID_XEN) {
		err = call_target(c, op->u.foreign_domid, &owner);
	}
	for (uint64_t i = first; err == 0 && i < op->size; i++) {
		if (i - first == MEMORY_OP_STEP) {
			return memory_op_again(c, i);
		}
		err = add_foreign(c, d, owner, op, i);
	}
	return err;
}

long memory_op_remove(struct call *c, void *arg)
{
	const struct xen_remove_from_physmap *op = arg;
	struct domain *d;
	const int err = call_target(c, op->domid, &d);

	return err != 0 ? err : physmap_remove(d, gfn(op->gpfn));
}

static int check_resource(const struct xen_mem_acquire_resource *op)
{
	if (op->type != XENMEM_resource_grant_table) {
		return -XEN_EOPNOTSUPP;
	}
	return op->pad != 0 || op->frame > UINT32_MAX - op->nr_frames ||
			       op->id > XENMEM_resource_grant_table_id_status
		       ? -XEN_EINVAL
		       : 0;
}

static long resource_size(struct domain *d, struct xen_mem_acquire_resource *op)
{
	struct gnttab_query_size size = { .dom = DOMID_SELF };

	if (op->frame_list.p != NULL) {
		return -XEN_EINVAL;
	}
	grant_query_size(d, &size);
	op->nr_frames = size.max_nr_frames;
	return 0;
}

/* The list says at which of the caller's gfns the frames shall appear. */
static int map_resource(struct call *c, struct domain *d,
			const struct xen_mem_acquire_resource *op, uint64_t i)
{
	const uint64_t list = (uintptr_t)op->frame_list.p;
	const bool status = op->id == XENMEM_resource_grant_table_id_status;
	void *page;
	gfn_t g;

	if (guest_read(c->vcpu, &g, list + i * 8, 8) != 0) {
		return -XEN_EFAULT;
	}

	const int err =
		grant_frame(d, (uint32_t)(op->frame + i), status, &page);

	return err != 0 ? err : physmap_add_page(c->vcpu->domain, g, page);
}

/* A list that was done in part is an I/O error; the caller clears it up. */
long memory_op_resource(struct call *c, void *arg)
{
	struct xen_mem_acquire_resource *op = arg;
	const uint64_t first = memory_op_done(c);
	struct domain *d;
	int err = call_target(c, op->domid, &d);

	if (err == 0) {
		err = check_resource(op);
	}
	if (err != 0) {
		return err;
	}
	if (op->nr_frames == 0) {
		return resource_size(d, op);
	}
	for (uint64_t i = first; i < op->nr_frames; i++) {
		if (i - first == MEMORY_OP_STEP) {
			return memory_op_again(c, i);
		}
		err = map_resource(c, d, op, i);
		if (err != 0) {
			return i == 0 ? err : -XEN_EIO;
		}
	}
	return 0;
}
