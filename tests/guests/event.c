/* SPDX-License-Identifier: MIT */
/*
 * Two-level event channels: a send sets the pending bit; when the mask bit is
 * clear it also sets the selector and the upcall byte, and the vector comes.
 *
 * A bug would lose an event between mask and unmask, deliver a masked one, or
 * forget what the peer of a closed port becomes: unbound, not closed.
 */
#include "lib/event.h"
#include "lib/clock.h"
#include "lib/hypercall.h"
#include "lib/test.h"

static unsigned state_of(unsigned port)
{
	struct evtchn_status status;

	return event_status(port, &status) == 0 ? status.status : 1000;
}

/* Two ports of this domain, bound to each other. */
static bool make_pair(unsigned *a, unsigned *b)
{
	int rc = event_alloc_unbound(DOMID_SELF, DOMID_SELF);

	if (!expect(rc > 0, "alloc_unbound", "%d", rc)) {
		return false;
	}
	*a = (unsigned)rc;
	expect_eq("it is unbound", state_of(*a), EVTCHNSTAT_unbound);
	rc = event_bind_interdomain(DOMID_SELF, *a);
	if (!expect(rc > 0 && rc != (int)*a, "bind_interdomain", "%d", rc)) {
		return false;
	}
	*b = (unsigned)rc;
	expect_eq("first end is bound", state_of(*a), EVTCHNSTAT_interdomain);
	expect_eq("second end is bound", state_of(*b), EVTCHNSTAT_interdomain);
	return true;
}

static void check_delivery(unsigned a, unsigned b)
{
	/* Binding may leave the new port pending: no event is lost so. */
	event_test_and_clear(a);
	event_test_and_clear(b);

	expect_eq("send", event_send(a), 0);
	expect(event_is_pending(b) && !event_is_pending(a),
	       "send sets the bit of the other end", "a %u, b %u",
	       event_is_pending(a), event_is_pending(b));
	expect(!event_wait(b, 1, 2 * MILLISECOND), "masked: no upcall",
	       "it came");
	expect_eq("unmask", event_hypercall_unmask(b), 0);
	expect(!event_is_masked(b), "unmask clears the mask", "still set");
	expect(event_wait(b, 1, SECOND), "unmask raises what is pending",
	       "never");

	event_send(a);
	expect(event_wait(b, 2, SECOND), "send to an open port", "never");
	event_clear_mask(a);
	event_send(b);
	expect(event_wait(a, 1, SECOND), "and the other way", "never");
	expect_eq("unmask without pending", event_hypercall_unmask(b), 0);
	expect(!event_wait(b, 3, 2 * MILLISECOND), "raises nothing", "it did");
}

/* The upcall byte and selector, seen with interrupts off. */
static void check_words(unsigned a, unsigned b)
{
	struct vcpu_info *info = event_vcpu_info(0);

	irq_disable();
	event_clear_mask(b);
	event_send(a);
	expect(info->evtchn_upcall_pending != 0, "upcall byte is set", "0");
	expect((info->evtchn_pending_sel & BIT(b / 64)) != 0, "selector is set",
	       "0x%lx", info->evtchn_pending_sel);
	expect(event_wait(b, event_counts[b] + 1, SECOND), "delivered on STI",
	       "never");
}

static void check_close(unsigned a, unsigned b)
{
	struct evtchn_status status;
	int rc;

	expect_eq("close one end", event_close(a), 0);
	expect_eq("it is closed", state_of(a), EVTCHNSTAT_closed);
	event_status(b, &status);
	expect_eq("the other end is unbound", status.status,
		  EVTCHNSTAT_unbound);
	expect_eq("send to an unbound port is quiet", event_send(b), 0);
	expect_eq("close twice", event_close(a), -XEN_EINVAL);
	rc = event_bind_interdomain(DOMID_SELF, b);
	expect(rc > 0, "an unbound end can be bound again", "%d", rc);
	event_close((unsigned)rc);
	expect_eq("close the other end", event_close(b), 0);
}

static void check_ipi(void)
{
	struct evtchn_status status;
	int rc = event_bind_ipi(0);
	unsigned port = (unsigned)rc;

	if (!expect(rc > 0, "bind_ipi", "%d", rc)) {
		return;
	}
	expect_eq("status of an ipi port", event_status(port, &status), 0);
	expect_eq("it is an ipi port", status.status, EVTCHNSTAT_ipi);
	expect_eq("of vCPU 0", status.vcpu, 0);
	event_clear_mask(port);
	event_send(port);
	expect(event_wait(port, 1, SECOND), "ipi to self", "never");
	expect_eq("close ipi", event_close(port), 0);
	expect(event_bind_ipi(1000) < 0, "ipi to no vCPU", "accepted");
}

