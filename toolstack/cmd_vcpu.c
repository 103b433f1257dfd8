/* SPDX-License-Identifier: MIT */
/*
 * corbel vcpu-list, vcpu-pin, vcpu-set, sched.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/command.h"
#include "toolstack/describe.h"

#define CPUS_TEXT 128

/* ---- vcpu-list ---- */

static const char *state_of(const struct corbel_vcpu *v)
{
	if (!v->online) {
		return "offline";
	}
	if (v->running) {
		return "running";
	}
	return v->blocked ? "blocked" : "waiting";
}

/* Prints the vCPUs of one domain, as rows or into `j`. */
static void put_vcpus(struct json *j, const struct corbel_host *host,
		      const char *name, const struct corbel_vcpu *list,
		      size_t count)
{
	char cpus[CPUS_TEXT];

	for (size_t i = 0; i < count; i++) {
		const struct corbel_vcpu *const v = &list[i];

		corbel_cpus_text(&v->affinity, host->cpus, cpus, sizeof(cpus));
		if (j == NULL) {
			printf("%5u  %-24s %4u %4u  %-8s %10.1f  %s\n",
			       v->domid, name, v->id, v->cpu, state_of(v),
			       (double)v->cpu_ns / 1e9, cpus);
			continue;
		}
		json_object(j, NULL);
		json_number(j, "domain", v->domid);
		json_text(j, "name", name);
		json_number(j, "vcpu", v->id);
		json_number(j, "cpu", v->cpu);
		json_text(j, "state", state_of(v));
		json_number(j, "cpu_ns", v->cpu_ns);
		json_number(j, "steal_ns", v->steal_ns);
		json_number(j, "events", v->events);
		json_text(j, "affinity", cpus);
		json_object_end(j);
	}
}

static int put_domain(struct corbel *c, struct json *j,
		      const struct corbel_host *host,
		      const struct corbel_info *info)
{
	struct corbel_vcpu *list;
	size_t count;

	if (corbel_vcpus(c, info->domid, &list, &count) != 0) {
		return -1;
	}
	put_vcpus(j, host, describe_name(info), list, count);
	free(list);
	return 0;
}

/* Of all domains; one that goes away meanwhile is left out. */
static int put_all(struct corbel *c, struct json *j,
		   const struct corbel_host *host)
{
	struct corbel_info *list;
	size_t count;
	int ret = 0;

	if (corbel_list(c, &list, &count) != 0) {
		return -1;
	}
	for (size_t i = 0; i < count && ret == 0; i++) {
		ret = put_domain(c, j, host, &list[i]);
		if (ret != 0 && corbel_error(c)->code == CORBEL_NOT_FOUND) {
			ret = 0;
		}
	}
	free(list);
	return ret;
}

static int put_one(struct corbel *c, struct json *j,
		   const struct corbel_host *host, const char *guest)
{
	struct corbel_info info;
	uint32_t domid;

	if (corbel_find(c, guest, &domid) != 0 ||
	    corbel_info(c, domid, &info) != 0) {
		return -1;
	}
	return put_domain(c, j, host, &info);
}

static int put_asked(struct corbel *c, struct json *j, const char *guest)
{
	struct corbel_host host;

	if (corbel_host(c, &host) != 0) {
		return -1;
	}
	return guest != NULL ? put_one(c, j, &host, guest)
			     : put_all(c, j, &host);
}

int cmd_vcpu_list(struct corbel *c, const struct arguments *a)
{
	struct json *j = NULL;

	if (!a->given[OPTION_JSON]) {
		printf("%5s  %-24s %4s %4s  %-8s %10s  %s\n", "ID", "NAME",
		       "VCPU", "CPU", "STATE", "TIME (s)", "AFFINITY");
		return put_asked(c, NULL, a->operand[0]) == 0
			       ? EXIT_OK
			       : report_failure(c);
	}
	j = json_start();
	if (j == NULL) {
		return report_errno("output", "JSON");
	}
	json_list(j, NULL);
	if (put_asked(c, j, a->operand[0]) != 0) {
		json_drop(j);
		return report_failure(c);
	}
	json_list_end(j);
	return json_print(j);
}

/* ---- vcpu-pin, vcpu-set ---- */

static int pin_all(struct corbel *c, uint32_t domid,
		   const struct corbel_cpus *cpus)
{
	struct corbel_info info;
	int ret = corbel_info(c, domid, &info);

	for (unsigned int i = 0; ret == 0 && i < info.vcpus; i++) {
		ret = corbel_vcpu_pin(c, domid, i, cpus);
	}
	return ret;
}

int cmd_vcpu_pin(struct corbel *c, const struct arguments *a)
{
	const bool all = strcmp(a->operand[1], "all") == 0;
	struct corbel_cpus cpus;
	uint64_t vcpu = 0;
	uint32_t domid;

	if (!all && !options_number(a->operand[1], UINT16_MAX, &vcpu)) {
		return report_usage(a->operand[1],
				    "no number of a vCPU, nor all");
	}
	if (!corbel_cpus_parse(a->operand[2], &cpus)) {
		return report_usage(a->operand[2], "no pCPUs (0,2-5; all; "
						   "all,^1)");
	}
	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    (all ? pin_all(c, domid, &cpus)
		 : corbel_vcpu_pin(c, domid, (unsigned int)vcpu, &cpus)) != 0) {
		return report_failure(c);
	}
	return EXIT_OK;
}

int cmd_vcpu_set(struct corbel *c, const struct arguments *a)
{
	uint64_t count;
	uint32_t domid;

	if (!options_number(a->operand[1], UINT16_MAX, &count)) {
		return report_usage(a->operand[1], "no number of vCPUs");
	}
	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    corbel_vcpus_set(c, domid, (unsigned int)count) != 0) {
		return report_failure(c);
	}
	return EXIT_OK;
}

/* ---- sched ---- */

static int print_sched(const struct corbel_sched *s, bool as_json)
{
	struct json *j;

	if (!as_json) {
		printf("weight       %u\n", s->weight);
		printf("cap          %u%s\n", s->cap,
		       s->cap != 0 ? " % of a pCPU" : " (none)");
		return EXIT_OK;
	}
	j = json_start();
	if (j == NULL) {
		return report_errno("output", "JSON");
	}
	json_object(j, NULL);
	json_number(j, "weight", s->weight);
	json_number(j, "cap", s->cap);
	json_object_end(j);
	return json_print(j);
}

int cmd_sched(struct corbel *c, const struct arguments *a)
{
	const bool cap = a->given[OPTION_CAP] || a->given[OPTION_NO_CAP];
	struct corbel_sched s;
	uint32_t domid;

	if (a->given[OPTION_CAP] && a->given[OPTION_NO_CAP]) {
		return report_usage("sched", "either --cap or --no-cap");
	}
	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    corbel_sched_get(c, domid, &s) != 0) {
		return report_failure(c);
	}
	if (!a->given[OPTION_WEIGHT] && !cap) {
		return print_sched(&s, a->given[OPTION_JSON]);
	}
	if (a->given[OPTION_WEIGHT]) {
		s.weight = (unsigned int)a->number[OPTION_WEIGHT];
	}
	if (cap) {
		s.cap = (unsigned int)a->number[OPTION_CAP];
	}
	return corbel_sched_set(c, domid, &s) == 0 ? EXIT_OK
						   : report_failure(c);
}
