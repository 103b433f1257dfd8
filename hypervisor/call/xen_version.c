/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_xen_version(cmd, buffer): which ABI this is, in numbers and texts.
 *
 * The numbers are those of the Xen release whose ABI we offer, since guests and
 * tools decide by them what they may use; the texts say who we are.
 */
#include "call/call.h"
#include "lib/string.h"

#define ABI_MAJOR 4u
#define ABI_MINOR 17u

const char *xen_version_commandline = "";

/* A text with its NUL, into an array that the ABI makes larger than ours. */
static long put_text(struct call *c, const char *text)
{
	return guest_write(c->vcpu, c->arg[1], text, strlen(text) + 1);
}

static long put_compile_info(struct call *c)
{
	/* No date, so that builds repeat exactly. */
	static const struct xen_compile_info info = {
		.compiler = "gcc " __VERSION__,
		.compile_by = "corbel",
	};

	return guest_write(c->vcpu, c->arg[1], &info, sizeof(info));
}

/* Where Xen's own memory begins in a classic PV guest: nowhere. The field is a
 * long, four bytes in the 32-bit layout. */
static long put_platform_parameters(struct call *c)
{
	const struct xen_platform_parameters p = { .virt_start = 0 };

	return guest_write(c->vcpu, c->arg[1], &p, c->wide ? 8 : 4);
}

/* XENFEAT_hvm_pirqs stays away: guests then use I/O APIC and MSI natively. */
static uint32_t features_of(const struct domain *d)
{
	uint32_t f = 1u << XENFEAT_auto_translated_physmap |
		     1u << XENFEAT_hvm_callback_vector |
		     1u << XENFEAT_hvm_safe_pvclock;

	if (d->privileged) {
		f |= 1u << XENFEAT_dom0;
	}
	return f | 1u << (d->one_to_one ? XENFEAT_direct_mapped
					: XENFEAT_not_direct_mapped);
}

static long get_features(struct call *c)
{
	struct xen_feature_info info;

	if (guest_read(c->vcpu, &info, c->arg[1], sizeof(info)) != 0) {
		return -XEN_EFAULT;
	}
	if (info.submap_idx >= XENFEAT_NR_SUBMAPS) {
		return -XEN_EINVAL;
	}
	info.submap = features_of(c->vcpu->domain);
	return guest_write(c->vcpu, c->arg[1], &info, sizeof(info));
}

static long put_commandline(struct call *c)
{
	return c->vcpu->domain->privileged
		       ? put_text(c, xen_version_commandline)
		       : -XEN_EPERM;
}

long call_xen_version(struct call *c)
{
	switch (c->arg[0]) {
	case XENVER_version:
		return ABI_MAJOR << 16 | ABI_MINOR;
	case XENVER_extraversion:
		return put_text(c, "-corbel");
	case XENVER_compile_info:
		return put_compile_info(c);
	case XENVER_capabilities:
		return put_text(c, "hvm-3.0-x86_32 hvm-3.0-x86_32p "
				   "hvm-3.0-x86_64 ");
	case XENVER_changeset:
		return put_text(c, "unavailable");
	case XENVER_platform_parameters:
		return put_platform_parameters(c);
	case XENVER_get_features:
		return get_features(c);
	case XENVER_pagesize:
		return PAGE_SIZE;
	case XENVER_guest_handle:
		return guest_write(c->vcpu, c->arg[1], c->vcpu->domain->handle,
				   sizeof(xen_domain_handle_t));
	case XENVER_commandline:
		return put_commandline(c);
	case XENVER_build_id:
		return -XEN_ENODATA; /* the image has none */
	default:
		return -XEN_ENOSYS;
	}
}
