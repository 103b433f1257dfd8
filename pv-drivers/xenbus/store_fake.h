/* SPDX-License-Identifier: MIT */
/* The fake store's other side: what a toolstack does to it. */
#pragma once

struct store;

/* Removes a key and all below it; watches see it. */
void store_fake_remove(struct store *store, const char *path);
