/* SPDX-License-Identifier: MIT */
/* The end of a domain, in bounded steps. */
#pragma once

#include "domain/domain.h"

/* Of a domain that is being created. */
void teardown_init(struct domain *d);

/*
 * Makes the domain DYING, whatever it was, and tells the service VM. Its vCPUs
 * never run again. Harmless when it is dying already.
 */
void teardown_begin(struct domain *d);

/*
 * Does the next piece of work, some tens of microseconds, for a domain that is
 * DYING; no lock is held. 0: the domain is gone, or waits only for others to
 * give back what they have of it, and then goes by itself. -XEN_EAGAIN: there
 * is more to do. -XEN_EBUSY: the same, when other pCPUs have done their part;
 * this pCPU must go round its run loop.
 */
int teardown_step(struct domain *d);

/* Hook, defined in virt/guest.c: frees a domain that nobody can find any more,
 * whose memory and nested tables are given back. Bounded by its vCPUs. */
void teardown_free(struct domain *d);
