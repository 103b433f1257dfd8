/* SPDX-License-Identifier: MIT */
/* Event ports and the 2-level ABI. */
#include "domain/event.h"

#include "abi/abi.h"
#include "domain/event_port.h"
#include "fake.h"

#include <pthread.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PORTS 1024u

static struct domain *service; /* privileged */
static struct domain *guest;
static struct domain *other;

static struct domain *add(uint16_t id, unsigned int vcpus, uint32_t ports)
{
	struct domain *d = fake_domain_add(id, vcpus);

	assert_int_equal(event_domain_init(d, ports), 0);
	return d;
}

static void drop(struct domain *d)
{
	while (!event_close_some(d, 7)) {
	}
	event_domain_destroy(d);
	assert_int_equal(d->heap_pages, 0);
	fake_domain_remove(d);
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	service = add(0, 2, PORTS);
	service->privileged = true;
	guest = add(1, 40, PORTS);
	other = add(2, 1, PORTS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_check_clean();
	fake_alloc_fail_after(-1);
	drop(other);
	drop(guest);
	drop(service);
	assert_int_equal(fake_alloc_bytes(), 0);
	return 0;
}

static int alloc(struct domain *self, uint16_t dom, uint16_t remote)
{
	struct evtchn_alloc_unbound op = { .dom = dom, .remote_dom = remote };
	const int rc = event_alloc_unbound(self, &op);

	return rc == 0 ? (int)op.port : rc;
}

static int bind(struct domain *self, uint16_t remote, uint32_t port)
{
	struct evtchn_bind_interdomain op = { .remote_dom = remote,
					      .remote_port = port };
	const int rc = event_bind_interdomain(self, &op);

	return rc == 0 ? (int)op.local_port : rc;
}

static int bind_virq(struct domain *self, uint32_t virq, uint32_t vcpu)
{
	struct evtchn_bind_virq op = { .virq = virq, .vcpu = vcpu };
	const int rc = event_bind_virq(self, &op);

	return rc == 0 ? (int)op.port : rc;
}

static int bind_ipi(struct domain *self, uint32_t vcpu)
{
	struct evtchn_bind_ipi op = { .vcpu = vcpu };
	const int rc = event_bind_ipi(self, &op);

	return rc == 0 ? (int)op.port : rc;
}

static int bind_vcpu(struct domain *self, uint32_t port, uint32_t vcpu)
{
	struct evtchn_bind_vcpu op = { .port = port, .vcpu = vcpu };

	return event_bind_vcpu(self, &op);
}

static struct evtchn_status status(struct domain *d, uint32_t port)
{
	struct evtchn_status op = { .dom = DOMID_SELF, .port = port };

	assert_int_equal(event_status(d, &op), 0);
	return op;
}

static bool pending(struct domain *d, uint32_t port)
{
	return ((d->shared_info->evtchn_pending[port / 64] >> port % 64) & 1) !=
	       0;
}

static struct vcpu_info *info(struct domain *d, unsigned int vcpu)
{
	return &d->shared_info->vcpu_info[vcpu];
}

/* The guest's side: acknowledges everything. */
static void consume(struct domain *d)
{
	for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
		info(d, i)->evtchn_upcall_pending = 0;
		info(d, i)->evtchn_pending_sel = 0;
	}
	memset(d->shared_info->evtchn_pending, 0,
	       sizeof(d->shared_info->evtchn_pending));
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		fake_kicks(d->vcpus[i], NULL);
	}
}

static void set_mask(struct domain *d, uint32_t port)
{
	d->shared_info->evtchn_mask[port / 64] |= UINT64_C(1) << port % 64;
}

/* A pair, guest's end first. */
static void connect(int *guest_port, int *service_port)
{
	*guest_port = alloc(guest, DOMID_SELF, 0);
	assert_true(*guest_port > 0);
	*service_port = bind(service, 1, (uint32_t)*guest_port);
	assert_true(*service_port > 0);
	consume(service);
	consume(guest);
}

