/* SPDX-License-Identifier: MIT */
/* memory_op while a domain is built: room for its memory, and the map that it
 * will be told of it. */
#include "call/memory_op.h"
#include "domain/memory_map.h"
#include "domain/physmap.h"

/* As many frames as the domain is to have in all; 0 gives up the claim. */
long memory_op_claim(struct call *c, void *arg)
{
	const struct xen_memory_reservation *op = arg;
	struct domain *d;
	const int err = call_target(c, op->domid, &d);

	if (err != 0) {
		return err;
	}
	if (op->extent_order != 0 || op->mem_flags != 0) {
		return -XEN_EINVAL;
	}
	if (op->nr_extents == 0) {
		reservation_unclaim(d);
		return 0;
	}
	return reservation_claim(d, op->nr_extents);
}

static int read_map(struct call *c, const struct xen_memory_map *from,
		    struct memory_map *map)
{
	map->count = from->nr_entries;

	const int err =
		guest_read(c->vcpu, map->entry, (uintptr_t)from->buffer.p,
			   map->count * sizeof(map->entry[0]));

	for (uint32_t i = 0; err == 0 && i < map->count; i++) {
		if (!range_ok(map->entry[i].start, map->entry[i].size,
			      UINT64_MAX)) {
			return -XEN_EINVAL;
		}
	}
	return err;
}

/* Its vCPUs read the map without a lock, so it changes before they run. */
static int exchange_map(struct domain *d, struct memory_map **map)
{
	struct memory_map *old;
	int err = -XEN_EBUSY;

	spin_lock(&d->lock);
	if (d->state == DOMAIN_BUILDING) {
		old = d->memory_map;
		d->memory_map = *map;
		*map = old;
		err = 0;
	}
	spin_unlock(&d->lock);
	return err;
}

long memory_op_set_map(struct call *c, void *arg)
{
	const struct xen_foreign_memory_map *op = arg;
	struct memory_map *map;
	struct domain *d;
	int err = call_target(c, op->domid, &d);

	if (err != 0) {
		return err;
	}
	if (op->map.nr_entries > MEMORY_MAP_MAX) {
		return -XEN_EINVAL;
	}
	map = domain_alloc(d, sizeof(*map));
	if (map == NULL) {
		return -XEN_ENOMEM;
	}
	err = read_map(c, &op->map, map);
	if (err == 0) {
		err = exchange_map(d, &map);
	}
	/* The one before, or this one that was refused. */
	domain_free(d, map, sizeof(*map));
	return err;
}
