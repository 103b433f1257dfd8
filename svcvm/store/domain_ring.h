/* SPDX-License-Identifier: MIT */
/*
 * A domain's ring: what domain.c and state.c need of it.
 */
#pragma once

#include "svcvm/store/domain.h"

/* A domain in the list, without ring and unannounced. */
struct domain *domain_new(struct store *s, uint16_t domid, uint32_t gfn,
			  uint32_t port);

/* Frees a domain with all it has; nobody hears of it. */
void domain_drop(struct domain *d);

/* Maps the ring and binds the port; without domain_ops there is nothing to do.
 * Then comes domain_ring_begin() or domain_ring_resume(). Returns -E of
 * errno.h. */
int domain_ring_attach(struct domain *d);

/* A ring that nobody has served before, if there is one. */
void domain_ring_begin(struct domain *d);

/* Lets go of both. Its watches and transactions are gone. */
void domain_ring_detach(struct domain *d);

/* Binds the port again, since the guest has a new one. */
int domain_ring_rebind(struct domain *d);

/* Starts the ring anew: nothing is left of the connection. If we are killed in
 * the middle, the ring says so to domain_ring_resume(). */
void domain_ring_reset(struct domain *d);

/* Adds RECORD_STREAM, with all that is to be sent. */
void domain_ring_record(const struct domain *d);

/* After a restart: `pending` bytes were to be sent from `d->sent` on. Those
 * that the guest has not got are sent first. */
void domain_ring_resume(struct domain *d, const struct buf *pending);

void domain_ring_flush(struct client *c);
