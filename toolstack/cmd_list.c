/* SPDX-License-Identifier: MIT */
/*
 * corbel list, corbel info.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/command.h"
#include "toolstack/json.h"

#define SHUT_OFF "shut off"

const char *list_state(enum corbel_state state)
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
	case CORBEL_STATE_DYING:
		return "dying";
	}
	return "unknown";
}

void list_uuid(const uint8_t u[16], char text[37])
{
	snprintf(text, 37,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		 "%02x%02x%02x%02x%02x%02x",
		 u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9],
		 u[10], u[11], u[12], u[13], u[14], u[15]);
}

const char *list_name(const struct corbel_info *info)
{
	return info->name[0] != '\0' ? info->name : "-";
}

/* ---- JSON ---- */

static void json_info(struct json *j, const struct corbel_info *info)
{
	char uuid[37];

	list_uuid(info->uuid, uuid);
	json_object(j, NULL);
	json_number(j, "id", info->domid);
	json_text(j, "name", info->name);
	json_text(j, "uuid", uuid);
	json_text(j, "state", list_state(info->state));
	json_number(j, "vcpus", info->vcpus);
	json_number(j, "vcpus_online", info->vcpus_online);
	json_number(j, "memory_kib", info->memory_kib);
	if (info->memory_max_kib != UINT64_MAX) {
		json_number(j, "memory_max_kib", info->memory_max_kib);
	}
	json_number(j, "cpu_ns", info->cpu_ns);
	if (info->state == CORBEL_STATE_SHUTDOWN ||
	    info->state == CORBEL_STATE_CRASHED) {
		json_number(j, "shutdown_reason", info->shutdown_reason);
	}
	json_object_end(j);
}

/* Both as far as `off` has any. */
struct listing {
	struct corbel_info *domains;
	size_t domain_count;
	struct corbel_definition *off; /* defined, but no domain */
	size_t off_count;
};

static void json_off(struct json *j, const struct corbel_definition *d)
{
	char uuid[37];

	list_uuid(d->uuid, uuid);
	json_object(j, NULL);
	json_text(j, "name", d->name);
	json_text(j, "uuid", uuid);
	json_text(j, "state", SHUT_OFF);
	json_number(j, "vcpus", d->vcpus);
	json_number(j, "memory_kib", d->memory_kib);
	json_object_end(j);
}

static int list_json(const struct listing *l)
{
	struct json *const j = json_start();

	if (j == NULL) {
		return report_errno("output", "JSON");
	}
	json_list(j, NULL);
	for (size_t i = 0; i < l->domain_count; i++) {
		json_info(j, &l->domains[i]);
	}
	for (size_t i = 0; i < l->off_count; i++) {
		json_off(j, &l->off[i]);
	}
	json_list_end(j);
	return json_print(j);
}

static int info_json(const struct corbel_info *info)
{
	struct json *const j = json_start();

	if (j == NULL) {
		return report_errno("output", "JSON");
	}
	json_info(j, info);
	return json_print(j);
}

/* ---- tables ---- */

static int list_text(const struct listing *l)
{
	printf("%5s  %-24s %-9s %5s %9s %10s\n", "ID", "NAME", "STATE", "VCPUS",
	       "MEM (MiB)", "TIME (s)");
	for (size_t i = 0; i < l->domain_count; i++) {
		const struct corbel_info *const info = &l->domains[i];

		printf("%5u  %-24s %-9s %5u %9" PRIu64 " %10.1f\n", info->domid,
		       list_name(info), list_state(info->state),
		       info->vcpus_online, info->memory_kib / 1024,
		       (double)info->cpu_ns / 1e9);
	}
	for (size_t i = 0; i < l->off_count; i++) {
		const struct corbel_definition *const d = &l->off[i];

		printf("%5s  %-24s %-9s %5u %9" PRIu64 " %10s\n", "-", d->name,
		       SHUT_OFF, d->vcpus, d->memory_kib / 1024, "-");
	}
	return EXIT_OK;
}

static int info_text(const struct corbel_info *info)
{
	char uuid[37];

	list_uuid(info->uuid, uuid);
	printf("name         %s\n", list_name(info));
	printf("id           %u\n", info->domid);
	printf("uuid         %s\n", uuid);
	printf("state        %s\n", list_state(info->state));
	printf("vcpus        %u of %u online\n", info->vcpus_online,
	       info->vcpus);
	printf("memory       %" PRIu64 " KiB\n", info->memory_kib);
	if (info->memory_max_kib != UINT64_MAX) {
		printf("memory limit %" PRIu64 " KiB\n", info->memory_max_kib);
	}
	printf("cpu time     %.3f s\n", (double)info->cpu_ns / 1e9);
	return EXIT_OK;
}

/* ---- commands ---- */

int cmd_domid(struct corbel *c, const struct arguments *a)
{
	uint32_t domid;

	if (corbel_find(c, a->operand[0], &domid) != 0) {
		return report_failure(c);
	}
	printf("%u\n", domid);
	return EXIT_OK;
}

int cmd_domname(struct corbel *c, const struct arguments *a)
{
	struct corbel_info info;
	uint32_t domid;

	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    corbel_info(c, domid, &info) != 0) {
		return report_failure(c);
	}
	printf("%s\n", list_name(&info));
	return EXIT_OK;
}

static bool is_domain(const struct listing *l, const char *name)
{
	for (size_t i = 0; i < l->domain_count; i++) {
		if (strcmp(l->domains[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

/* Leaves those of the definitions that are no domains. */
static void drop_domains(struct listing *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->off_count; i++) {
		if (!is_domain(l, l->off[i].name)) {
			l->off[kept++] = l->off[i];
		}
	}
	l->off_count = kept;
}

int cmd_list(struct corbel *c, const struct arguments *a)
{
	struct listing l = { 0 };
	int ret;

	if (corbel_list(c, &l.domains, &l.domain_count) != 0) {
		return report_failure(c);
	}
	if (a->given[OPTION_ALL] &&
	    corbel_definitions(c, &l.off, &l.off_count) != 0) {
		free(l.domains);
		return report_failure(c);
	}
	drop_domains(&l);
	ret = a->given[OPTION_JSON] ? list_json(&l) : list_text(&l);
	free(l.off);
	free(l.domains);
	return ret;
}

static int info_xml(struct corbel *c, uint32_t domid)
{
	char *text;

	if (corbel_xml(c, domid, &text) != 0) {
		return report_failure(c);
	}
	fputs(text, stdout);
	free(text);
	return EXIT_OK;
}

int cmd_info(struct corbel *c, const struct arguments *a)
{
	struct corbel_info info;
	uint32_t domid;

	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    corbel_info(c, domid, &info) != 0) {
		return report_failure(c);
	}
	if (a->given[OPTION_XML]) {
		return info_xml(c, domid);
	}
	return a->given[OPTION_JSON] ? info_json(&info) : info_text(&info);
}
