/* SPDX-License-Identifier: MIT */
/*
 * What can be asked for on corbeld's socket, but events.
 */
#pragma once

#include "libctl/corbel.h"

struct evbuffer;

enum answer {
	ANSWER_GIVEN,
	ANSWER_FAILED, /* the handle has why */
	ANSWER_NONE,   /* no memory, no file */
};

struct answer_path {
	const char *path; /* with / at its end: a name comes behind it */
	const char *type;
	enum answer (*give)(struct corbel *c, const char *name,
			    struct evbuffer *body);
};

/* NULL if there is none. */
const struct answer_path *answer_find(const char *path);
