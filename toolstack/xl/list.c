/* SPDX-License-Identifier: MIT */
/*
 * xl list, vm-list, vcpu-list, uptime, sched-credit2: tables by their columns' widths.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/describe.h"
#include "toolstack/xl/xl.h"

#define CPUS_TEXT 128

static int each_named(struct corbel *c, const struct arguments *a, xl_put_t put,
		      void *context)
{
	for (const char *const *name = a->rest; *name != NULL; name++) {
		struct corbel_info info;
		uint32_t domid;

		if (corbel_find(c, *name, &domid) != 0 ||
		    corbel_info(c, domid, &info) != 0 ||
		    put(c, &info, context) != 0) {
			return report_failure(c);
		}
	}
	return EXIT_OK;
}

/* A domain that goes away meanwhile is left out. */
static int each_of_all(struct corbel *c, xl_put_t put, void *context)
{
	struct corbel_info *list;
	int ret = EXIT_OK;
	size_t count;

	if (corbel_list(c, &list, &count) != 0) {
		return report_failure(c);
	}
	for (size_t i = 0; i < count && ret == EXIT_OK; i++) {
		if (put(c, &list[i], context) != 0 &&
		    corbel_error(c)->code != CORBEL_NOT_FOUND) {
			ret = report_failure(c);
		}
	}
	free(list);
	return ret;
}

int xl_each(struct corbel *c, const struct arguments *a, xl_put_t put,
	    void *context)
{
	return *a->rest != NULL ? each_named(c, a, put, context)
				: each_of_all(c, put, context);
}

/* xl's six letters, with a dash for what it is not. */
static const char *state_letters(enum corbel_state state)
{
	static const char *const letters[] = {
		[CORBEL_STATE_RUNNING] = "r-----",
		[CORBEL_STATE_BLOCKED] = "-b----",
		[CORBEL_STATE_PAUSED] = "--p---",
		[CORBEL_STATE_SHUTDOWN] = "---s--",
		[CORBEL_STATE_CRASHED] = "---sc-",
		[CORBEL_STATE_DYING] = "-----d",
	};

	return letters[state];
}

/* Who reads it takes the words of a line. */
static const char *name_of(const struct corbel_info *info)
{
	return info->name[0] != '\0' ? info->name : "(null)";
}

static void put_row(const struct corbel_info *info)
{
	printf("%-40s %5u %5" PRIu64 " %5u     %s  %8.1f", name_of(info),
	       info->domid, info->memory_kib / 1024, info->vcpus_online,
	       state_letters(info->state), (double)info->cpu_ns / 1e9);
}

/* Of those that have not stopped a dash, and of labels for all. */
static void put_verbose(const struct corbel_info *info)
{
	char uuid[37];

	describe_uuid_text(info->uuid, uuid);
	printf(" %s", uuid);
	if (info->state == CORBEL_STATE_SHUTDOWN ||
	    info->state == CORBEL_STATE_CRASHED) {
		printf(" %8x", info->shutdown_reason);
	} else {
		printf(" %8s", "-");
	}
	printf(" %16s", "-");
}

/* `context` is what xl_list() was asked. */
static int put_domain(struct corbel *c, const struct corbel_info *info,
		      void *context)
{
	const struct arguments *const a = context;

	(void)c;
	put_row(info);
	if (a->given[OPTION_VERBOSE]) {
		put_verbose(info);
	}
	if (a->given[OPTION_CPUPOOL]) {
		printf("%16s", info->pool);
	}
	printf("\n");
	return 0;
}

int xl_list(struct corbel *c, const struct arguments *a)
{
	struct arguments asked = *a;

	/* Nothing is printed about guests that are not there. */
	if (*a->rest != NULL) {
		uint32_t domid;

		if (corbel_find(c, *a->rest, &domid) != 0) {
			return report_failure(c);
		}
	}
	if (a->given[OPTION_LONG]) {
		return xl_list_long(c, a);
	}
	printf("%-40s %5s %5s %5s\t%s\t%s", "Name", "ID", "Mem", "VCPUs",
	       "State", "Time(s)");
	if (a->given[OPTION_VERBOSE]) {
		printf("   UUID                            Reason-Code\t"
		       "Security Label");
	}
	if (a->given[OPTION_CPUPOOL]) {
		printf("         Cpupool");
	}
	printf("\n");
	return xl_each(c, a, put_domain, &asked);
}

/* ---- vm-list ---- */

static int put_guest(struct corbel *c, const struct corbel_info *info, void *)
{
	char uuid[37];

	(void)c;
	if (info->domid != 0) {
		describe_uuid_text(info->uuid, uuid);
		printf("%s  %u    %-30s\n", uuid, info->domid, name_of(info));
	}
	return 0;
}

int xl_vm_list(struct corbel *c, const struct arguments *a)
{
	printf("UUID                                  ID    name\n");
	return xl_each(c, a, put_guest, NULL);
}

/* ---- vcpu-list ---- */

