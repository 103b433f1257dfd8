/* SPDX-License-Identifier: MIT */
/*
 * Requests about nodes. Each checks all first; then it makes its one change,
 * which cannot fail.
 */
#include "svcvm/store/path.h"
#include "svcvm/store/request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xs_wire.h>

static const struct tree *tree_of(const struct request *r)
{
	return r->txn != NULL ? &r->txn->tree : &r->store->tree;
}

/* The outcome of a transaction depends on the first `len` bytes of r->path. */
static void look(struct request *r, size_t len, enum txn_look what)
{
	char *path;

	if (r->txn == NULL) {
		return;
	}
	path = mem_string(len == 0 ? "/" : r->path);
	if (len != 0) {
		path[len] = '\0';
	}
	txn_look(r->txn, path, what);
	free(path);
}

/* It remembers up to two paths. */
static bool may_look(struct request *r)
{
	return r->txn == NULL ||
	       (request_allows(r, QUOTA_TRANSACTION_NODES,
			       r->txn->access_count + 2) &&
		request_allows_memory(r, 2 * strlen(r->path)));
}

/*
 * Finds the node at r->path, on which the client wants the rights in `want`.
 * Returns -ENOENT if it is not there, but -EACCES if the client has not got
 * those rights: for a missing node, on the one above that is there.
 */
static int find(struct request *r, unsigned int want,
		const struct tree_node **node)
{
	const size_t whole = strlen(r->path);
	size_t len;

	if (!may_look(r)) {
		return -ENOSPC;
	}
	*node = tree_find_nearest(tree_of(r), r->path, &len);
	look(r, len, TXN_LOOK_NODE);
	if (len != whole && whole != 1) {
		/* The first one that is missing. */
		look(r, len + 1 + path_component(r->path + len + 1),
		     TXN_LOOK_NODE);
	}
	if (!client_may(r->client, &(*node)->perms, want)) {
		return -EACCES;
	}
	return len == whole || whole == 1 ? 0 : -ENOENT;
}

static void change(struct request *r, enum change_kind kind, const char *data,
		   size_t len)
{
	const struct change c = {
		.kind = kind,
		.domid = r->client->domid,
		.path = r->path,
		.data = data,
		.len = len,
	};

	if (r->txn != NULL) {
		txn_change(r->txn, &c);
	} else {
		store_commit(r->store, &c);
	}
}

static void list_children(const struct tree_node *n, struct buf *names)
{
	for (size_t i = 0; i < n->child_count; i++) {
		buf_add_string(names, n->children[i]->name);
	}
}

/* To list what is below r->path; as find(). */
static int find_directory(struct request *r, const struct tree_node **n)
{
	const int rc = find(r, PERM_READ, n);

	if (rc == 0) {
		look(r, strlen(r->path), TXN_LOOK_CHILDREN);
	}
	return rc;
}

int request_directory(struct request *r)
{
	const struct tree_node *n;
	int rc = request_node_path(r);

	if (rc == 0) {
		rc = find_directory(r, &n);
	}
	if (rc == 0) {
		list_children(n, &r->reply);
	}
	return rc;
}

/* How many of the bytes of `names` from `at` on are whole names and no more
 * than `room`. */
static size_t names_that_fit(const struct buf *names, size_t at, size_t room)
{
	size_t len = 0;

	while (at + len < names->len) {
		const size_t next = strlen(names->data + at + len) + 1;

		if (len + next > room) {
			break;
		}
		len += next;
	}
	return len;
}

/*
 * Payload: path, offset. Reply: the list's generation, then names from that
 * offset on; an empty one after the last.
 */
int request_directory_part(struct request *r)
{
	const struct tree_node *n;
	struct buf names = { 0 };
	uint64_t offset;
	size_t len;
	int rc = request_node_path(r);

	if (rc == 0) {
		rc = request_number(r, UINT32_MAX, &offset);
	}
	if (rc == 0) {
		rc = find_directory(r, &n);
	}
	if (rc != 0) {
		return rc;
	}
	buf_print(&r->reply, "%" PRIu64, n->children_generation);
	buf_add(&r->reply, "", 1);
	list_children(n, &names);
	if (offset > names.len ||
	    (offset > 0 && names.data[offset - 1] != '\0')) {
		buf_free(&names);
		return -EINVAL;
	}
	len = names_that_fit(&names, offset,
			     XENSTORE_PAYLOAD_MAX - r->reply.len - 1);
	if (len != 0) {
		buf_add(&r->reply, names.data + offset, len);
	}
	if (offset + len == names.len) {
		buf_add(&r->reply, "", 1);
	}
	buf_free(&names);
	return 0;
}

