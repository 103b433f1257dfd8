/* SPDX-License-Identifier: MIT */
#include "svcvm/store/store.h"
#include "svcvm/store/state.h"

#include <string.h>

void store_init(struct store *s, const char *state,
		const struct domain_ops *ops)
{
	*s = (struct store){ .ops = ops };
	tree_init(&s->tree);
	TAILQ_INIT(&s->clients);
	TAILQ_INIT(&s->domains);
	quota_defaults(&s->quotas);
	journal_init(&s->journal, state);
}

void store_free(struct store *s)
{
	domain_free_all(s);
	journal_free(&s->journal);
	tree_free(&s->tree);
}

void store_add_client(struct store *s, struct client *c)
{
	TAILQ_INSERT_TAIL(&s->clients, c, link);
}

void store_remove_client(struct store *s, struct client *c)
{
	TAILQ_REMOVE(&s->clients, c, link);
	client_free(c);
}

static bool is_readable(const struct client *c, const struct tree_node *n)
{
	return n != NULL && client_may(c, &n->perms, PERM_READ);
}

/* Tells those whose watch is at `path` or above, if they may read it. */
static void tell(struct store *s, const char *path)
{
	const struct tree_node *n = tree_find(&s->tree, path);
	const size_t len = strlen(path);
	struct client *c;
	struct watch *w;

	TAILQ_FOREACH(c, &s->clients, link)
	{
		TAILQ_FOREACH(w, &c->watches, link)
		{
			if (watch_covers(w, path, len) && is_readable(c, n)) {
				client_event(c, &s->quotas, watch_form(w, path),
					     w->token);
			}
		}
	}
}

/* Tells those who watch nodes below `path`, which is about to go away. */
static void tell_below(struct store *s, const char *path)
{
	struct client *c;
	struct watch *w;

	TAILQ_FOREACH(c, &s->clients, link)
	{
		TAILQ_FOREACH(w, &c->watches, link)
		{
			if (watch_is_below(w, path) &&
			    is_readable(c, tree_find(&s->tree, w->path))) {
				client_event(c, &s->quotas,
					     watch_form(w, w->path), w->token);
			}
		}
	}
}

static void record_change(struct store *s, const struct change *change)
{
	journal_add(&s->journal,
		    &(struct record){
			    .type = RECORD_CHANGE,
			    .domid = change->domid,
			    .a = change->kind,
			    .first = change->path,
			    .first_len = (uint32_t)strlen(change->path),
			    .second = change->data,
			    .second_len = (uint32_t)change->len,
		    });
}

/*
 * Who could read a node before its permissions changed hears of it, as does who
 * can now; an event that is queued twice is sent once.
 */
void store_commit(struct store *s, const struct change *change)
{
	switch (change->kind) {
	case CHANGE_REMOVE:
		tell(s, change->path);
		tell_below(s, change->path);
		break;
	case CHANGE_PERMS:
		tell(s, change->path);
		break;
	case CHANGE_WRITE:
	case CHANGE_MKDIR:
	case CHANGE_DISOWN:
		break;
	}
	tree_apply(&s->tree, change);
	record_change(s, change);
	if (change->kind != CHANGE_REMOVE && change->kind != CHANGE_DISOWN) {
		tell(s, change->path);
	}
}

void store_announce(struct store *s, const char *name)
{
	struct client *c;
	struct watch *w;

	TAILQ_FOREACH(c, &s->clients, link)
	{
		if (c->domid != 0) {
			continue;
		}
		TAILQ_FOREACH(w, &c->watches, link)
		{
			if (watch_covers(w, name, strlen(name))) {
				client_event(c, &s->quotas, name, w->token);
			}
		}
	}
}

void store_settle(struct store *s)
{
	struct client *c;
	struct client *next;

	journal_commit(&s->journal);
	if (journal_is_long(&s->journal)) {
		state_save(s);
	}
	for (c = TAILQ_FIRST(&s->clients); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link); /* flushing may end it */
		if (!TAILQ_EMPTY(&c->out)) {
			c->flush(c);
		}
	}
}
