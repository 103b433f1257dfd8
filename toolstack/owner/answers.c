/* SPDX-License-Identifier: MIT */
#include "toolstack/owner/answers.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/describe.h"
#include "toolstack/history.h"
#include "toolstack/owner/metrics.h"

/* Frees `j`. */
static enum answer take(struct json *j, struct evbuffer *body)
{
	const char *const text = j != NULL ? json_get(j) : NULL;

	if (text != NULL) {
		evbuffer_add(body, text, strlen(text));
	}
	json_drop(j);
	return text != NULL ? ANSWER_GIVEN : ANSWER_NONE;
}

static enum answer give_list(struct corbel *c, const char *name,
			     struct evbuffer *body)
{
	struct corbel_info *list;
	struct json *j;
	size_t count;

	(void)name;
	if (corbel_list(c, &list, &count) != 0) {
		return ANSWER_FAILED;
	}
	j = json_start_line();
	if (j != NULL) {
		json_list(j, NULL);
		for (size_t i = 0; i < count; i++) {
			describe_domain(j, &list[i]);
		}
		json_list_end(j);
	}
	free(list);
	return take(j, body);
}

static enum answer give_info(struct corbel *c, const char *name,
			     struct evbuffer *body)
{
	struct corbel_info info;
	uint32_t domid;
	struct json *j;

	if (corbel_find(c, name, &domid) != 0 ||
	    corbel_info(c, domid, &info) != 0) {
		return ANSWER_FAILED;
	}
	j = json_start_line();
	if (j != NULL) {
		describe_domain(j, &info);
	}
	return take(j, body);
}

static enum answer give_host(struct corbel *c, const char *name,
			     struct evbuffer *body)
{
	struct corbel_host host;
	struct json *j;

	(void)name;
	if (corbel_host(c, &host) != 0) {
		return ANSWER_FAILED;
	}
	j = json_start_line();
	if (j != NULL) {
		describe_host(j, &host);
	}
	return take(j, body);
}

static bool add_record(const char *text, void *context)
{
	struct evbuffer *const body = context;

	evbuffer_add_printf(body, "%s%s",
			    evbuffer_get_length(body) > 1 ? "," : "", text);
	return true;
}

static enum answer give_history(struct corbel *c, const char *name,
				struct evbuffer *body)
{
	bool done;

	(void)c;
	(void)name;
	evbuffer_add_printf(body, "[");
	done = history_each(add_record, body);
	evbuffer_add_printf(body, "]");
	return done ? ANSWER_GIVEN : ANSWER_NONE;
}

static enum answer give_metrics(struct corbel *c, const char *name,
				struct evbuffer *body)
{
	(void)name;
	return metrics_write(c, body) == 0 ? ANSWER_GIVEN : ANSWER_FAILED;
}

static const struct answer_path paths[] = {
	{ "/v1/list", "application/json", give_list },
	{ "/v1/info/", "application/json", give_info },
	{ "/v1/host", "application/json", give_host },
	{ "/v1/history", "application/json", give_history },
	{ "/metrics", "text/plain; version=0.0.4", give_metrics },
};

static bool is_path(const char *known, const char *path)
{
	const size_t length = strlen(known);

	return known[length - 1] == '/' ? strncmp(known, path, length) == 0
					: strcmp(known, path) == 0;
}

const struct answer_path *answer_find(const char *path)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (is_path(paths[i].path, path)) {
			return &paths[i];
		}
	}
	return NULL;
}
