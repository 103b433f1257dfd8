/* SPDX-License-Identifier: MIT */
/*
 * Arguments of hypercalls are copied to memory that stays where it is.
 */
#include <string.h>

#include "libctl/core/internal.h"
#include "libctl/ops/ops.h"

void *call_buffer(struct corbel *c, size_t size)
{
	return xencall_alloc_buffer(c->call, size);
}

void call_buffer_free(struct corbel *c, void *buffer)
{
	xencall_free_buffer(c->call, buffer);
}

int call_struct(struct corbel *c, unsigned int operation, void *arg,
		size_t size)
{
	void *copy = call_buffer(c, size);
	int rc;

	if (copy == NULL) {
		return -1;
	}
	memcpy(copy, arg, size);
	rc = xencall1(c->call, operation, (uintptr_t)copy);
	memcpy(arg, copy, size);
	call_buffer_free(c, copy);
	return rc;
}

long call_command(struct corbel *c, unsigned int operation,
		  unsigned long command, void *arg, size_t size)
{
	void *copy = call_buffer(c, size);
	long rc;

	if (copy == NULL) {
		return -1;
	}
	memcpy(copy, arg, size);
	rc = xencall2L(c->call, operation, command, (uintptr_t)copy);
	memcpy(arg, copy, size);
	call_buffer_free(c, copy);
	return rc;
}
