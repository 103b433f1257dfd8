/* SPDX-License-Identifier: MIT */
/*
 * The store: what all requests work on. It is one object, used by one thread.
 */
#pragma once

#include "svcvm/store/client.h"
#include "svcvm/store/domain.h"
#include "svcvm/store/journal.h"
#include "svcvm/store/quota.h"
#include "svcvm/store/tree.h"

#include <stdbool.h>
#include <sys/queue.h>

TAILQ_HEAD(client_list, client);

struct store {
	struct tree tree;
	struct client_list clients;
	struct domain_list domains;
	const struct domain_ops *ops; /* NULL: domains have no rings */
	struct quota_limits quotas;
	struct journal journal;
	bool log_requests;
};

/* `state` is the journal's path or NULL. */
void store_init(struct store *s, const char *state,
		const struct domain_ops *ops);
void store_free(struct store *s);

void store_add_client(struct store *s, struct client *c);

/* Frees what the client holds, not itself. */
void store_remove_client(struct store *s, struct client *c);

/* Makes a change: in the tree, in the journal, and known to watches. */
void store_commit(struct store *s, const struct change *change);

/* Something happened that is no change: WATCH_INTRODUCE or WATCH_RELEASE. */
void store_announce(struct store *s, const char *name);

/* To be called after everything that clients or domains caused: only here do
 * the journal's file and the clients get to know of it. */
void store_settle(struct store *s);
