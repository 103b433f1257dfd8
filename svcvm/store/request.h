/* SPDX-License-Identifier: MIT */
/*
 * One request while it is handled. The functions that handle requests return 0,
 * with the payload of the reply in `reply`, or -E of the errors that the
 * protocol has names for (xs_wire.h, xsd_errors).
 */
#pragma once

#include "svcvm/store/store.h"
#include "svcvm/store/txn.h"

#include <stddef.h>
#include <stdint.h>

struct request {
	struct store *store;
	struct client *client;
	struct txn *txn;  /* NULL: works on the store itself */
	const char *body; /* what is left of the payload */
	size_t len;
	char *path; /* what request_path() made; freed at the end */
	struct buf reply;
	const struct watch *new_watch; /* to be told of its path */
};

/* Takes the next string of the payload; NULL where none ends with a NUL. */
const char *request_string(struct request *r);

/* Takes a path, makes it absolute and stores it in r->path. -EINVAL. */
int request_path(struct request *r);

/* The same for a path that must be a node's. */
int request_node_path(struct request *r);

/* Takes a decimal number that is at most `max`. -EINVAL. */
int request_number(struct request *r, uint64_t max, uint64_t *number);

/* Takes the number of a domain. -EINVAL. */
int request_domid(struct request *r, uint16_t *domid);

/* May the client have `value` of that quota? */
bool request_allows(struct request *r, enum quota which, size_t value);

/* May it have `more` bytes of memory beside what it has? */
bool request_allows_memory(struct request *r, size_t more);

/* For replies that say no more than that all is well; returns 0. */
int request_ok(struct request *r);

/* Nodes: proto_node.c */
int request_directory(struct request *r);
int request_directory_part(struct request *r);
int request_read(struct request *r);
int request_get_perms(struct request *r);
int request_write(struct request *r);
int request_mkdir(struct request *r);
int request_rm(struct request *r);
int request_set_perms(struct request *r);

/* What a client keeps: proto_client.c */
int request_watch(struct request *r);
int request_unwatch(struct request *r);
int request_reset_watches(struct request *r);
int request_transaction_start(struct request *r);
int request_transaction_end(struct request *r);

/* Domains: proto_domain.c */
int request_introduce(struct request *r);
int request_release(struct request *r);
int request_resume(struct request *r);
int request_set_target(struct request *r);
int request_is_introduced(struct request *r);
int request_domain_path(struct request *r);

/* The daemon itself: proto_control.c */
int request_control(struct request *r);
