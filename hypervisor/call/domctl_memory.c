/* SPDX-License-Identifier: MIT */
/*
 * A domain's memory, written and read by copy: to map each page in the service
 * VM instead and to unmap it takes two calls a page.
 *
 * Until the domain runs for the first time its vCPUs have no paging, and the
 * linear addresses of this operation are physical ones. Then they are what vCPU 0
 * sees there, rights apart, or would see with `pgd3val` in its CR3.
 */
#include "call/domctl.h"
#include "domain/domain.h"
#include "mm/window.h"
#include "virt/exit.h"

/* Bounds the time of a call. */
#define COPY_MAX (256u << 10)

/* Part of a page. */
static int copy_part(struct domain *d, struct call *c,
		     const struct xen_domctl_gdbsx_memio *io, uint64_t done,
		     size_t n)
{
	gaddr_t at;
	int err =
		translate_debug(d->vcpus[0], io->pgd3val, io->gva + done, &at);

	if (err != 0) {
		return err;
	}

	void *p = guest_phys_map(d, at, io->gwr != 0);

	if (p == NULL) {
		return -XEN_EFAULT;
	}
	err = io->gwr != 0 ? guest_read(c->vcpu, p, io->uva + done, n)
			   : guest_write(c->vcpu, io->uva + done, p, n);
	window_unmap(p);
	return err;
}

/* What cannot be had ends it; `remain` says where, if there was anything. */
static int copy_linear(struct domain *d, struct call *c,
		       struct xen_domctl_gdbsx_memio *io)
{
	int err = 0;

	io->remain = io->len;
	while (io->remain != 0 && err == 0) {
		const uint64_t done = io->len - io->remain;
		const size_t n = min_u64(
			io->remain, PAGE_SIZE - page_offset(io->gva + done));

		err = copy_part(d, c, io, done, n);
		if (err == 0) {
			io->remain -= (uint32_t)n;
		}
	}
	return io->remain < io->len ? 0 : err;
}

long domctl_gdbsx_guestmemio(struct call *c, void *arg)
{
	struct xen_domctl *op = arg;
	struct xen_domctl_gdbsx_memio *io = &op->u.gdbsx_guest_memio;
	struct domain *d;
	const int err = domctl_other(c, op->domain, &d);

	if (err != 0) {
		return err;
	}
	if (io->len > COPY_MAX) {
		return -XEN_E2BIG;
	}
	if (__atomic_load_n(&d->state, __ATOMIC_RELAXED) != DOMAIN_BUILDING) {
		return copy_linear(d, c, io);
	}
	if (io->gwr == 0 || io->pgd3val != 0) {
		return -XEN_EOPNOTSUPP;
	}
	return guest_phys_fill(d, gaddr(io->gva), c->vcpu, io->uva, io->len);
}
