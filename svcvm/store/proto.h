/* SPDX-License-Identifier: MIT */
/*
 * The requests of the xenstore protocol: one table, one function for each.
 */
#pragma once

struct client;
struct store;

/* Handles the request that is whole in `c->in`, and takes it from there. What
 * it causes is sent by store_settle(). */
void proto_handle(struct store *s, struct client *c);
