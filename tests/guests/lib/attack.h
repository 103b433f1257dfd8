/* SPDX-License-Identifier: MIT */
/*
 * Attacks on disks, for tests/guests/evil-*.c. After each of them we connect
 * again and read: the back end must be there, for us as for others. What it
 * answers to an attack does not matter.
 */
#pragma once

#include "lib/abi.h"
#include "lib/clock.h"
#include "lib/pv-disk.h"

#define ATTACK_PAUSE    (100 * MILLISECOND)
#define ATTACK_NO_GRANT 1999u /* in the table, not given */
#define ATTACK_NO_ENTRY 0x7fffffffu

struct attack {
	const char *name;
	void (*run)(void);
};

/* The disk that is attacked now. */
extern struct pv_disk attack_disk;

/* Makes all attacks on each disk of this guest. */
void attack_disks(const struct attack *attacks, unsigned count);

uint64_t attack_random(void);
struct ring_sring *attack_ring(void);

/* Puts a request into the ring as it is, if there is room. */
void attack_put(const struct blkif_request *request);
/* A good request, for one that is almost good. */
struct blkif_request attack_request(uint8_t operation);
void attack_put_good(uint8_t operation);

/* Tells the back end, which then does what it does. */
void attack_notify_and_rest(void);
/* Shows all requests that were put, first. */
void attack_push(void);
void attack_push_and_rest(void);

/* A granted page of good segments, and a request that names any such page. */
struct blkif_request_segment *attack_indirect_page(uint32_t *ref);
void attack_put_indirect(uint8_t operation, uint16_t count, uint32_t ref);
