/* SPDX-License-Identifier: MIT */
#include "pv-drivers/blk/attach.h"

#include <errno.h>
#include <stdio.h>

#include "pv-drivers/blk/back.h"
#include "pv-drivers/blk/storage.h"
#include "pv-drivers/xenbus/state.h"
#include "pv-drivers/xenbus/store.h"

/* Of the key `info`; the public header names the first two flags only. */
#define INFO_READ_ONLY 0x4u

struct offer {
	const char *key;
	uint64_t value;
};

int attach_offer(struct store *store, const char *folder,
		 const struct storage *s, bool offer_persistent)
{
	const struct offer offers[] = {
		{ "feature-flush-cache", 1 },
		{ "feature-barrier", 1 },
		{ "feature-discard", s->can_discard },
		{ "discard-granularity", s->discard_granularity },
		{ "discard-alignment", 0 },
		{ "feature-persistent", offer_persistent },
		{ "feature-max-indirect-segments", BLK_SEGMENTS_MAX },
		{ "multi-queue-max-queues", BLK_QUEUES_MAX },
		{ "max-ring-page-order", BLK_RING_ORDER_MAX },
		{ "sectors", s->sectors },
		{ "sector-size", STORAGE_SECTOR },
		{ "physical-sector-size", s->physical_sector },
		{ "info", s->read_only ? INFO_READ_ONLY : 0 },
	};
	int error = 0;

	for (unsigned int i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		if (error == 0) {
			error = state_number_write(store, folder, offers[i].key,
						   offers[i].value);
		}
	}
	return error;
}

/* A number that may be absent. False if it is there and not good. */
static bool number_or(struct store *store, const char *folder, const char *key,
		      uint64_t max, uint64_t otherwise, uint64_t *number)
{
	const int error = state_number_read(store, folder, key, max, number);

	if (error == -ENOENT) {
		*number = otherwise;
		return true;
	}
	return error == 0;
}

struct front {
	enum blk_protocol protocol;
	uint64_t persistent;
	uint64_t queues;
	uint64_t order;
};

static const char *read_front(struct store *store, const char *folder,
			      struct front *f)
{
	char protocol[STORE_VALUE_MAX];
	const int error = state_key_read(store, folder, "protocol", protocol);

	if ((error != 0 && error != -ENOENT) ||
	    !blk_protocol_parse(error == 0 ? protocol : NULL, &f->protocol)) {
		return "protocol is unknown";
	}
	if (!number_or(store, folder, "feature-persistent", UINT32_MAX, 0,
		       &f->persistent)) {
		return "feature-persistent is no number";
	}
	if (!number_or(store, folder, "multi-queue-num-queues", BLK_QUEUES_MAX,
		       1, &f->queues) ||
	    f->queues == 0) {
		return "multi-queue-num-queues is out of bounds";
	}
	if (!number_or(store, folder, "ring-page-order", BLK_RING_ORDER_MAX, 0,
		       &f->order)) {
		return "ring-page-order is out of bounds";
	}
	return NULL;
}

/* One page may be called ring-ref, several are ring-ref0 and so on. */
static bool read_refs(struct store *store, const char *folder,
		      unsigned int pages, uint32_t *refs)
{
	for (unsigned int i = 0; i < pages; i++) {
		char key[24];
		uint64_t ref;
		int error;

		snprintf(key, sizeof(key), "ring-ref%u", i);
		error = state_number_read(store, folder, key, UINT32_MAX, &ref);
		if (error == -ENOENT && pages == 1) {
			error = state_number_read(store, folder, "ring-ref",
						  UINT32_MAX, &ref);
		}
		if (error != 0) {
			return false;
		}
		refs[i] = (uint32_t)ref;
	}
	return true;
}

static const char *add_queue(struct store *store, const char *folder,
			     unsigned int order, struct blk_back *back)
{
	uint32_t refs[1u << BLK_RING_ORDER_MAX];
	uint64_t port;

	if (!read_refs(store, folder, 1u << order, refs)) {
		return "ring-ref is not good";
	}
	if (state_number_read(store, folder, "event-channel", UINT32_MAX,
			      &port) != 0) {
		return "event-channel is not good";
	}
	if (blk_back_add_queue(back, refs, 1u << order, (uint32_t)port) != 0) {
		return "cannot map the ring or bind the event channel";
	}
	return NULL;
}

static const char *add_queues(struct store *store, const char *folder,
			      const struct front *f, struct blk_back *back)
{
	const unsigned int order = (unsigned int)f->order;
	const char *problem = NULL;

	if (f->queues == 1) {
		return add_queue(store, folder, order, back);
	}
	for (unsigned int i = 0; i < f->queues && problem == NULL; i++) {
		char path[STORE_PATH_MAX];
		const int n =
			snprintf(path, sizeof(path), "%s/queue-%u", folder, i);

		if (n < 0 || (size_t)n >= sizeof(path)) {
			return "frontend path is too long";
		}
		problem = add_queue(store, path, order, back);
	}
	return problem;
}

struct blk_back *attach_front(struct store *store, const char *folder,
			      const struct blk_back_config *config,
			      const char **problem)
{
	struct blk_back_config c = *config;
	struct blk_back *back;
	struct front f;

	*problem = read_front(store, folder, &f);
	if (*problem != NULL) {
		return NULL;
	}
	c.protocol = f.protocol;
	c.persistent = config->persistent && f.persistent != 0;
	back = blk_back_open(&c);
	if (back == NULL) {
		*problem = "out of memory";
		return NULL;
	}
	*problem = add_queues(store, folder, &f, back);
	if (*problem != NULL) {
		blk_back_close(back);
		return NULL;
	}
	return back;
}
