/* SPDX-License-Identifier: MIT */
#include "svcvm/store/tree.h"
#include "svcvm/store/buf.h"
#include "svcvm/store/path.h"

#include <stdlib.h>
#include <string.h>

/* Of all trees together: a node that a transaction changed is then never taken
 * for one of the store's. */
static uint64_t last_generation;

static uint64_t next_generation(void)
{
	return ++last_generation;
}

void tree_generations_from(uint64_t first)
{
	if (first > last_generation) {
		last_generation = first;
	}
}

size_t tree_node_bytes(const struct tree_node *n)
{
	return sizeof(*n) + strlen(n->name) + 1 + n->value_len +
	       n->perms.count * sizeof(*n->perms.entries);
}

static struct tree_owner *owner_of(struct tree *t, uint16_t domid)
{
	size_t i = 0;

	while (i < t->owner_count && t->owners[i].domid != domid) {
		i++;
	}
	if (i == t->owner_count) {
		t->owner_count++;
		t->owners = mem_resize(t->owners,
				       t->owner_count * sizeof(*t->owners));
		t->owners[i] = (struct tree_owner){ .domid = domid };
	}
	return &t->owners[i];
}

/* Before a node goes or changes what it takes, and after that. */
static void count_out(struct tree *t, const struct tree_node *n)
{
	struct tree_owner *owner = owner_of(t, perms_owner(&n->perms));

	owner->bytes -= tree_node_bytes(n);
	if (--owner->node_count == 0) {
		*owner = t->owners[--t->owner_count];
	}
}

static void count_in(struct tree *t, const struct tree_node *n)
{
	struct tree_owner *owner = owner_of(t, perms_owner(&n->perms));

	owner->bytes += tree_node_bytes(n);
	owner->node_count++;
}

struct tree_owner tree_owned_by(const struct tree *t, uint16_t domid)
{
	for (size_t i = 0; i < t->owner_count; i++) {
		if (t->owners[i].domid == domid) {
			return t->owners[i];
		}
	}
	return (struct tree_owner){ .domid = domid };
}

static void put_node(struct tree_node *n)
{
	if (--n->refs != 0) {
		return;
	}
	for (size_t i = 0; i < n->child_count; i++) {
		put_node(n->children[i]);
	}
	free(n->children);
	free(n->name);
	free(n->value);
	perms_free(&n->perms);
	free(n);
}

static void set_value(struct tree_node *n, const char *value, size_t len)
{
	n->value = mem_resize(n->value, len);
	n->value_len = len;
	if (len != 0) {
		memcpy(n->value, value, len);
	}
}

static struct tree_node *copy_node(const struct tree_node *from)
{
	struct tree_node *n = mem_alloc(sizeof(*n));

	n->refs = 1;
	n->generation = from->generation;
	n->children_generation = from->children_generation;
	n->name = mem_string(from->name);
	set_value(n, from->value, from->value_len);
	perms_copy(&n->perms, &from->perms);
	n->child_count = from->child_count;
	n->children = mem_alloc(n->child_count * sizeof(*n->children));
	for (size_t i = 0; i < n->child_count; i++) {
		n->children[i] = from->children[i];
		n->children[i]->refs++;
	}
	return n;
}

/* Makes the node at *slot one that nobody else sees. What holds the slot is
 * such a node already. */
static struct tree_node *make_private(struct tree_node **slot)
{
	struct tree_node *n = *slot;

	if (n->refs > 1) {
		*slot = copy_node(n);
		n->refs--;
	}
	return *slot;
}

static int compare(const struct tree_node *n, const char *name, size_t len)
{
	const int order = strncmp(n->name, name, len);

	return order != 0 ? order : (unsigned char)n->name[len];
}

