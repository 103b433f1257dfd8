/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_event_channel_op(cmd, argument).
 *
 * All argument structs are made of 8, 16 and 32-bit fields, except two that
 * begin with a 64-bit one and have no padding before it or inside: the 32-bit
 * layouts are the same (CALL_SAME32).
 */
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

static int run_send(struct domain *self, void *arg)
{
	return event_send(self, ((struct evtchn_send *)arg)->port);
}

static int run_unmask(struct domain *self, void *arg)
{
	return event_unmask(self, ((struct evtchn_unmask *)arg)->port);
}

static int run_close(struct domain *self, void *arg)
{
	return event_close(self, ((struct evtchn_close *)arg)->port);
}

/* Nothing to remember between steps: closed ports are passed over quickly. */
static int run_reset(struct domain *self, void *arg)
{
	const struct evtchn_reset *op = arg;
	struct domain *d;
	const int rc = domain_target(self, op->dom, &d);

	if (rc != 0) {
		return rc;
	}
	return event_close_some(d, RESET_STEP) ? 0 : (int)CALL_AGAIN;
}

#define IN(name, run)                                                          \
	[EVTCHNOP_##name] = { run, sizeof(struct evtchn_##name), CALL_SAME32 }
#define IN_OUT(name)                                                           \
	[EVTCHNOP_##name] = { event_##name, sizeof(struct evtchn_##name),      \
			      CALL_SAME32 | CALL_COPY_BACK }

/* EVTCHNOP_bind_pirq has no meaning here: guests are not offered
 * XENFEAT_hvm_pirqs. */
static const struct call_domain_op rows[] = {
	IN(send, run_send),
	IN(unmask, run_unmask),
	IN(close, run_close),
	IN(reset, run_reset),
	IN(bind_vcpu, event_bind_vcpu),
	IN(expand_array, event_expand_array),
	IN(set_priority, event_set_priority),
	IN_OUT(alloc_unbound),
	IN_OUT(bind_interdomain),
	IN_OUT(bind_virq),
	IN_OUT(bind_ipi),
	IN_OUT(status),
	IN_OUT(init_control),
};

long call_event_channel_op(struct call *c)
{
	if (c->arg[0] >= ARRAY_SIZE(rows)) {
		return -XEN_ENOSYS;
	}
	return call_domain_run(c, &rows[c->arg[0]], c->arg[1], 1);
}
