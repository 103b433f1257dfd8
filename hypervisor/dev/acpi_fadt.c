/* SPDX-License-Identifier: MIT */
/* FADT (ACPI 6.5 5.2.9) and the sleep state the machine is turned off with. */
#include "dev/acpi_fadt.h"

#include "abi/abi.h"
#include "arch/x86/hooks.h"
#include "lib/string.h"

/* ACPI 6.5 table 5.9, up to what is used. */
struct fadt_table {
	struct acpi_header header;
	uint32_t facs;
	uint32_t dsdt;
	uint8_t reserved0;
	uint8_t profile;
	uint16_t sci_irq;
	uint8_t smi[8];
	uint32_t pm1a_event;
	uint32_t pm1b_event;
	uint32_t pm1a_control;
	uint32_t pm1b_control;
	uint32_t pm2_control;
	uint32_t pm_timer;
	uint32_t gpe0;
	uint32_t gpe1;
	uint8_t pm1_event_length;
	uint8_t pm1_control_length;
	uint8_t pm2_control_length;
	uint8_t pm_timer_length;
	uint8_t other[17];
	uint16_t boot_flags;
	uint8_t reserved1;
	uint32_t flags;
	struct acpi_gas reset;
	uint8_t reset_value;
	uint8_t reserved2[3];
	uint64_t x_facs;
	uint64_t x_dsdt;
	struct acpi_gas x_pm1a_event;
	struct acpi_gas x_pm1b_event;
	struct acpi_gas x_pm1a_control;
	struct acpi_gas x_pm1b_control;
	struct acpi_gas x_pm2_control;
	struct acpi_gas x_pm_timer;
	struct acpi_gas x_gpe0;
	struct acpi_gas x_gpe1;
	struct acpi_gas sleep_control;
	struct acpi_gas sleep_status;
} __attribute__((packed));

static_assert(offsetof(struct fadt_table, pm1a_event) == 56, "table 5.9");
static_assert(offsetof(struct fadt_table, boot_flags) == 109, "table 5.9");
static_assert(offsetof(struct fadt_table, reset) == 116, "table 5.9");
static_assert(offsetof(struct fadt_table, x_dsdt) == 140, "table 5.9");
static_assert(offsetof(struct fadt_table, sleep_control) == 244, "table 5.9");

#define FADT_V1_LENGTH 116u /* ends before the reset register */

struct acpi_fadt acpi_fadt;

/* AML encodings (ACPI 6.5 20.3). */
enum aml {
	AML_ZERO = 0x00,
	AML_ONE = 0x01,
	AML_NAME = 0x08,
	AML_BYTE = 0x0a,
	AML_WORD = 0x0b,
	AML_DWORD = 0x0c,
	AML_PACKAGE = 0x12,
	AML_ROOT = 0x5c,
	AML_ONES = 0xff,
};

/* A place in AML; reading past the end gives zeros and sets `over`. */
struct aml_cursor {
	const uint8_t *at;
	const uint8_t *end;
	bool over;
};

static uint8_t aml_byte(struct aml_cursor *c)
{
	if (c->at == c->end) {
		c->over = true;
		return 0;
	}
	return *c->at++;
}

static void aml_skip(struct aml_cursor *c, unsigned int count)
{
	while (count-- > 0) {
		(void)aml_byte(c);
	}
}

/* A constant's low byte; SLP_TYP has three bits. */
static uint8_t aml_constant(struct aml_cursor *c)
{
	uint8_t value = 0;

	switch (aml_byte(c)) {
	case AML_ZERO:
		return 0;
	case AML_ONE:
		return 1;
	case AML_ONES:
		return 0xff;
	case AML_BYTE:
		return aml_byte(c);
	case AML_WORD:
		value = aml_byte(c);
		aml_skip(c, 1);
		return value;
	case AML_DWORD:
		value = aml_byte(c);
		aml_skip(c, 3);
		return value;
	default:
		c->over = true;
		return 0;
	}
}

