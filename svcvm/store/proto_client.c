/* SPDX-License-Identifier: MIT */
/*
 * Requests about what a client keeps: watches and transactions.
 */
#include "svcvm/store/path.h"
#include "svcvm/store/request.h"
#include "svcvm/store/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xs_wire.h>

/* How much of the absolute path the client did not write itself. */
static size_t added_length(const struct request *r, const char *written)
{
	return strlen(r->path) - strlen(written);
}

int request_watch(struct request *r)
{
	const char *written = r->body;
	const char *token;
	size_t skip;
	int rc = request_path(r);

	if (rc != 0) {
		return rc;
	}
	token = request_string(r);
	if (token == NULL) {
		return -EINVAL;
	}
	if (!request_allows(r, QUOTA_WATCHES,
			    watch_count(&r->client->watches) + 1)) {
		return -E2BIG;
	}
	if (!request_allows_memory(r, strlen(r->path) + strlen(token))) {
		return -E2BIG;
	}
	skip = added_length(r, written);
	rc = watch_add(&r->client->watches, r->path, token, skip);
	if (rc != 0) {
		return rc;
	}
	state_record(r->store, r->client, RECORD_WATCH, (uint32_t)skip, r->path,
		     token);
	r->new_watch = TAILQ_LAST(&r->client->watches, watch_list);
	return request_ok(r);
}

int request_unwatch(struct request *r)
{
	const char *token;
	int rc = request_path(r);

	if (rc != 0) {
		return rc;
	}
	token = request_string(r);
	if (token == NULL) {
		return -EINVAL;
	}
	rc = watch_remove(&r->client->watches, r->path, token);
	if (rc != 0) {
		return rc;
	}
	state_record(r->store, r->client, RECORD_UNWATCH, 0, r->path, token);
	return request_ok(r);
}

int request_reset_watches(struct request *r)
{
	client_forget(r->client);
	r->txn = NULL;
	state_record(r->store, r->client, RECORD_FORGET, 0, NULL, NULL);
	return request_ok(r);
}

int request_transaction_start(struct request *r)
{
	struct client *c = r->client;
	struct txn *txn;

	if (r->txn != NULL) {
		return -EBUSY;
	}
	if (!request_allows(r, QUOTA_TRANSACTIONS, txn_count(&c->txns) + 1)) {
		return -ENOSPC;
	}
	txn = txn_new(txn_new_id(&c->txns, &c->last_txn_id), &r->store->tree);
	TAILQ_INSERT_TAIL(&c->txns, txn, link);
	state_record(r->store, c, RECORD_TXN_START, txn->id, NULL, NULL);
	buf_print(&r->reply, "%u", txn->id);
	buf_add(&r->reply, "", 1);
	return 0;
}

/* Several transactions, each within the quotas, may not be so together. What
 * the transaction itself takes is given back at its end. */
static bool owns_too_much(struct request *r)
{
	const uint16_t domid = r->client->domid;
	const struct tree_owner before = tree_owned_by(&r->txn->base, domid);
	const struct tree_owner after = tree_owned_by(&r->txn->tree, domid);
	const struct tree_owner now = tree_owned_by(&r->store->tree, domid);

	return (after.node_count > before.node_count &&
		!request_allows(r, QUOTA_NODES,
				now.node_count + (after.node_count -
						  before.node_count))) ||
	       (after.bytes > before.bytes &&
		!request_allows(r, QUOTA_MEMORY,
				now.bytes + (after.bytes - before.bytes)));
}

static int commit(struct request *r)
{
	const struct txn *txn = r->txn;

	if (txn->doomed || txn_conflicts(txn, &r->store->tree)) {
		return -EAGAIN;
	}
	if (owns_too_much(r)) {
		return -ENOSPC;
	}
	for (size_t i = 0; i < txn->change_count; i++) {
		store_commit(r->store, &txn->changes[i]);
	}
	return 0;
}

int request_transaction_end(struct request *r)
{
	const char *verdict = request_string(r);
	int rc = 0;

	if (verdict == NULL ||
	    (strcmp(verdict, "T") != 0 && strcmp(verdict, "F") != 0)) {
		return -EINVAL;
	}
	if (r->txn == NULL) {
		return -ENOENT;
	}
	if (verdict[0] == 'T') {
		rc = commit(r);
	}
	TAILQ_REMOVE(&r->client->txns, r->txn, link);
	state_record(r->store, r->client, RECORD_TXN_END, r->txn->id, NULL,
		     NULL);
	txn_free(r->txn);
	r->txn = NULL;
	return rc == 0 ? request_ok(r) : rc;
}
