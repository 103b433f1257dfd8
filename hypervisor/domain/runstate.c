/* SPDX-License-Identifier: MIT */
/*
 * Run-state times (ABI: vcpu.h, VCPUOP_get_runstate_info).
 *
 * Times change when the scheduler changes the unit's state: sched_changed()
 * runs under a run queue's lock, never twice at once for one vCPU. Readers use
 * runstate.seq. The guest's copy is written by the pCPU that has the vCPU, when
 * it is put away and before it is entered.
 */
#include "domain/runstate.h"

#include "core/clock.h"
#include "domain/trace.h"
#include "lib/string.h"

/* The 64-bit layout has four bytes of padding behind the state, that of 32-bit
 * guests has none. */
#define PADDING 4u

static_assert(sizeof(struct vcpu_runstate_info) == 48, "64-bit layout");
static_assert(offsetof(struct vcpu_runstate_info, state_entry_time) == 8,
	      "64-bit layout");

static uint8_t state_of(const struct vcpu *v, enum sched_state s)
{
	switch (s) {
	case SCHED_RUNNING:
		return RUNSTATE_running;
	case SCHED_RUNNABLE:
		return v->unit.paused != 0 ? RUNSTATE_offline
					   : RUNSTATE_runnable;
	case SCHED_BLOCKED:
		break;
	}
	switch ((enum vcpu_wait)load_relaxed(&v->wait)) {
	case WAIT_START:
	case WAIT_DOWN:
	case WAIT_STOPPED:
		return RUNSTATE_offline;
	case WAIT_NOTHING:
	case WAIT_HALT:
	case WAIT_DEAD:
	case WAIT_POLL:
		break;
	}
	return RUNSTATE_blocked;
}

static void trace_change(const struct vcpu *v, uint32_t from, uint32_t to)
{
	TRACE(TRC_SCHED_RUNSTATE_CHANGE | from << 8 | to << 4,
	      v->id | (uint32_t)v->domain->id << 16);
}

void sched_changed(struct sched_unit *u, enum sched_state to, uint64_t now)
{
	struct vcpu *v = container_of(u, struct vcpu, unit);
	struct vcpu_runstate *r = &v->runstate;
	const uint8_t state = state_of(v, to);

	if (trace_is_on()) {
		trace_change(v, r->state, state);
	}
	/* Pairs with read_times(). */
	store_relaxed(&r->seq, r->seq + 1);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	/* `now` was read before the lock was taken. */
	now = max_u64(now, r->entry);
	r->time[r->state] += now - r->entry;
	r->entry = now;
	r->state = state;
	store_release(&r->seq, r->seq + 1);

	if (to == SCHED_RUNNING && v->runstate_area.linear != 0) {
		__atomic_or_fetch(&v->work, WORK_RUNSTATE, __ATOMIC_RELAXED);
	}
}

void runstate_init(struct vcpu *v)
{
	v->runstate = (struct vcpu_runstate){
		.state = RUNSTATE_offline,
		.entry = clock_now(),
	};
}

/* Times as of the last change. */
static void read_times(const struct vcpu *v, struct vcpu_runstate_info *info)
{
	const struct vcpu_runstate *r = &v->runstate;
	uint32_t seq;

	memset(info, 0, sizeof(*info));
	do {
		seq = load_acquire(&r->seq);
		info->state = r->state;
		info->state_entry_time = r->entry;
		for (unsigned int i = 0; i < 4; i++) {
			info->time[i] = r->time[i];
		}
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((seq & 1) != 0 || load_relaxed(&r->seq) != seq);
}

void runstate_get(struct vcpu *v, struct vcpu_runstate_info *info)
{
	read_times(v, info);

	const uint64_t now = clock_now();

	if (now > info->state_entry_time) {
		info->time[info->state] += now - info->state_entry_time;
	}
}

/*
 * With the update flag on, bit 63 of the entry time is set first and cleared
 * last, each by a write of that one byte, so that the guest can tell a record
 * that is being written.
 */
static void write_locked(struct vcpu *v, struct vcpu *by)
{
	const struct guest_area *a = &v->runstate_area;
	const uint32_t entry = 8 - (v->runstate_narrow ? PADDING : 0);
	const uint32_t flag = entry + 7;
	struct vcpu_runstate_info info;

	if (!guest_area_resolve(&v->runstate_area, by)) {
		return;
	}
	read_times(v, &info);

	const char *times = (const char *)&info.state_entry_time;
	const uint8_t updated = (uint8_t)(info.state_entry_time >> 56);
	const uint8_t updating = updated | XEN_RUNSTATE_UPDATE >> 56;

	if (v->domain->runstate_update_flag) {
		guest_area_write(a, flag, &updating, 1);
	}
	guest_area_write(a, 0, &info.state, sizeof(info.state));
	guest_area_write(a, entry, times, 7);
	guest_area_write(a, flag + 1, info.time, sizeof(info.time));
	guest_area_write(a, flag, &updated, 1);
}

void runstate_set_area(struct vcpu *v, struct vcpu *by, uint64_t linear,
		       bool narrow)
{
	const size_t size =
		sizeof(struct vcpu_runstate_info) - (narrow ? PADDING : 0);

	spin_lock(&v->lock);
	guest_area_set(&v->runstate_area, linear, (uint32_t)size);
	v->runstate_narrow = narrow;
	write_locked(v, by);
	spin_unlock(&v->lock);
}

void runstate_write(struct vcpu *v)
{
	/* A hint: who registers an area writes it. */
	if (likely(v->runstate_area.linear == 0)) {
		return;
	}
	spin_lock(&v->lock);
	write_locked(v, v);
	spin_unlock(&v->lock);
}