static void put_vcpu(const struct corbel_info *info,
		     const struct corbel_vcpu *v, unsigned int cpus)
{
	char affinity[CPUS_TEXT];

	corbel_cpus_text(&v->affinity, cpus, affinity, sizeof(affinity));
	printf("%-32s %5u %5u", name_of(info), info->domid, v->id);
	if (v->online) {
		printf(" %5u   %c%c- ", v->cpu, v->running ? 'r' : '-',
		       v->blocked ? 'b' : '-');
	} else {
		printf("     -   --p ");
	}
	/* There is hard affinity only: all pCPUs are as good as each other. */
	printf(" %8.1f  %s / all\n", (double)v->cpu_ns / 1e9, affinity);
}

static int put_vcpus(struct corbel *c, const struct corbel_info *info, void *)
{
	struct corbel_vcpu *list;
	struct corbel_host host;
	size_t count;

	if (corbel_host(c, &host) != 0 ||
	    corbel_vcpus(c, info->domid, &list, &count) != 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		put_vcpu(info, &list[i], host.cpus);
	}
	free(list);
	return 0;
}

int xl_vcpu_list(struct corbel *c, const struct arguments *a)
{
	printf("%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU",
	       "State", "Time(s)", "Affinity (Hard / Soft)");
	return xl_each(c, a, put_vcpus, NULL);
}

/* ---- uptime ---- */

static int put_uptime(struct corbel *c, const struct corbel_info *info, void *)
{
	unsigned int day, hour, minute;
	uint64_t seconds;

	if (corbel_uptime(c, info->domid, &seconds) != 0) {
		return -1;
	}
	day = (unsigned int)(seconds / 86400);
	hour = (unsigned int)(seconds / 3600 % 24);
	minute = (unsigned int)(seconds / 60 % 60);
	printf("%-33s %4u ", name_of(info), info->domid);
	if (day > 0) {
		printf("%u day%s, ", day, day > 1 ? "s" : "");
	}
	printf("%2u:%02u:%02u\n", hour, minute, (unsigned int)(seconds % 60));
	return 0;
}

int xl_uptime(struct corbel *c, const struct arguments *a)
{
	printf("%-33s %4s %s\n", "Name", "ID", "Uptime");
	return xl_each(c, a, put_uptime, NULL);
}

/* ---- sched-credit, sched-credit2 ---- */

/* Those in the pool of that name, or in any for NULL. */
static int put_sched(struct corbel *c, const struct corbel_info *info,
		     void *pool)
{
	struct corbel_sched s;

	if (pool != NULL && strcmp(info->pool, pool) != 0) {
		return 0;
	}
	if (corbel_sched_get(c, info->domid, &s) != 0) {
		return -1;
	}
	printf("%-33s %4u %6u %4u\n", name_of(info), info->domid, s.weight,
	       s.cap);
	return 0;
}

static int put_shares(struct corbel *c, const struct arguments *a, char *pool)
{
	printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
	return xl_each(c, a, put_sched, pool);
}

/* All, pool by pool, each under a line of its own. */
static int put_all_shares(struct corbel *c, const struct arguments *a,
			  void (*put_pool)(const char *name))
{
	struct corbel_pool *list;
	int ret = EXIT_OK;
	size_t count;

	if (corbel_pools(c, &list, &count) != 0) {
		return report_failure(c);
	}
	for (size_t i = 0; i < count && ret == EXIT_OK; i++) {
		put_pool(list[i].name);
		ret = put_shares(c, a, list[i].name);
	}
	free(list);
	return ret;
}

static int sched(struct corbel *c, const struct arguments *a,
		 void (*put_pool)(const char *name))
{
	const char *const guest = a->text[OPTION_DOMAIN];
	const bool change = a->given[OPTION_WEIGHT] || a->given[OPTION_CAP];
	const char *const named[] = { guest, NULL };
	struct arguments b = *a;

	b.rest = named;       /* all, if it is none */
	b.operand[0] = guest; /* as corbel sched has it */
	if (change) {
		return guest != NULL
			       ? cmd_sched(c, &b)
			       : report_usage("sched", "-d GUEST is missing");
	}
	return guest != NULL ? put_shares(c, &b, NULL)
			     : put_all_shares(c, &b, put_pool);
}

/* The scheduler's own times, which cannot be set. */
#define SLICE_MS     5u
#define RATELIMIT_US 500u

static void put_credit(const char *pool)
{
	printf("Cpupool %s: tslice=%ums ratelimit=%uus migration-delay=%uus\n",
	       pool, SLICE_MS, RATELIMIT_US, 0u);
}

static void put_credit2(const char *pool)
{
	printf("Cpupool %s: ratelimit=%uus\n", pool, RATELIMIT_US);
}

int xl_sched_credit(struct corbel *c, const struct arguments *a)
{
	return sched(c, a, put_credit);
}

int xl_sched_credit2(struct corbel *c, const struct arguments *a)
{
	return sched(c, a, put_credit2);
}
