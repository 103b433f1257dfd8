/* SPDX-License-Identifier: MIT */
#include "domain/memory_map.h"

#include "domain/domain.h"

struct memory_map *memory_map_alloc(struct domain *d)
{
	return domain_alloc(d, sizeof(struct memory_map));
}

void memory_map_free(struct domain *d, struct memory_map *map)
{
	domain_free(d, map, sizeof(*map));
}

void memory_map_set(struct domain *d, struct memory_map *map)
{
	spin_lock(&d->lock);
	struct memory_map *old = d->memory_map;

	d->memory_map = map;
	spin_unlock(&d->lock);
	memory_map_free(d, old);
}

uint32_t memory_map_count(struct domain *d)
{
	spin_lock(&d->lock);
	const uint32_t n = d->memory_map != NULL ? d->memory_map->count : 0;

	spin_unlock(&d->lock);
	return n;
}

bool memory_map_entry(struct domain *d, uint32_t index,
		      struct memory_map_entry *out)
{
	spin_lock(&d->lock);
	const bool there =
		d->memory_map != NULL && index < d->memory_map->count;

	if (there) {
		*out = d->memory_map->entry[index];
	}
	spin_unlock(&d->lock);
	return there;
}