static void test_alloc_unbound(void **state)
{
	(void)state;
	const int port = alloc(guest, DOMID_SELF, 0);

	assert_int_equal(port, 1);
	assert_int_equal(status(guest, 1).status, EVTCHNSTAT_unbound);
	assert_int_equal(status(guest, 1).u.unbound.dom, 0);
	/* Its own number is as good as DOMID_SELF; remote SELF is resolved. */
	assert_int_equal(alloc(guest, 1, DOMID_SELF), 2);
	assert_int_equal(status(guest, 2).u.unbound.dom, 1);
}

static void test_alloc_for_others(void **state)
{
	(void)state;
	assert_int_equal(alloc(guest, 2, 0), -XEN_EPERM);
	assert_int_equal(alloc(guest, 77, 0), -XEN_ESRCH);
	assert_int_equal(alloc(service, 77, 0), -XEN_ESRCH);
	assert_int_equal(alloc(service, 1, DOMID_SELF), 1);
	/* DOMID_SELF is the caller, not the target. */
	assert_int_equal(status(guest, 1).u.unbound.dom, 0);
	/* The remote need not exist yet. */
	assert_true(alloc(guest, DOMID_SELF, 99) > 0);
}

static void test_all_ports(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < PORTS; i++) {
		assert_int_equal(alloc(guest, DOMID_SELF, 0), i);
	}
	assert_int_equal(alloc(guest, DOMID_SELF, 0), -XEN_ENOSPC);
	assert_int_equal(bind_ipi(guest, 0), -XEN_ENOSPC);
	assert_int_equal(bind_virq(guest, VIRQ_TIMER, 0), -XEN_ENOSPC);
	/* The VIRQ is not half bound. */
	assert_int_equal(event_close(guest, 700), 0);
	assert_int_equal(bind_virq(guest, VIRQ_TIMER, 0), 700);
}

static void test_port_limits(void **state)
{
	struct domain *big = add(5, 1, 10000);

	(void)state;
	big->width32 = true;
	for (unsigned int i = 1; i < 1024; i++) {
		assert_int_equal(alloc(big, DOMID_SELF, 0), i);
	}
	assert_int_equal(alloc(big, DOMID_SELF, 0), -XEN_ENOSPC);
	big->width32 = false;
	for (unsigned int i = 1024; i < 4096; i++) {
		assert_int_equal(bind_ipi(big, 0), i);
	}
	assert_int_equal(alloc(big, DOMID_SELF, 0), -XEN_ENOSPC);
	assert_int_equal(event_send(big, 4095), 0);
	assert_true(pending(big, 4095));
	/* Ports beyond what the narrower layout shows are not raised. */
	consume(big);
	big->width32 = true;
	assert_int_equal(event_send(big, 2000), 0);
	assert_false(event_is_pending(big, 2000));
	assert_int_equal(event_unmask(big, 2000), 0);
	assert_int_equal(event_close(big, 2000), 0);
	assert_int_equal(fake_kicks(big->vcpus[0], NULL), 0);
	drop(big);
}

static void test_out_of_memory(void **state)
{
	struct domain *d = fake_domain_add(6, 1);

	(void)state;
	fake_alloc_fail_after(0);
	assert_int_equal(event_domain_init(d, PORTS), -XEN_ENOMEM);
	assert_int_equal(d->heap_pages, 0);
	fake_alloc_fail_after(-1);
	assert_int_equal(event_domain_init(d, PORTS), 0);
	fake_alloc_fail_after(0);
	assert_int_equal(alloc(d, DOMID_SELF, 0), -XEN_ENOMEM);
	assert_int_equal(bind_ipi(d, 0), -XEN_ENOMEM);
	fake_alloc_fail_after(-1);
	assert_int_equal(alloc(d, DOMID_SELF, 0), 1);
	event_close(d, 1);
	event_domain_destroy(d);
	assert_int_equal(d->heap_pages, 0);
	fake_domain_remove(d);
}

