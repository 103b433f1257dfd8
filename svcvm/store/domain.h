/* SPDX-License-Identifier: MIT */
/*
 * Domains that have been introduced, and their rings.
 *
 * Requests of a ring are taken one at a time: the next one waits until all that
 * goes to the guest is in its ring. So the record RECORD_STREAM, written with
 * each request before the ring shows that it was taken, says exactly where to
 * go on after a restart.
 */
#pragma once

#include "svcvm/store/client.h"
#include "svcvm/store/rate.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct store;
struct xenstore_domain_interface;

enum domain_state {
	DOMAIN_STATE_ALIVE,
	DOMAIN_STATE_SHUTDOWN,
	DOMAIN_STATE_DYING,
	DOMAIN_STATE_ABSENT,
};

/* What the hypervisor does for us; errors are -E of errno.h. */
struct domain_ops {
	struct xenstore_domain_interface *(*map)(uint16_t domid); /* or NULL */
	void (*unmap)(uint16_t domid, struct xenstore_domain_interface *page);
	int (*bind)(uint16_t domid, uint32_t remote_port); /* a local port */
	void (*unbind)(int local_port);
	void (*notify)(int local_port);
	void (*listen)(int local_port); /* after domain_event() */
	enum domain_state (*state)(uint16_t domid);
};

struct domain {
	TAILQ_ENTRY(domain) link;
	struct store *store;
	uint16_t domid;
	uint32_t port;                          /* the guest's */
	uint32_t gfn;                           /* as introduced; unused */
	int local_port;                         /* -1: none */
	struct xenstore_domain_interface *page; /* NULL: no ring */
	uint32_t taken;                         /* our req_cons */
	uint32_t sent;                          /* our rsp_prod */
	bool connected; /* the client is in the store's list */
	bool failed; /* the guest broke the rules: its ring is not looked at */
	bool told_failure; /* the log has it */
	bool shutdown;     /* has been announced */
	bool dying;
	bool more; /* stopped with requests left */
	bool deaf; /* its port rings when its ring is looked at, not before */
	struct rate rate;
	struct client client;
};

TAILQ_HEAD(domain_list, domain);

/* NULL where it is not introduced. */
struct domain *domain_find(const struct store *s, uint16_t domid);

/* Is it introduced and not dying? */
bool domain_is_introduced(const struct store *s, uint16_t domid);

/*
 * Connects a domain and announces it; or, where it is there already, gives it
 * a new port and starts its ring anew. Returns -E of errno.h.
 */
int domain_introduce(struct store *s, uint16_t domid, uint32_t gfn,
		     uint32_t port);

/* Forgets the domain and announces that. Returns -ENOENT if it is not there. */
int domain_release(struct store *s, uint16_t domid);

/* Gives the domain the rights of another one too, -ENOENT as above. */
int domain_set_target(struct store *s, uint16_t domid, uint16_t target);

/* Its shutdown is to be announced again, -ENOENT as above. */
int domain_resume(struct store *s, uint16_t domid);

/* Looks at its ring, unless it is held back. Handles some requests; `more` says
 * if it has others. */
void domain_service(struct domain *d, uint64_t now);

/* The same, after its port rang, which will not do so again before
 * domain_ops.listen(). */
void domain_event(struct domain *d, uint64_t now);

/* The domain with that port, or NULL. */
struct domain *domain_of_port(const struct store *s, int local_port);

/* Asks what became of each domain. */
void domain_poll(struct store *s);

/* Looks at the ring of one domain that has more and is not held back any longer;
 * false if there was none. */
bool domain_service_more(struct store *s, uint64_t now);

/* Is there one, or will there be? `*wait` is set to the ns until then. */
bool domain_has_more(const struct store *s, uint64_t now, uint64_t *wait);

void domain_free_all(struct store *s);
