/* SPDX-License-Identifier: MIT */
/* Debug key 'e': the service VM's event ports. */
#include "core/debugkeys.h"
#include "domain/debug_domain.h"
#include "domain/event.h"
#include "domain/event_port.h"

static void show_port(struct domain *d, uint32_t port, struct event_port *p)
{
	const union event_bind bind = event_bind_read(p);
	const char *pending = event_is_pending(d, port) ? ", pending" : "";

	switch ((enum event_kind)bind.kind) {
	case EVENT_FREE:
		break;
	case EVENT_UNBOUND:
		debug_line("  port %u: for domain %u to bind%s", port,
			   bind.domid, pending);
		break;
	case EVENT_INTERDOMAIN:
		debug_line("  port %u: to domain %u port %u, vCPU %u%s", port,
			   bind.domid, bind.port, p->vcpu, pending);
		break;
	case EVENT_VIRQ:
		debug_line("  port %u: VIRQ %u, vCPU %u%s", port, bind.port,
			   p->vcpu, pending);
		break;
	case EVENT_IPI:
		debug_line("  port %u: IPI, vCPU %u%s", port, p->vcpu, pending);
		break;
	}
}

static void show_events(void)
{
	struct domain *d = domain_find(0);

	if (d == NULL) {
		debug_line("there is no service VM");
		return;
	}
	debug_line("event ports of domain 0 (%s):",
		   d->events->abi == &event_fifo_abi ? "FIFO" : "2-level");
	for (uint32_t i = 0; i < EVENT_BUCKETS; i++) {
		for (uint32_t j = 0; j < EVENT_BUCKET_PORTS; j++) {
			const uint32_t port = i * EVENT_BUCKET_PORTS + j;
			struct event_port *p = event_port_find(d, port);

			if (p == NULL) {
				break; /* no port of this bucket was used */
			}
			show_port(d, port, p);
		}
	}
}

void debug_event_init(void)
{
	debug_key_add('e', "event ports of the service VM", show_events);
}
