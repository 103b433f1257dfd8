/* SPDX-License-Identifier: MIT */
/* Whom an operation of HYPERVISOR_domctl is about. */
#include "call/domctl.h"
#include "domain/domain.h"

int domctl_domain(uint16_t domid, struct domain **out)
{
	*out = domain_find(domid);
	return *out == NULL ? -XEN_ESRCH : 0;
}

int domctl_other(struct call *c, uint16_t domid, struct domain **out)
{
	const int err = domctl_domain(domid, out);

	return err == 0 && *out == c->vcpu->domain ? -XEN_EINVAL : err;
}

int domctl_live(uint16_t domid, struct domain **out)
{
	const int err = domctl_domain(domid, out);

	if (err != 0) {
		return err;
	}
	return __atomic_load_n(&(*out)->state, __ATOMIC_RELAXED) == DOMAIN_DYING
		       ? -XEN_EINVAL
		       : 0;
}

int domctl_vcpu(uint16_t domid, uint32_t vcpu, struct vcpu **out)
{
	struct domain *d;
	const int err = domctl_domain(domid, &d);

	*out = NULL;
	if (err != 0) {
		return err;
	}
	*out = domain_vcpu(d, vcpu);
	return *out == NULL ? -XEN_ESRCH : 0;
}