/* The index of a child, or where it would be. */
static size_t child_index(const struct tree_node *n, const char *name,
			  size_t len, bool *found)
{
	size_t low = 0;
	size_t high = n->child_count;

	*found = false;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int order = compare(n->children[middle], name, len);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

const struct tree_node *tree_find_nearest(const struct tree *t,
					  const char *path, size_t *len)
{
	const struct tree_node *n = t->root;
	const char *at = path;
	bool found = true;

	*len = 0;
	while (at[0] == '/' && at[1] != '\0') {
		const size_t part = path_component(at + 1);
		const size_t i = child_index(n, at + 1, part, &found);

		if (!found) {
			break;
		}
		n = n->children[i];
		at += 1 + part;
		*len = (size_t)(at - path);
	}
	return n;
}

const struct tree_node *tree_find(const struct tree *t, const char *path)
{
	size_t len;
	const struct tree_node *n = tree_find_nearest(t, path, &len);

	return len == strlen(path) || strcmp(path, "/") == 0 ? n : NULL;
}

static void add_child(struct tree *t, struct tree_node *parent, size_t i,
		      const char *name, size_t len, uint16_t creator)
{
	struct tree_node *n = mem_alloc(sizeof(*n));

	n->refs = 1;
	n->generation = next_generation();
	n->name = mem_alloc(len + 1);
	memcpy(n->name, name, len);
	perms_copy(&n->perms, &parent->perms);
	if (creator != 0) {
		n->perms.entries[0].domid = creator;
	}
	count_in(t, n);

	parent->children =
		mem_resize(parent->children, (parent->child_count + 1) *
						     sizeof(*parent->children));
	memmove(&parent->children[i + 1], &parent->children[i],
		(parent->child_count - i) * sizeof(*parent->children));
	parent->children[i] = n;
	parent->child_count++;
	parent->children_generation = next_generation();
}

/* The node at `path`, private all the way; missing ones are made. */
static struct tree_node *make_path(struct tree *t, const char *path,
				   uint16_t creator)
{
	struct tree_node *n = make_private(&t->root);

	while (path[0] == '/' && path[1] != '\0') {
		const size_t part = path_component(path + 1);
		bool found;
		const size_t i = child_index(n, path + 1, part, &found);

		if (!found) {
			add_child(t, n, i, path + 1, part, creator);
		}
		n = make_private(&n->children[i]);
		path += 1 + part;
	}
	return n;
}

static void forget_owners(struct tree *t, const struct tree_node *n)
{
	count_out(t, n);
	for (size_t i = 0; i < n->child_count; i++) {
		forget_owners(t, n->children[i]);
	}
}

/* The node is there and is not the root. */
static void remove_node(struct tree *t, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	char *parent_path = mem_string(path);
	struct tree_node *parent;
	struct tree_node *n;
	bool found;
	size_t i;

	parent_path[name - path - 1] = '\0';
	parent = make_path(t, parent_path, 0);
	free(parent_path);
	i = child_index(parent, name, strlen(name), &found);
	n = parent->children[i];
	forget_owners(t, n);
	parent->child_count--;
	memmove(&parent->children[i], &parent->children[i + 1],
		(parent->child_count - i) * sizeof(*parent->children));
	parent->children_generation = next_generation();
	put_node(n);
}

static void set_perms(struct tree *t, const struct change *c)
{
	struct perms perms;
	struct tree_node *n;

	if (perms_parse(&perms, c->data, c->len) != 0) {
		return; /* the journal has been written by somebody else */
	}
	n = make_path(t, c->path, 0);
	count_out(t, n);
	perms_free(&n->perms);
	n->perms = perms;
	count_in(t, n);
	n->generation = next_generation();
}

static bool any_mentions(const struct tree_node *n, uint16_t domid)
{
	if (perms_mention(&n->perms, domid)) {
		return true;
	}
	for (size_t i = 0; i < n->child_count; i++) {
		if (any_mentions(n->children[i], domid)) {
			return true;
		}
	}
	return false;
}

static void disown(struct tree *t, struct tree_node *n, uint16_t domid)
{
	if (perms_mention(&n->perms, domid)) {
		count_out(t, n);
		perms_disown(&n->perms, domid);
		count_in(t, n);
		n->generation = next_generation();
	}
	for (size_t i = 0; i < n->child_count; i++) {
		if (any_mentions(n->children[i], domid)) {
			disown(t, make_private(&n->children[i]), domid);
		}
	}
}

void tree_apply(struct tree *t, const struct change *c)
{
	struct tree_node *n;

	switch (c->kind) {
	case CHANGE_WRITE:
		n = make_path(t, c->path, c->domid);
		count_out(t, n);
		set_value(n, c->data, c->len);
		count_in(t, n);
		n->generation = next_generation();
		break;
	case CHANGE_MKDIR:
		make_path(t, c->path, c->domid);
		break;
	case CHANGE_REMOVE:
		if (strcmp(c->path, "/") != 0 &&
		    tree_find(t, c->path) != NULL) {
			remove_node(t, c->path);
		}
		break;
	case CHANGE_PERMS:
		if (tree_find(t, c->path) != NULL) {
			set_perms(t, c);
		}
		break;
	case CHANGE_DISOWN:
		disown(t, make_private(&t->root), c->domid);
		break;
	}
}

void tree_init(struct tree *t)
{
	struct tree_node *root = mem_alloc(sizeof(*root));

	root->refs = 1;
	root->generation = next_generation();
	root->name = mem_string("");
	perms_init(&root->perms, 0, PERM_NONE);
	*t = (struct tree){ .root = root };
	count_in(t, root);
}

void tree_copy(struct tree *to, const struct tree *from)
{
	const size_t size = from->owner_count * sizeof(*from->owners);

	*to = *from;
	to->root->refs++;
	to->owners = mem_alloc(size);
	memcpy(to->owners, from->owners, size);
}

void tree_free(struct tree *t)
{
	put_node(t->root);
	free(t->owners);
	*t = (struct tree){ 0 };
}