static void test_bind_interdomain(void **state)
{
	int g;
	int s;

	(void)state;
	g = alloc(guest, DOMID_SELF, 0);
	assert_int_equal(bind(other, 1, (uint32_t)g), -XEN_EINVAL);
	assert_int_equal(bind(service, 77, (uint32_t)g), -XEN_ESRCH);
	assert_int_equal(bind(service, 1, (uint32_t)g + 1), -XEN_EINVAL);
	assert_int_equal(bind(service, 1, PORTS), -XEN_EINVAL);
	assert_int_equal(bind(service, 1, 0), -XEN_EINVAL);
	assert_int_equal(bind(service, 2, 5), -XEN_EINVAL); /* no bucket */

	s = bind(service, 1, (uint32_t)g);
	assert_true(s > 0);
	/* The binder's own port is raised at once. */
	assert_true(pending(service, (uint32_t)s));
	assert_int_equal(fake_kicks(service->vcpus[0], NULL), 1);
	assert_false(pending(guest, (uint32_t)g));

	assert_int_equal(status(guest, (uint32_t)g).status,
			 EVTCHNSTAT_interdomain);
	assert_int_equal(status(guest, (uint32_t)g).u.interdomain.dom, 0);
	assert_int_equal(status(guest, (uint32_t)g).u.interdomain.port, s);
	assert_int_equal(status(service, (uint32_t)s).u.interdomain.dom, 1);
	assert_int_equal(status(service, (uint32_t)s).u.interdomain.port, g);
	/* Only once. */
	assert_int_equal(bind(service, 1, (uint32_t)g), -XEN_EINVAL);
}

static void test_bind_no_room(void **state)
{
	(void)state;
	const int g = alloc(guest, DOMID_SELF, 2);

	fake_alloc_fail_after(0);
	assert_int_equal(bind(other, 1, (uint32_t)g), -XEN_ENOMEM);
	fake_alloc_fail_after(-1);
	assert_int_equal(status(guest, (uint32_t)g).status, EVTCHNSTAT_unbound);
	assert_int_equal(bind(other, 1, (uint32_t)g), 1);
}

static void test_loopback(void **state)
{
	(void)state;
	const uint32_t a = (uint32_t)alloc(guest, DOMID_SELF, DOMID_SELF);
	const uint32_t b = (uint32_t)bind(guest, DOMID_SELF, a);

	assert_int_not_equal(a, b);
	consume(guest);
	assert_int_equal(event_send(guest, a), 0);
	assert_true(pending(guest, b));
	assert_false(pending(guest, a));
	assert_int_equal(event_close(guest, a), 0);
	assert_int_equal(status(guest, b).status, EVTCHNSTAT_unbound);
	assert_int_equal(status(guest, b).u.unbound.dom, 1);
	assert_int_equal(event_close(guest, b), 0);
}

static void test_send(void **state)
{
	int g;
	int s;

	(void)state;
	connect(&g, &s);

	const uint64_t before = service->vcpus[0]->event_count;

	assert_int_equal(event_send(guest, (uint32_t)g), 0);
	assert_true(pending(service, (uint32_t)s));
	assert_false(pending(guest, (uint32_t)g));
	assert_int_equal(info(service, 0)->evtchn_pending_sel, 1);
	assert_int_equal(info(service, 0)->evtchn_upcall_pending, 1);

	uint32_t work;

	assert_int_equal(fake_kicks(service->vcpus[0], &work), 1);
	assert_int_equal(work, WORK_EVENT);
	/* Again: pending already, nothing happens, but it is counted. */
	assert_int_equal(event_send(guest, (uint32_t)g), 0);
	assert_int_equal(fake_kicks(service->vcpus[0], NULL), 0);
	assert_int_equal(service->vcpus[0]->event_count, before + 2);
	assert_int_equal(guest->vcpus[0]->event_count, 0);

	assert_int_equal(event_send(guest, 0), -XEN_EINVAL);
	assert_int_equal(event_send(guest, PORTS), -XEN_EINVAL);
	assert_int_equal(event_send(guest, 999), -XEN_EINVAL);
	assert_int_equal(event_send(guest, ~0u), -XEN_EINVAL);
}

