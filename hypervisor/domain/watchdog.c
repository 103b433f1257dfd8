/* SPDX-License-Identifier: MIT */
#include "domain/domain.h"

#include "core/clock.h"

static void fire(struct timer *t)
{
	domain_shutdown(container_of(t, struct domain, watchdog),
			SHUTDOWN_watchdog);
}

void watchdog_init(struct domain *d)
{
	timer_init(&d->watchdog, fire);
}

static int set_locked(struct domain *d, uint32_t id, uint32_t seconds)
{
	const bool armed = timer_is_armed(&d->watchdog);

	if (id == 0 && armed) {
		return -XEN_ENOSPC;
	}
	if (id != (armed ? WATCHDOG_ID : 0) || (id == 0 && seconds == 0)) {
		return -XEN_EINVAL;
	}
	if (seconds == 0) {
		timer_stop(&d->watchdog);
	} else {
		timer_set(&d->watchdog, clock_now() + seconds * NSEC_PER_SEC);
	}
	return id == 0 ? WATCHDOG_ID : 0;
}

int watchdog_set(struct domain *d, uint32_t id, uint32_t seconds)
{
	spin_lock(&d->lock);
	const int rc = set_locked(d, id, seconds);
	spin_unlock(&d->lock);
	return rc;
}