static void check_virq(void)
{
	int timer = event_bind_virq(VIRQ_TIMER, 0);
	int console = event_bind_virq(VIRQ_CONSOLE, 0);

	expect(timer > 0, "bind VIRQ_TIMER", "%d", timer);
	expect_eq("a VIRQ is bound once", event_bind_virq(VIRQ_TIMER, 0),
		  -XEN_EEXIST);
	expect(console > 0, "bind VIRQ_CONSOLE", "%d", console);
	expect_eq("a global VIRQ too", event_bind_virq(VIRQ_CONSOLE, 0),
		  -XEN_EEXIST);
	expect(event_bind_virq(VIRQ_TIMER, 1000) < 0, "VIRQ of no vCPU",
	       "accepted");
	expect_eq("no such VIRQ", event_bind_virq(NR_VIRQS, 0), -XEN_EINVAL);
	expect_eq("close frees the VIRQ", event_close((unsigned)timer), 0);
	timer = event_bind_virq(VIRQ_TIMER, 0);
	expect(timer > 0, "bind it again", "%d", timer);
	expect_eq("send on a VIRQ port is refused", event_send((unsigned)timer),
		  -XEN_EINVAL);
	event_close((unsigned)timer);
	event_close((unsigned)console);
}

static void check_bind_vcpu(unsigned a)
{
	struct evtchn_bind_vcpu op = { .port = a, .vcpu = 0 };
	int ipi = event_bind_ipi(0);

	expect_eq("bind_vcpu", hypercall_event(EVTCHNOP_bind_vcpu, &op), 0);
	op.vcpu = 1000;
	expect(hypercall_event(EVTCHNOP_bind_vcpu, &op) < 0,
	       "bind_vcpu to no vCPU", "accepted");
	op = (struct evtchn_bind_vcpu){ .port = (unsigned)ipi };
	expect_eq("bind_vcpu of an ipi port",
		  hypercall_event(EVTCHNOP_bind_vcpu, &op), -XEN_EINVAL);
	event_close((unsigned)ipi);
}

static void check_errors(void)
{
	struct evtchn_status status;

	expect_eq("port 0 is no port", event_close(0), -XEN_EINVAL);
	expect_eq("close out of range", event_close(1u << 20), -XEN_EINVAL);
	expect_eq("send out of range", event_send(1u << 20), -XEN_EINVAL);
	expect_eq("unmask out of range", event_hypercall_unmask(1u << 20),
		  -XEN_EINVAL);
	expect_eq("status out of range", event_status(1u << 20, &status),
		  -XEN_EINVAL);
	expect_eq("alloc for no domain",
		  event_alloc_unbound(DOMID_NONE, DOMID_SELF), -XEN_ESRCH);
	expect_eq("bind to no domain", event_bind_interdomain(DOMID_NONE, 1),
		  -XEN_ESRCH);
	expect_eq("bind to a free port",
		  event_bind_interdomain(DOMID_SELF, 900), -XEN_EINVAL);
	expect_eq("unknown sub-op", hypercall_event(99, NULL), -XEN_ENOSYS);
}

/* Every port there is, then none, then all again: nothing leaks. */
static void check_all_ports(void)
{
	static uint16_t ports[EVENT_PORTS];
	unsigned counts[2] = { 0, 0 };
	int rc = 0;

	for (unsigned round = 0; round < 2; round++) {
		unsigned n = 0;

		while (n < EVENT_PORTS) {
			rc = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
			if (rc < 0) {
				break;
			}
			ports[n++] = (uint16_t)rc;
		}
		counts[round] = n;
		for (unsigned i = 0; i < n; i++) {
			event_close(ports[i]);
		}
	}
	expect(counts[0] >= 1000 && counts[0] < EVENT_PORTS,
	       "many ports, all with a bit", "%u", counts[0]);
	expect_eq("then -ENOSPC", rc, -XEN_ENOSPC);
	expect_eq("and as many again", counts[1], counts[0]);
}

void guest_main(void)
{
	unsigned a, b;

	event_init();
	if (make_pair(&a, &b)) {
		check_delivery(a, b);
		check_words(a, b);
		check_bind_vcpu(a);
		check_close(a, b);
	}
	check_ipi();
	check_virq();
	check_errors();
	check_all_ports();
}
