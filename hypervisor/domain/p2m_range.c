/* SPDX-License-Identifier: MIT */
#include "domain/p2m_range.h"

#include "domain/domain.h"
#include "domain/p2m_format.h"
#include "domain/p2m_table.h"
#include "mm/heap.h"

#define LEVELS  4
#define ENTRIES 512

/* gfns that one entry of that level stands for, as a power of two. */
static unsigned int shift_of(unsigned int level)
{
	return 9 * (level - 1);
}

static bool is_present(uint64_t e)
{
	return (e & p2m_format->present) != 0;
}

static bool is_leaf(uint64_t e, unsigned int level)
{
	return level == 1 || (e & P2M_LARGE) != 0;
}

static const uint64_t *table_of(uint64_t e)
{
	return maddr_to_virt(maddr(e & P2M_ADDR));
}

static uint64_t load(const uint64_t *e)
{
	return __atomic_load_n(e, __ATOMIC_ACQUIRE);
}

/* Nothing in `count` entries from `first` on. Recursion ends at level 1. */
static bool are_empty(const uint64_t *table, unsigned int first,
		      unsigned int count, unsigned int level)
{
	for (unsigned int i = first; i < first + count; i++) {
		const uint64_t e = load(&table[i]);

		if (!is_present(e)) {
			continue;
		}
		if (is_leaf(e, level) ||
		    !are_empty(table_of(e), 0, ENTRIES, level - 1)) {
			return false;
		}
	}
	return true;
}

bool p2m_range_is_empty(struct domain *d, gfn_t g, unsigned int order)
{
	const uint64_t *table = maddr_to_virt(p2m_root(d));
	unsigned int level = LEVELS;

	if (g.v >> (9 * LEVELS) != 0) {
		return true;
	}
	/* Down to the table whose entries are not larger than the range. */
	while (order < shift_of(level)) {
		const uint64_t e =
			load(&table[(g.v >> shift_of(level)) & (ENTRIES - 1)]);

		if (!is_present(e) || is_leaf(e, level)) {
			return !is_present(e);
		}
		table = table_of(e);
		level--;
	}

	const unsigned int first = (g.v >> shift_of(level)) & (ENTRIES - 1);

	return are_empty(table, first, 1u << (order - shift_of(level)), level);
}

/* The last one in a table that begins at `base`. */
static gfn_t last_in(const uint64_t *table, unsigned int level, gfn_t base)
{
	for (unsigned int i = ENTRIES; i-- > 0;) {
		const uint64_t e = load(&table[i]);
		const gfn_t start =
			gfn_add(base, (uint64_t)i << shift_of(level));
		gfn_t found = GFN_NONE;

		if (is_present(e) && is_leaf(e, level)) {
			found = gfn_add(start, BIT(shift_of(level)) - 1);
		} else if (is_present(e)) {
			found = last_in(table_of(e), level - 1, start);
		}
		if (found.v != GFN_NONE.v) {
			return found;
		}
	}
	return GFN_NONE;
}

gfn_t p2m_range_last(struct domain *d)
{
	return last_in(maddr_to_virt(p2m_root(d)), LEVELS, gfn(0));
}
