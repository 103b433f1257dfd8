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

/* Why the caller may not use the row, or 0. */
static long check_caller(const struct call *c, const struct call_op *row)
{
	if (!c->wide && (row->flags & (CALL_SAME32 | CALL_NO_ARG)) == 0) {
		return -XEN_ENOSYS;
	}
	if ((row->flags & CALL_PRIVILEGED) != 0 &&
	    !c->vcpu->domain->privileged) {
		return -XEN_EPERM;
	}
	return 0;
}

/* Bytes of arguments copied at a time: a walk of the guest's page tables costs
 * more than many a handler. */
#define CHUNK_SIZE 512u

static_assert(CHUNK_SIZE >= CALL_ARG_MAX, "holds any one argument");

/* Arguments are copied once; the handler checks and uses the copy. The result
 * is that of the last one, or the first error. */
static long run_chunk(struct call *c, const struct call_op *row,
		      uint64_t handle, uint32_t count)
{
	uint64_t copy[CHUNK_SIZE / sizeof(uint64_t)];
	const size_t size = count * row->size;
	long rc = 0;

	if (guest_read(c->vcpu, copy, handle, size) != 0) {
		return -XEN_EFAULT;
	}
	for (uint32_t i = 0; i < count; i++) {
		rc = row->run(c, (char *)copy + i * row->size);
		if (rc < 0) {
			return rc;
		}
	}
	if ((row->flags & CALL_COPY_BACK) != 0 &&
	    guest_write(c->vcpu, handle, copy, size) != 0) {
		return -XEN_EFAULT;
	}
	return rc;
}

long call_table_run(struct call *c, const struct call_op *table, size_t rows,
		    uint64_t op, uint64_t handle)
{
	const struct call_op *row = find_row(table, rows, op);

	if (row == NULL) {
		return -XEN_ENOSYS;
	}

	const long rc = check_caller(c, row);

	if (rc != 0) {
		return rc;
	}
	if ((row->flags & CALL_NO_ARG) != 0) {
		return row->run(c, NULL);
	}
	return run_chunk(c, row, handle, 1);
}

long call_array_run(struct call *c, const struct call_op *row, uint64_t handle,
		    uint32_t count)
{
	const uint32_t chunk = CHUNK_SIZE / row->size;
	long rc = check_caller(c, row);

	while (rc >= 0 && count > 0) {
		const uint32_t n = count < chunk ? count : chunk;

		rc = run_chunk(c, row, handle, n);
		handle += n * row->size;
		count -= n;
	}
	return rc;
}

int call_target(struct call *c, uint16_t domid, struct domain **out)
{
	struct domain *self = c->vcpu->domain;
	struct domain *d = domain_resolve(self, domid);

	if (d == NULL) {
		return -XEN_ESRCH;
	}
	if (d != self && !self->privileged) {
		return -XEN_EPERM;
	}
	*out = d;
	return 0;
}
