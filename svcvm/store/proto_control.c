/* SPDX-License-Identifier: MIT */
/*
 * Requests about the daemon itself (XS_CONTROL): a command and its words.
 */
#include "svcvm/clock.h"
#include "svcvm/store/log.h"
#include "svcvm/store/request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xs_wire.h>

static int control_check(struct request *r)
{
	buf_add_string(&r->reply, tree_is_sound(&r->store->tree)
					  ? "OK"
					  : "the tree is not sound");
	return 0;
}

static int control_log(struct request *r)
{
	const char *word = request_string(r);

	if (word == NULL ||
	    (strcmp(word, "on") != 0 && strcmp(word, "off") != 0)) {
		return -EINVAL;
	}
	r->store->log_requests = strcmp(word, "on") == 0;
	return request_ok(r);
}

static int control_quota_set(struct request *r)
{
	const char *name = request_string(r);
	const char *value = name == NULL ? NULL : request_string(r);
	int rc;

	if (value == NULL) {
		return -EINVAL;
	}
	rc = quota_set(&r->store->quotas, name, value);
	if (rc != 0) {
		return rc;
	}
	log_line("quota %s is now %s", name, value);
	return request_ok(r);
}

static int control_quota_of(struct request *r, const char *domain)
{
	char *end;
	const unsigned long domid = strtoul(domain, &end, 10);
	const struct domain *d;
	struct tree_owner owned;
	uint64_t held_ms;

	if (domain[0] < '0' || domain[0] > '9' || *end != '\0' ||
	    domid > UINT16_MAX) {
		return -EINVAL;
	}
	d = domain_find(r->store, (uint16_t)domid);
	if (d == NULL) {
		return -ENOENT;
	}
	owned = tree_owned_by(&r->store->tree, d->domid);
	held_ms = rate_held(&d->rate, clock_ns()) / CLOCK_MS;
	buf_print(&r->reply,
		  "nodes: %zu\nwatches: %zu\ntransactions: %zu\n"
		  "memory: %zu\noutstanding: %zu\nrequests: %" PRIu64
		  "\nheld: %" PRIu64 "\nheld-ms: %" PRIu64 "\n",
		  owned.node_count, watch_count(&d->client.watches),
		  txn_count(&d->client.txns),
		  owned.bytes + client_bytes(&d->client), d->client.out_bytes,
		  d->rate.requests, d->rate.held_count, held_ms);
	buf_add(&r->reply, "", 1);
	return 0;
}

/* Without words: the limits. "set NAME VALUE": a new one. A domain's number:
 * what it has. */
static int control_quota(struct request *r)
{
	const char *word = request_string(r);

	if (word == NULL) {
		quota_print(&r->store->quotas, &r->reply);
		buf_add(&r->reply, "", 1);
		return 0;
	}
	if (strcmp(word, "set") == 0) {
		return control_quota_set(r);
	}
	return control_quota_of(r, word);
}

static const struct tree_node *name_of(const struct tree *t, const char *domid)
{
	char path[64];

	if (strspn(domid, "0123456789") != strlen(domid) || strlen(domid) > 5) {
		return NULL;
	}
	snprintf(path, sizeof(path), "/local/domain/%s/name", domid);
	return tree_find(t, path);
}

static bool is_named(const struct tree *t, const char *domid, const char *name)
{
	const struct tree_node *const n = name_of(t, domid);

	return n != NULL && n->value_len == strlen(name) &&
	       memcmp(n->value, name, n->value_len) == 0;
}

/* The number of the domain of that name: one request, however many there are. */
static int control_domain(struct request *r)
{
	const struct tree *const t = &r->store->tree;
	const struct tree_node *const all = tree_find(t, "/local/domain");
	const char *const name = request_string(r);

	if (name == NULL) {
		return -EINVAL;
	}
	for (size_t i = 0; all != NULL && i < all->child_count; i++) {
		if (is_named(t, all->children[i]->name, name)) {
			buf_add_string(&r->reply, all->children[i]->name);
			return 0;
		}
	}
	return -ENOENT;
}

/* Adds "DOMID REQUESTS HELD-NS NAME" if there is room. A name that is no line is
 * left out. */
static bool add_domain(struct buf *out, const struct store *s,
		       const char *domid)
{
	const struct tree_node *const n = name_of(&s->tree, domid);
	const struct domain *d;
	char figures[64];

	if (n == NULL || memchr(n->value, '\n', n->value_len) != NULL) {
		return true;
	}
	d = domain_find(s, (uint16_t)atoi(domid));
	snprintf(figures, sizeof(figures), "%s %" PRIu64 " %" PRIu64 " ", domid,
		 d != NULL ? d->rate.requests : 0,
		 d != NULL ? rate_held(&d->rate, clock_ns()) : 0);
	if (out->len + strlen(figures) + n->value_len + sizeof("\n") >
	    XENSTORE_PAYLOAD_MAX) {
		return false;
	}
	buf_print(out, "%s%.*s\n", figures, (int)n->value_len, n->value);
	return true;
}

/* The domains behind that one in the store's order, or all, as many as a reply
 * holds: few requests, however many domains there are. */
static int control_domains(struct request *r)
{
	const struct tree *const t = &r->store->tree;
	const struct tree_node *const all = tree_find(t, "/local/domain");
	const char *const after = request_string(r);

	for (size_t i = 0; all != NULL && i < all->child_count; i++) {
		const char *const domid = all->children[i]->name;

		if ((after == NULL || strcmp(domid, after) > 0) &&
		    !add_domain(&r->reply, r->store, domid)) {
			break;
		}
	}
	buf_add(&r->reply, "", 1);
	return 0;
}

static int control_help(struct request *r);

static const struct {
	const char *name;
	const char *arguments;
	int (*run)(struct request *r);
} commands[] = {
	{ "check", "", control_check },
	{ "domain", " NAME", control_domain },
	{ "domains", " [AFTER]", control_domains },
	{ "help", "", control_help },
	{ "log", " on|off", control_log },
	{ "quota", " [set NAME VALUE | DOMID]", control_quota },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static int control_help(struct request *r)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		buf_print(&r->reply, "%s%s\n", commands[i].name,
			  commands[i].arguments);
	}
	buf_add(&r->reply, "", 1);
	return 0;
}

int request_control(struct request *r)
{
	const char *name = request_string(r);

	if (name == NULL) {
		return -EINVAL;
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(name, commands[i].name) == 0) {
			return commands[i].run(r);
		}
	}
	return -EINVAL;
}
