/* SPDX-License-Identifier: MIT */
#include "call/control.h"

#include "arch/x86/percpu.h"

long control_run(struct call *c, const struct call_op *rows, size_t count,
		 uint32_t version)
{
	uint32_t head[2]; /* command, version */

	if (guest_read(c->vcpu, head, c->arg[0], sizeof(head)) != 0) {
		return -XEN_EFAULT;
	}
	if (head[1] != version) {
		return -XEN_EACCES;
	}
	return call_table_run(c, rows, count, head[0], c->arg[0]);
}

int control_read_cpus(struct call *c, const struct xenctl_bitmap *map,
		      struct cpuset *set)
{
	const uint64_t bits = min_u64(map->nr_bits, pcpu_count);
	const uint64_t at = (uint64_t)(uintptr_t)map->bitmap.p;
	uint8_t bytes[MAX_CPUS / 8] = { 0 };

	*set = (struct cpuset){ { 0 } };
	if (guest_read(c->vcpu, bytes, at, (bits + 7) / 8) != 0) {
		return -XEN_EFAULT;
	}
	for (unsigned int cpu = 0; cpu < bits; cpu++) {
		if ((bytes[cpu / 8] >> (cpu % 8) & 1) != 0) {
			cpuset_add(set, cpu);
		}
	}
	return 0;
}

int control_write_cpus(struct call *c, const struct xenctl_bitmap *map,
		       const struct cpuset *set)
{
	const uint64_t bits = min_u64(map->nr_bits, pcpu_count);
	const uint64_t at = (uint64_t)(uintptr_t)map->bitmap.p;
	uint8_t bytes[MAX_CPUS / 8] = { 0 };

	for (unsigned int cpu = 0; cpu < bits; cpu++) {
		if (cpuset_has(set, cpu)) {
			bytes[cpu / 8] |= (uint8_t)(1u << cpu % 8);
		}
	}
	return guest_write(c->vcpu, at, bytes, (bits + 7) / 8);
}
