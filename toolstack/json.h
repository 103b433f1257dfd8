/* SPDX-License-Identifier: MIT */
/*
 * JSON as text.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct json;

/* Indented, or in one line. NULL if there is no memory left. */
struct json *json_start(void);
struct json *json_start_line(void);

/* Without a name for members of a list. */
void json_object(struct json *j, const char *name);
void json_object_end(struct json *j);
void json_list(struct json *j, const char *name);
void json_list_end(struct json *j);
void json_text(struct json *j, const char *name, const char *value);
void json_number(struct json *j, const char *name, uint64_t value);
/* Of a finite number, with one digit behind the point. */
void json_real(struct json *j, const char *name, double value);
void json_bool(struct json *j, const char *name, bool value);

/* What there is so far, as long as nothing is added; NULL after a failure. */
const char *json_get(struct json *j);
/* Forgets all. */
void json_drop(struct json *j);

/* ---- json_print.c ---- */

/* Prints all and frees `j`. Returns an exit code. */
int json_print(struct json *j);
