/* SPDX-License-Identifier: MIT */
/* Which messages sources are given, with and without units. */
#include "dev/iommu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "core/ioapic.h"
#include "dev/acpi_devices.h"
#include "dev/iommu_unit.h"

struct ioapic_info ioapic_table[] = {
	{ .gsi_base = 0, .pins = 24, .id = 4 },
	{ .gsi_base = 24, .pins = 8, .id = 5 },
};
unsigned int ioapic_count = ARRAY_SIZE(ioapic_table);
struct acpi_ioapic_source acpi_ioapic_sources[ACPI_MAX_IOAPICS] = {
	{ .id = 4, .sbdf = 0xa0 },
	{ .id = 5, .sbdf = 0xa1 },
};
unsigned int acpi_ioapic_source_count;

static struct {
	uint32_t gsi;
	uint64_t message;
	bool level;
	bool active_low;
} routed;

static struct iommu_irq asked;
static unsigned int clears;
static int answer;

void ioapic_route(uint32_t gsi, uint64_t message, bool level, bool active_low)
{
	routed.gsi = gsi;
	routed.message = message;
	routed.level = level;
	routed.active_low = active_low;
}

static int fake_set(const struct iommu_irq *q, struct iommu_message *m)
{
	asked = *q;
	*m = (struct iommu_message){ 0xfee2469c, 0x7ab };
	return answer;
}

static void fake_clear(const struct iommu_irq *q)
{
	asked = *q;
	clears++;
}

static const struct iommu_ops able = { .irq_set = fake_set,
				       .irq_clear = fake_clear };

static int setup(void **state)
{
	(void)state;
	acpi_ioapic_source_count = 2;
	answer = 0;
	clears = 0;
	memset(&routed, 0, sizeof(routed));
	return 0;
}

/* Fake pCPU 2 has APIC id 4. */
static void test_plain(void **state)
{
	const struct iommu_irq q = { .vector = 0x45, .cpu = 2 };
	struct iommu_message m;

	(void)state;
	assert_false(iommu_irq_init(NULL));
	assert_int_equal(iommu_irq_set(&q, &m), 0);
	assert_int_equal(m.address, 0xfee04000);
	assert_int_equal(m.data, 0x45);
	iommu_irq_clear(&q);
	assert_int_equal(clears, 0);
	assert_int_equal(iommu_pin_set(9, &q, true), 0);
	assert_int_equal(routed.message, UINT64_C(4) << 56 | 0x45);
	assert_false(routed.level);
	assert_true(routed.active_low);
}

/* One I/O APIC that nobody lists would be deaf. */
static void test_unlisted(void **state)
{
	(void)state;
	assert_true(iommu_irq_init(&able));
	acpi_ioapic_source_count = 1;
	assert_false(iommu_irq_init(&able));
}

/* Bits of a message in an entry: 19 to 4 are 63 to 48, 2 is 11, data 10 to 0. */
static void test_pin(void **state)
{
	const struct iommu_irq q = { .vector = 0x45, .level = true, .cpu = 2 };

	(void)state;
	assert_true(iommu_irq_init(&able));
	assert_int_equal(iommu_pin_set(26, &q, false), 0);
	assert_int_equal(asked.source, 0xa1);
	assert_int_equal(asked.index, 2);
	assert_int_equal(asked.vector, 0x45);
	assert_int_equal(routed.gsi, 26);
	assert_true(routed.level);
	assert_int_equal(routed.message,
			 UINT64_C(0x2469) << 48 | 1 << 11 | 0x7ab);
	iommu_pin_clear(3, &q);
	assert_int_equal(clears, 1);
	assert_int_equal(asked.source, 0xa0);
	assert_int_equal(asked.index, 3);
}

static void test_pin_fails(void **state)
{
	const struct iommu_irq q = { .vector = 0x45 };

	(void)state;
	assert_true(iommu_irq_init(&able));
	assert_int_equal(iommu_pin_set(32, &q, false), -XEN_ENOENT);
	answer = -XEN_ENOMEM;
	assert_int_equal(iommu_pin_set(3, &q, false), -XEN_ENOMEM);
	assert_int_equal(routed.message, 0);
	iommu_pin_clear(32, &q);
	assert_int_equal(clears, 0);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),
		TEST(test_unlisted),
		TEST(test_pin),
		TEST(test_pin_fails),
	};

	return cmocka_run_group_tests_name("iommu_irq", tests, NULL, NULL);
}