/* Selector and upcall are only touched by whoever finds them clear. */
static void test_levels(void **state)
{
	(void)state;
	const uint32_t a = (uint32_t)bind_ipi(guest, 3);
	const uint32_t b = (uint32_t)bind_ipi(guest, 3);

	consume(guest);
	info(guest, 3)->evtchn_pending_sel = 1;
	event_send(guest, a);
	assert_true(pending(guest, a));
	assert_int_equal(info(guest, 3)->evtchn_upcall_pending, 0);
	info(guest, 3)->evtchn_pending_sel = 0;
	info(guest, 3)->evtchn_upcall_pending = 1;
	event_send(guest, b);
	assert_int_equal(info(guest, 3)->evtchn_pending_sel, 1);
	assert_int_equal(fake_kicks(guest->vcpus[3], NULL), 0);
}

static void test_mask(void **state)
{
	(void)state;
	const uint32_t port = (uint32_t)bind_ipi(guest, 0);

	set_mask(guest, port);
	event_send(guest, port);
	assert_true(pending(guest, port));
	assert_true(event_is_pending(guest, port));
	assert_int_equal(info(guest, 0)->evtchn_pending_sel, 0);
	assert_false(event_upcall_pending(guest->vcpus[0]));
	assert_int_equal(event_unmask(guest, port), 0);
	assert_int_equal(guest->shared_info->evtchn_mask[0], 0);
	assert_true(event_upcall_pending(guest->vcpus[0]));
	assert_int_equal(fake_kicks(guest->vcpus[0], NULL), 1);
	/* Not masked: nothing to do. */
	consume(guest);
	event_send(guest, port);
	consume(guest);
	guest->shared_info->evtchn_pending[0] = UINT64_C(1) << port;
	assert_int_equal(event_unmask(guest, port), 0);
	assert_int_equal(fake_kicks(guest->vcpus[0], NULL), 0);
	/* Masked but not pending: no upcall. */
	consume(guest);
	set_mask(guest, port);
	assert_int_equal(event_unmask(guest, port), 0);
	assert_int_equal(fake_kicks(guest->vcpus[0], NULL), 0);
	assert_int_equal(event_unmask(guest, PORTS), -XEN_EINVAL);
	assert_int_equal(event_unmask(guest, 999), -XEN_EINVAL);
}

static void test_layout_32(void **state)
{
	(void)state;
	guest->width32 = true;
	for (unsigned int i = 1; i <= 100; i++) {
		assert_int_equal(bind_ipi(guest, 1), i);
	}

	uint8_t *page = (uint8_t *)guest->shared_info;
	uint32_t *sel = (uint32_t *)(page + 64 + 4);

	event_send(guest, 70);
	assert_int_equal(page[2048 + 70 / 8], 1 << 70 % 8);
	assert_int_equal(*sel, 1u << 70 / 32);
	assert_int_equal(page[64], 1);
	/* Mask words are 128 bytes after. */
	page[2048 + 128 + 71 / 8] = 1 << 71 % 8;
	fake_kicks(guest->vcpus[1], NULL);
	*sel = 0;
	page[64] = 0;
	event_send(guest, 71);
	assert_int_equal(page[64], 0);
	event_unmask(guest, 71);
	assert_int_equal(page[2048 + 128 + 71 / 8], 0);
	assert_int_equal(*sel, 1u << 71 / 32);
	assert_int_equal(page[64], 1);
	memset(page, 0, 2048);
	event_vcpu_info_moved(guest->vcpus[1]);
	assert_int_equal(*sel, ~0u);
	assert_int_equal(*(uint64_t *)(page + 64 + 8), 0);
	memset(page, 0, PAGE_SIZE);
}

