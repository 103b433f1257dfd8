/* SPDX-License-Identifier: MIT */
#include "svcvm/store/txn.h"
#include "svcvm/store/buf.h"

#include <stdlib.h>
#include <string.h>

struct txn *txn_new(uint32_t id, const struct tree *live)
{
	struct txn *txn = mem_alloc(sizeof(*txn));

	txn->id = id;
	tree_copy(&txn->base, live);
	tree_copy(&txn->tree, live);
	return txn;
}

static void free_change(const struct change *c)
{
	free((void *)(uintptr_t)c->path);
	free((void *)(uintptr_t)c->data);
}

void txn_free(struct txn *txn)
{
	for (size_t i = 0; i < txn->access_count; i++) {
		free(txn->accesses[i].path);
	}
	for (size_t i = 0; i < txn->change_count; i++) {
		free_change(&txn->changes[i]);
	}
	free(txn->accesses);
	free(txn->changes);
	tree_free(&txn->base);
	tree_free(&txn->tree);
	free(txn);
}

struct txn *txn_find(const struct txn_list *list, uint32_t id)
{
	struct txn *txn;

	TAILQ_FOREACH(txn, list, link)
	{
		if (txn->id == id) {
			return txn;
		}
	}
	return NULL;
}

size_t txn_count(const struct txn_list *list)
{
	const struct txn *txn;
	size_t count = 0;

	TAILQ_FOREACH(txn, list, link)
	{
		count++;
	}
	return count;
}

uint32_t txn_new_id(const struct txn_list *list, uint32_t *last)
{
	do {
		++*last;
	} while (*last == 0 || txn_find(list, *last) != NULL);
	return *last;
}

void txn_look(struct txn *txn, const char *path, enum txn_look look)
{
	for (size_t i = 0; i < txn->access_count; i++) {
		if (txn->accesses[i].look == look &&
		    strcmp(txn->accesses[i].path, path) == 0) {
			return;
		}
	}
	txn->accesses = mem_resize(txn->accesses, (txn->access_count +
						   1) * sizeof(*txn->accesses));
	txn->accesses[txn->access_count++] =
		(struct txn_access){ mem_string(path), look };
	txn->bytes += sizeof(struct txn_access) + strlen(path) + 1;
}

void txn_change(struct txn *txn, const struct change *c)
{
	char *data = mem_alloc(c->len);
	struct change *mine;

	tree_apply(&txn->tree, c);
	txn->changes = mem_resize(txn->changes, (txn->change_count + 1) *
							sizeof(*txn->changes));
	mine = &txn->changes[txn->change_count++];
	*mine = *c;
	mine->path = mem_string(c->path);
	if (c->len != 0) {
		memcpy(data, c->data, c->len);
	}
	mine->data = data;
	txn->bytes += sizeof(*mine) + strlen(c->path) + 1 + c->len;
}

static bool is_same(const struct tree_node *a, const struct tree_node *b,
		    enum txn_look look)
{
	if (a == NULL || b == NULL) {
		return a == b;
	}
	switch (look) {
	case TXN_LOOK_NODE:
		return a->generation == b->generation;
	case TXN_LOOK_CHILDREN:
		return a->children_generation == b->children_generation;
	}
	return false;
}

bool txn_conflicts(const struct txn *txn, const struct tree *live)
{
	for (size_t i = 0; i < txn->access_count; i++) {
		const struct txn_access *a = &txn->accesses[i];

		if (!is_same(tree_find(&txn->base, a->path),
			     tree_find(live, a->path), a->look)) {
			return true;
		}
	}
	return false;
}
