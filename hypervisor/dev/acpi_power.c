/* SPDX-License-Identifier: MIT */
/* Power off by the PM1 control registers, reset by whatever works. */
#include "dev/acpi_power.h"

#include "abi/abi.h"
#include "arch/x86/asm.h"
#include "arch/x86/hooks.h"
#include "lib/string.h"

/* ACPI 6.5 table 5.9: what is used of the FADT. */
struct fadt {
	struct acpi_header header;
	uint32_t facs;
	uint32_t dsdt;
	uint8_t other0[20];
	uint32_t pm1_control[2];
	uint8_t other1[40];
	uint32_t flags;
	struct acpi_gas reset;
	uint8_t reset_value;
	uint8_t other2[11];
	uint64_t x_dsdt;
	uint8_t other3[24];
	struct acpi_gas x_pm1_control[2];
} __attribute__((packed));

static_assert(offsetof(struct fadt, pm1_control) == 64, "table 5.9");
static_assert(offsetof(struct fadt, reset) == 116, "table 5.9");
static_assert(offsetof(struct fadt, x_pm1_control) == 172, "table 5.9");

#define FADT_V1_LENGTH       116u /* ends before the reset register */
#define FADT_RESET_SUPPORTED 0x400u

/* ACPI 6.5 table 4.16, PM1 control. */
#define PM1_SLEEP_TYPE_SHIFT 10
#define PM1_SLEEP_TYPE_MASK  (7u << PM1_SLEEP_TYPE_SHIFT)
#define PM1_SLEEP_ENABLE     (1u << 13)

/* AML encodings (ACPI 6.5 20.3). */
#define AML_NAME           0x08
#define AML_BYTE           0x0a
#define AML_PACKAGE        0x12

#define PORT_DELAY         0x80 /* POST codes: a write takes about 1 us */
#define PORT_RESET_CONTROL 0xcf9
#define RESET_CONTROL_HARD 0x02
#define RESET_CONTROL_GO   0x06

struct acpi_power acpi_power;

/* A number as compilers write those of \_S5: 0 and 1 by themselves, others
 * behind AML_BYTE. */
static uint8_t aml_number(const uint8_t **at)
{
	if (**at == AML_BYTE) {
		++*at;
	}
	return *(*at)++;
}

/* What follows the name _S5_. Behind the table's end there are zeros. */
static bool s5_package(const uint8_t *aml, size_t len, uint8_t type[2])
{
	uint8_t copy[10] = { 0 };
	const uint8_t *at = copy;

	memcpy(copy, aml, min_u64(len, sizeof(copy)));
	if (copy[0] != AML_PACKAGE) {
		return false;
	}
	/* ACPI 6.5 20.2.4: the top two bits say how many more bytes the length
	 * has. Behind it is the count of elements. */
	at += 3 + (copy[1] >> 6);
	type[0] = aml_number(&at);
	type[1] = aml_number(&at);
	return true;
}

bool acpi_power_find_s5(const uint8_t *aml, size_t len, uint8_t type[2])
{
	for (size_t i = 2; i + 4 <= len; i++) {
		const bool is_named =
			aml[i - 1] == AML_NAME ||
			(aml[i - 1] == '\\' && aml[i - 2] == AML_NAME);

		if (is_named && memcmp(aml + i, "_S5_", 4) == 0 &&
		    s5_package(aml + i + 4, len - i - 4, type)) {
			return true;
		}
	}
	return false;
}

static bool s5_read(maddr_t dsdt)
{
	const struct acpi_header *h = acpi_map_at(dsdt);
	bool found;

	if (h == NULL) {
		return false;
	}
	found = acpi_power_find_s5((const uint8_t *)h, h->length,
				   acpi_power.s5_type);
	acpi_unmap(h);
	return found;
}

/* The register's port, or 0 when it is elsewhere: no PC has it so. */
static uint16_t port_of(const struct acpi_gas *g)
{
	return g->space == ACPI_SPACE_IO ? (uint16_t)g->address : 0;
}

int acpi_power_init(void)
{
	const struct acpi_header *h = acpi_map("FACP", FADT_V1_LENGTH);
	struct fadt f = { .facs = 0 };

	if (h == NULL) {
		return -XEN_ENOENT;
	}
	/* Old revisions are shorter: what they lack reads as 0. */
	memcpy(&f, h, min_u64(h->length, sizeof(f)));
	acpi_unmap(h);

	acpi_power = (struct acpi_power){ .reset_value = f.reset_value };
	for (unsigned int i = 0; i < 2; i++) {
		/* ACPI 6.5 5.2.9: the X_ field wins when it is not 0. */
		acpi_power.pm1_control[i] = port_of(&f.x_pm1_control[i]);
		if (f.x_pm1_control[i].address == 0) {
			acpi_power.pm1_control[i] = (uint16_t)f.pm1_control[i];
		}
	}
	if ((f.flags & FADT_RESET_SUPPORTED) != 0) {
		acpi_power.reset_port = port_of(&f.reset);
	}
	acpi_power.has_s5 = s5_read(maddr(f.x_dsdt != 0 ? f.x_dsdt : f.dsdt));
	if (!acpi_power.has_s5) {
		log_warning("acpi: no \\_S5, cannot turn the machine off\n");
	}
	return 0;
}

static void delay_ms(unsigned int ms)
{
	for (unsigned int i = 0; i < ms * 1000; i++) {
		outb(PORT_DELAY, 0);
	}
}

static void pm1_sleep(unsigned int i, uint32_t enable)
{
	const uint16_t port = acpi_power.pm1_control[i];
	const uint32_t type = acpi_power.s5_type[i] & 7u;

	if (port != 0) {
		outw(port, (uint16_t)((inw(port) & ~PM1_SLEEP_TYPE_MASK) |
				      type << PM1_SLEEP_TYPE_SHIFT | enable));
	}
}

void acpi_power_off(void)
{
	if (!acpi_power.has_s5) {
		return;
	}
	/* ACPI 6.5 16.1.7: both types first, then both enables. */
	pm1_sleep(0, 0);
	pm1_sleep(1, 0);
	pm1_sleep(0, PM1_SLEEP_ENABLE);
	pm1_sleep(1, PM1_SLEEP_ENABLE);
	delay_ms(1000);
}

/* The last way is an exception with no IDT: it shuts the CPU down, which resets
 * the machine (SDM 3A 6.15, interrupt 8). */
void acpi_power_reset(void)
{
	const uint8_t no_idt[10] = { 0 };

	log_info("machine restarts\n");
	if (acpi_power.reset_port != 0) {
		outb(acpi_power.reset_port, acpi_power.reset_value);
		delay_ms(100);
	}
	outb(PORT_RESET_CONTROL, RESET_CONTROL_HARD);
	delay_ms(1);
	outb(PORT_RESET_CONTROL, RESET_CONTROL_GO);
	delay_ms(100);
	for (;;) {
		__asm__ volatile("lidt %0; int3" ::"m"(no_idt));
	}
}
