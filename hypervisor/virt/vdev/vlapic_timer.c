/* SPDX-License-Identifier: MIT */
/*
 * Timer of the virtual local APIC. The count is never kept: it follows from the
 * time it will end, so that only an expiry costs anything, and a masked timer
 * nothing at all. A tick of its input clock is one nanosecond: a bus of 1 GHz.
 *
 * The host timer may fire on a pCPU other than the vCPU's. Who changes anything
 * else first cancels it, which waits for a handler that is running.
 */
#include "core/clock.h"
#include "domain/vcpu.h"
#include "virt/vdev/vlapic_state.h"

/* A guest may program periods of a nanosecond; it does not get more. */
#define MIN_PERIOD_NS (100 * NSEC_PER_USEC)

static bool is_periodic(const struct vlapic *l)
{
	return (vlapic_reg(l, REG_LVT_TIMER) & LVT_PERIODIC) != 0;
}

static bool is_masked(const struct vlapic *l)
{
	return (vlapic_reg(l, REG_LVT_TIMER) & LVT_MASKED) != 0;
}

/* SDM 3A "Divide Configuration Register": 0 is by 2 .. 6 by 128, 7 by 1. */
static unsigned int divide_shift(const struct vlapic *l)
{
	const uint32_t divide = vlapic_reg(l, REG_TIMER_DIVIDE);

	return (((divide & 3) | (divide & 8) >> 1) + 1) & 7;
}

/* Never 0 while it counts. */
static uint64_t period(const struct vlapic *l)
{
	return (uint64_t)vlapic_reg(l, REG_TIMER_INITIAL) << divide_shift(l);
}

static void set_expiry(struct vlapic *l, uint64_t expiry)
{
	store_relaxed(&l->expiry, expiry);
}

/* Nanoseconds until the count ends (again); 0 when it stands. */
static uint64_t left_at(const struct vlapic *l, uint64_t now)
{
	const uint64_t expiry = load_relaxed(&l->expiry);

	if (expiry > now) {
		return expiry - now;
	}
	if (expiry == 0 || !is_periodic(l)) {
		return 0;
	}
	return period(l) - (now - expiry) % period(l);
}

/* Rounded up, so that 0 says it has expired. */
static uint32_t count_at(const struct vlapic *l, uint64_t now)
{
	const unsigned int shift = divide_shift(l);

	return (uint32_t)((left_at(l, now) + BIT(shift) - 1) >> shift);
}

uint32_t vlapic_timer_current(const struct vlapic *l)
{
	return count_at(l, clock_now());
}

/* Raises the interrupt if the count has ended since the last time. */
static void advance(struct vlapic *l, uint64_t now)
{
	const uint64_t left = left_at(l, now);

	if (l->expiry == 0 || l->expiry > now) {
		return;
	}
	set_expiry(l, left == 0 ? 0 : now + left);
	if (!is_masked(l)) {
		vlapic_set_irq(l->vcpu, (uint8_t)vlapic_reg(l, REG_LVT_TIMER),
			       false);
	}
}

static void arm(struct vlapic *l, uint64_t now)
{
	const bool too_fast = is_periodic(l) && period(l) < MIN_PERIOD_NS;

	if (l->expiry != 0 && !is_masked(l)) {
		timer_set(&l->timer,
			  too_fast ? now + MIN_PERIOD_NS : l->expiry);
	}
}

static void fire(struct timer *t)
{
	struct vlapic *l = container_of(t, struct vlapic, timer);
	const uint64_t now = clock_now();

	advance(l, now);
	arm(l, now);
}

void vlapic_timer_init(struct vlapic *l)
{
	timer_init(&l->timer, fire);
}

void vlapic_timer_stop(struct vlapic *l)
{
	timer_cancel(&l->timer);
	set_expiry(l, 0);
}

/*
 * A new initial count starts; 0 stops it. With a new divider the count goes on
 * from where it is, at the new rate; with another mode it just goes on. An
 * expiry that the host timer had not got to is delivered first.
 */
void vlapic_timer_write(struct vlapic *l, unsigned int reg, uint32_t value)
{
	timer_cancel(&l->timer);

	const uint64_t now = clock_now();

	advance(l, now);

	const uint32_t count =
		reg == REG_TIMER_INITIAL ? value : count_at(l, now);

	vlapic_reg_set(l, reg, value);
	if (reg != REG_LVT_TIMER) {
		set_expiry(l, count == 0 ? 0
					 : now + ((uint64_t)count
						  << divide_shift(l)));
	}
	arm(l, now);
}
