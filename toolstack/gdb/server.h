/* SPDX-License-Identifier: MIT */
/*
 * The far end of gdb's remote protocol, for one guest whose threads are its
 * vCPUs, numbered from 1. Everything stops when one of them does ("all-stop").
 *
 * Bytes come in by gdb_server_take(). While the guest runs, gdb_server_look() is to
 * be called now and then.
 */
#pragma once

#include "libctl/corbel.h"
#include "toolstack/gdb/breakpoints.h"
#include "toolstack/gdb/packet.h"

/* Read or written at one go: two digits for each byte. */
#define GDB_MEMORY_MAX (PACKET_MAX / 2)

struct gdb_server {
	struct corbel_debug *d;
	unsigned int vcpus;
	enum corbel_debug_action *actions; /* of each vCPU, while it runs */
	bool running;
	bool ended;           /* nothing more is to be said */
	bool without_ack;     /* both sides trust their connection */
	unsigned int current; /* vCPU that registers and memory are of */
	unsigned int last;    /* vCPU that stopped last */
	unsigned int listed;  /* vCPUs that were told so far */
	struct breakpoints breakpoints;
	struct packet packet;
	uint8_t memory[GDB_MEMORY_MAX];
	char answer[PACKET_MAX + 1];
	size_t out_size;
	char out[PACKET_SENT_MAX + 1];
};

/* NULL without memory. The guest stands still. */
struct gdb_server *gdb_server_new(struct corbel_debug *d);
/* The guest's memory is as it was. */
void gdb_server_free(struct gdb_server *s);
/* These two return how many bytes of `out` are to be sent. */
size_t gdb_server_take(struct gdb_server *s, uint8_t byte);
size_t gdb_server_look(struct gdb_server *s);
