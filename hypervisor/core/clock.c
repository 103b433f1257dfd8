/* SPDX-License-Identifier: MIT */
/*
 * Nanoseconds from the TSC. The scale is what the pvclock ABI has (xen.h,
 * struct vcpu_time_info), so that guests compute exactly what we compute.
 */
#include "core/clock.h"

#include "arch/x86/features.h"
#include "arch/x86/lapic.h"
#include "arch/x86/spinlock.h"

#define PIT_HZ       1193182u
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND  0x43
#define PIT_GATE     0x61
#define CALIBRATE_MS 10

struct clock_scale clock_scale;

static struct {
	struct spinlock lock;
	uint64_t sec; /* UTC at clock 0 */
	uint32_t nsec;
} wall = { .lock = SPINLOCK_INIT(LOCK_LOG - 1) };

uint32_t clock_apic_khz;

uint64_t clock_of_tsc(uint64_t tsc)
{
	uint64_t delta = tsc - clock_scale.tsc_base;

	if (clock_scale.shift >= 0) {
		delta <<= clock_scale.shift;
	} else {
		delta >>= -clock_scale.shift;
	}
	return clock_scale.ns_base +
	       (uint64_t)(((unsigned __int128)delta * clock_scale.mul) >> 32);
}

uint64_t clock_now(void)
{
	return clock_of_tsc(rdtsc());
}

/* mul/2^32 * 2^shift = 10^6 / khz, with mul in [2^31, 2^32). */
static void set_scale(uint32_t khz)
{
	uint64_t ticks = khz;
	int8_t shift = 0;

	while (ticks > 2 * UINT64_C(1000000)) {
		ticks >>= 1;
		shift--;
	}
	/* Do the shift on the exact rate, not on the rounded one. */
	while (ticks <= 1000000) {
		ticks <<= 1;
		shift++;
	}

	uint64_t scaled = UINT64_C(1000000) << 32;

	if (shift >= 0) {
		scaled >>= shift;
	} else {
		scaled <<= -shift;
	}
	clock_scale.mul = (uint32_t)(scaled / khz);
	clock_scale.shift = shift;
	clock_scale.tsc_khz = khz;
}

/* Starts PIT channel 2 for CALIBRATE_MS and waits for its output to rise. */
static void pit_measure(uint64_t *tsc_ticks, uint32_t *apic_ticks)
{
	const uint16_t count = PIT_HZ * CALIBRATE_MS / 1000;

	outb(PIT_GATE, (uint8_t)((inb(PIT_GATE) & ~0x02u) | 0x01));
	outb(PIT_COMMAND, 0xb0); /* channel 2, low and high byte, mode 0 */
	outb(PIT_CHANNEL2, (uint8_t)count);
	lapic_timer_set(UINT32_MAX);
	outb(PIT_CHANNEL2, (uint8_t)(count >> 8));

	const uint64_t start = rdtsc();

	while ((inb(PIT_GATE) & 0x20) == 0) {
		cpu_pause();
	}
	*tsc_ticks = rdtsc() - start;
	*apic_ticks = UINT32_MAX - lapic_timer_left();
	lapic_timer_set(0);
}

void clock_init(void)
{
	uint64_t tsc_ticks = UINT64_MAX;
	uint32_t apic_ticks = UINT32_MAX;

	/* The shortest of a few: what disturbs a measurement lengthens it. */
	for (unsigned int i = 0; i < 3; i++) {
		uint64_t tsc;
		uint32_t apic;

		pit_measure(&tsc, &apic);
		if (tsc < tsc_ticks) {
			tsc_ticks = tsc;
			apic_ticks = apic;
		}
	}
	set_scale((uint32_t)(tsc_ticks / CALIBRATE_MS));
	clock_scale.tsc_base = rdtsc();
	clock_scale.tsc_stable = cpu_features.tsc_invariant;
	clock_apic_khz = apic_ticks / CALIBRATE_MS;
}

void clock_wall_get(uint64_t *sec, uint32_t *nsec)
{
	spin_lock(&wall.lock);
	*sec = wall.sec;
	*nsec = wall.nsec;
	spin_unlock(&wall.lock);
}

void clock_wall_set(uint64_t sec, uint32_t nsec, uint64_t at_ns)
{
	const uint64_t now = sec * NSEC_PER_SEC + nsec;

	/* Not a time we can keep: after 2554, or 1970 after our own start. */
	if (sec >= UINT64_MAX / NSEC_PER_SEC || now < at_ns) {
		return;
	}
	spin_lock(&wall.lock);
	wall.sec = (now - at_ns) / NSEC_PER_SEC;
	wall.nsec = (uint32_t)((now - at_ns) % NSEC_PER_SEC);
	spin_unlock(&wall.lock);
}
