/* SPDX-License-Identifier: MIT */
/*
 * A guest's share of the pCPUs, and its places there: cpus, cpu_weight, cap.
 */
#include "libctl/xlcfg/conversion.h"

static bool check_cpus(struct conversion *v, const struct setting *s,
		       const struct setting_value *value)
{
	struct corbel_cpus cpus;

	if (value->kind != SETTING_LIST &&
	    corbel_cpus_parse(value->text, &cpus)) {
		return true;
	}
	conversion_note(v, s, value, "no pCPUs (\"0,2-5\")");
	return false;
}

/* Of all vCPUs, or in a list of each. */
static void add_places(struct conversion *v, xmlNode *vcpu, xmlNode *tune)
{
	struct setting *const s = settings_find(&v->settings, "cpus");
	uint64_t i = 0;

	if (s == NULL) {
		return;
	}
	s->used = true;
	if (s->value->kind != SETTING_LIST) {
		if (check_cpus(v, s, s->value)) {
			xml_set(vcpu, "cpuset", s->value->text);
		}
		return;
	}
	for (const struct setting_value *at = s->value->first; at != NULL;
	     at = at->next, i++) {
		if (check_cpus(v, s, at)) {
			xmlNode *const pin = xml_add(tune, "vcpupin", NULL);

			xml_set_number(pin, "vcpu", i);
			xml_set(pin, "cpuset", at->text);
		}
	}
}

/* libvirt's quota is in microseconds of each 100 ms. */
static void add_share(struct conversion *v, xmlNode *tune)
{
	const struct setting *const weight =
		conversion_take(v, "cpu_weight", SETTING_NUMBER);
	const struct setting *const cap =
		conversion_take(v, "cap", SETTING_NUMBER);

	if (weight != NULL) {
		xml_add_number(tune, "shares", weight->value->number);
	}
	if (cap != NULL && cap->value->number != 0) {
		xml_add_number(tune, "global_quota", cap->value->number * 1000);
	}
}

void convert_tune(struct conversion *v, xmlNode *domain, xmlNode *vcpu)
{
	xmlNode *const tune = xml_add(domain, "cputune", NULL);

	add_places(v, vcpu, tune);
	add_share(v, tune);
	if (tune != NULL && tune->children == NULL) {
		xmlUnlinkNode(tune);
		xmlFreeNode(tune);
	}
}