static void test_close(void **state)
{
	int g;
	int s;

	(void)state;
	connect(&g, &s);
	event_send(service, (uint32_t)s);
	assert_true(pending(guest, (uint32_t)g));
	assert_int_equal(event_close(guest, (uint32_t)g), 0);
	/* A new owner of the number finds nothing pending. */
	assert_false(pending(guest, (uint32_t)g));
	assert_int_equal(status(guest, (uint32_t)g).status, EVTCHNSTAT_closed);
	assert_int_equal(status(service, (uint32_t)s).status,
			 EVTCHNSTAT_unbound);
	assert_int_equal(status(service, (uint32_t)s).u.unbound.dom, 1);
	/* Sending to nobody is silent. */
	assert_int_equal(event_send(service, (uint32_t)s), 0);
	assert_int_equal(event_close(guest, (uint32_t)g), -XEN_EINVAL);
	assert_int_equal(event_send(guest, (uint32_t)g), -XEN_EINVAL);
	/* The same remote may bind again. */
	assert_int_equal(bind(guest, 0, (uint32_t)s), g);
	assert_int_equal(event_close(service, (uint32_t)s), 0);
	assert_int_equal(event_close(guest, 0), -XEN_EINVAL);
	assert_int_equal(event_close(guest, PORTS), -XEN_EINVAL);
	assert_int_equal(event_close(guest, 999), -XEN_EINVAL);
}

/* A port whose peer has gone and whose number came back as something else. */
static void test_stale_peer(void **state)
{
	int g;
	int s;

	(void)state;
	connect(&g, &s);
	struct event_port *gp = event_port_find(guest, (uint32_t)g);
	struct event_port *sp = event_port_find(service, (uint32_t)s);
	const uint64_t bound = gp->bind;
	const uint64_t back = sp->bind;

	/* What a sender sees who read the binding before a close. */
	gp->bind = 0;
	assert_int_equal(event_send(service, (uint32_t)s), 0);
	assert_false(pending(guest, (uint32_t)g));
	gp->bind = (union event_bind){ .kind = EVENT_IPI }.word;
	assert_int_equal(event_send(service, (uint32_t)s), 0);
	assert_false(pending(guest, (uint32_t)g));
	/* A domain that has gone altogether. */
	sp->bind = (union event_bind){ .kind = EVENT_INTERDOMAIN,
				       .domid = 55,
				       .port = 1 }
			   .word;
	assert_int_equal(event_send(service, (uint32_t)s), 0);
	gp->bind = bound;
	sp->bind = back;
	assert_int_equal(event_close(service, (uint32_t)s), 0);
	assert_int_equal(event_close(guest, (uint32_t)g), 0);
}

static void test_virq(void **state)
{
	(void)state;
	const int timer = bind_virq(guest, VIRQ_TIMER, 5);

	assert_true(timer > 0);
	assert_int_equal(bind_virq(guest, VIRQ_TIMER, 5), -XEN_EEXIST);
	assert_true(bind_virq(guest, VIRQ_TIMER, 6) > 0);
	assert_int_equal(bind_virq(guest, VIRQ_TIMER, 40), -XEN_ENOENT);
	assert_int_equal(bind_virq(guest, NR_VIRQS, 0), -XEN_EINVAL);
	assert_int_equal(bind_virq(guest, VIRQ_DOM_EXC, 1), -XEN_EINVAL);
	assert_int_equal(status(guest, (uint32_t)timer).status,
			 EVTCHNSTAT_virq);
	assert_int_equal(status(guest, (uint32_t)timer).u.virq, VIRQ_TIMER);
	assert_int_equal(status(guest, (uint32_t)timer).vcpu, 5);

	event_virq(guest->vcpus[5], VIRQ_TIMER);
	assert_true(pending(guest, (uint32_t)timer));
	assert_int_equal(fake_kicks(guest->vcpus[5], NULL), 1);
	assert_int_equal(fake_kicks(guest->vcpus[6], NULL), 0);
	/* Not bound: nothing happens. */
	event_virq(guest->vcpus[7], VIRQ_TIMER);
	event_virq(guest->vcpus[5], VIRQ_DEBUG);
	event_virq_service(VIRQ_DOM_EXC);

	assert_int_equal(event_send(guest, (uint32_t)timer), -XEN_EINVAL);
	assert_int_equal(bind_vcpu(guest, (uint32_t)timer, 1), -XEN_EINVAL);
	assert_int_equal(event_close(guest, (uint32_t)timer), 0);
	event_virq(guest->vcpus[5], VIRQ_TIMER);
	assert_int_equal(bind_virq(guest, VIRQ_TIMER, 5), timer);
}

