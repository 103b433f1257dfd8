/* SPDX-License-Identifier: MIT */
/* MCFG (PCI firmware specification 3.3, 4.1.2). Constant after boot. */
#include "dev/acpi_mcfg.h"

#include "arch/x86/hooks.h"
#include "dev/acpi.h"
#include "lib/string.h"

struct mcfg_entry {
	uint64_t base;
	uint16_t segment;
	uint8_t first_bus;
	uint8_t last_bus;
	uint32_t reserved;
} __attribute__((packed));

struct mcfg_table {
	struct acpi_header header;
	uint64_t reserved;
	struct mcfg_entry entries[];
} __attribute__((packed));

struct acpi_mcfg acpi_mcfg[ACPI_MAX_MCFG];
unsigned int acpi_mcfg_count;

static void entry_add(const struct mcfg_entry *e)
{
	if (e->base == 0 || page_offset(e->base) != 0 ||
	    e->last_bus < e->first_bus) {
		log_warning("acpi: MCFG entry of segment %u ignored\n",
			    e->segment);
		return;
	}
	if (acpi_mcfg_count == ACPI_MAX_MCFG) {
		log_warning("acpi: more than %u MCFG entries\n",
			    (unsigned int)ACPI_MAX_MCFG);
		return;
	}
	acpi_mcfg[acpi_mcfg_count] = (struct acpi_mcfg){
		.base = maddr(e->base),
		.segment = e->segment,
		.first_bus = e->first_bus,
		.last_bus = e->last_bus,
	};
	acpi_mcfg_count++;
}

void acpi_mcfg_init(void)
{
	const struct acpi_table *t = acpi_find("MCFG", 0);
	const struct mcfg_table *m = t == NULL ? NULL : acpi_map(t, sizeof(*m));
	size_t count;

	acpi_mcfg_count = 0;
	if (m == NULL) {
		return;
	}
	count = (t->length - sizeof(*m)) / sizeof(m->entries[0]);
	for (size_t i = 0; i < count; i++) {
		entry_add(&m->entries[i]);
	}
	acpi_unmap(t, m);
}
