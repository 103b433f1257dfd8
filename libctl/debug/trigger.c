/* SPDX-License-Identifier: MIT */
#include "libctl/core/internal.h"
#include "libctl/domain/subject.h"

int corbel_nmi(struct corbel *c, uint32_t domid, unsigned int vcpu)
{
	if (subject_is_guest(c, domid) != 0) {
		return -1;
	}
	return debug_trigger(c, domid, XEN_DOMCTL_SENDTRIGGER_NMI, vcpu) == 0
		       ? 0
		       : subject_fail(c, domid, "NMI");
}