static void test_virq_global(void **state)
{
	(void)state;
	const uint32_t port = (uint32_t)bind_virq(service, VIRQ_DOM_EXC, 0);

	assert_int_equal(bind_virq(service, VIRQ_DOM_EXC, 0), -XEN_EEXIST);
	assert_int_equal(bind_vcpu(service, port, 1), 0);
	event_virq_service(VIRQ_DOM_EXC);
	assert_true(pending(service, port));
	assert_int_equal(fake_kicks(service->vcpus[1], NULL), 1);
	/* Closed after it moved: the slot is free again. */
	assert_int_equal(event_close(service, port), 0);
	assert_int_equal(bind_virq(service, VIRQ_DOM_EXC, 0), port);
	/* A binding that is gone, seen by a late raiser. */
	event_port_find(service, port)->bind =
		(union event_bind){ .kind = EVENT_VIRQ, .port = VIRQ_TBUF }
			.word;
	event_virq_service(VIRQ_DOM_EXC);
	assert_false(pending(service, port));
	event_port_find(service, port)->bind =
		(union event_bind){ .kind = EVENT_VIRQ, .port = VIRQ_DOM_EXC }
			.word;
}

static void test_ipi(void **state)
{
	(void)state;
	const uint32_t port = (uint32_t)bind_ipi(guest, 31);

	assert_int_equal(bind_ipi(guest, 40), -XEN_ENOENT);
	assert_int_equal(status(guest, port).status, EVTCHNSTAT_ipi);
	assert_int_equal(status(guest, port).vcpu, 31);
	assert_int_equal(event_send(guest, port), 0);
	assert_int_equal(fake_kicks(guest->vcpus[31], NULL), 1);
	assert_int_equal(bind_vcpu(guest, port, 0), -XEN_EINVAL);
}

static void test_bind_vcpu(void **state)
{
	int g;
	int s;

	(void)state;
	connect(&g, &s);
	assert_int_equal(bind_vcpu(guest, (uint32_t)g, 9), 0);
	assert_int_equal(bind_vcpu(guest, (uint32_t)g, 40), -XEN_ENOENT);
	assert_int_equal(bind_vcpu(guest, 0, 1), -XEN_EINVAL);
	assert_int_equal(bind_vcpu(guest, 999, 1), -XEN_EINVAL);
	assert_int_equal(bind_vcpu(guest, PORTS, 1), -XEN_EINVAL);
	event_send(service, (uint32_t)s);
	assert_int_equal(fake_kicks(guest->vcpus[9], NULL), 1);
	assert_int_equal(info(guest, 9)->evtchn_upcall_pending, 1);

	const uint32_t unbound = (uint32_t)alloc(guest, DOMID_SELF, 0);

	assert_int_equal(bind_vcpu(guest, unbound, 2), 0);
	assert_int_equal(status(guest, unbound).vcpu, 2);
}

