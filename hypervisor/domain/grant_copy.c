/* SPDX-License-Identifier: MIT */
/*
 * Copying between granted frames and the caller's own, and cache maintenance.
 * A grant is pinned only for the time of one copy.
 */
#include "domain/grant_op.h"
#include "domain/grant_table.h"
#include "domain/p2m.h"
#include "lib/string.h"
#include "mm/window.h"

/* One end of a copy. */
struct side {
	const struct gnttab_copy_ptr *ptr;
	bool by_ref;
	bool write;
	struct domain *domain;
	mfn_t frame;
};

/* The caller's own RAM. What others granted to it is copied by reference: here
 * it could be unmapped, and used otherwise, while we copy. */
static int open_own(struct domain *self, struct side *s)
{
	enum p2m_type type;

	if (s->domain != self) {
		return GNTST_permission_denied;
	}
	/* Good until the end of the operation (p2m.h). */
	s->frame = p2m_lookup(self, gfn(s->ptr->u.gmfn), &type);
	if (type != P2M_RAM_RW && (s->write || type != P2M_RAM_RO)) {
		return GNTST_bad_page;
	}
	return GNTST_okay;
}

static int side_open(struct domain *self, struct side *s)
{
	s->domain = domain_resolve(self, s->ptr->domid);
	if (s->domain == NULL) {
		return GNTST_bad_domain;
	}
	if (s->by_ref) {
		return grant_pin(s->domain, s->ptr->u.ref, self->id, s->write,
				 &s->frame);
	}
	return open_own(self, s);
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

void grant_copy(struct domain *self, struct gnttab_copy *op)
{
	op->status = (int16_t)copy(self, op);
}

/* x86 caches are coherent, and so is DMA: only the checks are left. */
int grant_cache_flush(struct domain *self, const struct gnttab_cache_flush *op)
{
	enum p2m_type type;

	if ((op->op & ~(GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL)) != 0) {
		/* By reference is for domains without an address for it. */
		return -XEN_EOPNOTSUPP;
	}
	if (!range_ok(op->offset, op->length, PAGE_SIZE)) {
		return -XEN_EINVAL;
	}
	if (op->length == 0 || op->op == 0) {
		return 0;
	}
	p2m_lookup(self, gfn(op->a.dev_bus_addr >> PAGE_SHIFT), &type);
	if (type != P2M_GRANT_RW && type != P2M_GRANT_RO) {
		return -XEN_EPERM;
	}
	return 0;
}
