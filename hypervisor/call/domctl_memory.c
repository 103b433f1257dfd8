/* SPDX-License-Identifier: MIT */
/*
 * Contents of a new domain's memory, written by copy: to map each page in the
 * service VM instead and to unmap it takes two calls a page. Until the domain
 * runs for the first time its vCPUs have no paging, and the linear addresses of
 * this operation are physical ones.
 */
#include "call/domctl.h"
#include "domain/domain.h"

/* Bounds the time of a call. */
#define COPY_MAX (256u << 10)

long domctl_gdbsx_guestmemio(struct call *c, void *arg)
{
	const struct xen_domctl *op = arg;
	const struct xen_domctl_gdbsx_memio *io = &op->u.gdbsx_guest_memio;
	struct domain *d;
	const int err = domctl_other(c, op->domain, &d);

	if (err != 0) {
		return err;
	}
	if (io->gwr == 0 || io->pgd3val != 0 ||
	    __atomic_load_n(&d->state, __ATOMIC_RELAXED) != DOMAIN_BUILDING) {
		return -XEN_EOPNOTSUPP;
	}
	if (io->len > COPY_MAX) {
		return -XEN_E2BIG;
	}
	return guest_phys_fill(d, gaddr(io->gva), c->vcpu, io->uva, io->len);
}
