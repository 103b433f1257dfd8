/* SPDX-License-Identifier: MIT */
/*
 * <cputune>: a guest's share of the pCPUs, and on which of them it runs.
 */
#include <stdlib.h>
#include <string.h>

#include "libctl/config/config.h"

#define WEIGHT_MAX UINT16_MAX
#define CAP_MAX    UINT16_MAX

/* libvirt's, in microseconds. */
#define PERIOD_DEFAULT 100000
#define PERIOD_MIN     1000
#define PERIOD_MAX     1000000

static int read_in_range(struct reader *r, xmlNode *node, uint64_t min,
			 uint64_t max, uint64_t *number)
{
	if (reader_number(r, node, number) != 0) {
		return -1;
	}
	return *number >= min && *number <= max
		       ? 0
		       : reader_fail(r, node, CORBEL_INVALID,
				     "<%s>: %llu is not possible (%llu to "
				     "%llu)",
				     (const char *)node->name,
				     (unsigned long long)*number,
				     (unsigned long long)min,
				     (unsigned long long)max);
}

/* ---- share ---- */

static int read_weight(struct reader *r, xmlNode *node)
{
	uint64_t weight;

	if (read_in_range(r, node, 1, WEIGHT_MAX, &weight) != 0) {
		return -1;
	}
	r->config->sched.weight = (unsigned int)weight;
	return 0;
}

/* A quota of each period, of all vCPUs together, is a part of one pCPU. */
static int read_cap(struct reader *r, xmlNode *quota, xmlNode *period)
{
	uint64_t used, of = PERIOD_DEFAULT;

	if (period != NULL &&
	    read_in_range(r, period, PERIOD_MIN, PERIOD_MAX, &of) != 0) {
		return -1;
	}
	if (quota == NULL) {
		return 0;
	}
	if (read_in_range(r, quota, of / 100, CAP_MAX * of / 100, &used) != 0) {
		return -1;
	}
	r->config->sched.cap = (unsigned int)(used * 100 / of);
	return 0;
}

/* ---- places ---- */

/* A set of pCPUs in attribute cpuset. */
static int read_cpus(struct reader *r, xmlNode *node, struct corbel_cpus *cpus)
{
	char *const text = reader_attribute(node, "cpuset");
	int ret = 0;

	if (text == NULL) {
		return reader_no_memory(r, node);
	}
	if (!corbel_cpus_parse(text, cpus)) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<%s>: cpuset '%.60s' is no set of pCPUs "
				  "(0,2-5)",
				  (const char *)node->name, text);
	}
	free(text);
	return ret;
}

static int make_pins(struct reader *r, const xmlNode *node)
{
	if (r->config->pins == NULL) {
		r->config->pins =
			calloc(r->config->vcpus, sizeof(*r->config->pins));
	}
	return r->config->pins != NULL ? 0 : reader_no_memory(r, node);
}

/* Of all vCPUs. */
static int read_cpuset(struct reader *r, xmlNode *vcpu)
{
	struct corbel_cpus cpus;

	if (read_cpus(r, vcpu, &cpus) != 0 || make_pins(r, vcpu) != 0) {
		return -1;
	}
	for (unsigned int i = 0; i < r->config->vcpus; i++) {
		r->config->pins[i] = cpus;
	}
	return 0;
}

static int read_pin(struct reader *r, xmlNode *node)
{
	char *const text = reader_attribute(node, "vcpu");
	const unsigned int count = r->config->vcpus;
	uint64_t vcpu = 0;
	int ret = 0;

	if (text == NULL) {
		return reader_no_memory(r, node);
	}
	if (!value_number(text, &vcpu) || vcpu >= count) {
		ret = reader_fail(r, node, CORBEL_INVALID,
				  "<vcpupin>: vcpu '%.60s' is not there (0 to "
				  "%u)",
				  text, count - 1);
	}
	free(text);
	if (ret != 0 || make_pins(r, node) != 0) {
		return -1;
	}
	return read_cpus(r, node, &r->config->pins[vcpu]);
}

/* ---- all of it ---- */

static int read_tune(struct reader *r, xmlNode *cputune)
{
	xmlNode *const shares = reader_find(cputune, "shares");

	if (shares != NULL && read_weight(r, shares) != 0) {
		return -1;
	}
	if (read_cap(r, reader_find(cputune, "global_quota"),
		     reader_find(cputune, "global_period")) != 0) {
		return -1;
	}
	for (xmlNode *n = cputune->children; n != NULL; n = n->next) {
		if (n->type == XML_ELEMENT_NODE &&
		    strcmp((const char *)n->name, "vcpupin") == 0 &&
		    read_pin(r, n) != 0) {
			return -1;
		}
	}
	return 0;
}

int cputune_read(struct reader *r, xmlNode *vcpu, xmlNode *cputune)
{
	if (vcpu != NULL && xmlHasProp(vcpu, (const xmlChar *)"cpuset") &&
	    read_cpuset(r, vcpu) != 0) {
		return -1;
	}
	return cputune == NULL ? 0 : read_tune(r, cputune);
}

/* clang-format off */
static const struct attribute pin_attributes[] = {
	{ .name = "vcpu", .required = true },
	{ .name = "cpuset", .required = true },
	{ .name = NULL },
};

#define NUMBER (ELEMENT_ONCE | ELEMENT_TEXT)

const struct element cputune_elements[] = {
	{ .name = "shares", .rules = NUMBER },
	{ .name = "global_period", .rules = NUMBER },
	{ .name = "global_quota", .rules = NUMBER },
	{ .name = "vcpupin", .attributes = pin_attributes },
	{ .name = NULL },
};
/* clang-format on */
