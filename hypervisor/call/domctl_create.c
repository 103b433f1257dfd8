/* SPDX-License-Identifier: MIT */
/*
 * XEN_DOMCTL_createdomain: everything a tool may wish is checked first; what has
 * no meaning here is refused, so that nobody believes to have it.
 */
#include "call/domctl.h"
#include "lib/string.h"
#include "virt/guest.h"

/* There are no shadow tables whose entries could be out of sync. */
#define FLAGS_NEEDED (XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap)
#define FLAGS_KNOWN  (FLAGS_NEEDED | XEN_DOMCTL_CDF_oos_off)

/* Handles in a page of the table that the ABI counts in. */
#define MAPTRACK_HANDLES 256u

static int check(const struct xen_domctl_createdomain *op)
{
	if ((op->flags & FLAGS_NEEDED) != FLAGS_NEEDED ||
	    (op->flags & ~FLAGS_KNOWN) != 0 || op->iommu_opts != 0 ||
	    op->vmtrace_size != 0 || op->cpupool_id != 0 ||
	    op->arch.misc_flags != 0) {
		return -XEN_EINVAL;
	}
	if (op->grant_opts != XEN_DOMCTL_GRANT_version(1)) {
		return -XEN_EINVAL;
	}
	return op->arch.emulation_flags == XEN_X86_EMU_LAPIC ? 0
							     : -XEN_EOPNOTSUPP;
}

/* Less than nothing is as much as there may be. */
static uint32_t limit_of(int32_t wanted, uint32_t most)
{
	return wanted < 0 ? most : (uint32_t)wanted;
}

/* The next number that nobody has, or DOMAIN_MAX_ID. They go round, so that an
 * id does not soon mean another domain. */
static uint32_t choose_id(void)
{
	static uint32_t last;

	for (uint32_t i = 1; i < DOMAIN_MAX_ID; i++) {
		const uint32_t turn =
			__atomic_fetch_add(&last, 1, __ATOMIC_RELAXED);
		const uint32_t id = 1 + turn % (DOMAIN_MAX_ID - 1);

		if (domain_find((uint16_t)id) == NULL) {
			return id;
		}
	}
	return DOMAIN_MAX_ID;
}

static int create(uint16_t id, const struct xen_domctl_createdomain *op,
		  struct domain **out)
{
	const uint64_t mappings =
		limit_of(op->max_maptrack_frames, DOMAIN_GRANT_MAPPINGS) *
		(uint64_t)MAPTRACK_HANDLES;
	const struct domain_config config = {
		.id = id,
		.vcpus = op->max_vcpus,
		/* The highest number is what tools give. */
		.event_ports = (uint32_t)min_u64(
			(uint64_t)op->max_evtchn_port + 1, DOMAIN_EVENT_PORTS),
		.grant_frames =
			limit_of(op->max_grant_frames, DOMAIN_GRANT_FRAMES),
		.grant_mappings =
			(uint32_t)min_u64(mappings, DOMAIN_GRANT_MAPPINGS),
	};

	return guest_create(&config, out);
}

/* Tools fill it with memory and registers while it stands still. */
static int start_paused(struct domain *d,
			const struct xen_domctl_createdomain *op)
{
	memcpy(d->handle, op->handle, sizeof(d->handle));

	const int err = domain_pause(d);

	return err != 0 ? err : domain_publish(d);
}

long domctl_createdomain(struct call *c, void *arg)
{
	struct xen_domctl *op = arg;
	const bool any = op->domain == 0 || op->domain >= DOMID_FIRST_RESERVED;
	struct domain *d;
	int err = check(&op->u.createdomain);

	(void)c;
	if (err != 0) {
		return err;
	}

	const uint32_t id = any ? choose_id() : op->domain;

	if (id >= DOMAIN_MAX_ID) {
		return any ? -XEN_ENOMEM : -XEN_EINVAL;
	}
	err = create((uint16_t)id, &op->u.createdomain, &d);
	if (err != 0) {
		return err;
	}
	err = start_paused(d, &op->u.createdomain);
	if (err != 0) {
		guest_discard(d);
		return err;
	}
	op->domain = d->id;
	return 0;
}
