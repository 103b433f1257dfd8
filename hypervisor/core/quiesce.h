/* SPDX-License-Identifier: MIT */
/*
 * Quiescent points: a pCPU that goes round the run loop, is in guest mode or
 * idle holds no reference to shared objects. Memory that was taken out of all
 * tables is reused only after every pCPU has been in such a place.
 */
#pragma once

#include "lib/list.h"

struct quiesce_item {
	struct list link;
	void (*done)(struct quiesce_item *item); /* runs in the run loop */
};

/* Calls item->done() once all pCPUs have passed a quiescent point. */
void quiesce_defer(struct quiesce_item *item,
		   void (*done)(struct quiesce_item *item));
