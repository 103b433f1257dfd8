/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_event_channel_op(cmd, argument).
 *
 * All argument structs are made of 8, 16 and 32-bit fields, except two that
 * begin with a 64-bit one and have no padding before it or inside: the 32-bit
 * layouts are the same (CALL_SAME32).
 */
#include "domain/event_op.h"
#include "call/call.h"
#include "domain/event.h"

static_assert(sizeof(struct evtchn_alloc_unbound) == 8, "as in 32 bits");
static_assert(sizeof(struct evtchn_bind_interdomain) == 12, "as in 32 bits");
static_assert(sizeof(struct evtchn_bind_virq) == 12, "as in 32 bits");
static_assert(sizeof(struct evtchn_status) == 24, "as in 32 bits");
static_assert(sizeof(struct evtchn_init_control) == 24, "as in 32 bits");
static_assert(sizeof(struct evtchn_expand_array) == 8, "as in 32 bits");

/* Ports closed before the guest gets a chance to take an interrupt. */
#define RESET_STEP 256

static long run_send(struct call *c, void *arg)
{
	const struct evtchn_send *op = arg;

	return event_send(c->vcpu->domain, op->port);
}

static long run_unmask(struct call *c, void *arg)
{
	const struct evtchn_unmask *op = arg;

	return event_unmask(c->vcpu->domain, op->port);
}

static long run_alloc_unbound(struct call *c, void *arg)
{
	return event_alloc_unbound(c->vcpu->domain, arg);
}

static long run_bind_interdomain(struct call *c, void *arg)
{
	return event_bind_interdomain(c->vcpu->domain, arg);
}

static long run_bind_virq(struct call *c, void *arg)
{
	return event_bind_virq(c->vcpu->domain, arg);
}

static long run_bind_ipi(struct call *c, void *arg)
{
	return event_bind_ipi(c->vcpu->domain, arg);
}

static long run_bind_vcpu(struct call *c, void *arg)
{
	return event_bind_vcpu(c->vcpu->domain, arg);
}

static long run_close(struct call *c, void *arg)
{
	const struct evtchn_close *op = arg;

	return event_close(c->vcpu->domain, op->port);
}

static long run_status(struct call *c, void *arg)
{
	return event_status(c->vcpu->domain, arg);
}

/* Nothing to remember between steps: closed ports are passed over quickly. */
static long run_reset(struct call *c, void *arg)
{
	const struct evtchn_reset *op = arg;
	struct domain *d;
	const int rc = event_target(c->vcpu->domain, op->dom, &d);

	if (rc != 0) {
		return rc;
	}
	return event_close_some(d, RESET_STEP) ? 0 : CALL_AGAIN;
}

static long run_init_control(struct call *c, void *arg)
{
	return event_init_control(c->vcpu->domain, arg);
}

static long run_expand_array(struct call *c, void *arg)
{
	return event_expand_array(c->vcpu->domain, arg);
}

static long run_set_priority(struct call *c, void *arg)
{
	return event_set_priority(c->vcpu->domain, arg);
}

#define IN     CALL_SAME32
#define IN_OUT (CALL_SAME32 | CALL_COPY_BACK)
#define ROW(name, flags)                                                       \
	{                                                                      \
		EVTCHNOP_##name, sizeof(struct evtchn_##name), flags,          \
			run_##name                                             \
	}

/* The frequent ones first. EVTCHNOP_bind_pirq has no meaning here: guests are
 * not offered XENFEAT_hvm_pirqs. */
static const struct call_op rows[] = {
	ROW(send, IN),
	ROW(unmask, IN),
	ROW(close, IN),
	ROW(alloc_unbound, IN_OUT),
	ROW(bind_interdomain, IN_OUT),
	ROW(bind_virq, IN_OUT),
	ROW(bind_ipi, IN_OUT),
	ROW(bind_vcpu, IN),
	ROW(status, IN_OUT),
	ROW(reset, IN),
	ROW(init_control, IN_OUT),
	ROW(expand_array, IN),
	ROW(set_priority, IN),
};

long call_event_channel_op(struct call *c)
{
	return call_table_run(c, rows, ARRAY_SIZE(rows), c->arg[0], c->arg[1]);
}
