/* SPDX-License-Identifier: MIT */
/*
 * A guest under a debugger. The hypervisor pauses it once for each event; what it
 * has paused, and what we have, is owed when it goes on.
 *
 * An event that is not told is no loss: its vCPU is where it was, and makes it
 * again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/core/internal.h"
#include "libctl/debug/registers.h"
#include "libctl/debug/virq.h"
#include "libctl/domain/subject.h"

#define VECTOR_DB 1
#define VECTOR_BP 3

#define EXCEPTION 3u /* hvm_hw_cpu.pending_type */

struct corbel_debug {
	struct corbel *c;
	xenevtchn_handle *events; /* NULL: another debugger has them */
	uint32_t domid;
	unsigned int vcpus;
	bool running;
	unsigned int owed; /* pauses */
	void *records;     /* registers while it stands still, or NULL */
	size_t records_size;
	struct registers_context context;
	enum corbel_debug_action *actions; /* that it runs with */
};

static int fail(struct corbel_debug *d, const char *what)
{
	return subject_fail(d->c, d->domid, what);
}

static int pause_guest(struct corbel_debug *d)
{
	if (domctl_pause(d->c, d->domid) != 0) {
		return fail(d, "stop");
	}
	d->owed++;
	d->running = false;
	return 0;
}

/* Also one that somebody had paused before: who debugs it says when it runs. */
static int unpause_guest(struct corbel_debug *d)
{
	for (; d->owed > 0; d->owed--) {
		if (domctl_unpause(d->c, d->domid) != 0) {
			return fail(d, "let it go on");
		}
	}
	return 0;
}

static int begin(struct corbel_debug *d)
{
	struct xen_domctl_getdomaininfo info;

	if (subject_info(d->c, d->domid, &info) != 0) {
		return fail(d, "debug");
	}
	d->vcpus = info.max_vcpu_id + 1;
	d->actions = calloc(d->vcpus, sizeof(*d->actions));
	if (d->actions == NULL) {
		return fail(d, "debug");
	}
	/* Who paused it before has no hold on it any more. */
	d->owed = (info.flags & XEN_DOMINF_paused) != 0;
	if (pause_guest(d) != 0) {
		return -1;
	}
	if (debug_set_debugged(d->c, d->domid, true) != 0) {
		fail(d, "debug");
		domctl_unpause(d->c, d->domid);
		return -1;
	}
	return 0;
}

int corbel_debug_open(struct corbel *c, uint32_t domid, struct corbel_debug **d)
{
	*d = NULL;
	if (subject_is_guest(c, domid) != 0) {
		return -1;
	}

	struct corbel_debug *const new = calloc(1, sizeof(*new));

	if (new == NULL) {
		return corbel_fail_errno(c, NULL, "debug");
	}
	new->c = c;
	new->domid = domid;
	new->events = virq_open(VIRQ_DEBUGGER);
	if (begin(new) != 0) {
		xenevtchn_close(new->events);
		free(new->actions);
		free(new);
		return -1;
	}
	*d = new;
	return 0;
}

void corbel_debug_close(struct corbel_debug *d)
{
	if (d == NULL) {
		return;
	}
	/* Its events pause it, too: all of them are seen. */
	corbel_debug_interrupt(d);
	debug_set_debugged(d->c, d->domid, false);
	unpause_guest(d);
	xenevtchn_close(d->events);
	free(d->records);
	free(d->actions);
	free(d);
}

unsigned int corbel_debug_vcpus(const struct corbel_debug *d)
{
	return d->vcpus;
}

/* ---- registers ---- */

static void forget(struct corbel_debug *d)
{
	free(d->records);
	d->records = NULL;
}

/* NULL after corbel_fail(). */
static struct hvm_hw_cpu *find(struct corbel_debug *d, unsigned int vcpu)
{
	struct hvm_hw_cpu *cpu;

	if (d->records == NULL && debug_get_context(d->c, d->domid, &d->records,
						    &d->records_size) != 0) {
		fail(d, "read registers");
		return NULL;
	}
	cpu = registers_find(d->records, d->records_size, vcpu);
	if (cpu == NULL) {
		errno = ENOENT;
		fail(d, "registers of a vCPU that was never started");
	}
	return cpu;
}

bool corbel_debug_has(struct corbel_debug *d, unsigned int vcpu)
{
	return find(d, vcpu) != NULL;
}

int corbel_debug_get(struct corbel_debug *d, unsigned int vcpu,
		     struct corbel_registers *registers)
{
	const struct hvm_hw_cpu *const cpu = find(d, vcpu);

	if (cpu == NULL) {
		return -1;
	}
	registers_get(cpu, registers);
	return 0;
}

/* Gives back what find() has returned. */
static int put(struct corbel_debug *d, unsigned int vcpu,
	       const struct hvm_hw_cpu *cpu)
{
	registers_context(&d->context, vcpu, cpu);
	forget(d);
	return domctl_set_context(d->c, d->domid, &d->context,
				  sizeof(d->context)) == 0
		       ? 0
		       : fail(d, "write registers");
}

int corbel_debug_set(struct corbel_debug *d, unsigned int vcpu,
		     const struct corbel_registers *registers)
{
	struct hvm_hw_cpu *const cpu = find(d, vcpu);

	if (cpu == NULL) {
		return -1;
	}
	registers_set(cpu, registers);
	return put(d, vcpu, cpu);
}

int corbel_debug_pass(struct corbel_debug *d, unsigned int vcpu)
{
	struct hvm_hw_cpu *const cpu = find(d, vcpu);

	if (cpu == NULL) {
		return -1;
	}
	cpu->rip++;
	cpu->pending_event = 0;
	cpu->pending_vector = VECTOR_BP;
	cpu->pending_type = EXCEPTION;
	cpu->pending_valid = 1;
	return put(d, vcpu, cpu);
}

