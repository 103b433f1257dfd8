/* SPDX-License-Identifier: MIT */
/*
 * Grants mapped into the p2m of the domain they were given to.
 *
 * A handle is CHANGING while its mapping is made or unmade, which keeps others
 * off without a lock. The two domains' grant locks are taken one after the
 * other, never together, and not while the p2m is changed: that is done under
 * the lock of the domain, as all changes of what stands at a gfn.
 */
#include "domain/grant.h"
#include "domain/grant_op.h"
#include "domain/grant_table.h"
#include "domain/p2m.h"

static struct grant_mapping *mapping_at(struct grant_table *t, uint32_t handle)
{
	return &t->maps[handle / GRANT_BUCKET_MAPPINGS]
		       [handle % GRANT_BUCKET_MAPPINGS];
}

static_assert(sizeof(struct grant_mapping) * GRANT_BUCKET_MAPPINGS <= PAGE_SIZE,
	      "a bucket is at most one page");

/* Lock held. One more handle: GNTST_okay or GNTST_no_device_space. */
static int mapping_grow(struct domain *d)
{
	struct grant_table *t = d->grants;
	const uint32_t handle = t->mapping_count;

	if (handle == t->max_mappings) {
		return GNTST_no_device_space;
	}
	if (handle % GRANT_BUCKET_MAPPINGS == 0) {
		struct grant_mapping *bucket = domain_alloc_page(d);

		if (bucket == NULL) {
			return GNTST_no_device_space;
		}
		t->maps[handle / GRANT_BUCKET_MAPPINGS] = bucket;
	}
	t->mapping_count++;
	t->mapping_free = handle + 1;
	return GNTST_okay;
}

static int mapping_alloc(struct domain *d, uint32_t *handle)
{
	struct grant_table *t = d->grants;
	int rc = GNTST_okay;

	spin_lock(&t->lock);
	if (t->mapping_free == 0) {
		rc = mapping_grow(d);
	}
	if (rc == GNTST_okay) {
		struct grant_mapping *m = mapping_at(t, t->mapping_free - 1);

		*handle = t->mapping_free - 1;
		t->mapping_free = m->next_free;
		m->state = MAPPING_CHANGING;
	}
	spin_unlock(&t->lock);
	return rc;
}

static void mapping_free(struct domain *d, uint32_t handle)
{
	struct grant_table *t = d->grants;
	struct grant_mapping *m;

	spin_lock(&t->lock);
	m = mapping_at(t, handle);
	m->state = MAPPING_FREE;
	m->next_free = t->mapping_free;
	t->mapping_free = handle + 1;
	spin_unlock(&t->lock);
}

static void mapping_set_live(struct domain *d, uint32_t handle)
{
	struct grant_table *t = d->grants;

	spin_lock(&t->lock);
	mapping_at(t, handle)->state = MAPPING_LIVE;
	spin_unlock(&t->lock);
}

static gfn_t gfn_of_address(uint64_t address)
{
	return gfn(address >> PAGE_SHIFT);
}

/* Lock of the domain held. What stands there is never replaced, and only what
 * was put there for a grant is taken away. */
static int set_access_locked(struct domain *d, gfn_t g, mfn_t frame,
			     enum p2m_type type)
{
	enum p2m_type now;
	const mfn_t there = p2m_lookup(d, g, &now);

	if (type != P2M_NONE) {
		return now == P2M_NONE || now == P2M_MMIO_DM
			       ? p2m_map(d, g, frame, P2M_ORDER_4K, type)
			       : -XEN_EBUSY;
	}
	if (there.v == frame.v &&
	    (now == P2M_GRANT_RW || now == P2M_GRANT_RO)) {
		return p2m_unmap(d, g, P2M_ORDER_4K);
	}
	return 0;
}

/*
 * The one place where a granted frame gets into a domain's address space
 * (P2M_GRANT_*) or out of it (P2M_NONE). Tables for device DMA are to be
 * changed and flushed here too: when it returns with P2M_NONE, neither CPU nor
 * device reaches the frame any more. 0, -XEN_EBUSY (something else is there),
 * -XEN_ENOMEM, -XEN_EINVAL (beyond the address width).
 */
static int set_access(struct domain *d, gfn_t g, mfn_t frame,
		      enum p2m_type type)
{
	spin_lock(&d->lock);
	const int err = set_access_locked(d, g, frame, type);

	spin_unlock(&d->lock);
	return err;
}

/* Can the request be met at all? GNTST_*. */
static int check_map(const struct gnttab_map_grant_ref *op)
{
	/* Translated guests have no page table entries for us to write, and
	 * devices see what the CPUs see. */
	if ((op->flags & GNTMAP_host_map) == 0 ||
	    (op->flags & GNTMAP_contains_pte) != 0) {
		return GNTST_bad_gntref;
	}
	return page_offset(op->host_addr) == 0 ? GNTST_okay
					       : GNTST_bad_virt_addr;
}

