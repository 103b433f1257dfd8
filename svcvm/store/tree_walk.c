/* SPDX-License-Identifier: MIT */
/*
 * Looking at all nodes of a tree.
 */
#include "svcvm/store/buf.h"
#include "svcvm/store/tree.h"

#include <string.h>

struct walk {
	void (*visit)(void *context, const char *path,
		      const struct tree_node *node);
	void *context;
	struct buf path; /* of the node before, with its NUL */
};

/* walk->path is that of the parent, but "" for the root. */
static void walk_node(struct walk *w, const struct tree_node *n)
{
	const size_t len = w->path.len;

	w->visit(w->context, len == 1 ? "/" : w->path.data, n);
	for (size_t i = 0; i < n->child_count; i++) {
		w->path.len = len - 1;
		buf_add(&w->path, "/", 1);
		buf_add_string(&w->path, n->children[i]->name);
		walk_node(w, n->children[i]);
	}
	w->path.len = len;
	w->path.data[len - 1] = '\0';
}

void tree_walk(const struct tree *t,
	       void (*visit)(void *context, const char *path,
			     const struct tree_node *node),
	       void *context)
{
	struct walk w = { .visit = visit, .context = context };

	buf_add_string(&w.path, "");
	walk_node(&w, t->root);
	buf_free(&w.path);
}

struct census {
	const struct tree *tree;
	size_t node_count;
	size_t bytes;
	bool sound;
};

static void check_node(void *context, const char *path,
		       const struct tree_node *n)
{
	struct census *c = context;

	c->node_count++;
	c->bytes += tree_node_bytes(n);
	c->sound &=
		n->perms.count > 0 && n->refs > 0 &&
		tree_owned_by(c->tree, perms_owner(&n->perms)).node_count > 0 &&
		tree_find(c->tree, path) == n;
	for (size_t i = 1; i < n->child_count; i++) {
		c->sound &= strcmp(n->children[i - 1]->name,
				   n->children[i]->name) < 0;
	}
}

bool tree_is_sound(const struct tree *t)
{
	struct census c = { .tree = t, .sound = true };

	tree_walk(t, check_node, &c);
	for (size_t i = 0; i < t->owner_count; i++) {
		c.node_count -= t->owners[i].node_count;
		c.bytes -= t->owners[i].bytes;
	}
	return c.sound && c.node_count == 0 && c.bytes == 0;
}
