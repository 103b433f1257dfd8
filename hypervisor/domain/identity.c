/* SPDX-License-Identifier: MIT */
#include "domain/physmap.h"

#include "arch/x86/features.h"
#include "arch/x86/hooks.h"

#define KEPT_MAX 64

static struct {
	uint64_t start;
	uint64_t end;
} kept[KEPT_MAX];

static unsigned int kept_count;

void identity_keep(maddr_t start, uint64_t len)
{
	if (kept_count == KEPT_MAX) {
		panic("more than %u device ranges to keep\n", KEPT_MAX);
	}
	kept[kept_count].start = align_down(start.v, PAGE_SIZE);
	kept[kept_count].end = align_up(start.v + len, PAGE_SIZE);
	kept_count++;
}

static bool is_kept(uint64_t a)
{
	for (unsigned int i = 0; i < kept_count; i++) {
		if (a >= kept[i].start && a < kept[i].end) {
			return true;
		}
	}
	return false;
}

bool identity_allows(maddr_t a)
{
	const uint64_t page = align_down(a.v, PAGE_SIZE);

	return page >> cpu_features.phys_bits == 0 && !is_kept(page) &&
	       frame_get(mfn(page >> PAGE_SHIFT)) == NULL;
}

bool identity_map(struct domain *d, gaddr_t a)
{
	const uint64_t page = align_down(a.v, PAGE_SIZE);

	if (!d->one_to_one || !identity_allows(maddr(page))) {
		return false;
	}

	const int err = physmap_add_device(d, gfn(page >> PAGE_SHIFT),
					   mfn(page >> PAGE_SHIFT));

	/* Another vCPU may have been faster. */
	return err == 0 || err == -XEN_EBUSY;
}
