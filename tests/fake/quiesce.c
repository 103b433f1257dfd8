/* SPDX-License-Identifier: MIT */
/* Quiescent points come when the test says so. */
#include "core/quiesce.h"
#include "fake.h"

static struct list waiting = LIST_INIT(waiting);

void quiesce_defer(struct quiesce_item *item,
		   void (*done)(struct quiesce_item *item))
{
	item->done = done;
	list_push_back(&waiting, &item->link);
}

void fake_quiesce(void)
{
	while (!list_is_empty(&waiting)) {
		struct quiesce_item *item =
			list_entry(waiting.next, struct quiesce_item, link);

		list_remove(&item->link);
		item->done(item);
	}
}
