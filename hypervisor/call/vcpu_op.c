/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_vcpu_op(cmd, vcpu id, argument): ABI vcpu.h.
 *
 * All argument structs are made of 64-bit fields followed by 32-bit ones, so the
 * 32-bit layouts are the same up to padding at the end.
 */
#include "call/call.h"
#include "core/clock.h"
#include "domain/pvclock.h"
#include "domain/runstate.h"

/* Up to the last field: 32-bit callers have no padding behind it. */
#define SINGLESHOT_SIZE                                                        \
	(offsetof(struct vcpu_set_singleshot_timer, flags) + sizeof(uint32_t))

static_assert(sizeof(struct vcpu_register_vcpu_info) == 16, "as in 32 bits");
static_assert(sizeof(struct vcpu_register_runstate_memory_area) == 8,
	      "as in 32 bits");
static_assert(sizeof(struct vcpu_register_time_memory_area) == 8,
	      "as in 32 bits");
static_assert(SINGLESHOT_SIZE == 12, "as in 32 bits");

/* The vCPU that the call names; call_vcpu_op() has checked it. */
static struct vcpu *target_of(const struct call *c)
{
	return domain_vcpu(c->vcpu->domain, (uint32_t)c->arg[1]);
}

/* The address of an area: 32-bit callers leave the upper half undefined. */
static uint64_t address_of(const struct call *c, uint64_t address)
{
	return c->wide ? address : (uint32_t)address;
}

static long set_down(struct vcpu *v, bool down)
{
	store_relaxed(&v->down, down);
	vcpu_kick(v, WORK_DOWN);
	return 0;
}

static long run_up(struct call *c, void *)
{
	struct vcpu *v = target_of(c);

	/* Never started: it wants registers, by SIPI. */
	return v->wait == WAIT_START ? -XEN_EINVAL : set_down(v, false);
}

static long run_down(struct call *c, void *)
{
	return set_down(target_of(c), true);
}

static long run_is_up(struct call *c, void *)
{
	const struct vcpu *v = target_of(c);

	return v->wait != WAIT_START && !v->down;
}

static long run_get_runstate_info(struct call *c, void *arg)
{
	runstate_get(target_of(c), arg);
	return 0;
}

static long run_register_runstate(struct call *c, void *arg)
{
	const struct vcpu_register_runstate_memory_area *op = arg;

	/* The guest's address may be unmapped for now: not an error. */
	runstate_set_area(target_of(c), c->vcpu, address_of(c, op->addr.p),
			  !c->wide);
	return 0;
}

static long run_register_time(struct call *c, void *arg)
{
	const struct vcpu_register_time_memory_area *op = arg;

	return pvclock_set_area(target_of(c), c->vcpu,
				address_of(c, op->addr.p));
}

static long run_register_vcpu_info(struct call *c, void *arg)
{
	const struct vcpu_register_vcpu_info *op = arg;

	return vcpu_info_register(target_of(c), gfn(op->mfn), op->offset);
}

/* There is no periodic timer: it is always stopped. */
static long run_stop_periodic(struct call *, void *)
{
	return 0;
}

static long run_set_singleshot(struct call *c, void *arg)
{
	const struct vcpu_set_singleshot_timer *op = arg;

	if (target_of(c) != c->vcpu) {
		return -XEN_EINVAL;
	}
	if ((op->flags & VCPU_SSHOTTMR_future) != 0 &&
	    op->timeout_abs_ns < clock_now()) {
		return -XEN_ETIME;
	}
	vcpu_timer_set(c->vcpu, op->timeout_abs_ns);
	return 0;
}

static long run_stop_singleshot(struct call *c, void *)
{
	if (target_of(c) != c->vcpu) {
		return -XEN_EINVAL;
	}
	timer_stop(&c->vcpu->timer);
	return 0;
}

/* clang-format off */
static const struct call_op rows[] = {
	{ VCPUOP_up,                    0, CALL_NO_ARG, run_up },
	{ VCPUOP_down,                  0, CALL_NO_ARG, run_down },
	{ VCPUOP_is_up,                 0, CALL_NO_ARG, run_is_up },
	{ VCPUOP_get_runstate_info,     sizeof(struct vcpu_runstate_info),
	  CALL_COPY_BACK, run_get_runstate_info },
	{ VCPUOP_register_runstate_memory_area,
	  sizeof(struct vcpu_register_runstate_memory_area),
	  CALL_SAME32, run_register_runstate },
	{ VCPUOP_stop_periodic_timer,   0, CALL_NO_ARG, run_stop_periodic },
	{ VCPUOP_set_singleshot_timer,  SINGLESHOT_SIZE,
	  CALL_SAME32, run_set_singleshot },
	{ VCPUOP_stop_singleshot_timer, 0, CALL_NO_ARG, run_stop_singleshot },
	{ VCPUOP_register_vcpu_info,    sizeof(struct vcpu_register_vcpu_info),
	  CALL_SAME32, run_register_vcpu_info },
	{ VCPUOP_register_vcpu_time_memory_area,
	  sizeof(struct vcpu_register_time_memory_area),
	  CALL_SAME32, run_register_time },
};

/* clang-format on */

long call_vcpu_op(struct call *c)
{
	if (target_of(c) == NULL) {
		return -XEN_ENOENT;
	}
	return call_table_run(c, rows, ARRAY_SIZE(rows), (uint32_t)c->arg[0],
			      c->arg[2]);
}

/*
 * HYPERVISOR_set_timer_op(system time): the one-shot timer by its older name; 0
 * stops it. 32-bit callers pass two halves.
 */
long call_set_timer_op(struct call *c)
{
	const uint64_t deadline =
		c->wide ? c->arg[0] : c->arg[1] << 32 | (uint32_t)c->arg[0];

	if (deadline == 0) {
		timer_stop(&c->vcpu->timer);
	} else {
		vcpu_timer_set(c->vcpu, deadline);
	}
	return 0;
}

/* HYPERVISOR_vm_assist(cmd, type): one type has a meaning without PV memory. */
long call_vm_assist(struct call *c)
{
	struct domain *d = c->vcpu->domain;
	const uint32_t cmd = (uint32_t)c->arg[0];

	if (cmd != VMASST_CMD_enable && cmd != VMASST_CMD_disable) {
		return -XEN_ENOSYS;
	}
	if ((uint32_t)c->arg[1] != VMASST_TYPE_runstate_update_flag) {
		return -XEN_EINVAL;
	}
	spin_lock(&d->lock);
	d->runstate_update_flag = cmd == VMASST_CMD_enable;
	spin_unlock(&d->lock);
	return 0;
}
