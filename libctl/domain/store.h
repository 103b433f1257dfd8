/* SPDX-License-Identifier: MIT */
/*
 * Writing to the store, in transactions that are run again when somebody else
 * wrote in between; and waiting for what others write.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>

#include "libctl/core/internal.h"

#define STORE_PATH_MAX  256
#define SERVICE_VM_NAME "Domain-0"

/* Who may read and write a node. Domain 0 may always. */
enum store_access {
	STORE_PRIVATE,     /* the service VM's */
	STORE_GUEST_READS, /* the service VM's; the guest may read */
	STORE_GUEST_OWNS,  /* the guest's; nobody else reads */
	STORE_FRONT,       /* the guest's; its back end may read */
};

struct store_given;

/* A transaction under way. After the first failure the calls do nothing. */
struct store_txn {
	struct xs_handle *xs;
	xs_transaction_t id;
	uint32_t domid;            /* the guest that enum store_access means */
	int error;                 /* errno of the first failure, or 0 */
	char path[STORE_PATH_MAX]; /* where it was */
	struct store_given *given; /* what it has set */
	size_t given_count;
};

/* What is done in one. */
typedef void (*store_work_t)(struct store_txn *t, const void *context);

/* Writes NAME in `folder` with the given access. A new node has that of the one it
 * is in: what this transaction has given that one need not be given again. */
void store_write(struct store_txn *t, enum store_access access,
		 const char *folder, const char *name, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Makes an empty node, or removes one with all below it, if it is there. */
void store_folder(struct store_txn *t, enum store_access access,
		  const char *path);
void store_remove(struct store_txn *t, const char *path);

/* Runs `work` in a transaction, again while others disturb it. `object` is for
 * the failure. */
int store_transaction(struct corbel *c, uint32_t domid, const char *object,
		      store_work_t work, const void *context);

/* The text at `path`; free() it. NULL if there is none: errno says why. */
char *store_read(struct xs_handle *xs, const char *path);
/* The same for the node NAME in `folder`. */
char *store_read_in(struct xs_handle *xs, const char *folder, const char *name);

/* Waits until `ready` says so about the text at `path`, NULL being no text.
 * Returns 0, or -1 with errno: ETIMEDOUT after `milliseconds`, that of the failed
 * connection if the store is away for some seconds. */
int store_wait(const char *path, bool (*ready)(const char *text),
	       unsigned int milliseconds);
