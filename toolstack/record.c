/* SPDX-License-Identifier: MIT */
#include "toolstack/record.h"

#include <stddef.h>
#include <yajl/yajl_tree.h>

/* The tree itself is the record. */
struct record *record_parse(const char *text)
{
	return (struct record *)(void *)yajl_tree_parse(text, NULL, 0);
}

void record_free(struct record *r)
{
	yajl_tree_free((yajl_val)(void *)r);
}

const char *record_text(struct record *r, const char *name)
{
	const char *path[] = { name, NULL };
	yajl_val value = yajl_tree_get((yajl_val)(void *)r, path, yajl_t_any);

	if (YAJL_IS_STRING(value)) {
		return YAJL_GET_STRING(value);
	}
	return YAJL_IS_NUMBER(value) ? YAJL_GET_NUMBER(value) : "";
}
