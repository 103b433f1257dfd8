/* SPDX-License-Identifier: MIT */
/*
 * The two rings in the page that a guest shares with us. The guest may write to
 * all of it at any time: what we know of our own positions is kept elsewhere,
 * and what the guest says of its positions is checked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

/* Both return a number of bytes, or -EIO if the guest's index cannot be. */
int ring_available(const struct xenstore_domain_interface *page, uint32_t cons);
int ring_space(const struct xenstore_domain_interface *page, uint32_t prod);

/* Copies; the guest does not hear of it before ring_taken(). */
void ring_read(const struct xenstore_domain_interface *page, uint32_t cons,
	       char *to, size_t len);
void ring_write(struct xenstore_domain_interface *page, uint32_t prod,
		const char *from, size_t len);

void ring_taken(struct xenstore_domain_interface *page, uint32_t cons);
void ring_sent(struct xenstore_domain_interface *page, uint32_t prod);

/* Says that we are there, or why we stopped (XENSTORE_ERROR_). */
void ring_connect(struct xenstore_domain_interface *page);
void ring_fail(struct xenstore_domain_interface *page, uint32_t error);

/* Has the guest asked to begin anew, or ring_disconnect() been called? */
bool ring_wants_reconnect(const struct xenstore_domain_interface *page);
void ring_disconnect(struct xenstore_domain_interface *page);
void ring_rewind(struct xenstore_domain_interface *page);
