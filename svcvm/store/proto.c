/* SPDX-License-Identifier: MIT */
#include "svcvm/store/proto.h"
#include "svcvm/store/log.h"
#include "svcvm/store/path.h"
#include "svcvm/store/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xs_wire.h>
#include <xen/xen.h>

static const struct {
	const char *name;
	int (*run)(struct request *r);
	bool privileged; /* domain 0 only */
} table[XS_TYPE_COUNT] = {
	[XS_CONTROL] = { "control", request_control, true },
	[XS_DIRECTORY] = { "directory", request_directory, false },
	[XS_DIRECTORY_PART] = { "directory-part", request_directory_part,
				false },
	[XS_GET_DOMAIN_PATH] = { "get-domain-path", request_domain_path,
				 false },
	[XS_GET_PERMS] = { "get-perms", request_get_perms, false },
	[XS_INTRODUCE] = { "introduce", request_introduce, true },
	[XS_IS_DOMAIN_INTRODUCED] = { "is-introduced", request_is_introduced,
				      false },
	[XS_MKDIR] = { "mkdir", request_mkdir, false },
	[XS_READ] = { "read", request_read, false },
	[XS_RELEASE] = { "release", request_release, true },
	[XS_RESET_WATCHES] = { "reset-watches", request_reset_watches, false },
	[XS_RESUME] = { "resume", request_resume, true },
	[XS_RM] = { "rm", request_rm, false },
	[XS_SET_PERMS] = { "set-perms", request_set_perms, false },
	[XS_SET_TARGET] = { "set-target", request_set_target, true },
	[XS_TRANSACTION_END] = { "transaction-end", request_transaction_end,
				 false },
	[XS_TRANSACTION_START] = { "transaction-start",
				   request_transaction_start, false },
	[XS_UNWATCH] = { "unwatch", request_unwatch, false },
	[XS_WATCH] = { "watch", request_watch, false },
	[XS_WRITE] = { "write", request_write, false },
};

const char *request_string(struct request *r)
{
	const char *text = r->body;
	const char *end = r->len == 0 ? NULL : memchr(text, '\0', r->len);

	if (end == NULL) {
		return NULL;
	}
	r->len -= (size_t)(end + 1 - text);
	r->body = end + 1;
	return text;
}

int request_path(struct request *r)
{
	const char *text = request_string(r);

	r->path = text == NULL ? NULL : path_resolve(r->client->domid, text);
	return r->path == NULL ? -EINVAL : 0;
}

int request_node_path(struct request *r)
{
	const int rc = request_path(r);

	return rc == 0 && path_is_special(r->path) ? -EINVAL : rc;
}

int request_number(struct request *r, uint64_t max, uint64_t *number)
{
	const char *text = request_string(r);
	char *end;

	if (text == NULL || text[0] < '0' || text[0] > '9') {
		return -EINVAL;
	}
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno != 0 || *end != '\0' || *number > max ? -EINVAL : 0;
}

int request_domid(struct request *r, uint16_t *domid)
{
	uint64_t number;
	const int rc = request_number(r, DOMID_FIRST_RESERVED - 1, &number);

	*domid = rc == 0 ? (uint16_t)number : DOMID_INVALID;
	return rc;
}

bool request_allows(struct request *r, enum quota which, size_t value)
{
	return quota_allows(&r->store->quotas, &r->client->quota_log,
			    r->client->domid, which, value);
}

bool request_allows_memory(struct request *r, size_t more)
{
	const struct client *c = r->client;

	return request_allows(r, QUOTA_MEMORY,
			      tree_owned_by(&r->store->tree, c->domid).bytes +
				      client_bytes(c) + more);
}

int request_ok(struct request *r)
{
	buf_add_string(&r->reply, "OK");
	return 0;
}

static const char *error_name(int error)
{
	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]);
	     i++) {
		if (xsd_errors[i].errnum == error) {
			return xsd_errors[i].errstring;
		}
	}
	return "EINVAL";
}

static int run(struct request *r, const struct xsd_sockmsg *header)
{
	if (header->type >= XS_TYPE_COUNT || table[header->type].run == NULL) {
		return -ENOSYS;
	}
	if (table[header->type].privileged && r->client->domid != 0) {
		return -EACCES;
	}
	if (header->tx_id != 0) {
		r->txn = txn_find(&r->client->txns, header->tx_id);
		if (r->txn == NULL) {
			return -ENOENT;
		}
	}
	return table[header->type].run(r);
}

static void log_request(const struct client *c, const struct xsd_sockmsg *h,
			const char *body, int rc)
{
	const bool known =
		h->type < XS_TYPE_COUNT && table[h->type].name != NULL;
	const char *text =
		h->len > 0 && memchr(body, '\0', h->len) != NULL ? body : "";

	log_line("domain %u%s: %s(%u) tx %u \"%s\": %s", c->domid,
		 c->local ? " (socket)" : "",
		 known ? table[h->type].name : "unknown", h->type, h->tx_id,
		 text, rc == 0 ? "ok" : error_name(-rc));
}

void proto_handle(struct store *s, struct client *c)
{
	struct buf in = c->in;
	struct xsd_sockmsg header;
	struct request r = { .store = s, .client = c };
	int rc;

	c->in = (struct buf){ 0 };
	memcpy(&header, in.data, sizeof(header));
	r.body = in.data + sizeof(header);
	r.len = header.len;
	rc = run(&r, &header);
	if (rc == 0 && r.reply.len > XENSTORE_PAYLOAD_MAX) {
		rc = -E2BIG;
	}
	if (rc != 0) {
		header.type = XS_ERROR;
		r.reply.len = 0;
		buf_add_string(&r.reply, error_name(-rc));
	}
	client_send(c, header.type, header.req_id, header.tx_id, &r.reply);
	if (r.new_watch != NULL) {
		client_event(c, &s->quotas,
			     watch_form(r.new_watch, r.new_watch->path),
			     r.new_watch->token);
	}
	if (s->log_requests) {
		memcpy(&header, in.data, sizeof(header));
		log_request(c, &header, in.data + sizeof(header), rc);
	}
	buf_free(&r.reply);
	free(r.path);
	buf_free(&in);
}
