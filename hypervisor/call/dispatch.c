/* SPDX-License-Identifier: MIT */
/*
 * From the vCPU's registers to a hypercall and back (ABI: xen.h, "HYPERCALLS";
 * calling convention in arch-x86/xen-x86_64.h and xen-x86_32.h).
 */
#include "arch/x86/features.h"
#include "arch/x86/hooks.h"
#include "call/call.h"
#include "virt/exit.h"

struct call_row {
	long (*run)(struct call *c);
	bool privileged;
};

static const struct call_row rows[] = {
	[__HYPERVISOR_platform_op] = { call_platform_op, true },
	[__HYPERVISOR_memory_op] = { call_memory_op, false },
	[__HYPERVISOR_set_timer_op] = { call_set_timer_op, false },
	[__HYPERVISOR_multicall] = { call_multicall, true },
	[__HYPERVISOR_xen_version] = { call_xen_version, false },
	[__HYPERVISOR_console_io] = { call_console_io, true },
	[__HYPERVISOR_grant_table_op] = { call_grant_table_op, false },
	[__HYPERVISOR_vm_assist] = { call_vm_assist, false },
	[__HYPERVISOR_vcpu_op] = { call_vcpu_op, false },
	[__HYPERVISOR_sched_op] = { call_sched_op, false },
	[__HYPERVISOR_event_channel_op] = { call_event_channel_op, false },
	[__HYPERVISOR_physdev_op] = { call_physdev_op, false },
	[__HYPERVISOR_hvm_op] = { call_hvm_op, false },
	[__HYPERVISOR_sysctl] = { call_sysctl, true },
	[__HYPERVISOR_domctl] = { call_domctl, true },
};

#ifdef CONFIG_DEBUG
/* Said once for each number: what a kernel asks for and does not get. */
static void note_missing(const struct vcpu *v, uint64_t number)
{
	static uint64_t said;

	if (number < 64 && (said & BIT(number)) == 0) {
		said |= BIT(number);
		log_print(LOG_DEBUG, "domain %u: hypercall %lu is not there\n",
			  v->domain->id, number);
	}
}
#else
static void note_missing(const struct vcpu *, uint64_t)
{
}
#endif

static const uint8_t arg_gpr[2][5] = {
	{ GPR_RBX, GPR_RCX, GPR_RDX, GPR_RSI, GPR_RDI },
	{ GPR_RDI, GPR_RSI, GPR_RDX, GPR_R10, GPR_R8 }, /* 64-bit code */
};

static void read_args(const struct vcpu *v, struct call *c)
{
	const uint64_t mask = c->wide ? UINT64_MAX : UINT32_MAX;

#pragma GCC unroll 5
	for (unsigned int i = 0; i < 5; i++) {
		c->arg[i] = v->gpr[arg_gpr[c->wide][i]] & mask;
	}
}

/* Progress for the next time; the guest's registers change under it. */
static void write_args(struct vcpu *v, const struct call *c)
{
	for (unsigned int i = 0; i < 5; i++) {
		v->gpr[arg_gpr[c->wide][i]] = c->arg[i];
	}
}

long call_run(struct call *c, uint32_t number)
{
	if (number >= ARRAY_SIZE(rows) || rows[number].run == NULL) {
		note_missing(c->vcpu, number);
		return -XEN_ENOSYS;
	}
	if (rows[number].privileged && !c->vcpu->domain->privileged) {
		return -XEN_EPERM;
	}
	return rows[number].run(c);
}

bool hypercall_run(struct vcpu *v)
{
	struct call c;

	c.vcpu = v;
	c.wide = v->mode == INSN_MODE_64;
	if (unlikely(v->cpl != 0)) {
		v->gpr[GPR_RAX] = (uint64_t) - (int64_t)XEN_EPERM;
		return true;
	}
	read_args(v, &c);

	const long result = call_run(&c, (uint32_t)v->gpr[GPR_RAX]);

	if (unlikely(result == CALL_AGAIN)) {
		write_args(v, &c);
		return false;
	}
	v->gpr[GPR_RAX] = c.wide ? (uint64_t)result : (uint32_t)result;
	return true;
}
