/* SPDX-License-Identifier: MIT */
/*
 * The paravirtual clock: system time of every vCPU never runs backwards, is
 * the same on all of them but for a little, and keeps pace with the TSC.
 *
 * A bug would be a torn update (odd versions are for that), a vCPU that sees
 * an older time after it moved to another pCPU, or a wrong multiplier, which
 * Linux also takes for its TSC frequency.
 */
#include "lib/clock.h"
#include "lib/apic.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/test.h"
#include "lib/trap.h"

#define ROUNDS 20000
/* Two readers on an emulator that takes turns: scheduling noise, not drift. */
#define SKEW (50 * MILLISECOND)

static volatile uint64_t newest;
static volatile unsigned backwards;
static volatile uint64_t worst;
static volatile unsigned ready;

/* Compares with the newest time any vCPU has seen so far. */
static void watch(unsigned cpu)
{
	(void)cpu;
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	while (ready < smp_count()) {
		cpu_pause();
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t seen = __atomic_load_n(&newest, __ATOMIC_SEQ_CST);
		uint64_t now = clock_now();

		if (now < seen) {
			__atomic_add_fetch(&backwards, 1, __ATOMIC_SEQ_CST);
			worst = seen - now > worst ? seen - now : worst;
		} else {
			__atomic_compare_exchange_n(&newest, &seen, now, false,
						    __ATOMIC_SEQ_CST,
						    __ATOMIC_SEQ_CST);
		}
		if (i % 64 == 0) {
			hypercall_sched(SCHEDOP_yield, NULL);
		}
	}
}

static void check_one_vcpu(void)
{
	uint64_t last = clock_now();
	unsigned bad = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t now = clock_now();

		bad += now < last;
		last = now;
		if (i % 128 == 0) {
			cpuid(0, 0);
		}
	}
	expect_eq("steps backwards on one vCPU", bad, 0);
}

static void check_all_vcpus(void)
{
	bool came = true;

	if (smp_count() < 2) {
		skip("steps backwards between vCPUs", "one vCPU");
		return;
	}
	for (unsigned cpu = 1; cpu < smp_count(); cpu++) {
		came = smp_call_begin(cpu, watch) && came;
	}
	if (!expect(came, "all vCPUs started", "not all")) {
		return;
	}
	watch(0);
	for (unsigned cpu = 1; cpu < smp_count(); cpu++) {
		came = smp_wait(cpu) && came;
	}
	expect(came, "all vCPUs came to the end", "not all");
	expect(worst < SKEW, "time is one on all vCPUs",
	       "%u times older, at worst by %lu ns", backwards, worst);
	print("times older than another vCPU's: %u, worst %lu ns\n", backwards,
	      worst);
}

/* The multiplier says the same frequency as CPUID does. */
static void check_frequency(void)
{
	struct vcpu_time_info info = clock_read(&event_vcpu_info(0)->time);
	uint64_t khz = 1000000ull << 32;
	uint64_t told = cpuid(0x40000003, 0).c;
	uint64_t apart;

	khz /= info.tsc_to_system_mul;
	khz = info.tsc_shift < 0 ? khz << -info.tsc_shift
				 : khz >> info.tsc_shift;
	apart = khz > told ? khz - told : told - khz;
	expect(apart <= told / 1000 + 1, "frequency agrees with CPUID",
	       "%lu kHz, CPUID %lu kHz", khz, told);
}

static void check_update(void)
{
	struct vcpu_time_info info = clock_read(&event_vcpu_info(0)->time);
	uint64_t now;

	clock_spin(20 * MILLISECOND);
	now = rdtsc();
	/* It may lie before the guest's zero: compare as distance. */
	expect((int64_t)(now - info.tsc_timestamp) > 0,
	       "time stamp lies in the past", "%lu, now %lu",
	       info.tsc_timestamp, now);
	expect((info.version & 1) == 0, "version is even when at rest", "%u",
	       info.version);
	expect_eq("clock counts from the start: not yet an hour",
		  clock_now() < 3600 * SECOND, 1);
}

static void check_wall_clock(void)
{
	uint64_t wall =
		((uint64_t)shared_info->wc_sec_hi << 32 | shared_info->wc_sec);

	/* wc + system time is UTC; 2020 to 2100. */
	wall += clock_now() / SECOND;
	expect(wall > 1577836800 && wall < 4102444800, "wall clock", "%lu s",
	       wall);
}

void guest_main(void)
{
	event_init();
	apic_enable(apic_has_x2());
	check_one_vcpu();
	check_all_vcpus();
	check_frequency();
	check_update();
	check_wall_clock();
}
