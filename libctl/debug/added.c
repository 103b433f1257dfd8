/* SPDX-License-Identifier: MIT */
/*
 * Linux' balloon driver adds memory in sections of 128 MiB, each at the lowest gap of
 * the guest's addresses in which what it wants fits: behind the memory below 4 GiB, or
 * behind all memory. The driver's other gaps are sections, too. Nothing tells which
 * pages of a section are there.
 */
#include "libctl/debug/added.h"

#include <stddef.h>
#include <sys/mman.h>

#include "libctl/core/internal.h"
#include "libctl/domain/subject.h"

/* There is nothing behind so much without a page. */
#define GAP UINT64_C(0x40000000)

static void note_page(struct added_search *s, uint64_t at, struct range *found)
{
	if (found->end == 0) {
		found->start = at;
	}
	found->end = at + LAYOUT_PAGE;
	s->left--;
}

static int try_batch(struct added_search *s, uint64_t at, struct range *found)
{
	void *pages;

	for (size_t i = 0; i < ADDED_BATCH; i++) {
		s->gfns[i] = at / LAYOUT_PAGE + i;
	}
	pages = xenforeignmemory_map(s->c->fmem, s->domid, PROT_READ,
				     ADDED_BATCH, s->gfns, s->missing);
	if (pages == NULL) {
		return subject_fail(s->c, s->domid, "look for its memory");
	}
	for (size_t i = 0; i < ADDED_BATCH && s->left > 0; i++) {
		if (s->missing[i] == 0) {
			note_page(s, at + i * LAYOUT_PAGE, found);
		}
	}
	xenforeignmemory_unmap(s->c->fmem, pages, ADDED_BATCH);
	return 0;
}

/* `start` and `end` are multiples of the size of a batch. */
static int look(struct added_search *s, uint64_t start, uint64_t end,
		struct range *found)
{
	uint64_t at = start;
	int ret = 0;

	*found = range_of(0, 0);
	while (ret == 0 && s->left > 0 && at < end &&
	       at - (found->end != 0 ? found->end : start) < GAP) {
		ret = s->go_on(s->context);
		if (ret == 0) {
			ret = try_batch(s, at, found);
		}
		at += ADDED_BATCH * LAYOUT_PAGE;
	}
	return ret;
}

static uint64_t section_up(uint64_t at)
{
	const uint64_t section = UINT64_C(128) << 20;

	return (at + section - 1) & ~(section - 1);
}

int added_find(struct added_search *s, const struct layout *l,
	       struct range out[ADDED_MAX])
{
	const int ret = look(s, section_up(l->low.end), LAYOUT_ACPI, &out[0]);

	return ret != 0 ? ret
			: look(s, section_up(l->high.end), UINT64_MAX, &out[1]);
}
