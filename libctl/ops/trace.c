/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's trace buffers, XEN_SYSCTL_tbuf_op.
 */
#include <string.h>

#include "libctl/core/internal.h"
#include "libctl/ops/ops.h"

static int run(struct corbel *c, struct xen_sysctl_tbuf_op *t)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_tbuf_op, .u.tbuf_op = *t };
	const int rc = sysctl_run(c, &op);

	*t = op.u.tbuf_op;
	return rc;
}

int trace_switch(struct corbel *c, uint32_t cmd)
{
	struct xen_sysctl_tbuf_op op = { .cmd = cmd };

	return run(c, &op);
}

int trace_set_size(struct corbel *c, uint32_t pages)
{
	struct xen_sysctl_tbuf_op op = {
		.cmd = XEN_SYSCTL_TBUFOP_set_size,
		.size = pages,
	};

	return run(c, &op);
}

int trace_set_events(struct corbel *c, uint32_t mask)
{
	struct xen_sysctl_tbuf_op op = {
		.cmd = XEN_SYSCTL_TBUFOP_set_evt_mask,
		.evt_mask = mask,
	};

	return run(c, &op);
}

int trace_set_cpus(struct corbel *c, const uint8_t *map, size_t size)
{
	struct xen_sysctl_tbuf_op op = {
		.cmd = XEN_SYSCTL_TBUFOP_set_cpu_mask,
		.cpu_mask.nr_bits = (uint32_t)size * 8,
	};
	uint8_t *const copy = call_buffer(c, size);
	int rc;

	if (copy == NULL) {
		return -1;
	}
	memcpy(copy, map, size);
	set_xen_guest_handle(op.cpu_mask.bitmap, copy);
	rc = run(c, &op);
	call_buffer_free(c, copy);
	return rc;
}

int trace_info(struct corbel *c, uint64_t *mfn, uint32_t *size)
{
	struct xen_sysctl_tbuf_op op = { .cmd = XEN_SYSCTL_TBUFOP_get_info };
	const int rc = run(c, &op);

	*mfn = op.buffer_mfn;
	*size = op.size;
	return rc;
}
