/* SPDX-License-Identifier: MIT */
#include "virt/vdev/machine.h"

#include "abi/abi.h"
#include "domain/domain.h"
#include "virt/vdev/vioapic.h"
#include "virt/vdev/vport61.h"

static int create_devices(struct domain *d, const struct machine_config *c)
{
	const int error = vport61_create(d);

	if (error != 0) {
		return error;
	}
	return vioapic_create(d, c->ioapics, c->ioapic_count, c->gsi_ops);
}

int machine_create(struct domain *d, const struct machine_config *c)
{
	struct vmachine *m = domain_alloc(d, sizeof(*m));

	if (m == NULL) {
		return -XEN_ENOMEM;
	}
	claim_space_init(&m->mmio);
	claim_space_init(&m->pio);
	m->x2apic = c->x2apic;
	m->tsc_deadline = c->tsc_deadline;
	d->machine = m;

	const int error = create_devices(d, c);

	if (error != 0) {
		machine_destroy(d);
	}
	return error;
}

void machine_destroy(struct domain *d)
{
	struct vmachine *m = d->machine;

	if (m == NULL) {
		return;
	}
	vioapic_destroy(d);
	claim_space_destroy(&m->pio);
	claim_space_destroy(&m->mmio);
	d->machine = NULL;
	domain_free(d, m, sizeof(*m));
}

void machine_reset(struct domain *d)
{
	vioapic_reset(d);
	d->machine->port61 = 0;
}
