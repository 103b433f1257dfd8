/* SPDX-License-Identifier: MIT */
/*
 * A domain's vCPUs: what they do, where they may run, how much they get.
 */
#include <stdio.h>
#include <stdlib.h>

#include "libctl/core/internal.h"
#include "libctl/domain/store.h"
#include "libctl/domain/subject.h"

/* ---- looking ---- */

static int read_vcpu(struct corbel *c, uint32_t domid, unsigned int id,
		     struct corbel_vcpu *v)
{
	struct xen_domctl_getvcpuinfo info;
	struct domctl_activity activity;

	*v = (struct corbel_vcpu){ .domid = domid, .id = id };
	if (domctl_vcpu_info(c, domid, id, &info) != 0 ||
	    domctl_activity(c, domid, id, &activity) != 0 ||
	    domctl_get_affinity(c, domid, id, v->affinity.bits,
				sizeof(v->affinity.bits)) != 0) {
		return subject_fail(c, domid, "vCPU");
	}
	v->online = info.online;
	v->running = info.running;
	v->blocked = info.blocked;
	v->cpu = info.cpu;
	v->cpu_ns = info.cpu_time;
	v->steal_ns = activity.steal_ns;
	v->events = activity.events;
	return 0;
}

int corbel_vcpus(struct corbel *c, uint32_t domid, struct corbel_vcpu **list,
		 size_t *count)
{
	struct xen_domctl_getdomaininfo info;
	struct corbel_vcpu *found;
	size_t n;

	if (subject_info(c, domid, &info) != 0) {
		return subject_fail(c, domid, "vCPUs");
	}
	n = (size_t)info.max_vcpu_id + 1;
	found = calloc(n, sizeof(*found));
	if (found == NULL) {
		return subject_fail(c, domid, "vCPUs");
	}
	for (size_t i = 0; i < n; i++) {
		if (read_vcpu(c, domid, (unsigned int)i, &found[i]) != 0) {
			free(found);
			return -1;
		}
	}
	*list = found;
	*count = n;
	return 0;
}

/* ---- changing ---- */

struct availability {
	unsigned int online;
	unsigned int all;
};

static void write_availability(struct store_txn *t, const void *context)
{
	const struct availability *const a = context;
	char home[STORE_PATH_MAX], name[32];

	snprintf(home, sizeof(home), "/local/domain/%u", t->domid);
	for (unsigned int i = 0; i < a->all; i++) {
		snprintf(name, sizeof(name), "cpu/%u/availability", i);
		store_write(t, STORE_GUEST_READS, home, name, "%s",
			    i < a->online ? "online" : "offline");
	}
}

int corbel_vcpus_set(struct corbel *c, uint32_t domid, unsigned int count)
{
	struct xen_domctl_getdomaininfo info;
	struct availability a;
	char object[SUBJECT_SIZE];

	if (subject_is_guest(c, domid) != 0 ||
	    subject_has_vcpus(c, domid, count, &info) != 0) {
		return -1;
	}
	a = (struct availability){ count, info.max_vcpu_id + 1 };
	return store_transaction(c, domid,
				 subject_name(c, domid, object, sizeof(object)),
				 write_availability, &a);
}

int corbel_sched_get(struct corbel *c, uint32_t domid,
		     struct corbel_sched *sched)
{
	struct xen_domctl_sched_credit s;

	if (domctl_get_sched(c, domid, &s) != 0) {
		return subject_fail(c, domid, "weight and cap");
	}
	sched->weight = s.weight;
	sched->cap = s.cap;
	return 0;
}

int corbel_sched_set(struct corbel *c, uint32_t domid,
		     const struct corbel_sched *sched)
{
	struct xen_domctl_sched_credit s;
	char object[SUBJECT_SIZE];

	if (sched->weight < 1 || sched->weight > UINT16_MAX ||
	    sched->cap > UINT16_MAX) {
		return corbel_fail(
			c, CORBEL_INVALID,
			subject_name(c, domid, object, sizeof(object)),
			"weights are 1 to %d, caps 0 to %d", UINT16_MAX,
			UINT16_MAX);
	}
	s = (struct xen_domctl_sched_credit){
		.weight = (uint16_t)sched->weight,
		.cap = (uint16_t)sched->cap,
	};
	return domctl_set_sched(c, domid, &s) == 0
		       ? 0
		       : subject_fail(c, domid, "weight and cap");
}
