/* SPDX-License-Identifier: MIT */
/*
 * Domains and the host as JSON, for who prints it and who serves it; the words
 * for states and ends.
 */
#pragma once

#include <stddef.h>
#include <time.h>

#include "libctl/corbel.h"
#include "toolstack/json.h"

/* "running", ... */
const char *describe_state(enum corbel_state state);
/* Why a domain has stopped: "poweroff", "crash", ... */
const char *describe_end(unsigned int shutdown_reason);
/* "-" while it is made or removed: it is a domain, but has no name. */
const char *describe_name(const struct corbel_info *info);
/* As it is written, "01234567-89ab-...". */
void describe_uuid_text(const uint8_t uuid[16], char text[37]);

/* Members of an object: "time" and "uuid". */
void describe_time(struct json *j, time_t t);
void describe_uuid(struct json *j, const uint8_t uuid[16]);

/* Objects. */
void describe_domain(struct json *j, const struct corbel_info *info);
void describe_host(struct json *j, const struct corbel_host *host);
/* A defined guest that is no domain. */
void describe_off(struct json *j, const struct corbel_definition *d);
extern const char describe_off_state[]; /* "shut off" */
