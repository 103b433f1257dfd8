/* SPDX-License-Identifier: MIT */
/*
 * Sets of pCPUs as text, in the form that xl and Linux's taskset use.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libctl/corbel.h"

static bool has(const struct corbel_cpus *cpus, unsigned int cpu)
{
	return (cpus->bits[cpu / 8] >> cpu % 8 & 1) != 0;
}

static void put(struct corbel_cpus *cpus, unsigned int cpu, bool in)
{
	const uint8_t bit = (uint8_t)(1u << cpu % 8);

	if (in) {
		cpus->bits[cpu / 8] |= bit;
	} else {
		cpus->bits[cpu / 8] &= (uint8_t)~bit;
	}
}

/* A number at `*text`, which is moved behind it. */
static bool take_cpu(const char **text, unsigned long *cpu)
{
	char *end;

	if (!isdigit((unsigned char)**text)) {
		return false;
	}
	*cpu = strtoul(*text, &end, 10);
	*text = end;
	return *cpu < CORBEL_CPUS_MAX;
}

/* "3", "2-5", "^3", "all". */
static bool take_range(const char **text, struct corbel_cpus *cpus)
{
	const bool in = **text != '^';
	unsigned long first = 0, last = CORBEL_CPUS_MAX - 1;

	*text += !in;
	if (strncmp(*text, "all", 3) == 0) {
		*text += 3;
	} else {
		if (!take_cpu(text, &first)) {
			return false;
		}
		last = first;
		if (**text == '-') {
			++*text;
			if (!take_cpu(text, &last)) {
				return false;
			}
		}
	}
	for (unsigned long i = first; i <= last; i++) {
		put(cpus, (unsigned int)i, in);
	}
	return first <= last;
}

bool corbel_cpus_parse(const char *text, struct corbel_cpus *cpus)
{
	memset(cpus, 0, sizeof(*cpus));
	while (take_range(&text, cpus)) {
		if (*text == '\0') {
			return true;
		}
		if (*text++ != ',') {
			return false;
		}
	}
	return false;
}

/* The first pCPU from `from` on that is in the set, or is not; `end` at most. */
static unsigned int find(const struct corbel_cpus *cpus, unsigned int from,
			 unsigned int end, bool in)
{
	while (from < end && has(cpus, from) != in) {
		from++;
	}
	return from;
}

void corbel_cpus_text(const struct corbel_cpus *cpus, unsigned int host,
		      char *text, size_t size)
{
	const unsigned int count =
		host < CORBEL_CPUS_MAX ? host : CORBEL_CPUS_MAX;
	unsigned int first = find(cpus, 0, count, true), end;
	size_t used = 0;

	text[0] = '\0';
	if (find(cpus, 0, count, false) == count) {
		snprintf(text, size, "all");
		return;
	}
	for (; first < count && used < size;
	     first = find(cpus, end, count, true)) {
		end = find(cpus, first, count, false);
		used += (size_t)snprintf(text + used, size - used, "%s%u",
					 used != 0 ? "," : "", first);
		if (end - first > 1 && used < size) {
			used += (size_t)snprintf(text + used, size - used,
						 "-%u", end - 1);
		}
	}
}
