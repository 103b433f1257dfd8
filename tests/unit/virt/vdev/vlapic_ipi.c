/* SPDX-License-Identifier: MIT */
/* Whom a message reaches, and what it does there. */
#include "virt/vdev/vlapic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "virt/vm.h"

#define VCPUS  10u
#define ALL    0x3ffu
#define VECTOR 0x51u

static struct fake_vm vm;

static int set_up(void **state)
{
	(void)state;
	fake_vm_create_guest(&vm, VCPUS);
	for (unsigned int i = 0; i < VCPUS; i++) {
		fake_vm_enable_apic(vm.v[i]);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_vm_destroy(&vm);
	return 0;
}

static void all_enter_x2apic(void)
{
	for (unsigned int i = 0; i < VCPUS; i++) {
		fake_vm_enter_x2apic(vm.v[i]);
	}
}

/* Flat ids: vCPU i has bit i, the last two have none. */
static void set_flat_ids(void)
{
	for (unsigned int i = 0; i < VCPUS; i++) {
		fake_apic_write(vm.v[i], 0xd0, i < 8 ? 1u << (24 + i) : 0);
	}
}

/* Cluster ids: four vCPUs in each. */
static void set_cluster_ids(void)
{
	for (unsigned int i = 0; i < VCPUS; i++) {
		fake_apic_write(vm.v[i], 0xe0, 0);
		fake_apic_write(vm.v[i], 0xd0,
				(i / 4 << 4 | 1u << i % 4) << 24);
	}
}

/* vCPUs, as a set, with this vector requested; accepts it. */
static uint32_t who_got(uint8_t vector)
{
	uint32_t set = 0;

	for (unsigned int i = 0; i < VCPUS; i++) {
		struct vcpu *v = vm.v[i];

		if (vlapic_requested(v) == vector) {
			set |= 1u << i;
			assert_int_equal(fake_vm_work(v), WORK_LAPIC);
			vlapic_reset(v);
			fake_vm_enable_apic(v);
		}
	}
	return set;
}

static uint32_t who_was_kicked(uint32_t work)
{
	uint32_t set = 0;

	for (unsigned int i = 0; i < VCPUS; i++) {
		const uint32_t got = fake_vm_work(vm.v[i]);

		assert_true(got == 0 || got == work);
		set |= got != 0 ? 1u << i : 0;
	}
	return set;
}

static void send_xapic(unsigned int from, uint32_t dest, uint32_t icr)
{
	fake_apic_write(vm.v[from], 0x310, dest << 24);
	fake_apic_write(vm.v[from], 0x300, icr);
}

static void send_x2apic(unsigned int from, uint32_t dest, uint32_t icr)
{
	assert_int_equal(
		vlapic_msr_write(vm.v[from], 0x830, (uint64_t)dest << 32 | icr),
		0);
}

static void nothing(void)
{
}

static void test_destinations(void **state)
{
	static const struct {
		void (*prepare)(void);
		void (*send)(unsigned int from, uint32_t dest, uint32_t icr);
		uint32_t dest;
		uint32_t icr; /* without the vector */
		uint32_t expected;
	} rows[] = {
		/* Physical. */
		{ nothing, send_xapic, 0, 0, 1u << 0 },
		{ nothing, send_xapic, 6, 0, 1u << 3 },
		{ nothing, send_xapic, 7, 0, 0 },
		{ nothing, send_xapic, 18, 0, 1u << 9 },
		{ nothing, send_xapic, 20, 0, 0 },
		{ nothing, send_xapic, 0xfe, 0, 0 },
		{ nothing, send_xapic, 0xff, 0, ALL },
		{ nothing, send_xapic, 6, 0xc000, 1u << 3 },
		{ all_enter_x2apic, send_x2apic, 6, 0, 1u << 3 },
		{ all_enter_x2apic, send_x2apic, 0xff, 0, 0 },
		{ all_enter_x2apic, send_x2apic, 0x106, 0, 0 },
		{ all_enter_x2apic, send_x2apic, 0xffffffff, 0, ALL },
		/* Logical, flat. */
		{ set_flat_ids, send_xapic, 0x05, 0x800, 0x05 },
		{ set_flat_ids, send_xapic, 0x80, 0x800, 0x80 },
		{ set_flat_ids, send_xapic, 0x00, 0x800, 0 },
		{ set_flat_ids, send_xapic, 0xff, 0x800, ALL },
		/* Logical, clusters. */
		{ set_cluster_ids, send_xapic, 0x03, 0x800, 0x003 },
		{ set_cluster_ids, send_xapic, 0x19, 0x800, 0x090 },
		{ set_cluster_ids, send_xapic, 0x2f, 0x800, 0x300 },
		{ set_cluster_ids, send_xapic, 0x3f, 0x800, 0 },
		{ set_cluster_ids, send_xapic, 0xff, 0x800, ALL },
		/* Logical, x2APIC: ids 0, 2, .. 14 in cluster 0. */
		{ all_enter_x2apic, send_x2apic, 0x0005, 0x800, 0x003 },
		{ all_enter_x2apic, send_x2apic, 0xffff, 0x800, 0x0ff },
		{ all_enter_x2apic, send_x2apic, 0xaaaa, 0x800, 0 },
		{ all_enter_x2apic, send_x2apic, 0x10004, 0x800, 0x200 },
		{ all_enter_x2apic, send_x2apic, 0x10000, 0x800, 0 },
		{ all_enter_x2apic, send_x2apic, 0x20001, 0x800, 0 },
		{ all_enter_x2apic, send_x2apic, 0xffffffff, 0x800, ALL },
		/* Shorthands, whatever the destination. */
		{ nothing, send_xapic, 0, 0x40000, 1u << 2 },
		{ nothing, send_xapic, 0, 0x80000, ALL },
		{ nothing, send_xapic, 0, 0xc0000, ALL & ~(1u << 2) },
		{ all_enter_x2apic, send_x2apic, 0, 0x40000, 1u << 2 },
		{ all_enter_x2apic, send_x2apic, 0, 0xc0800, ALL & ~(1u << 2) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		tear_down(state);
		set_up(state);
		rows[i].prepare();
		rows[i].send(2, rows[i].dest, rows[i].icr | VECTOR);
		assert_int_equal(who_got(VECTOR), rows[i].expected);
	}
}

/* Delivery status is never seen busy; other bits read back. */
static void test_icr_reads_back(void **state)
{
	(void)state;
	send_xapic(0, 6, 0x1040 | 0x4000);
	assert_int_equal(fake_apic_read(vm.v[0], 0x300), 0x4040);
	assert_int_equal(fake_apic_read(vm.v[0], 0x310), 6 << 24);
}

/* Nobody is left out, but who is disabled or not addressed. */
static void test_lowest_takes_turns(void **state)
{
	struct vlapic_message m = { .dest = VLAPIC_DEST_ALL,
				    .delivery = VLAPIC_LOWEST,
				    .vector = VECTOR };
	uint32_t seen = 0;

	(void)state;
	for (unsigned int i = 0; i < VCPUS; i++) {
		assert_int_equal(vlapic_deliver(vm.d, &m), 1);

		const uint32_t got = who_got(VECTOR);

		assert_int_equal(__builtin_popcount(got), 1);
		seen |= got;
	}
	assert_int_equal(seen, ALL);

	set_flat_ids();
	fake_apic_write(vm.v[3], 0xf0, 0xff);
	for (unsigned int i = 0; i < VCPUS; i++) {
		send_xapic(2, 0x0a, 0x900 | VECTOR);
		assert_int_equal(who_got(VECTOR), 1u << 1);
		set_flat_ids();
	}
	send_xapic(2, 0x08, 0x900 | VECTOR);
	assert_int_equal(who_got(VECTOR), 0);
}

static void test_deliver_counts(void **state)
{
	struct vlapic_message m = { .dest = 4, .vector = VECTOR };

	(void)state;
	assert_int_equal(vlapic_deliver(vm.d, &m), 1);
	m.dest = 5;
	assert_int_equal(vlapic_deliver(vm.d, &m), 0);
	m.dest = VLAPIC_DEST_ALL;
	assert_int_equal(vlapic_deliver(vm.d, &m), VCPUS);
	m.vector = 3;
	assert_int_equal(vlapic_deliver(vm.d, &m), 0);
	m.dest = 0xfffffffe;
	assert_int_equal(vlapic_deliver(vm.d, &m), 0);
}

static void test_msi(void **state)
{
	struct vlapic_message m;

	(void)state;
	m = vlapic_msi_message(0xfee06000, 0x0041);
	assert_int_equal(m.dest, 6);
	assert_false(m.logical || m.level);
	assert_int_equal(m.vector, 0x41);
	assert_int_equal(m.delivery, VLAPIC_FIXED);
	m = vlapic_msi_message(0xfeeff00c, 0xc142);
	assert_int_equal(m.dest, VLAPIC_DEST_ALL);
	assert_true(m.logical && m.level);
	assert_int_equal(m.delivery, VLAPIC_LOWEST);

	/* The redirection hint makes a logical destination one of many. */
	set_flat_ids();
	m = vlapic_msi_message(0xfee0700c, VECTOR);
	assert_int_equal(vlapic_deliver(vm.d, &m), 1);
	assert_int_equal(__builtin_popcount(who_got(VECTOR)), 1);
	set_flat_ids();
	m = vlapic_msi_message(0xfee07004, VECTOR);
	assert_int_equal(vlapic_deliver(vm.d, &m), 3);
	assert_int_equal(who_got(VECTOR), 7);
	m = vlapic_msi_message(0xfee06008, VECTOR);
	assert_int_equal(vlapic_deliver(vm.d, &m), 1);
	assert_int_equal(who_got(VECTOR), 1u << 3);
}

/* An 8-bit logical destination sees the low ids of x2APIC's cluster 0. */
static void test_msi_to_x2apic(void **state)
{
	struct vlapic_message m = vlapic_msi_message(0xfee05004, VECTOR);

	(void)state;
	all_enter_x2apic();
	assert_int_equal(vlapic_deliver(vm.d, &m), 2);
	assert_int_equal(who_got(VECTOR), 3);
	m = vlapic_msi_message(0xfee12000, VECTOR);
	assert_int_equal(vlapic_deliver(vm.d, &m), 1);
	assert_int_equal(who_got(VECTOR), 1u << 9);
}

static void test_modes_of_delivery(void **state)
{
	static const struct {
		uint32_t icr;
		uint32_t work; /* 0: nothing arrives */
		uint32_t expected;
	} rows[] = {
		{ 0x400, WORK_NMI, 1u << 3 },
		{ 0x40400, WORK_NMI, 1u << 0 },
		{ 0x80400, WORK_NMI, ALL },
		{ 0xc0400, WORK_NMI, ALL & ~1u },
		{ 0x500, WORK_INIT, 1u << 3 },
		{ 0x4500, WORK_INIT, 1u << 3 },
		{ 0xc500, WORK_INIT, 1u << 3 },
		{ 0x8500, 0, 0 }, /* de-assert */
		{ 0xc4500, WORK_INIT, ALL & ~1u },
		{ 0x40500, WORK_INIT, 1u << 0 },
		{ 0x200, 0, 0 }, /* SMI */
		{ 0x300, 0, 0 },
		{ 0x700, 0, 0 },
		{ 0x607, WORK_START, 1u << 3 },
		{ 0xc0607, WORK_START, ALL & ~1u },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		send_xapic(0, 6, rows[i].icr);
		assert_int_equal(who_was_kicked(rows[i].work),
				 rows[i].expected);
	}
	assert_int_equal(vm.v[3]->sipi_vector, 7);
	assert_int_equal(fake_locks_held(), 0);
}

/* An APIC that is off by APICBASE hears nothing, one that is off by SVR only
 * what is not a vector. */
static void test_disabled_targets(void **state)
{
	(void)state;
	fake_apic_write(vm.v[3], 0xf0, 0xff);
	send_xapic(0, 6, VECTOR);
	assert_int_equal(who_got(VECTOR), 0);
	send_xapic(0, 6, 0x400);
	assert_int_equal(who_was_kicked(WORK_NMI), 1u << 3);
	assert_int_equal(vlapic_msr_write(vm.v[3], 0x1b, 0xfee00000), 0);
	send_xapic(0, 6, 0x400);
	send_xapic(0, 6, 0x500);
	assert_int_equal(who_was_kicked(0), 0);
}

/* The run loop decides; INIT and start-up may both be waiting for it. */
static void test_start_up(void **state)
{
	(void)state;
	send_xapic(0, 6, 0x4500);
	send_xapic(0, 6, 0x611);
	assert_int_equal(fake_vm_work(vm.v[3]), WORK_INIT | WORK_START);
	assert_int_equal(vm.v[3]->sipi_vector, 0x11);
}

static void test_illegal_vector(void **state)
{
	(void)state;
	send_xapic(0, 6, 0x0f);
	send_xapic(0, 0, 0x40100);
	assert_int_equal(who_was_kicked(0), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_destinations),
		TEST(test_icr_reads_back),
		TEST(test_lowest_takes_turns),
		TEST(test_deliver_counts),
		TEST(test_msi),
		TEST(test_msi_to_x2apic),
		TEST(test_modes_of_delivery),
		TEST(test_disabled_targets),
		TEST(test_start_up),
		TEST(test_illegal_vector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
