/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_multicall(list, count): libxenctrl makes its memory_op calls by it,
 * whose results do not fit what the kernel's ioctl returns.
 *
 * One entry at a time: the list shortens by it, and the call is issued again for
 * the rest. An entry that stops half way has its progress in its own arguments.
 */
#include "call/call.h"

static_assert(sizeof(struct multicall_entry) == 64, "eight longs");

/* Its result, or CALL_AGAIN. */
static long run_entry(struct call *c, struct multicall_entry *entry)
{
	struct call inner = { .vcpu = c->vcpu, .wide = true };

	if (entry->op == __HYPERVISOR_multicall) {
		return -XEN_EINVAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(inner.arg); i++) {
		inner.arg[i] = entry->args[i];
	}

	const long result = call_run(&inner, (uint32_t)entry->op);

	for (size_t i = 0; i < ARRAY_SIZE(inner.arg); i++) {
		entry->args[i] = inner.arg[i];
	}
	return result;
}

long call_multicall(struct call *c)
{
	struct multicall_entry entry;
	long result;

	if (!c->wide) {
		return -XEN_ENOSYS;
	}
	if ((uint32_t)c->arg[1] == 0) {
		return 0;
	}
	if (guest_read(c->vcpu, &entry, c->arg[0], sizeof(entry)) != 0) {
		return -XEN_EFAULT;
	}
	result = run_entry(c, &entry);
	if (result != CALL_AGAIN) {
		entry.result = (uint64_t)result;
	}
	if (guest_write(c->vcpu, c->arg[0], &entry, sizeof(entry)) != 0) {
		return -XEN_EFAULT;
	}
	if (result != CALL_AGAIN) {
		c->arg[0] += sizeof(entry);
		c->arg[1]--;
	}
	return (uint32_t)c->arg[1] == 0 ? 0 : CALL_AGAIN;
}