/* The handle is ours (CHANGING): pins the frame and maps it. */
static int map_at(struct domain *self, struct domain *granter,
		  const struct gnttab_map_grant_ref *op,
		  struct grant_mapping *m)
{
	const bool write = (op->flags & GNTMAP_readonly) == 0;
	const gfn_t g = gfn_of_address(op->host_addr);
	mfn_t frame;
	const int rc = grant_pin(granter, op->ref, self->id, write, &frame);

	if (rc != GNTST_okay) {
		return rc;
	}

	const int err =
		set_access(self, g, frame, write ? P2M_GRANT_RW : P2M_GRANT_RO);

	if (err != 0) {
		grant_unpin(granter, op->ref, write);
		return err == -XEN_EBUSY ? GNTST_bad_virt_addr : GNTST_no_space;
	}
	m->gfn = g;
	m->ref = op->ref;
	m->frame = (uint32_t)frame.v;
	m->domid = granter->id;
	m->write = write;
	return GNTST_okay;
}

static int map(struct domain *self, struct gnttab_map_grant_ref *op)
{
	struct domain *granter = domain_resolve(self, op->dom);
	uint32_t handle;

	if (granter == NULL) {
		return GNTST_bad_domain;
	}

	int rc = check_map(op);

	if (rc != GNTST_okay) {
		return rc;
	}
	rc = mapping_alloc(self, &handle);
	if (rc != GNTST_okay) {
		return rc;
	}
	rc = map_at(self, granter, op, mapping_at(self->grants, handle));
	if (rc != GNTST_okay) {
		mapping_free(self, handle);
		return rc;
	}
	mapping_set_live(self, handle);
	op->handle = handle;
	/* A device of a translated domain uses guest-physical addresses. */
	op->dev_bus_addr = op->host_addr;
	return GNTST_okay;
}

void grant_map(struct domain *self, struct gnttab_map_grant_ref *op)
{
	op->status = (int16_t)map(self, op);
}

/* The handle is ours (CHANGING). Fails only if the p2m does. */
static int unmap_at(struct domain *self, uint32_t handle)
{
	const struct grant_mapping *m = mapping_at(self->grants, handle);

	if (set_access(self, m->gfn, mfn(m->frame), P2M_NONE) != 0) {
		mapping_set_live(self, handle);
		return GNTST_general_error;
	}

	/* There as long as we hold its frame: see grant_is_lent(). */
	struct domain *granter = domain_find(m->domid);

	if (granter != NULL) {
		grant_unpin(granter, m->ref, m->write);
	}
	mapping_free(self, handle);
	return GNTST_okay;
}

static int check_unmap(const struct grant_mapping *m,
		       const struct gnttab_unmap_grant_ref *op)
{
	const uint64_t address = m->gfn.v << PAGE_SHIFT;

	if (op->host_addr != address) {
		return GNTST_bad_virt_addr;
	}
	if (op->dev_bus_addr != 0 && op->dev_bus_addr != address) {
		return GNTST_bad_dev_addr;
	}
	return GNTST_okay;
}

/* Takes a live handle for unmapping, if the addresses fit. GNTST_*. */
static int take(struct domain *self, const struct gnttab_unmap_grant_ref *op)
{
	struct grant_table *t = self->grants;
	int rc = GNTST_bad_handle;

	spin_lock(&t->lock);
	if (op->handle < t->mapping_count) {
		struct grant_mapping *m = mapping_at(t, op->handle);

		if (m->state == MAPPING_LIVE) {
			rc = check_unmap(m, op);
		}
		if (rc == GNTST_okay) {
			m->state = MAPPING_CHANGING;
		}
	}
	spin_unlock(&t->lock);
	return rc;
}

void grant_unmap(struct domain *self, struct gnttab_unmap_grant_ref *op)
{
	int rc = take(self, op);

	if (rc == GNTST_okay) {
		rc = unmap_at(self, op->handle);
	}
	op->status = (int16_t)rc;
}

/* Lock held. The next live handle among `budget`, taken; false when not one. */
static bool take_next(struct grant_table *t, unsigned int *budget,
		      uint32_t *handle)
{
	while (*budget > 0 && t->release_next < t->mapping_count) {
		struct grant_mapping *m = mapping_at(t, t->release_next);

		(*budget)--;
		if (m->state == MAPPING_LIVE) {
			m->state = MAPPING_CHANGING;
			*handle = t->release_next;
			return true;
		}
		t->release_next++;
	}
	return false;
}

bool grant_release_some(struct domain *d, unsigned int budget)
{
	struct grant_table *t = d->grants;
	uint32_t handle;
	bool found;

	do {
		spin_lock(&t->lock);
		found = take_next(t, &budget, &handle);
		spin_unlock(&t->lock);
		/* One whose p2m has no memory now stays for the next time. */
	} while (found && unmap_at(d, handle) == GNTST_okay);

	return !found && t->release_next >= t->mapping_count;
}
