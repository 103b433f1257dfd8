/* SPDX-License-Identifier: MIT */
/* memory_op on what stands at a gfn: pages of the hypervisor's, frames of other
 * domains, RAM that moves. */
#include "call/memory_op.h"
#include "domain/domain.h"
#include "domain/grant.h"
#include "domain/hvm_params.h"
#include "domain/physmap.h"

/* One page to be placed. */
struct placement {
	struct domain *domain;
	gfn_t gfn;
	uint64_t index; /* in the space it comes from */
};

static int add_shared_info(struct call *c, const struct placement *p)
{
	struct domain *d = p->domain;

	if (p->index != 0) {
		return -XEN_EINVAL;
	}

	const int err = physmap_add_own_page(d, p->gfn, d->shared_info);

	/* The guest says how it will read it. */
	if (err == 0 && d == c->vcpu->domain) {
		hvm_params_latch_width(d, c->wide);
	}
	return err;
}

/* The index comes with a bit that selects the status frames. */
static int add_grant_frame(const struct placement *p)
{
	const bool status = (p->index & XENMAPIDX_grant_table_status) != 0;
	const uint64_t index =
		p->index & ~(uint64_t)XENMAPIDX_grant_table_status;
	void *page;

	if (index > UINT32_MAX) {
		return -XEN_EINVAL;
	}

	const int err = grant_frame(p->domain, (uint32_t)index, status, &page);

	return err != 0 ? err : physmap_add_own_page(p->domain, p->gfn, page);
}

static int add_one(struct call *c, unsigned int space,
		   const struct placement *p)
{
	switch (space) {
	case XENMAPSPACE_shared_info:
		return add_shared_info(c, p);
	case XENMAPSPACE_grant_table:
		return add_grant_frame(p);
	case XENMAPSPACE_gmfn:
		return physmap_move(p->domain, gfn(p->index), p->gfn);
	default:
		return -XEN_EINVAL;
	}
}

/* Like XENMAPSPACE_gmfn, `size` times. */
static long move_range(struct call *c, struct domain *d,
		       const struct xen_add_to_physmap *op)
{
	const uint64_t first = memory_op_done(c);

	for (uint64_t i = first; i < op->size; i++) {
		if (i - first == MEMORY_OP_STEP) {
			return memory_op_again(c, i);
		}

		const int err =
			physmap_move(d, gfn(op->idx + i), gfn(op->gpfn + i));

		if (err != 0) {
			return err;
		}
	}
	return 0;
}

long memory_op_add(struct call *c, void *arg)
{
	const struct xen_add_to_physmap *op = arg;
	struct placement p = { .gfn = { op->gpfn }, .index = op->idx };
	const int err = call_target(c, op->domid, &p.domain);

	if (err != 0) {
		return err;
	}
	return op->space == XENMAPSPACE_gmfn_range ? move_range(c, p.domain, op)
						   : add_one(c, op->space, &p);
}

/* Where an element of a batch comes from, goes, and has its result. */
struct batch {
	uint64_t indices;
	uint64_t gfns;
	uint64_t errors;
	unsigned int space;
	struct domain *domain;
	struct domain *owner; /* of foreign frames */
};

/* 0 unless the lists cannot be read or written. */
static int add_element(struct call *c, const struct batch *b, uint64_t i)
{
	struct placement p = { .domain = b->domain };

	if (guest_read(c->vcpu, &p.index, b->indices + i * 8, 8) != 0 ||
	    guest_read(c->vcpu, &p.gfn.v, b->gfns + i * 8, 8) != 0) {
		return -XEN_EFAULT;
	}

	const int32_t rc = b->owner != NULL
				   ? physmap_add_foreign(p.domain, p.gfn,
							 b->owner, gfn(p.index))
				   : add_one(c, b->space, &p);

	return guest_write(c->vcpu, b->errors + i * 4, &rc, sizeof(rc));
}

/* Another domain's frames are the service VM's to reach. */
static int find_owner(struct call *c, const struct xen_add_to_physmap_batch *op,
		      struct batch *b)
{
	if (op->space != XENMAPSPACE_gmfn_foreign) {
		return op->u.res0 != 0 ? -XEN_EINVAL : 0;
	}
	if (!c->vcpu->domain->privileged) {
		return -XEN_EPERM;
	}
	b->owner = domain_resolve(c->vcpu->domain, op->u.foreign_domid);
	return b->owner == NULL ? -XEN_ESRCH : 0;
}

static int read_batch(struct call *c, const struct xen_add_to_physmap_batch *op,
		      struct batch *b)
{
	const int err = call_target(c, op->domid, &b->domain);

	b->space = op->space;
	b->owner = NULL;
	b->indices = (uint64_t)(uintptr_t)op->idxs.p;
	b->gfns = (uint64_t)(uintptr_t)op->gpfns.p;
	b->errors = (uint64_t)(uintptr_t)op->errs.p;
	return err != 0 ? err : find_owner(c, op, b);
}

long memory_op_add_batch(struct call *c, void *arg)
{
	const struct xen_add_to_physmap_batch *op = arg;
	const uint64_t first = memory_op_done(c);
	struct batch b;
	int err = read_batch(c, op, &b);

	for (uint64_t i = first; err == 0 && i < op->size; i++) {
		if (i - first == MEMORY_OP_STEP) {
			return memory_op_again(c, i);
		}
		err = add_element(c, &b, i);
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

/* Frame `index` of a resource as a page of the heap. */
static int resource_page(struct domain *d,
			 const struct xen_mem_acquire_resource *op,
			 uint64_t index, void **page)
{
	if (index > UINT32_MAX) {
		return -XEN_EINVAL;
	}
	return grant_frame(d, (uint32_t)index,
			   op->id == XENMEM_resource_grant_table_id_status,
			   page);
}

static int check_resource(const struct xen_mem_acquire_resource *op)
{
	if (op->pad != 0) {
		return -XEN_EINVAL;
	}
	if (op->type != XENMEM_resource_grant_table) {
		return -XEN_EOPNOTSUPP;
	}
	return op->id > XENMEM_resource_grant_table_id_status ? -XEN_EINVAL : 0;
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
	const uint64_t list = (uint64_t)(uintptr_t)op->frame_list.p;
	void *page;
	gfn_t g;

	if (guest_read(c->vcpu, &g.v, list + i * 8, 8) != 0) {
		return -XEN_EFAULT;
	}

	const int err = resource_page(d, op, op->frame + i, &page);

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
