/* SPDX-License-Identifier: MIT */
/*
 * Granted frames in use: mapped into the p2m of the domain they were given to,
 * or copied from and to. A grant is pinned while its mapping stands, or for the
 * time of one copy.
 *
 * Mappings change under the lock of the domain, as all of what stands at a gfn
 * does; the granter's grant lock is taken inside it.
 */
#include "domain/grant_table.h"
#include "domain/p2m.h"
#include "lib/string.h"
#include "mm/window.h"

static struct grant_mapping *mapping_at(struct grant_table *t, uint32_t handle)
{
	return &t->maps[handle / GRANT_BUCKET_MAPPINGS]
		       [handle % GRANT_BUCKET_MAPPINGS];
}

/* Lock held. Sees to it that mapping_free is a handle; false: no more. */
static bool mapping_reserve(struct domain *d)
{
	struct grant_table *t = d->grants;

	if (t->mapping_free != 0) {
		return true;
	}
	if (t->mapping_count == t->max_mappings) {
		return false;
	}

	struct grant_mapping **bucket =
		&t->maps[t->mapping_count / GRANT_BUCKET_MAPPINGS];

	if (*bucket == NULL) {
		*bucket = domain_alloc_page(d);
	}
	if (*bucket == NULL) {
		return false;
	}
	t->mapping_free = ++t->mapping_count;
	return true;
}

/* Lock held. What stands at the gfn is never replaced. */
static int map(struct domain *self, struct domain *granter,
	       struct gnttab_map_grant_ref *op)
{
	struct grant_table *t = self->grants;
	const bool write = (op->flags & GNTMAP_readonly) == 0;
	const gfn_t g = gfn(op->host_addr >> PAGE_SHIFT);
	enum p2m_type there;
	mfn_t frame;

	if (!mapping_reserve(self)) {
		return GNTST_no_device_space;
	}
	p2m_lookup(self, g, &there);
	if (there != P2M_NONE && there != P2M_MMIO_DM) {
		return GNTST_bad_virt_addr;
	}

	const int rc = grant_pin(granter, op->ref, self->id, write, &frame);

	if (rc != GNTST_okay) {
		return rc;
	}
	if (p2m_map(self, g, frame, P2M_ORDER_4K,
		    write ? P2M_GRANT_RW : P2M_GRANT_RO) != 0) {
		grant_unpin(granter, op->ref, write);
		return GNTST_no_space;
	}

	struct grant_mapping *m = mapping_at(t, t->mapping_free - 1);

	op->handle = t->mapping_free - 1;
	/* A device of a translated domain uses guest-physical addresses. */
	op->dev_bus_addr = op->host_addr;
	t->mapping_free = m->ref;
	*m = (struct grant_mapping){
		.gfn = g,
		.ref = op->ref,
		.frame = (uint32_t)frame.v,
		.domid = granter->id,
		.write = write,
		.live = true,
	};
	return GNTST_okay;
}

int grant_map(struct domain *self, void *arg)
{
	struct gnttab_map_grant_ref *op = arg;
	struct domain *granter = domain_resolve(self, op->dom);

	if (granter == NULL) {
		op->status = GNTST_bad_domain;
	} else if ((op->flags & GNTMAP_host_map) == 0 ||
		   (op->flags & GNTMAP_contains_pte) != 0) {
		/* Translated guests have no page table entries for us to
		 * write, and devices see what the CPUs see. */
		op->status = GNTST_bad_gntref;
	} else if (page_offset(op->host_addr) != 0) {
		op->status = GNTST_bad_virt_addr;
	} else {
		spin_lock(&self->lock);
		op->status = (int16_t)map(self, granter, op);
		spin_unlock(&self->lock);
	}
	return 0;
}

/* Lock held, the mapping is live. Fails only if the p2m has no memory. When the
 * p2m is changed, neither CPU nor device reaches the frame any more. */
static int unmap(struct domain *self, uint32_t handle)
{
	struct grant_table *t = self->grants;
	struct grant_mapping *m = mapping_at(t, handle);
	enum p2m_type type;
	const mfn_t there = p2m_lookup(self, m->gfn, &type);

	/* The guest may have put something else there. */
	if (there.v == m->frame &&
	    (type == P2M_GRANT_RW || type == P2M_GRANT_RO) &&
	    p2m_unmap(self, m->gfn, P2M_ORDER_4K) != 0) {
		return GNTST_general_error;
	}
	/* There as long as we hold its frame: see grant_is_lent(). */
	grant_unpin(domain_resolve(self, m->domid), m->ref, m->write);
	m->live = false;
	m->ref = t->mapping_free;
	t->mapping_free = handle + 1;
	return GNTST_okay;
}

