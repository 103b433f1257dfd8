/* SPDX-License-Identifier: MIT */
/*
 * What a guest finds of its rings: parameters and event ports.
 */
#include <stdint.h>

#include <xen/hvm/hvm_op.h>

#include "libctl/core/internal.h"
#include "libctl/ops/ops.h"

int guest_set_param(struct corbel *c, uint32_t domid, uint32_t index,
		    uint64_t value)
{
	struct xen_hvm_param p = {
		.domid = (domid_t)domid,
		.index = index,
		.value = value,
	};

	return (int)call_command(c, __HYPERVISOR_hvm_op, HVMOP_set_param, &p,
				 sizeof(p));
}

int guest_alloc_port(struct corbel *c, uint32_t domid, uint32_t *port)
{
	struct evtchn_alloc_unbound a = {
		.dom = (domid_t)domid,
		.remote_dom = 0,
	};
	const long rc = call_command(c, __HYPERVISOR_event_channel_op,
				     EVTCHNOP_alloc_unbound, &a, sizeof(a));

	*port = a.port;
	return (int)rc;
}
