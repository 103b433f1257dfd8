/* SPDX-License-Identifier: MIT */
/* The one way from a hypercall's number to the function that does it. */
#include "call/call.h"

static const struct call_op *find_row(const struct call_op *table, size_t rows,
				      uint64_t op)
{
	for (size_t i = 0; i < rows; i++) {
		if (table[i].op == op) {
			return &table[i];
		}
	}
	return NULL;
}

/* Arguments are copied once; the handler checks and uses the copy. */
long call_table_run(struct call *c, const struct call_op *table, size_t rows,
		    uint64_t op, uint64_t handle)
{
	const struct call_op *row = find_row(table, rows, op);
	uint64_t copy[CALL_ARG_MAX / sizeof(uint64_t)];

	if (row == NULL ||
	    (!c->wide && (row->flags & (CALL_SAME32 | CALL_NO_ARG)) == 0)) {
		return -XEN_ENOSYS;
	}
	if ((row->flags & CALL_PRIVILEGED) != 0 &&
	    !c->vcpu->domain->privileged) {
		return -XEN_EPERM;
	}
	if ((row->flags & CALL_NO_ARG) != 0) {
		return row->run(c, NULL);
	}
	if (guest_read(c->vcpu, copy, handle, row->size) != 0) {
		return -XEN_EFAULT;
	}

	const long rc = row->run(c, copy);

	if (rc >= 0 && (row->flags & CALL_COPY_BACK) != 0 &&
	    guest_write(c->vcpu, handle, copy, row->size) != 0) {
		return -XEN_EFAULT;
	}
	return rc;
}

long call_domain_run(struct call *c, const struct call_domain_op *row,
		     uint64_t handle, uint32_t count)
{
	uint64_t copy[CALL_CHUNK / sizeof(uint64_t)];
	const uint32_t size = count * row->size;

	if (row->run == NULL || (!c->wide && (row->flags & CALL_SAME32) == 0)) {
		return -XEN_ENOSYS;
	}
	if (guest_read(c->vcpu, copy, handle, size) != 0) {
		return -XEN_EFAULT;
	}
	for (uint32_t at = 0; at < size; at += row->size) {
		const int rc = row->run(c->vcpu->domain, (char *)copy + at);

		if (rc != 0) {
			return rc;
		}
	}
	if ((row->flags & CALL_COPY_BACK) != 0 &&
	    guest_write(c->vcpu, handle, copy, size) != 0) {
		return -XEN_EFAULT;
	}
	return 0;
}

int call_target(struct call *c, uint16_t domid, struct domain **out)
{
	return domain_target(c->vcpu->domain, domid, out);
}