static void test_status(void **state)
{
	(void)state;
	struct evtchn_status op = { .dom = 1, .port = 1 };

	assert_int_equal(event_status(service, &op), -XEN_EINVAL);
	alloc(guest, DOMID_SELF, 0);
	assert_int_equal(event_status(service, &op), 0);
	assert_int_equal(op.status, EVTCHNSTAT_unbound);
	assert_int_equal(event_status(other, &op), -XEN_EPERM);
	op.dom = 77;
	assert_int_equal(event_status(service, &op), -XEN_ESRCH);
	/* Tools scan from port 0. */
	assert_int_equal(status(guest, 0).status, EVTCHNSTAT_closed);
	op = (struct evtchn_status){ .dom = DOMID_SELF, .port = PORTS };
	assert_int_equal(event_status(guest, &op), -XEN_EINVAL);
}

/* vCPUs from 32 up have no vcpu_info until they register one. */
static void test_vcpu_without_info(void **state)
{
	(void)state;
	struct vcpu *v = guest->vcpus[35];
	const uint32_t port = (uint32_t)bind_ipi(guest, 35);

	event_send(guest, port);
	assert_true(pending(guest, port));
	assert_false(event_upcall_pending(v));
	event_vcpu_info_moved(v);
	assert_int_equal(fake_kicks(v, NULL), 0);

	fake_domain_add_ram(guest, 8, 1);
	v->info_mfn = p2m_lookup(guest, gfn(8), NULL);
	v->info_offset = 128;
	event_vcpu_info_moved(v);

	struct vcpu_info *i = fake_guest(guest, 8 * PAGE_SIZE + 128);

	assert_int_equal(i->evtchn_upcall_pending, 1);
	assert_int_equal(i->evtchn_pending_sel, ~UINT64_C(0));
	assert_int_equal(fake_kicks(v, NULL), 1);
	assert_true(event_upcall_pending(v));
	/* From now on events go there. */
	i->evtchn_upcall_pending = 0;
	i->evtchn_pending_sel = 0;
	guest->shared_info->evtchn_pending[0] = 0;
	event_send(guest, port);
	assert_int_equal(i->evtchn_upcall_pending, 1);
	assert_int_equal(i->evtchn_pending_sel, 1);
}

static void start_poll(struct vcpu *v, uint32_t port)
{
	v->poll_count = 2;
	v->poll_ports[0] = 500;
	v->poll_ports[1] = port;
	v->wait = WAIT_POLL;
	event_poll_arm(v);
}

static void test_poll(void **state)
{
	(void)state;
	const uint32_t a = (uint32_t)bind_ipi(guest, 0);
	const uint32_t b = (uint32_t)bind_ipi(guest, 0);
	struct vcpu *v = guest->vcpus[38];

	set_mask(guest, a);
	set_mask(guest, b);
	start_poll(v, b);
	assert_false(event_is_pending(guest, b));
	/* Any event makes it look, once. */
	event_send(guest, a);
	assert_int_equal(fake_kicks(v, NULL), 1);
	event_send(guest, b);
	assert_int_equal(fake_kicks(v, NULL), 0);
	assert_true(event_is_pending(guest, b));
	/* It has gone on: forgotten at the next event. */
	event_poll_arm(v);
	v->wait = WAIT_NOTHING;
	event_send(guest, b);
	assert_int_equal(fake_kicks(v, NULL), 0);
	assert_false(guest->events->polled);
	/* And can come back, one of several. */
	start_poll(v, b);
	start_poll(guest->vcpus[3], a);
	event_send(guest, b);
	assert_int_equal(fake_kicks(v, NULL), 1);
	assert_int_equal(fake_kicks(guest->vcpus[3], NULL), 1);
	assert_false(event_is_pending(guest, PORTS));
	assert_false(event_is_pending(guest, 999));
}