/* ---- memory ---- */

static size_t copy(struct corbel_debug *d, unsigned int vcpu, uint64_t at,
		   void *bytes, size_t size, bool write)
{
	const struct hvm_hw_cpu *const cpu = find(d, vcpu);

	return cpu == NULL ? 0
			   : debug_copy(d->c, d->domid, cpu->cr3, at, bytes,
					size, write);
}

size_t corbel_debug_read(struct corbel_debug *d, unsigned int vcpu, uint64_t at,
			 void *bytes, size_t size)
{
	return copy(d, vcpu, at, bytes, size, false);
}

size_t corbel_debug_write(struct corbel_debug *d, unsigned int vcpu,
			  uint64_t at, const void *bytes, size_t size)
{
	return copy(d, vcpu, at, (void *)(uintptr_t)bytes, size, true);
}

/* ---- running ---- */

/* It stands still; steps are what `on` says, as are vCPUs that stay. */
static int prepare(struct corbel_debug *d, bool on)
{
	for (unsigned int i = 0; i < d->vcpus; i++) {
		const enum corbel_debug_action action = d->actions[i];
		int err = 0;

		if (action == CORBEL_DEBUG_STEP) {
			err = debug_set_step(d->c, d->domid, i, on);
		} else if (action == CORBEL_DEBUG_STAY) {
			err = on ? debug_pause_vcpu(d->c, d->domid, i)
				 : debug_unpause_vcpu(d->c, d->domid, i);
		}
		if (err != 0) {
			return fail(d, "choose vCPUs that go on");
		}
	}
	return 0;
}

static int stopped_for_good(struct corbel_debug *d,
			    enum corbel_debug_event *event)
{
	struct xen_domctl_getdomaininfo info;

	if (subject_info(d->c, d->domid, &info) != 0) {
		*event = CORBEL_DEBUG_GONE;
		return errno == ESRCH ? 0 : fail(d, "look");
	}
	if (info.flags & XEN_DOMINF_dying) {
		*event = CORBEL_DEBUG_GONE;
	} else if (info.flags & XEN_DOMINF_shutdown) {
		*event = CORBEL_DEBUG_STOPPED;
	}
	return 0;
}

int corbel_debug_run(struct corbel_debug *d,
		     const enum corbel_debug_action *actions)
{
	enum corbel_debug_event event = CORBEL_DEBUG_NOTHING;

	if (stopped_for_good(d, &event) != 0) {
		return -1;
	}
	if (event != CORBEL_DEBUG_NOTHING) {
		errno = event == CORBEL_DEBUG_GONE ? ESRCH : EINVAL;
		return fail(d, "it has stopped and cannot go on");
	}
	forget(d);
	memcpy(d->actions, actions, d->vcpus * sizeof(*actions));
	if (prepare(d, true) != 0) {
		return -1;
	}
	d->running = true;
	return unpause_guest(d);
}

static void take(struct corbel_debug *d,
		 const struct xen_domctl_gdbsx_domstatus *status,
		 enum corbel_debug_event *event, unsigned int *vcpu)
{
	d->owed++;
	if (*event == CORBEL_DEBUG_NOTHING) {
		*event = status->vcpu_ev == VECTOR_DB ? CORBEL_DEBUG_STEPPED
						      : CORBEL_DEBUG_BREAKPOINT;
		*vcpu = status->vcpu_id;
	}
}

/* All events that there are, of which the first is told. */
static int take_events(struct corbel_debug *d, enum corbel_debug_event *event,
		       unsigned int *vcpu)
{
	struct xen_domctl_gdbsx_domstatus status;

	for (;;) {
		if (debug_status(d->c, d->domid, &status) != 0) {
			*event = CORBEL_DEBUG_GONE;
			return errno == ESRCH ? 0 : fail(d, "look");
		}
		if (!status.paused || status.vcpu_id >= d->vcpus) {
			return 0;
		}
		take(d, &status, event, vcpu);
	}
}

int corbel_debug_file(const struct corbel_debug *d)
{
	return d->events != NULL ? xenevtchn_fd(d->events) : -1;
}

int corbel_debug_poll(struct corbel_debug *d, enum corbel_debug_event *event,
		      unsigned int *vcpu)
{
	*event = CORBEL_DEBUG_NOTHING;
	*vcpu = 0;
	/* Before it is looked at: what comes after that is told again. */
	if (d->events != NULL && virq_take(d->events) != 0) {
		return fail(d, "wait for it");
	}
	if (take_events(d, event, vcpu) != 0 ||
	    (*event == CORBEL_DEBUG_NOTHING &&
	     stopped_for_good(d, event) != 0)) {
		return -1;
	}
	if (*event == CORBEL_DEBUG_GONE || *event == CORBEL_DEBUG_NOTHING) {
		return 0;
	}
	/* What is paused once stays so while the vCPUs are set free. */
	if (*event == CORBEL_DEBUG_STOPPED && pause_guest(d) != 0) {
		return -1;
	}
	d->running = false;
	return prepare(d, false);
}

int corbel_debug_interrupt(struct corbel_debug *d)
{
	enum corbel_debug_event event = CORBEL_DEBUG_NOTHING;
	unsigned int vcpu;

	if (!d->running) {
		return 0;
	}
	if (pause_guest(d) != 0 || take_events(d, &event, &vcpu) != 0) {
		return -1;
	}
	return prepare(d, false);
}
