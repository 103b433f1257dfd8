/* SPDX-License-Identifier: MIT */
/* Time from the paravirtual clock, and bounded waiting. */
#include "lib/clock.h"

#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/trap.h"

struct vcpu_time_info clock_read(const struct vcpu_time_info *info)
{
	const volatile struct vcpu_time_info *shared = info;
	struct vcpu_time_info copy;

	do {
		copy.version = shared->version;
		barrier();
		copy.tsc_timestamp = shared->tsc_timestamp;
		copy.system_time = shared->system_time;
		copy.tsc_to_system_mul = shared->tsc_to_system_mul;
		copy.tsc_shift = shared->tsc_shift;
		barrier();
	} while ((copy.version & 1) != 0 || copy.version != shared->version);
	return copy;
}

uint64_t clock_convert(const struct vcpu_time_info *info, uint64_t tsc)
{
	uint64_t delta = tsc - info->tsc_timestamp;

	if (info->tsc_shift >= 0) {
		delta <<= info->tsc_shift;
	} else {
		delta >>= -info->tsc_shift;
	}
	return info->system_time +
	       (uint64_t)((unsigned __int128)delta * info->tsc_to_system_mul >>
			  32);
}

uint64_t clock_now(void)
{
	struct vcpu_time_info *shared = &event_vcpu_info(cpu_number())->time;
	struct vcpu_time_info info;
	uint64_t tsc;

	/* Time may be published anew between the copy and the time stamp. */
	do {
		info = clock_read(shared);
		tsc = rdtsc();
	} while (*(volatile uint32_t *)&shared->version != info.version);
	return clock_convert(&info, tsc);
}

bool wait_for(const volatile unsigned *word, unsigned want, uint64_t ns)
{
	uint64_t end = clock_now() + ns;

	while (*word < want) {
		if (clock_now() > end) {
			return false;
		}
		cpu_pause();
	}
	return true;
}

void clock_spin(uint64_t ns)
{
	uint64_t end = clock_now() + ns;

	while (clock_now() < end) {
		cpu_pause();
	}
}
