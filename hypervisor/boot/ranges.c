/* SPDX-License-Identifier: MIT */
#include "boot/ranges.h"

#include "lib/string.h"

static uint64_t end_of(const struct range *r)
{
	return r->start + r->size;
}

static void insert(struct ranges *m, unsigned int i, struct range r)
{
	if (m->count == RANGES_MAX) {
		return;
	}
	memmove(&m->at[i + 1], &m->at[i], (m->count - i) * sizeof(r));
	m->at[i] = r;
	m->count++;
}

static void remove_at(struct ranges *m, unsigned int i)
{
	m->count--;
	memmove(&m->at[i], &m->at[i + 1], (m->count - i) * sizeof(m->at[0]));
}

static void clear(struct ranges *m, uint64_t start, uint64_t end)
{
	for (unsigned int i = 0; i < m->count;) {
		const struct range old = m->at[i];

		if (end_of(&old) <= start || old.start >= end) {
			i++;
			continue;
		}
		remove_at(m, i);
		if (end_of(&old) > end) {
			insert(m, i,
			       (struct range){ end, end_of(&old) - end,
					       old.type });
		}
		if (old.start < start) {
			insert(m, i,
			       (struct range){ old.start, start - old.start,
					       old.type });
			i++;
		}
	}
}

static void join_equal(struct ranges *m)
{
	for (unsigned int i = 0; i + 1 < m->count;) {
		const struct range *next = &m->at[i + 1];

		if (m->at[i].type == next->type &&
		    end_of(&m->at[i]) == next->start) {
			m->at[i].size += next->size;
			remove_at(m, i + 1);
		} else {
			i++;
		}
	}
}

void ranges_set(struct ranges *m, uint64_t start, uint64_t size, uint32_t type)
{
	unsigned int i = 0;

	if (size == 0 || start + size < start) {
		return;
	}
	clear(m, start, start + size);
	while (i < m->count && m->at[i].start < start) {
		i++;
	}
	if (type != RANGE_NONE) {
		insert(m, i, (struct range){ start, size, type });
	}
	join_equal(m);
}

uint32_t ranges_type(const struct ranges *m, uint64_t address)
{
	for (unsigned int i = 0; i < m->count; i++) {
		if (address - m->at[i].start < m->at[i].size) {
			return m->at[i].type;
		}
	}
	return RANGE_NONE;
}

uint64_t ranges_size(const struct ranges *m, uint32_t type)
{
	uint64_t size = 0;

	for (unsigned int i = 0; i < m->count; i++) {
		size += m->at[i].type == type ? m->at[i].size : 0;
	}
	return size;
}

uint64_t ranges_place(const struct ranges *m, uint64_t size, uint64_t align,
		      uint64_t low, uint64_t high)
{
	for (unsigned int i = m->count; i-- > 0;) {
		const struct range *r = &m->at[i];
		const uint64_t start = max_u64(r->start, low);
		const uint64_t end = min_u64(end_of(r), high);

		if (r->type == RANGE_RAM && end > start &&
		    end - start >= size &&
		    align_down(end - size, align) >= start) {
			return align_down(end - size, align);
		}
	}
	return 0;
}

void ranges_normalise(const struct ranges *given, struct ranges *m)
{
	m->count = 0;
	for (unsigned int i = 0; i < given->count; i++) {
		const struct range *r = &given->at[i];
		const uint64_t start = align_up(r->start, PAGE_SIZE);
		const uint64_t end = align_down(end_of(r), PAGE_SIZE);

		if (r->type == RANGE_RAM && end > start) {
			ranges_set(m, start, end - start, RANGE_RAM);
		}
	}
	for (unsigned int i = 0; i < given->count; i++) {
		const struct range *r = &given->at[i];

		if (r->type != RANGE_RAM) {
			ranges_set(m, r->start, r->size, r->type);
		}
	}
}
