/* SPDX-License-Identifier: MIT */
/*
 * Timer of the virtual local APIC. The count is never kept: it follows from the
 * time the count began, so that only an expiry costs anything, and a masked
 * timer nothing at all.
 *
 * The host timer may fire on a pCPU other than the vCPU's; it then only raises
 * the interrupt and arms the next period. Everything else first stops it
 * (settle()), which waits for a handler that is running.
 */
#include "abi/abi.h"
#include "arch/x86/percpu.h"
#include "core/clock.h"
#include "domain/vcpu.h"
#include "virt/vdev/vlapic_state.h"

/* A guest may program periods of a nanosecond; it does not get more. */
#define MIN_PERIOD_NS (100 * NSEC_PER_USEC)

/* Deadlines further away than this never come. */
#define MAX_AHEAD_NS (UINT64_C(10) * 365 * 86400 * NSEC_PER_SEC)

enum mode {
	MODE_ONE_SHOT,
	MODE_PERIODIC,
	MODE_TSC_DEADLINE,
	MODE_RESERVED, /* never fires */
};

static enum mode mode_of(uint32_t lvt)
{
	return (enum mode)((lvt >> 17) & 3);
}

static enum mode mode(const struct vlapic *l)
{
	return mode_of(vlapic_reg(l, REG_LVT_TIMER));
}

static bool is_masked(const struct vlapic *l)
{
	return (vlapic_reg(l, REG_LVT_TIMER) & LVT_MASKED) != 0;
}

/* SDM 3A "Divide Configuration Register": 0 is by 2 .. 6 by 128, 7 by 1. */
static unsigned int divide_shift(const struct vlapic *l)
{
	const uint32_t divide = vlapic_reg(l, REG_TIMER_DIVIDE);
	const uint32_t code = (divide & 3) | (divide & 8) >> 1;

	return (code + 1) & 7;
}

static_assert(VLAPIC_BUS_HZ == NSEC_PER_SEC, "a tick is a nanosecond");

static uint64_t duration(const struct vlapic *l)
{
	return (uint64_t)vlapic_reg(l, REG_TIMER_INITIAL) << divide_shift(l);
}

/* Rounded up, so that 0 says it has expired. */
static uint32_t count_at(const struct vlapic *l, uint64_t now)
{
	const unsigned int shift = divide_shift(l);
	const uint64_t whole = duration(l);
	uint64_t elapsed = now - l->count_start;

	if (!l->counting) {
		return 0;
	}
	if (mode(l) == MODE_PERIODIC) {
		elapsed %= whole;
	}
	if (elapsed >= whole) {
		return 0;
	}
	return (uint32_t)((whole - elapsed + BIT(shift) - 1) >> shift);
}

uint32_t vlapic_timer_current(const struct vlapic *l)
{
	return count_at(l, clock_now());
}

static void raise(struct vlapic *l)
{
	const uint32_t lvt = vlapic_reg(l, REG_LVT_TIMER);

	if ((lvt & LVT_MASKED) == 0) {
		vlapic_set_irq(l->vcpu, VECTOR_OF(lvt), false);
	}
}

/* The next expiry after `now`, UINT64_MAX for none. */
static uint64_t next_expiry(const struct vlapic *l, uint64_t now)
{
	const uint64_t whole = duration(l);
	const uint64_t elapsed = now - l->count_start;

	switch (mode(l)) {
	case MODE_ONE_SHOT:
		if (!l->counting || elapsed >= whole) {
			return UINT64_MAX;
		}
		return l->count_start + whole;
	case MODE_PERIODIC:
		if (!l->counting) {
			return UINT64_MAX;
		}
		return max_u64(now - elapsed % whole + whole,
			       whole < MIN_PERIOD_NS ? now + MIN_PERIOD_NS : 0);
	case MODE_TSC_DEADLINE:
		return l->tsc_deadline != 0 && l->deadline_ns > now
			       ? l->deadline_ns
			       : UINT64_MAX;
	case MODE_RESERVED:
		break;
	}
	return UINT64_MAX;
}

/* One operation uses one `now`, or an expiry falls between two of them. */
static void arm(struct vlapic *l, uint64_t now)
{
	if (is_masked(l)) {
		return;
	}

	const uint64_t next = next_expiry(l, now);

	if (next == UINT64_MAX) {
		return;
	}
	l->due = next;
	timer_set(&l->timer, next);
}

