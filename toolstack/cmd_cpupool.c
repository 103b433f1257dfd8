/* SPDX-License-Identifier: MIT */
/*
 * corbel cpupool-list, cpupool-create, cpupool-destroy, cpupool-rename,
 * cpupool-cpu-add, cpupool-cpu-remove, cpupool-migrate.
 */
#include <stdio.h>
#include <stdlib.h>

#include "toolstack/command.h"
#include "toolstack/json.h"

#define CPUS_TEXT 128

/* ---- the list ---- */

static void put_pool(struct json *j, const struct corbel_pool *pool,
		     const char *cpus)
{
	if (j == NULL) {
		printf("%5u  %-24s %7u  %s\n", pool->id, pool->name,
		       pool->domains, cpus);
		return;
	}
	json_object(j, NULL);
	json_number(j, "id", pool->id);
	json_text(j, "name", pool->name);
	json_text(j, "cpus", cpus);
	json_number(j, "domains", pool->domains);
	json_object_end(j);
}

static int put_all(struct corbel *c, struct json *j)
{
	struct corbel_pool *list;
	struct corbel_host host;
	char cpus[CPUS_TEXT];
	size_t count;

	if (corbel_host(c, &host) != 0 || corbel_pools(c, &list, &count) != 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		corbel_cpus_text(&list[i].cpus, host.cpus, cpus, sizeof(cpus));
		put_pool(j, &list[i], cpus);
	}
	free(list);
	return 0;
}

int cmd_cpupool_list(struct corbel *c, const struct arguments *a)
{
	struct json *j;

	if (!a->given[OPTION_JSON]) {
		printf("%5s  %-24s %7s  %s\n", "ID", "NAME", "DOMAINS", "CPUS");
		return put_all(c, NULL) == 0 ? EXIT_OK : report_failure(c);
	}
	j = json_start();
	if (j == NULL) {
		return report_errno("output", "JSON");
	}
	json_list(j, NULL);
	if (put_all(c, j) != 0) {
		json_drop(j);
		return report_failure(c);
	}
	json_list_end(j);
	return json_print(j);
}

/* ---- changes ---- */

static int done(const struct corbel *c, int ret)
{
	return ret == 0 ? EXIT_OK : report_failure(c);
}

/* Those of the second operand, for the pool that the first one names. */
static int with_cpus(struct corbel *c, const struct arguments *a,
		     int (*call)(struct corbel *c, const char *pool,
				 const struct corbel_cpus *cpus))
{
	struct corbel_cpus cpus;

	if (!corbel_cpus_parse(a->operand[1], &cpus)) {
		return report_usage(a->operand[1], "no pCPUs (0,2-5)");
	}
	return done(c, call(c, a->operand[0], &cpus));
}

int cmd_cpupool_create(struct corbel *c, const struct arguments *a)
{
	return with_cpus(c, a, corbel_pool_create);
}

int cmd_cpupool_add(struct corbel *c, const struct arguments *a)
{
	return with_cpus(c, a, corbel_pool_add);
}

int cmd_cpupool_remove(struct corbel *c, const struct arguments *a)
{
	return with_cpus(c, a, corbel_pool_remove);
}

int cmd_cpupool_destroy(struct corbel *c, const struct arguments *a)
{
	return done(c, corbel_pool_destroy(c, a->operand[0]));
}

int cmd_cpupool_rename(struct corbel *c, const struct arguments *a)
{
	return done(c, corbel_pool_rename(c, a->operand[0], a->operand[1]));
}

int cmd_cpupool_migrate(struct corbel *c, const struct arguments *a)
{
	uint32_t domid;

	return corbel_find(c, a->operand[0], &domid) == 0
		       ? done(c, corbel_pool_migrate(c, domid, a->operand[1]))
		       : report_failure(c);
}
