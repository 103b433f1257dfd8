/* SPDX-License-Identifier: MIT */
/*
 * corbel list, corbel info.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/command.h"
#include "toolstack/describe.h"

struct listing {
	struct corbel_info *domains;
	size_t domain_count;
	struct corbel_definition *off; /* defined, but no domain; with --all */
	size_t off_count;
};

/* ---- JSON ---- */

static int list_json(const struct listing *l)
{
	struct json *const j = json_start();

	if (j == NULL) {
		return report_errno("output", "JSON");
	}
	json_list(j, NULL);
	for (size_t i = 0; i < l->domain_count; i++) {
		describe_domain(j, &l->domains[i]);
	}
	for (size_t i = 0; i < l->off_count; i++) {
		describe_off(j, &l->off[i]);
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
	describe_domain(j, info);
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
		       describe_name(info), describe_state(info->state),
		       info->vcpus_online, info->memory_kib / 1024,
		       (double)info->cpu_ns / 1e9);
	}
	for (size_t i = 0; i < l->off_count; i++) {
		const struct corbel_definition *const d = &l->off[i];

		printf("%5s  %-24s %-9s %5u %9" PRIu64 " %10s\n", "-", d->name,
		       describe_off_state, d->vcpus, d->memory_kib / 1024, "-");
	}
	return EXIT_OK;
}

static int info_text(const struct corbel_info *info)
{
	char uuid[37];

	describe_uuid_text(info->uuid, uuid);
	printf("name         %s\n", describe_name(info));
	printf("id           %u\n", info->domid);
	printf("uuid         %s\n", uuid);
	printf("state        %s\n", describe_state(info->state));
	printf("pool         %s\n", info->pool);
	printf("vcpus        %u of %u online\n", info->vcpus_online,
	       info->vcpus);
	printf("memory       %" PRIu64 " KiB\n", info->memory_kib);
	if (info->memory_max_kib != UINT64_MAX) {
		printf("memory limit %" PRIu64 " KiB\n", info->memory_max_kib);
	}
	printf("cpu time     %.3f s\n", (double)info->cpu_ns / 1e9);
	printf("steal        %.3f s\n", (double)info->steal_ns / 1e9);
	printf("store        %" PRIu64 " requests, held back for %.3f s\n",
	       info->store_requests, (double)info->store_held_ns / 1e9);
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
	printf("%s\n", describe_name(&info));
	return EXIT_OK;
}

/* It may have got another name while it runs. */
static bool is_domain(const struct listing *l,
		      const struct corbel_definition *d)
{
	for (size_t i = 0; i < l->domain_count; i++) {
		const struct corbel_info *const info = &l->domains[i];

		if (strcmp(info->name, d->name) == 0 ||
		    (info->domid != 0 &&
		     memcmp(info->uuid, d->uuid, sizeof(d->uuid)) == 0)) {
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
		if (!is_domain(l, &l->off[i])) {
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
