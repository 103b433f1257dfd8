/* SPDX-License-Identifier: MIT */
#include "domain/watchdog.h"

#include "core/clock.h"
#include "core/timer.h"

#define WATCHDOGS 2u

/* One slot of the domain's array. */
struct watchdog {
	struct timer timer;
	struct domain *domain; /* (o) */
	bool used;             /* (l) domain's lock */
};

static void fire(struct timer *t)
{
	struct watchdog *w = container_of(t, struct watchdog, timer);

	domain_shutdown(w->domain, SHUTDOWN_watchdog);
}

static struct watchdog *slots_locked(struct domain *d)
{
	if (d->watchdogs != NULL) {
		return d->watchdogs;
	}
	d->watchdogs = domain_alloc(d, WATCHDOGS * sizeof(*d->watchdogs));
	for (uint32_t i = 0; d->watchdogs != NULL && i < WATCHDOGS; i++) {
		timer_init(&d->watchdogs[i].timer, fire);
		d->watchdogs[i].domain = d;
	}
	return d->watchdogs;
}

static void set_locked(struct watchdog *w, uint32_t seconds)
{
	w->used = true;
	timer_set(&w->timer, clock_now() + seconds * NSEC_PER_SEC);
}

static int start_locked(struct domain *d, uint32_t seconds)
{
	struct watchdog *slots = slots_locked(d);

	if (slots == NULL) {
		return -XEN_ENOMEM;
	}
	for (uint32_t i = 0; i < WATCHDOGS; i++) {
		if (!slots[i].used) {
			set_locked(&slots[i], seconds);
			return (int)i + 1;
		}
	}
	return -XEN_ENOSPC;
}

int watchdog_start(struct domain *d, uint32_t seconds)
{
	int rc;

	if (seconds == 0) {
		return -XEN_EINVAL;
	}
	spin_lock(&d->lock);
	rc = start_locked(d, seconds);
	spin_unlock(&d->lock);
	return rc;
}

int watchdog_poke(struct domain *d, uint32_t id, uint32_t seconds)
{
	int rc = -XEN_EINVAL;

	if (id == 0 || id > WATCHDOGS) {
		return rc;
	}
	spin_lock(&d->lock);
	if (d->watchdogs != NULL && d->watchdogs[id - 1].used) {
		struct watchdog *w = &d->watchdogs[id - 1];

		if (seconds != 0) {
			set_locked(w, seconds);
		} else {
			timer_stop(&w->timer);
			w->used = false;
		}
		rc = 0;
	}
	spin_unlock(&d->lock);
	return rc;
}

void watchdog_destroy(struct domain *d)
{
	if (d->watchdogs == NULL) {
		return;
	}
	for (uint32_t i = 0; i < WATCHDOGS; i++) {
		timer_cancel(&d->watchdogs[i].timer);
	}
	domain_free(d, d->watchdogs, WATCHDOGS * sizeof(*d->watchdogs));
	d->watchdogs = NULL;
}
