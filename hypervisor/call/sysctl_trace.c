/* SPDX-License-Identifier: MIT */
/* XEN_SYSCTL_tbuf_op: the trace buffers. */
#include "call/control.h"
#include "call/sysctl.h"
#include "domain/trace.h"

long sysctl_tbuf_op(struct call *c, void *arg)
{
	struct xen_sysctl_tbuf_op *op = &((struct xen_sysctl *)arg)->u.tbuf_op;
	struct cpuset cpus;
	int err;

	switch (op->cmd) {
	case XEN_SYSCTL_TBUFOP_get_info:
		trace_get_info(op);
		return 0;
	case XEN_SYSCTL_TBUFOP_set_cpu_mask:
		err = control_read_cpus(c, &op->cpu_mask, &cpus);
		if (err == 0) {
			trace_set_cpus(&cpus);
		}
		return err;
	case XEN_SYSCTL_TBUFOP_set_evt_mask:
		trace_set_events(op->evt_mask);
		return 0;
	case XEN_SYSCTL_TBUFOP_set_size:
		return trace_set_size(op->size);
	case XEN_SYSCTL_TBUFOP_enable:
	case XEN_SYSCTL_TBUFOP_disable:
		return trace_enable(op->cmd == XEN_SYSCTL_TBUFOP_enable);
	default:
		return -XEN_EINVAL;
	}
}
