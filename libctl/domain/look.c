/* SPDX-License-Identifier: MIT */
/*
 * What there is: domains, the host, the hypervisor's log.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/sched.h>

#include "libctl/core/internal.h"
#include "libctl/domain/names.h"
#include "libctl/ops/ops.h"
#include "libctl/pool/pool.h"

#define LOG_CHUNK (16u << 10)
#define LOG_MAX   (16u << 20)

static enum corbel_state state_stopped(unsigned int reason)
{
	switch (reason) {
	case SHUTDOWN_crash:
		return CORBEL_STATE_CRASHED;
	case SHUTDOWN_suspend:
		return CORBEL_STATE_SUSPENDED;
	default:
		return CORBEL_STATE_SHUTDOWN;
	}
}

static enum corbel_state state_of(uint32_t flags, unsigned int reason)
{
	if (flags & XEN_DOMINF_dying) {
		return CORBEL_STATE_DYING;
	}
	if (flags & XEN_DOMINF_shutdown) {
		return state_stopped(reason);
	}
	if (flags & XEN_DOMINF_paused) {
		return CORBEL_STATE_PAUSED;
	}
	return flags & XEN_DOMINF_blocked ? CORBEL_STATE_BLOCKED
					  : CORBEL_STATE_RUNNING;
}

/* One that has gone meanwhile did nothing. */
static void add_activity(struct corbel *c, struct corbel_info *out)
{
	struct domctl_activity activity;

	if (domctl_activity(c, out->domid, DOMCTL_ALL_VCPUS, &activity) == 0) {
		out->steal_ns = activity.steal_ns;
		out->events = activity.events;
	}
}

/* Without a name while nobody can tell: `p` is empty then. */
static void add_pool(const struct pools *p, struct corbel_info *out)
{
	if (p->count > 0) {
		memcpy(out->pool, pools_of(p, out->domid, out->uuid)->name,
		       sizeof(out->pool));
	}
}

static void look_at_pools(struct corbel *c, struct pools *p)
{
	const struct corbel_error kept = error_keep(c);

	if (pools_look(c, p) != 0) {
		p->count = 0;
		error_put_back(c, &kept);
	}
}

static void translate(struct corbel *c, const struct pools *p,
		      const struct xen_domctl_getdomaininfo *i,
		      struct corbel_info *out)
{
	const unsigned int reason =
		i->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;

	memset(out, 0, sizeof(*out));
	out->domid = i->domain;
	memcpy(out->uuid, i->handle, sizeof(out->uuid));
	out->state = state_of(i->flags, reason);
	out->vcpus = i->max_vcpu_id + 1; /* ~0 is none */
	out->vcpus_online = i->nr_online_vcpus;
	out->memory_kib = i->tot_pages * 4;
	out->memory_max_kib =
		i->max_pages < UINT32_MAX ? i->max_pages * 4 : UINT64_MAX;
	out->cpu_ns = i->cpu_time;
	add_activity(c, out);
	add_pool(p, out);
	if (i->flags & XEN_DOMINF_shutdown) {
		out->shutdown_reason = reason;
	}
}

int corbel_info(struct corbel *c, uint32_t domid, struct corbel_info *info)
{
	struct xen_domctl_getdomaininfo i;
	char object[32];
	struct pools p;

	snprintf(object, sizeof(object), "domain %u", domid);
	if (domctl_info(c, domid, &i) != 0) {
		if (errno != ESRCH) {
			return corbel_fail_errno(c, object, "information");
		}
		i.domain = DOMID_INVALID;
	}
	if (i.domain != domid) {
		return corbel_fail(c, CORBEL_NOT_FOUND, object,
				   "there is no such domain");
	}
	look_at_pools(c, &p);
	translate(c, &p, &i, info);
	pools_close(&p);
	names_read(c, info, 1);
	return 0;
}

static int list_domains(struct corbel *c, const struct pools *p,
			struct corbel_info **list, size_t *count)
{
	struct xen_domctl_getdomaininfo *found;

	if (sysctl_domains(c, &found, count) != 0) {
		return corbel_fail_errno(c, "domains", "list");
	}
	*list = calloc(*count + 1, sizeof(**list));
	for (size_t i = 0; *list != NULL && i < *count; i++) {
		translate(c, p, &found[i], &(*list)[i]);
	}
	free(found);
	return *list != NULL ? 0 : corbel_fail_errno(c, "domains", "list");
}

int corbel_list(struct corbel *c, struct corbel_info **list, size_t *count)
{
	struct pools p;
	int ret;

	look_at_pools(c, &p);
	ret = list_domains(c, &p, list, count);
	pools_close(&p);
	if (ret == 0) {
		names_read(c, *list, *count);
	}
	return ret;
}

int corbel_host(struct corbel *c, struct corbel_host *host)
{
	struct xen_sysctl_physinfo info;

	memset(host, 0, sizeof(*host));
	if (sysctl_version(c, host->version, sizeof(host->version)) != 0 ||
	    sysctl_physinfo(c, &info) != 0) {
		return corbel_fail_errno(c, "host", "information");
	}
	host->cpus = info.nr_cpus;
	host->nodes = info.nr_nodes;
	host->cores_per_socket = info.cores_per_socket;
	host->threads_per_core = info.threads_per_core;
	host->cpu_khz = info.cpu_khz;
	host->memory_kib = info.total_pages * 4;
	host->memory_free_kib = sysctl_free_pages(&info) * 4;
	return 0;
}

/* Appends a piece of the log to `*text`; `*got` is 0 at its end. */
static int read_log(struct corbel *c, struct sysctl_log *log, char **text,
		    size_t *size, uint32_t *got)
{
	char *more = realloc(*text, *size + LOG_CHUNK + 1);

	if (more == NULL) {
		return -1;
	}
	*text = more;
	*got = LOG_CHUNK;
	if (sysctl_read_log(c, log, more + *size, got) != 0) {
		return -1;
	}
	log->follow = true;
	*size += *got;
	more[*size] = '\0';
	return 0;
}

int corbel_dmesg(struct corbel *c, bool clear, char **text)
{
	struct sysctl_log log = { .clear = clear };
	uint32_t got = 0;
	char *out = NULL;
	size_t size = 0;

	do {
		if (read_log(c, &log, &out, &size, &got) != 0) {
			corbel_fail_errno(c, "hypervisor's log", "read");
			free(out);
			return -1;
		}
	} while (got != 0 && size < LOG_MAX);
	*text = out;
	return 0;
}

int corbel_debug_keys(struct corbel *c, const char *keys)
{
	return sysctl_debug_keys(c, keys) == 0
		       ? 0
		       : corbel_fail_errno(c, "hypervisor", "debug keys");
}
