/* SPDX-License-Identifier: MIT */
/*
 * Random event operations of three domains, with hostile event words between
 * them. After each, no lock or window is held, and every interdomain port's
 * peer points back.
 */
#include "domain/event.h"
#include "arch/x86/hooks.h"
#include "domain/event_port.h"
#include "fake.h"

#define DOMAINS 3u
#define VCPUS   2u
#define PORTS   600u
#define RAM     8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct domain *domains[DOMAINS];

static void check(bool ok, const char *what)
{
	if (!ok) {
		panic("%s\n", what);
	}
}

static void set_up(void)
{
	fake_reset();
	for (uint16_t i = 0; i < DOMAINS; i++) {
		struct domain *d = fake_domain_add(i, VCPUS);

		fake_domain_add_ram(d, 0, RAM);
		d->privileged = i == 0;
		check(event_domain_init(d, PORTS) == 0, "init");
		domains[i] = d;
	}
}

static void check_pairs(const struct domain *d)
{
	for (uint32_t i = 0; i < PORTS; i++) {
		const struct event_port *p = event_port_find(d, i);

		if (p == NULL || event_bind_read(p).kind != EVENT_INTERDOMAIN) {
			continue;
		}

		const union event_bind b = event_bind_read(p);
		const union event_bind back = event_bind_read(
			event_port_find(domains[b.domid], b.port));

		check(back.kind == EVENT_INTERDOMAIN && back.domid == d->id &&
			      back.port == i,
		      "the peer points elsewhere");
	}
}

static void tear_down(void)
{
	for (unsigned int i = 0; i < DOMAINS; i++) {
		check_pairs(domains[i]);
		while (!event_close_some(domains[i], 5)) {
		}
	}
	for (unsigned int i = 0; i < DOMAINS; i++) {
		for (uint32_t g = 0; g < RAM; g++) {
			check(fake_frame_refs(p2m_lookup(domains[i], gfn(g),
							 NULL)) == 1,
			      "a frame is still held");
		}
		event_domain_destroy(domains[i]);
		check(domains[i]->heap_pages == 0, "memory is left");
	}
}

/* One operation: who, what, and two arguments. */
static void step(const uint8_t b[4])
{
	struct domain *d = domains[b[0] % DOMAINS];
	const uint16_t dom = b[2] % 5 == 4 ? DOMID_SELF : b[2] % 5;
	const uint32_t port = b[3];
	uint32_t *words = fake_guest(d, (b[2] % RAM) * PAGE_SIZE);
	struct evtchn_alloc_unbound mk = { .dom = dom, .remote_dom = b[3] % 4 };
	struct evtchn_bind_interdomain bd = { .remote_dom = dom,
					      .remote_port = port };
	struct evtchn_bind_virq virq = { .virq = b[2] % 32, .vcpu = b[3] % 3 };
	struct evtchn_bind_ipi ipi = { .vcpu = b[2] % 3 };
	struct evtchn_bind_vcpu bv = { .port = port, .vcpu = b[2] % 3 };
	struct evtchn_status st = { .dom = dom, .port = port };
	struct evtchn_init_control ic = { .control_gfn = b[2] % (RAM + 1),
					  .offset = b[3] * 64u,
					  .vcpu = b[3] % 3 };
	struct evtchn_expand_array ea = { .array_gfn = b[2] % (RAM + 1) };
	struct evtchn_set_priority pr = { .port = port, .priority = b[2] % 17 };

	switch (b[0] / DOMAINS % 16) {
	case 0:
		event_alloc_unbound(d, &mk);
		break;
	case 1:
		event_bind_interdomain(d, &bd);
		break;
	case 2:
		event_bind_virq(d, &virq);
		break;
	case 3:
		event_bind_ipi(d, &ipi);
		break;
	case 4:
		event_bind_vcpu(d, &bv);
		break;
	case 5:
		event_close(d, port);
		break;
	case 6:
		event_send(d, port);
		break;
	case 7:
		event_unmask(d, port);
		break;
	case 8:
		event_status(d, &st);
		break;
	case 9:
		event_init_control(d, &ic);
		break;
	case 10:
		event_expand_array(d, &ea);
		break;
	case 11:
		event_set_priority(d, &pr);
		break;
	case 12:
		event_close_some(d, b[1]);
		break;
	case 13:
		words[b[3] * 4] = (uint32_t)b[1] << 24 | b[2];
		break;
	case 14:
		event_virq(d->vcpus[b[3] % VCPUS], b[2] % NR_VIRQS);
		break;
	case 15:
		d->width32 = b[1] % 2;
		break;
	}
	fake_check_clean();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	set_up();
	for (size_t i = 0; i + 4 <= size; i += 4) {
		step(&data[i]);
	}
	tear_down();
	return 0;
}