/* Lock held. */
static int unmap_checked(struct domain *self,
			 const struct gnttab_unmap_grant_ref *op)
{
	struct grant_table *t = self->grants;

	if (op->handle >= t->mapping_count) {
		return GNTST_bad_handle;
	}

	const struct grant_mapping *m = mapping_at(t, op->handle);
	const uint64_t address = m->gfn.v << PAGE_SHIFT;

	if (!m->live) {
		return GNTST_bad_handle;
	}
	if (op->host_addr != address) {
		return GNTST_bad_virt_addr;
	}
	if (op->dev_bus_addr != 0 && op->dev_bus_addr != address) {
		return GNTST_bad_dev_addr;
	}
	return unmap(self, op->handle);
}

int grant_unmap(struct domain *self, void *arg)
{
	struct gnttab_unmap_grant_ref *op = arg;

	spin_lock(&self->lock);
	op->status = (int16_t)unmap_checked(self, op);
	spin_unlock(&self->lock);
	return 0;
}

bool grant_release_some(struct domain *d, unsigned int budget)
{
	struct grant_table *t = d->grants;

	spin_lock(&d->lock);
	for (; budget > 0 && t->release_next < t->mapping_count; budget--) {
		/* One whose p2m has no memory now stays for the next time. */
		if (mapping_at(t, t->release_next)->live &&
		    unmap(d, t->release_next) != GNTST_okay) {
			break;
		}
		t->release_next++;
	}
	const bool done = t->release_next == t->mapping_count;

	spin_unlock(&d->lock);
	return done;
}

/* One end of a copy. */
struct side {
	const struct gnttab_copy_ptr *ptr;
	bool by_ref;
	bool write;
	struct domain *domain;
	mfn_t frame;
};

static int side_open(struct domain *self, struct side *s)
{
	enum p2m_type type;

	s->domain = domain_resolve(self, s->ptr->domid);
	if (s->domain == NULL) {
		return GNTST_bad_domain;
	}
	if (s->by_ref) {
		return grant_pin(s->domain, s->ptr->u.ref, self->id, s->write,
				 &s->frame);
	}
	if (s->domain != self) {
		return GNTST_permission_denied;
	}
	/* The caller's own RAM, good until the end of the operation (p2m.h).
	 * What others granted to it is copied by reference: here it could be
	 * unmapped, and used otherwise, while we copy. */
	s->frame = p2m_lookup(self, gfn(s->ptr->u.gmfn), &type);
	return type == P2M_RAM_RW || (type == P2M_RAM_RO && !s->write)
		       ? GNTST_okay
		       : GNTST_bad_page;
}

static void side_close(const struct side *s)
{
	if (s->by_ref) {
		grant_unpin(s->domain, s->ptr->u.ref, s->write);
	}
}

static void copy_bytes(const struct side *to, const struct side *from,
		       size_t len)
{
	const char *src = window_map(from->frame);
	char *dst = window_map(to->frame);

	/* They may be the same frame. */
	memmove(dst + to->ptr->offset, src + from->ptr->offset, len);
	window_unmap(dst);
	window_unmap(src);
}

static int copy(struct domain *self, const struct gnttab_copy *op)
{
	struct side from = {
		.ptr = &op->source,
		.by_ref = (op->flags & GNTCOPY_source_gref) != 0,
	};
	struct side to = {
		.ptr = &op->dest,
		.by_ref = (op->flags & GNTCOPY_dest_gref) != 0,
		.write = true,
	};

	if (!range_ok(op->source.offset, op->len, PAGE_SIZE) ||
	    !range_ok(op->dest.offset, op->len, PAGE_SIZE)) {
		return GNTST_bad_copy_arg;
	}

	int rc = side_open(self, &from);

	if (rc != GNTST_okay) {
		return rc;
	}
	rc = side_open(self, &to);
	if (rc == GNTST_okay) {
		copy_bytes(&to, &from, op->len);
		side_close(&to);
	}
	side_close(&from);
	return rc;
}

int grant_copy(struct domain *self, void *arg)
{
	struct gnttab_copy *op = arg;

	op->status = (int16_t)copy(self, op);
	return 0;
}
