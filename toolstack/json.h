/* SPDX-License-Identifier: MIT */
/*
 * JSON on stdout, indented.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct json;

/* NULL if there is no memory left. */
struct json *json_start(void);

/* Without a name for members of a list. */
void json_object(struct json *j, const char *name);
void json_object_end(struct json *j);
void json_list(struct json *j, const char *name);
void json_list_end(struct json *j);
void json_text(struct json *j, const char *name, const char *value);
void json_number(struct json *j, const char *name, uint64_t value);

void json_bool(struct json *j, const char *name, bool value);

/* Forgets all. */
void json_drop(struct json *j);

/* Prints all and frees `j`; NULL is a failure. Returns an exit code. */
int json_print(struct json *j);
