/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_memory_op(cmd, argument): the table, and the questions about a
 * domain's memory. What changes it is in memory_extents.c and memory_physmap.c.
 *
 * Absent on purpose: what only classic PV guests need (exchange, machphys_*),
 * page sharing and paging, vNUMA, the machine's memory map.
 */
#include "call/memory_op.h"
#include "domain/domain.h"
#include "domain/memory_map.h"
#include "domain/p2m_range.h"
#include "mm/frames.h"

long memory_op_current(struct call *c, void *arg)
{
	const struct xen_memory_domain *op = arg;
	struct domain *d;
	const int err = call_target(c, op->domid, &d);

	return err != 0 ? err
			: (long)__atomic_load_n(&d->frame_count,
						__ATOMIC_RELAXED);
}

long memory_op_maximum(struct call *c, void *arg)
{
	const struct xen_memory_domain *op = arg;
	struct domain *d;
	const int err = call_target(c, op->domid, &d);

	/* "No limit" must not look like an error. */
	return err != 0 ? err : (long)min_u64(d->frame_max, INT64_MAX);
}

long memory_op_highest_gfn(struct call *c, void *arg)
{
	const struct xen_memory_domain *op = arg;
	struct domain *d;
	const int err = call_target(c, op->domid, &d);

	if (err != 0) {
		return err;
	}

	const gfn_t last = p2m_range_last(d);

	return last.v == GFN_NONE.v ? 0 : (long)last.v;
}

long memory_op_highest_mfn(struct call *c, void *arg)
{
	(void)c;
	(void)arg;
	return (long)frames_end() - 1;
}

/* The buffer gets as many entries as it has room for. */
long memory_op_map(struct call *c, void *arg)
{
	struct xen_memory_map *op = arg;
	struct domain *d = c->vcpu->domain;
	const uint32_t room = (uint32_t)min_u64(op->nr_entries, MEMORY_MAP_MAX);
	struct memory_map_entry e;
	uint32_t n = 0;

	if (memory_map_count(d) == 0) {
		return -XEN_ENOSYS;
	}
	while (n < room && memory_map_entry(d, n, &e)) {
		const uint64_t to =
			(uint64_t)(uintptr_t)op->buffer.p + n * sizeof(e);

		if (guest_write(c->vcpu, to, &e, sizeof(e)) != 0) {
			return -XEN_EFAULT;
		}
		n++;
	}
	op->nr_entries = n;
	return 0;
}

long memory_op_set_map(struct call *c, void *arg)
{
	const struct xen_foreign_memory_map *op = arg;
	struct domain *d;
	const int err = call_target(c, op->domid, &d);

	if (err != 0) {
		return err;
	}
	if (op->map.nr_entries > MEMORY_MAP_MAX) {
		return -XEN_EINVAL;
	}

	struct memory_map *map = memory_map_alloc(d);

	if (map == NULL) {
		return -XEN_ENOMEM;
	}
	map->count = op->map.nr_entries;
	if (guest_read(c->vcpu, map->entry,
		       (uint64_t)(uintptr_t)op->map.buffer.p,
		       map->count * sizeof(map->entry[0])) != 0) {
		memory_map_free(d, map);
		return -XEN_EFAULT;
	}
	memory_map_set(d, map);
	return 0;
}

/* No memory is populated on demand: all of it is there, or none. Tools set a
 * target with every change of a domain's size. */
static long pod_target(struct call *c, void *arg)
{
	struct xen_pod_target *op = arg;
	struct domain *d;
	const int err = call_target(c, op->domid, &d);

	if (err != 0) {
		return err;
	}
	op->tot_pages = __atomic_load_n(&d->frame_count, __ATOMIC_RELAXED);
	op->pod_cache_pages = 0;
	op->pod_entries = 0;
	return 0;
}

#define TOOLS  CALL_PRIVILEGED
#define OUT    CALL_COPY_BACK
#define NO_ARG CALL_NO_ARG

/* clang-format off */
#define RESERVATION sizeof(struct xen_memory_reservation)
#define DOMAIN      sizeof(struct xen_memory_domain)
#define SIZE(name)  sizeof(struct xen_##name)

static const struct call_op rows[] = {
	{ XENMEM_add_to_physmap_batch, SIZE(add_to_physmap_batch), 0,
	  memory_op_add_batch },
	{ XENMEM_add_to_physmap, SIZE(add_to_physmap), 0, memory_op_add },
	{ XENMEM_remove_from_physmap, SIZE(remove_from_physmap), 0,
	  memory_op_remove },
	{ XENMEM_acquire_resource, SIZE(mem_acquire_resource), TOOLS | OUT,
	  memory_op_resource },

	{ XENMEM_populate_physmap, RESERVATION, 0, memory_op_populate },
	{ XENMEM_decrease_reservation, RESERVATION, 0, memory_op_decrease },
	{ XENMEM_increase_reservation, RESERVATION, 0, memory_op_increase },
	{ XENMEM_claim_pages, RESERVATION, TOOLS, memory_op_claim },

	{ XENMEM_current_reservation, DOMAIN, 0, memory_op_current },
	{ XENMEM_maximum_reservation, DOMAIN, 0, memory_op_maximum },
	{ XENMEM_maximum_gpfn, DOMAIN, 0, memory_op_highest_gfn },
	{ XENMEM_maximum_ram_page, 0, NO_ARG, memory_op_highest_mfn },

	{ XENMEM_memory_map, SIZE(memory_map), OUT, memory_op_map },
	{ XENMEM_set_memory_map, SIZE(foreign_memory_map), TOOLS,
	  memory_op_set_map },
	{ XENMEM_set_pod_target, SIZE(pod_target), TOOLS | OUT, pod_target },
	{ XENMEM_get_pod_target, SIZE(pod_target), TOOLS | OUT, pod_target },
};

/* clang-format on */

long call_memory_op(struct call *c)
{
	if (!c->wide) {
		return memory_op32(c);
	}
	return call_table_run(c, rows, ARRAY_SIZE(rows),
			      c->arg[0] & MEMORY_OP_MASK, c->arg[1]);
}