int request_read(struct request *r)
{
	const struct tree_node *n;
	int rc = request_node_path(r);

	if (rc == 0) {
		rc = find(r, PERM_READ, &n);
	}
	if (rc == 0) {
		buf_add(&r->reply, n->value, n->value_len);
	}
	return rc;
}

int request_get_perms(struct request *r)
{
	const struct tree_node *n;
	int rc = request_node_path(r);

	if (rc == 0) {
		rc = find(r, PERM_READ, &n);
	}
	if (rc == 0) {
		perms_format(&n->perms, &r->reply);
	}
	return rc;
}

/* How many nodes it would take to have one at r->path. */
static size_t missing_nodes(const struct request *r)
{
	size_t count = 0;
	size_t at;

	tree_find_nearest(tree_of(r), r->path, &at);
	for (; r->path[at] != '\0' && r->path[at + 1] != '\0';
	     at += 1 + path_component(r->path + at + 1)) {
		count++;
	}
	return count;
}

/* What a value of `len` bytes at r->path takes beside what is there; `n` is
 * the node, or NULL. A transaction keeps each change until its end. */
static size_t bytes_to_write(const struct request *r, const struct tree_node *n,
			     size_t len)
{
	const size_t old = n != NULL && r->txn == NULL ? n->value_len : 0;

	if (n == NULL) {
		len += missing_nodes(r) * sizeof(*n) + strlen(r->path);
	}
	return len > old ? len - old : 0;
}

/* May the client write `len` bytes at r->path, or make a node there? Returns 0
 * or -ENOENT if so: it is there, it is not there. */
static int find_to_write(struct request *r, size_t len)
{
	const struct tree_node *n;
	const int rc = find(r, PERM_WRITE, &n);

	if (rc != 0 && rc != -ENOENT) {
		return rc;
	}
	if (rc == -ENOENT &&
	    !request_allows(
		    r, QUOTA_NODES,
		    tree_owned_by(tree_of(r), r->client->domid).node_count +
			    missing_nodes(r))) {
		return -ENOSPC;
	}
	return request_allows_memory(r,
				     bytes_to_write(r, rc == 0 ? n : NULL, len))
		       ? rc
		       : -ENOSPC;
}

int request_write(struct request *r)
{
	int rc = request_node_path(r);

	if (rc != 0) {
		return rc;
	}
	if (!request_allows(r, QUOTA_NODE_SIZE, r->len)) {
		return -ENOSPC;
	}
	rc = find_to_write(r, r->len);
	if (rc != 0 && rc != -ENOENT) {
		return rc;
	}
	change(r, CHANGE_WRITE, r->body, r->len);
	return request_ok(r);
}

int request_mkdir(struct request *r)
{
	int rc = request_node_path(r);

	if (rc == 0) {
		rc = find_to_write(r, 0);
	}
	if (rc == -ENOENT) {
		change(r, CHANGE_MKDIR, NULL, 0);
		rc = 0;
	}
	return rc == 0 ? request_ok(r) : rc;
}

/* Is there a node right above r->path, which is not there itself? */
static bool parent_is_there(const struct request *r)
{
	size_t len;

	tree_find_nearest(tree_of(r), r->path, &len);
	return strchr(r->path + len + 1, '/') == NULL;
}

/* To remove what is not there is no mistake, if there is a node above. */
int request_rm(struct request *r)
{
	const struct tree_node *n;
	int rc = request_node_path(r);

	if (rc != 0 || strcmp(r->path, "/") == 0) {
		return -EINVAL;
	}
	rc = find(r, PERM_WRITE, &n);
	if (rc == 0) {
		change(r, CHANGE_REMOVE, NULL, 0);
	} else if (rc != -ENOENT || !parent_is_there(r)) {
		return rc;
	}
	return request_ok(r);
}

/* Only domain 0 gives nodes away, and no guest makes another one's list of
 * rights its own: the owner alone sets permissions. */
int request_set_perms(struct request *r)
{
	const struct tree_node *n;
	struct perms perms;
	int rc = request_node_path(r);

	if (rc != 0) {
		return rc;
	}
	rc = find(r, PERM_WRITE, &n);
	if (rc != 0) {
		return rc;
	}
	rc = perms_parse(&perms, r->body, r->len);
	if (rc != 0) {
		return rc;
	}
	if (!request_allows(r, QUOTA_NODE_PERMISSIONS, perms.count) ||
	    !request_allows_memory(r, r->len)) {
		rc = -ENOSPC;
	} else if (r->client->domid != 0 &&
		   (perms_owner(&n->perms) != perms_owner(&perms) ||
		    (perms_owner(&perms) != r->client->domid &&
		     perms_owner(&perms) != r->client->target))) {
		rc = -EPERM;
	}
	perms_free(&perms);
	if (rc != 0) {
		return rc;
	}
	change(r, CHANGE_PERMS, r->body, r->len);
	return request_ok(r);
}