/* What follows the name _S5_: a package of at least one constant. */
static bool s5_package(struct aml_cursor c, uint8_t *type_a, uint8_t *type_b)
{
	unsigned int count;

	if (aml_byte(&c) != AML_PACKAGE) {
		return false;
	}
	/* ACPI 6.5 20.2.4: the top two bits say how many bytes follow. */
	aml_skip(&c, aml_byte(&c) >> 6);
	count = aml_byte(&c);
	*type_a = aml_constant(&c);
	*type_b = count > 1 ? aml_constant(&c) : *type_a;
	return count > 0 && !c.over;
}

bool acpi_find_s5(const uint8_t *aml, size_t len, uint8_t *type_a,
		  uint8_t *type_b)
{
	for (size_t i = 1; i + 4 <= len; i++) {
		const struct aml_cursor after = { aml + i + 4, aml + len,
						  false };
		const bool is_named = aml[i - 1] == AML_NAME ||
				      (i > 1 && aml[i - 1] == AML_ROOT &&
				       aml[i - 2] == AML_NAME);

		if (is_named && memcmp(aml + i, "_S5_", 4) == 0 &&
		    s5_package(after, type_a, type_b)) {
			return true;
		}
	}
	return false;
}

static bool s5_search(const struct acpi_table *t)
{
	const uint8_t *p = acpi_map(t, 0);
	bool found;

	if (p == NULL) {
		return false;
	}
	found = acpi_find_s5(p + sizeof(struct acpi_header),
			     t->length - sizeof(struct acpi_header),
			     &acpi_fadt.s5_type_a, &acpi_fadt.s5_type_b);
	acpi_unmap(t, p);
	return found;
}

/* The DSDT has it nearly always; the rest may be in an SSDT. */
static void s5_read(maddr_t dsdt)
{
	const struct acpi_table *ssdt;
	struct acpi_table t;

	if (acpi_table_at(dsdt, &t) == 0 && s5_search(&t)) {
		acpi_fadt.has_s5 = true;
		return;
	}
	for (unsigned int i = 0; (ssdt = acpi_find("SSDT", i)) != NULL; i++) {
		if (s5_search(ssdt)) {
			acpi_fadt.has_s5 = true;
			return;
		}
	}
	log_warning("acpi: no \\_S5, cannot turn the machine off\n");
}

/* ACPI 6.5 5.2.9: the X_ field wins when it holds an address. */
static struct acpi_gas block(const struct acpi_gas *extended, uint32_t port,
			     uint8_t length)
{
	if (extended->address != 0) {
		return *extended;
	}
	return (struct acpi_gas){
		.space = ACPI_SPACE_IO,
		.bit_width = (uint8_t)(length * 8),
		.address = port,
	};
}

static void fadt_read(const struct fadt_table *f)
{
	acpi_fadt = (struct acpi_fadt){
		.pm1a_event = block(&f->x_pm1a_event, f->pm1a_event,
				    f->pm1_event_length),
		.pm1b_event = block(&f->x_pm1b_event, f->pm1b_event,
				    f->pm1_event_length),
		.pm1a_control = block(&f->x_pm1a_control, f->pm1a_control,
				      f->pm1_control_length),
		.pm1b_control = block(&f->x_pm1b_control, f->pm1b_control,
				      f->pm1_control_length),
		.pm_timer =
			block(&f->x_pm_timer, f->pm_timer, f->pm_timer_length),
		.reset = f->reset,
		.sleep_control = f->sleep_control,
		.pm1_event_length = f->pm1_event_length,
		.reset_value = f->reset_value,
		.sci_irq = f->sci_irq,
		.boot_flags = f->boot_flags,
		.flags = f->flags,
	};
	s5_read(maddr(f->x_dsdt != 0 ? f->x_dsdt : f->dsdt));
}

int acpi_fadt_init(void)
{
	const struct acpi_table *t = acpi_find("FACP", 0);
	const void *p = t == NULL ? NULL : acpi_map(t, FADT_V1_LENGTH);
	struct fadt_table fadt = { .facs = 0 };

	if (p == NULL) {
		return -XEN_ENOENT;
	}
	/* Old revisions are shorter: what they lack reads as 0. */
	memcpy(&fadt, p, min_u64(t->length, sizeof(fadt)));
	acpi_unmap(t, p);
	fadt_read(&fadt);
	return 0;
}
