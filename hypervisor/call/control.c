/* SPDX-License-Identifier: MIT */
#include "call/control.h"

long control_run(struct call *c, const struct call_op *rows, size_t count,
		 uint32_t version)
{
	uint32_t head[2]; /* command, version */

	if (guest_read(c->vcpu, head, c->arg[0], sizeof(head)) != 0) {
		return -XEN_EFAULT;
	}
	if (head[1] != version) {
		return -XEN_EACCES;
	}
	return call_table_run(c, rows, count, head[0], c->arg[0]);
}
