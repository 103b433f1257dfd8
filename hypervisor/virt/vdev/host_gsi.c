/* SPDX-License-Identifier: MIT */
/* Joins virt/vdev/vioapic.c and domain/irq_guest.c, which do not know each
 * other. */
#include "virt/vdev/host_gsi.h"

#include "domain/irq_guest.h"

const struct vioapic_host_ops host_gsi_ops = {
	.bind = irq_guest_bind,
	.mask = irq_guest_mask,
	.unmask = irq_guest_unmask,
	.eoi = irq_guest_eoi,
};

void host_gsi_init(void)
{
	irq_guest_set_sink(vioapic_interrupt);
}
