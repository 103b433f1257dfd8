/* SPDX-License-Identifier: MIT */
/*
 * A JSON object of texts and numbers, read.
 */
#pragma once

struct record;

/* NULL if it is no JSON. */
struct record *record_parse(const char *text);
void record_free(struct record *r);

/* A text, or a number as it is written; empty if there is none of this name. */
const char *record_text(struct record *r, const char *name);