static void test_reset(void **state)
{
	int g;
	int s;

	(void)state;
	connect(&g, &s);
	for (unsigned int i = 0; i < 300; i++) {
		bind_ipi(guest, 0);
	}
	bind_virq(guest, VIRQ_TIMER, 0);
	assert_false(event_close_some(guest, 300));
	assert_true(event_close_some(guest, 2));
	assert_true(event_close_some(guest, 0));
	assert_int_equal(status(service, (uint32_t)s).status,
			 EVTCHNSTAT_unbound);
	assert_int_equal(bind_virq(guest, VIRQ_TIMER, 0), 1);
	assert_true(event_close_some(guest, 1));
	assert_int_equal(status(guest, 1).status, EVTCHNSTAT_closed);
}

static void test_dying(void **state)
{
	(void)state;
	const uint32_t for_us = (uint32_t)alloc(guest, DOMID_SELF, 2);

	other->state = DOMAIN_DYING;
	assert_int_equal(alloc(other, DOMID_SELF, 0), -XEN_EINVAL);
	assert_int_equal(alloc(service, 2, 0), -XEN_EINVAL);
	assert_int_equal(bind_ipi(other, 0), -XEN_EINVAL);
	assert_int_equal(bind_virq(other, VIRQ_TIMER, 0), -XEN_EINVAL);
	assert_int_equal(bind(other, 1, for_us), -XEN_EINVAL);
}

#define ROUNDS 20000

/* Both ends are closed, bound and sent on at once. */
static void *guest_runs(void *arg)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		const int port = alloc(guest, DOMID_SELF, 0);

		for (unsigned int n = 0; n < 4; n++) {
			event_send(guest, (uint32_t)port);
			event_unmask(guest, (uint32_t)port);
		}
		assert_int_equal(event_close(guest, (uint32_t)port), 0);
	}
	return arg;
}

static void *service_runs(void *arg)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		const int port = bind(service, 1, 1);

		if (port > 0) {
			event_send(service, (uint32_t)port);
			assert_int_equal(event_close(service, (uint32_t)port),
					 0);
		}
	}
	return arg;
}

static void test_races(void **state)
{
	pthread_t a;
	pthread_t b;

	(void)state;
	pthread_create(&a, NULL, guest_runs, NULL);
	pthread_create(&b, NULL, service_runs, NULL);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	assert_int_equal(alloc(guest, DOMID_SELF, 0), 1);
	assert_int_equal(alloc(service, DOMID_SELF, 1), 1);
}

/* The guest undoes each bit just before we look at the next. */
static void clear_all(void *word)
{
	(void)word;
	memset(guest->shared_info, 0, PAGE_SIZE);
}

static void set_all(void *word)
{
	(void)word;
	memset(guest->shared_info, 0xff, PAGE_SIZE);
}

static void test_hostile_words(void **state)
{
	(void)state;
	const uint32_t port = (uint32_t)bind_ipi(guest, 1);

	fake_guest_step = clear_all;
	event_send(guest, port);
	event_unmask(guest, port);
	assert_int_equal(fake_kicks(guest->vcpus[1], NULL), 1);
	fake_guest_step = set_all;
	event_send(guest, port);
	event_unmask(guest, port);
	event_is_pending(guest, port);
	event_vcpu_info_moved(guest->vcpus[1]);
	event_close(guest, port);
	fake_guest_step = NULL;
	memset(guest->shared_info, 0, PAGE_SIZE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_alloc_unbound), TEST(test_alloc_for_others),
		TEST(test_all_ports),     TEST(test_port_limits),
		TEST(test_out_of_memory), TEST(test_bind_interdomain),
		TEST(test_bind_no_room),  TEST(test_loopback),
		TEST(test_send),          TEST(test_levels),
		TEST(test_mask),          TEST(test_layout_32),
		TEST(test_close),         TEST(test_stale_peer),
		TEST(test_virq),          TEST(test_virq_global),
		TEST(test_ipi),           TEST(test_bind_vcpu),
		TEST(test_status),        TEST(test_vcpu_without_info),
		TEST(test_poll),          TEST(test_reset),
		TEST(test_dying),         TEST(test_races),
		TEST(test_hostile_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
