/* SPDX-License-Identifier: MIT */
#include "toolstack/describe.h"

#include <stdio.h>
#include <xen/xen.h>

#include <xen/sched.h>

const char *describe_state(enum corbel_state state)
{
	switch (state) {
	case CORBEL_STATE_RUNNING:
		return "running";
	case CORBEL_STATE_BLOCKED:
		return "blocked";
	case CORBEL_STATE_PAUSED:
		return "paused";
	case CORBEL_STATE_SHUTDOWN:
		return "shutdown";
	case CORBEL_STATE_CRASHED:
		return "crashed";
	case CORBEL_STATE_SUSPENDED:
		return "suspended";
	case CORBEL_STATE_DYING:
		return "dying";
	}
	return "unknown";
}

const char *describe_end(unsigned int shutdown_reason)
{
	static const char *const names[] = {
		[SHUTDOWN_poweroff] = "poweroff",
		[SHUTDOWN_reboot] = "reboot",
		[SHUTDOWN_suspend] = "suspend",
		[SHUTDOWN_crash] = "crash",
		[SHUTDOWN_watchdog] = "watchdog",
		[SHUTDOWN_soft_reset] = "soft_reset",
	};

	return shutdown_reason < sizeof(names) / sizeof(names[0])
		       ? names[shutdown_reason]
		       : "unknown";
}

const char *describe_name(const struct corbel_info *info)
{
	return info->name[0] != '\0' ? info->name : "-";
}

const char describe_off_state[] = "shut off";

void describe_uuid_text(const uint8_t u[16], char text[37])
{
	snprintf(text, 37,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		 "%02x%02x%02x%02x%02x%02x",
		 u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9],
		 u[10], u[11], u[12], u[13], u[14], u[15]);
}

/* ---- members ---- */

void describe_time(struct json *j, time_t t)
{
	char text[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_text(j, "time", text);
}

void describe_uuid(struct json *j, const uint8_t uuid[16])
{
	char text[37];

	describe_uuid_text(uuid, text);
	json_text(j, "uuid", text);
}

/* ---- objects ---- */

void describe_domain(struct json *j, const struct corbel_info *info)
{
	json_object(j, NULL);
	json_number(j, "id", info->domid);
	json_text(j, "name", info->name);
	describe_uuid(j, info->uuid);
	json_text(j, "pool", info->pool);
	json_text(j, "state", describe_state(info->state));
	json_number(j, "vcpus", info->vcpus);
	json_number(j, "vcpus_online", info->vcpus_online);
	json_number(j, "memory_kib", info->memory_kib);
	if (info->memory_max_kib != UINT64_MAX) {
		json_number(j, "memory_max_kib", info->memory_max_kib);
	}
	json_number(j, "cpu_ns", info->cpu_ns);
	json_number(j, "steal_ns", info->steal_ns);
	json_number(j, "events", info->events);
	json_number(j, "store_requests", info->store_requests);
	json_number(j, "store_held_ns", info->store_held_ns);
	if (info->state == CORBEL_STATE_SHUTDOWN ||
	    info->state == CORBEL_STATE_CRASHED) {
		json_number(j, "shutdown_reason", info->shutdown_reason);
	}
	json_object_end(j);
}

void describe_host(struct json *j, const struct corbel_host *host)
{
	json_object(j, NULL);
	json_text(j, "hypervisor", host->version);
	json_number(j, "cpus", host->cpus);
	json_number(j, "cpu_khz", host->cpu_khz);
	json_number(j, "memory_kib", host->memory_kib);
	json_number(j, "memory_free_kib", host->memory_free_kib);
	json_object_end(j);
}

void describe_off(struct json *j, const struct corbel_definition *d)
{
	json_object(j, NULL);
	json_text(j, "name", d->name);
	if (d->problem[0] != '\0') {
		json_text(j, "problem", d->problem);
	}
	describe_uuid(j, d->uuid);
	json_text(j, "state", describe_off_state);
	json_number(j, "vcpus", d->vcpus);
	json_number(j, "memory_kib", d->memory_kib);
	json_object_end(j);
}
