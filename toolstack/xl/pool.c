/* SPDX-License-Identifier: MIT */
/*
 * xl cpupool-list, cpupool-create.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/xl/xl.h"

#define CPUS_TEXT 128
#define SCHEDULER "credit2" /* what it answers to, as in xl info */

static unsigned int count_cpus(const struct corbel_cpus *cpus)
{
	unsigned int count = 0;

	for (size_t i = 0; i < sizeof(cpus->bits); i++) {
		count += (unsigned int)__builtin_popcount(cpus->bits[i]);
	}
	return count;
}

/* One by one: no ranges. */
static void put_cpus(const struct corbel_cpus *cpus)
{
	const char *between = "";

	for (unsigned int i = 0; i < CORBEL_CPUS_MAX; i++) {
		if (cpus->bits[i / 8] >> i % 8 & 1) {
			printf("%s%u", between, i);
			between = ",";
		}
	}
}

static void put_pool(const struct corbel_pool *pool, bool cpus)
{
	printf("%-19s", pool->name);
	if (cpus) {
		put_cpus(&pool->cpus);
	} else {
		printf("%3u %9s       y       %4u", count_cpus(&pool->cpus),
		       SCHEDULER, pool->domains);
	}
	printf("\n");
}

static int put_pools(const struct corbel_pool *list, size_t count,
		     const struct arguments *a)
{
	const char *const name = a->operand[0];
	const bool cpus = a->given[OPTION_CPUS];
	bool found = name == NULL;

	for (size_t i = 0; i < count; i++) {
		found = found || strcmp(list[i].name, name) == 0;
	}
	if (!found) {
		return report_text(name, "there is no such pool");
	}
	printf("%-19s%s\n", "Name",
	       cpus ? "CPU list" : "CPUs   Sched     Active   Domain count");
	for (size_t i = 0; i < count; i++) {
		if (name == NULL || strcmp(list[i].name, name) == 0) {
			put_pool(&list[i], cpus);
		}
	}
	return EXIT_OK;
}

int xl_cpupool_list(struct corbel *c, const struct arguments *a)
{
	struct corbel_pool *list;
	size_t count;
	int ret;

	if (corbel_pools(c, &list, &count) != 0) {
		return report_failure(c);
	}
	ret = put_pools(list, count, a);
	free(list);
	return ret;
}

/* The first word is a file unless it sets something. */
int xl_cpupool_create(struct corbel *c, const struct arguments *a)
{
	const char *const *rest = a->rest;
	const char *file = a->text[OPTION_DEFCONFIG];
	struct corbel_pool pool;
	char *more;
	int ret;

	if (file == NULL && *rest != NULL && strchr(*rest, '=') == NULL) {
		file = *rest++;
	}
	more = xl_join(rest, "\n");
	if (more == NULL) {
		return report_errno("command line", "no memory");
	}
	ret = corbel_pool_read(c, file, more, &pool);
	free(more);
	if (ret != 0) {
		return report_failure(c);
	}
	printf("Using config file \"%s\"\n",
	       file != NULL ? file : "command line");
	printf("cpupool name:   %s\n", pool.name);
	printf("scheduler:      %s\n", SCHEDULER);
	printf("number of cpus: %u\n", count_cpus(&pool.cpus));
	if (a->given[OPTION_DRY_RUN]) {
		return EXIT_OK;
	}
	return corbel_pool_create(c, pool.name, &pool.cpus) == 0
		       ? EXIT_OK
		       : report_failure(c);
}
