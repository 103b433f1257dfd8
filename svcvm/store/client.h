/* SPDX-License-Identifier: MIT */
/*
 * A client of the store, whatever carries its bytes: the request that is coming
 * in, the messages that go out, its watches and open transactions.
 */
#pragma once

#include "svcvm/store/buf.h"
#include "svcvm/store/perms.h"
#include "svcvm/store/quota.h"
#include "svcvm/store/txn.h"
#include "svcvm/store/watch.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/* A message, or the rest of one, that the client has yet to get. */
struct message {
	TAILQ_ENTRY(message) link;
	size_t sent;      /* bytes of it that are away */
	struct buf bytes; /* header and payload */
};

TAILQ_HEAD(message_queue, message);

struct client {
	TAILQ_ENTRY(client) link; /* in the store's list */
	uint16_t domid;
	uint16_t target; /* acts for that one too, or DOMID_INVALID */
	bool local;      /* a socket: ends with the daemon */
	struct buf in;   /* what has come of the next request */
	struct message_queue out;
	size_t out_bytes; /* of all messages, without what is sent */
	struct watch_list watches;
	struct txn_list txns;
	uint32_t last_txn_id;
	struct quota_log quota_log;
	/* Sends what can be sent. */
	void (*flush)(struct client *client);
};

void client_init(struct client *c, uint16_t domid);

/* Frees what it holds, not itself. */
void client_free(struct client *c);

/* Watches, transactions and messages are gone. */
void client_reset(struct client *c);

/* Watches and transactions are gone. */
void client_forget(struct client *c);

/*
 * How many more bytes `in` needs to be a request; 0: it is one. Returns
 * -E2BIG if it says that it is longer than the protocol allows.
 */
int client_wants(const struct client *c);

/* Memory that its watches and open transactions take. */
size_t client_bytes(const struct client *c);

/* Has it all the rights in `want`? */
bool client_may(const struct client *c, const struct perms *perms,
		unsigned int want);

/* Adds a message to those that go out. */
void client_send(struct client *c, uint32_t type, uint32_t req_id,
		 uint32_t tx_id, const struct buf *payload);

/* Adds bytes that are no whole message, to end one that was begun before. */
void client_send_rest(struct client *c, const char *data, size_t len);

/*
 * Tells a watch about a path, in the client's form. The same message is not
 * queued twice. One that a guest has no room for is lost.
 */
void client_event(struct client *c, const struct quota_limits *q,
		  const char *path, const char *token);

/* `len` bytes of the first message are away. */
void client_sent(struct client *c, size_t len);