static void fire(struct timer *t)
{
	struct vlapic *l = container_of(t, struct vlapic, timer);

	raise(l);
	if (mode(l) == MODE_PERIODIC) {
		arm(l, clock_now());
	}
}

/*
 * Stops the host timer and returns the time. An expiry up to then that the host
 * timer had not got to is delivered; if it just did, the two are one in IRR.
 */
static uint64_t settle(struct vlapic *l)
{
	const bool armed = timer_is_armed(&l->timer);

	timer_cancel(&l->timer);

	const uint64_t now = clock_now();

	if (armed && l->due <= now) {
		raise(l);
	}
	return now;
}

void vlapic_timer_init(struct vlapic *l)
{
	timer_init(&l->timer, fire);
}

void vlapic_timer_stop(struct vlapic *l)
{
	timer_cancel(&l->timer);
	l->counting = false;
	l->tsc_deadline = 0;
}

/* SDM 3A: 0 stops the timer; ignored in TSC-deadline mode. */
void vlapic_timer_set_initial(struct vlapic *l, uint32_t count)
{
	if (mode(l) == MODE_TSC_DEADLINE) {
		return;
	}

	const uint64_t now = settle(l);

	vlapic_reg_set(l, REG_TIMER_INITIAL, count);
	l->counting = count != 0;
	l->count_start = now;
	arm(l, now);
}

/* Places the start so that at `now` the count is `count`. */
static void restart_at(struct vlapic *l, uint32_t count, uint64_t now)
{
	const uint64_t left = (uint64_t)count << divide_shift(l);

	l->count_start = now - (duration(l) - left);
	l->counting = count != 0;
}

/* The count goes on from where it is, at the new rate. */
void vlapic_timer_set_divide(struct vlapic *l, uint32_t divide)
{
	const uint64_t now = settle(l);
	const uint32_t count = count_at(l, now);

	vlapic_reg_set(l, REG_TIMER_DIVIDE, divide);
	restart_at(l, count, now);
	arm(l, now);
}

/*
 * Between one-shot and periodic the count goes on; SDM 3A: changing to or from
 * TSC-deadline mode disarms the timer.
 */
void vlapic_timer_set_lvt(struct vlapic *l, uint32_t lvt)
{
	const uint64_t now = settle(l);
	const enum mode from = mode(l);
	const enum mode to = mode_of(lvt);
	const uint32_t count = count_at(l, now);

	vlapic_reg_set(l, REG_LVT_TIMER, lvt);
	if (from != to) {
		restart_at(l, count, now);
		l->tsc_deadline = 0;
		if (from == MODE_TSC_DEADLINE || to == MODE_TSC_DEADLINE) {
			l->counting = false;
			vlapic_reg_set(l, REG_TIMER_INITIAL, 0);
		}
	}
	arm(l, now);
}

uint64_t vlapic_tsc_deadline_get(const struct vcpu *v)
{
	const struct vlapic *l = v->lapic;

	/* The architecture clears it on expiry. */
	return l->deadline_ns > clock_now() ? l->tsc_deadline : 0;
}

/* A deadline so far away that its nanoseconds would overflow is kept, and reads
 * back, but never comes. */
static uint64_t ns_after(uint64_t ticks)
{
	const uint64_t limit =
		MAX_AHEAD_NS / NSEC_PER_MSEC * clock_scale.tsc_khz;

	return ticks > limit ? UINT64_MAX : clock_of_tsc(rdtsc() + ticks);
}

void vlapic_tsc_deadline_set(struct vcpu *v, uint64_t deadline, uint64_t now)
{
	struct vlapic *l = v->lapic;

	if (mode(l) != MODE_TSC_DEADLINE) {
		return;
	}

	const uint64_t now_ns = settle(l);

	l->tsc_deadline = deadline;
	l->deadline_ns = deadline > now ? ns_after(deadline - now) : 0;
	if (deadline != 0 && l->deadline_ns <= now_ns) {
		raise(l);
		return;
	}
	arm(l, now_ns);
}

void vlapic_moved(struct vcpu *v)
{
	struct vlapic *l = v->lapic;

	if (timer_is_armed(&l->timer)) {
		timer_migrate(&l->timer, this_cpu());
	}
}
