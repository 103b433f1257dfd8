/* SPDX-License-Identifier: MIT */
/* HPET description table (IA-PC HPET specification 1.0a, 3.2.4). */
#include "dev/acpi_hpet.h"

#include "dev/acpi.h"

struct hpet_table {
	struct acpi_header header;
	uint32_t id;
	struct acpi_gas base;
} __attribute__((packed));

maddr_t acpi_hpet_base(void)
{
	const struct acpi_table *t = acpi_find("HPET", 0);
	const struct hpet_table *h = t == NULL ? NULL : acpi_map(t, sizeof(*h));
	maddr_t base = maddr(0);

	if (h == NULL) {
		return base;
	}
	if (h->base.space == ACPI_SPACE_MEMORY) {
		base = maddr(h->base.address);
	}
	acpi_unmap(t, h);
	return base;
}
