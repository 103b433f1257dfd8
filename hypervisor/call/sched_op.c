/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_sched_op(cmd, argument): ABI sched.h.
 *
 * Calls that block only mark the vCPU; it stops in the run loop, when the call
 * has returned 0 to it.
 */
#include "call/call.h"
#include "domain/event.h"

/* struct sched_poll as a 32-bit guest has it. */
struct poll_narrow {
	uint32_t ports;
	uint32_t nr_ports;
	uint64_t timeout;
};

static_assert(sizeof(struct sched_poll) == 24, "64-bit layout");
static_assert(sizeof(struct poll_narrow) == 16, "32-bit layout");
static_assert(sizeof(struct sched_remote_shutdown) == 8, "as in 32 bits");
static_assert(sizeof(evtchn_port_t) == sizeof(uint32_t), "poll_ports");

static long run_yield(struct call *c, void *)
{
	c->vcpu->yield = true;
	return 0;
}

static long run_block(struct call *c, void *)
{
	struct vcpu *v = c->vcpu;

	vcpu_set_wait(v, WAIT_HALT);
	/* Ends the wait at once if something is pending already. */
	vcpu_kick(v, WORK_EVENT);
	return 0;
}

static long run_shutdown(struct call *c, void *arg)
{
	const struct sched_shutdown *op = arg;

	if (op->reason > SHUTDOWN_MAX) {
		return -XEN_EINVAL;
	}
	domain_shutdown(c->vcpu->domain, (uint8_t)op->reason);
	return 0;
}

/* A tool ends a domain for a guest that cannot say it itself. */
static long run_remote_shutdown(struct call *c, void *arg)
{
	const struct sched_remote_shutdown *op = arg;
	struct domain *d = domain_find(op->domain_id);

	if (op->reason > SHUTDOWN_MAX || d == c->vcpu->domain) {
		return -XEN_EINVAL;
	}
	if (d == NULL) {
		return -XEN_ESRCH;
	}
	domain_shutdown(d, (uint8_t)op->reason);
	return 0;
}

static long poll(struct vcpu *v, uint64_t ports, uint32_t count,
		 uint64_t timeout)
{
	if (count > POLL_PORTS_MAX) {
		return -XEN_EINVAL;
	}
	/* The vCPU runs: nobody else reads its list. */
	if (guest_read(v, v->poll_ports, ports,
		       count * sizeof(v->poll_ports[0])) != 0) {
		return -XEN_EFAULT;
	}
	return poll_begin(v, count, timeout);
}

static long run_poll(struct call *c, void *arg)
{
	const struct sched_poll *op = arg;

	return poll(c->vcpu, (uintptr_t)op->ports.p, op->nr_ports, op->timeout);
}

static long run_poll_narrow(struct call *c, void *arg)
{
	const struct poll_narrow *op = arg;

	return poll(c->vcpu, op->ports, op->nr_ports, op->timeout);
}

static long run_watchdog(struct call *c, void *arg)
{
	const struct sched_watchdog *op = arg;

	return watchdog_set(c->vcpu->domain, op->id, op->timeout);
}

static const struct call_op rows[] = {
	{ SCHEDOP_yield, 0, CALL_NO_ARG, run_yield },
	{ SCHEDOP_block, 0, CALL_NO_ARG, run_block },
	{ SCHEDOP_shutdown, sizeof(struct sched_shutdown), CALL_SAME32,
	  run_shutdown },
	{ SCHEDOP_poll, sizeof(struct sched_poll), 0, run_poll },
	{ SCHEDOP_remote_shutdown, sizeof(struct sched_remote_shutdown),
	  CALL_SAME32 | CALL_PRIVILEGED, run_remote_shutdown },
	{ SCHEDOP_watchdog, sizeof(struct sched_watchdog), CALL_SAME32,
	  run_watchdog },
};

static const struct call_op poll_narrow_row = { SCHEDOP_poll,
						sizeof(struct poll_narrow),
						CALL_SAME32, run_poll_narrow };

long call_sched_op(struct call *c)
{
	const uint32_t op = (uint32_t)c->arg[0];

	if (!c->wide && op == SCHEDOP_poll) {
		return call_table_run(c, &poll_narrow_row, 1, op, c->arg[1]);
	}
	return call_table_run(c, rows, ARRAY_SIZE(rows), op, c->arg[1]);
}
