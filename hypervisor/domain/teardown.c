/* SPDX-License-Identifier: MIT */
/*
 * The end of a domain.
 *
 *   1  its vCPUs leave their pCPUs for ever
 *   2  a grace period: what began before it was DYING is over. From here on
 *      nobody adds anything to it: ports, grants and mappings are refused
 *   3  its event ports close
 *   4  what others granted to it is given back
 *   5  its memory is given back, with all that was mapped into it
 *   6  others give back what they have of it: grants, foreign mappings, pages
 *      of its grant table. Then domain_find() does not know it any more
 *   7  another grace period, and its nested tables and itself are freed
 *
 * Steps 1 to 5 are done by whoever destroys it, step 6 is looked at by a timer,
 * step 7 belongs to the run loop. One at a time does a step (`busy`).
 */

#include "arch/x86/hooks.h"
#include "core/clock.h"
#include "domain/event.h"
#include "domain/grant.h"
#include "domain/physmap.h"

#define PORTS_STEP  256u
#define GRANTS_STEP 64u
#define FRAMES_STEP 512u
#define TABLES_STEP 128u
#define LOOK_NS     (50 * NSEC_PER_MSEC)

enum stage {
	STAGE_STOP,
	STAGE_GRACE,
	STAGE_PORTS,
	STAGE_GRANTS,
	STAGE_MEMORY,
	STAGE_OTHERS,
	STAGE_GONE,
};

/* A step returns 0 when its stage is done, or why it is not. */

static int step_stop(struct domain *d)
{
	bool running = false;

	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		sched_unit_retire(&d->vcpus[i]->unit);
		running = running || sched_is_running(&d->vcpus[i]->unit);
	}
	return running ? -XEN_EBUSY : 0;
}

static void grace_over(struct quiesce_item *item)
{
	struct domain *d = container_of(item, struct domain, teardown.item);

	/* Pairs with step_grace(). */
	store_release(&d->teardown.quiet, true);
}

static int step_grace(struct domain *d)
{
	struct teardown *t = &d->teardown;

	if (!t->waits) {
		t->waits = true;
		quiesce_defer(&t->item, grace_over);
	}
	return load_acquire(&t->quiet) ? 0 : -XEN_EBUSY;
}

static int step_ports(struct domain *d)
{
	return event_close_some(d, PORTS_STEP) ? 0 : -XEN_EAGAIN;
}

static int step_grants(struct domain *d)
{
	return grant_release_some(d, GRANTS_STEP) ? 0 : -XEN_EAGAIN;
}

/* Its own references on its frames are the mappings, and areas of vCPUs. */
static int step_memory(struct domain *d)
{
	if (!physmap_release_some(d, &d->teardown.gfn, FRAMES_STEP)) {
		return -XEN_EAGAIN;
	}
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		vcpu_info_release(d->vcpus[i]);
	}
	reservation_unclaim(d);
	return 0;
}

static bool others_have_something(struct domain *d)
{
	return grant_is_lent(d) || grant_table_is_mapped(d) ||
	       physmap_page_is_mapped(d->shared_info) ||
	       frames_owned_count(d->id) != 0;
}

/* Run loop; nobody knows the domain any more. */
static void free_some(struct quiesce_item *item)
{
	struct domain *d = container_of(item, struct domain, teardown.item);

	if (p2m_free_some(d, TABLES_STEP)) {
		guest_discard(d);
	} else {
		quiesce_defer(item, free_some);
	}
}

static int step_others(struct domain *d)
{
	if (others_have_something(d)) {
		timer_set(&d->teardown.timer, clock_now() + LOOK_NS);
		return -XEN_EBUSY;
	}
	timer_cancel(&d->teardown.timer);
	log_info("domain %u is gone\n", d->id);
	domain_unpublish(d);
	event_virq_service(VIRQ_DOM_EXC);
	quiesce_defer(&d->teardown.item, free_some);
	return 0;
}

static int (*const steps[])(struct domain *d) = {
	[STAGE_STOP] = step_stop,     [STAGE_GRACE] = step_grace,
	[STAGE_PORTS] = step_ports,   [STAGE_GRANTS] = step_grants,
	[STAGE_MEMORY] = step_memory, [STAGE_OTHERS] = step_others,
};

/* One step; the caller is `busy`. */
static int step_once(struct domain *d)
{
	struct teardown *t = &d->teardown;

	if (t->stage == STAGE_GONE) {
		return 0;
	}

	const int err = steps[t->stage](d);

	if (t->stage == STAGE_OTHERS) {
		/* What others have is no reason to come again. */
		t->stage = err == 0 ? STAGE_GONE : STAGE_OTHERS;
		return 0;
	}
	if (err != 0) {
		return err;
	}
	t->stage++;
	return -XEN_EAGAIN;
}

int teardown_step(struct domain *d)
{
	struct teardown *t = &d->teardown;

	if (__atomic_exchange_n(&t->busy, true, __ATOMIC_ACQUIRE)) {
		return -XEN_EBUSY;
	}

	const int rc = step_once(d);

	store_release(&t->busy, false);
	return rc;
}

/* When somebody else does a step just now, that sets the timer again. */
static void look_again(struct timer *timer)
{
	teardown_step(container_of(timer, struct domain, teardown.timer));
}

void teardown_init(struct domain *d)
{
	timer_init(&d->teardown.timer, look_again);
}

/* False when it was dying already. */
static bool begin(struct domain *d)
{
	spin_lock(&d->lock);
	const bool first = d->state != DOMAIN_DYING;

	store_relaxed(&d->state, DOMAIN_DYING);
	spin_unlock(&d->lock);
	return first;
}

void teardown_begin(struct domain *d)
{
	if (begin(d)) {
		event_virq_service(VIRQ_DOM_EXC);
	}
}
