/* SPDX-License-Identifier: MIT */
/*
 * corbel rename, mem-set, mem-max, sysrq.
 */
#include <ctype.h>
#include <string.h>

#include "toolstack/command.h"

int cmd_rename(struct corbel *c, const struct arguments *a)
{
	uint32_t domid;

	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    corbel_rename(c, domid, a->operand[1]) != 0) {
		return report_failure(c);
	}
	return EXIT_OK;
}

/* "512M", "2G", "524288K"; MiB if there is no letter, as xl has it. */
static bool parse_size(const char *text, uint64_t *kib)
{
	static const char units[] = "KMGT"; /* each 1024 of that before it */
	const size_t digits = strspn(text, "0123456789");
	const char letter = text[digits] != '\0' ? text[digits] : 'M';
	const char *const unit = strchr(units, toupper((unsigned char)letter));
	char number[24];
	unsigned int shift;

	if (digits >= sizeof(number) || unit == NULL ||
	    (text[digits] != '\0' && text[digits + 1] != '\0')) {
		return false;
	}
	shift = 10 * (unsigned int)(unit - units);
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (!options_number(number, UINT64_MAX >> shift, kib)) {
		return false;
	}
	*kib <<= shift;
	return true;
}

static int change_memory(struct corbel *c, const struct arguments *a,
			 int (*change)(struct corbel *, uint32_t, uint64_t))
{
	uint64_t kib;
	uint32_t domid;

	if (!parse_size(a->operand[1], &kib)) {
		return report_usage(a->operand[1], "no size (512M, 2G)");
	}
	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    change(c, domid, kib) != 0) {
		return report_failure(c);
	}
	return EXIT_OK;
}

int cmd_mem_set(struct corbel *c, const struct arguments *a)
{
	return change_memory(c, a, corbel_memory_set);
}

int cmd_mem_max(struct corbel *c, const struct arguments *a)
{
	return change_memory(c, a, corbel_memory_limit);
}

int cmd_sysrq(struct corbel *c, const struct arguments *a)
{
	uint32_t domid;

	if (strlen(a->operand[1]) != 1) {
		return report_usage(a->operand[1], "a key is one letter");
	}
	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    corbel_sysrq(c, domid, a->operand[1][0]) != 0) {
		return report_failure(c);
	}
	return EXIT_OK;
}

/* Those of the ABI that need firmware or a device model have no meaning here. */
int cmd_trigger(struct corbel *c, const struct arguments *a)
{
	uint64_t vcpu = 0;
	uint32_t domid;

	if (strcmp(a->operand[1], "nmi") != 0) {
		return report_usage(a->operand[1],
				    "no such event; there is: nmi");
	}
	if (a->operand[2] != NULL &&
	    !options_number(a->operand[2], UINT32_MAX, &vcpu)) {
		return report_usage(a->operand[2], "no number of a vCPU");
	}
	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    corbel_nmi(c, domid, (unsigned int)vcpu) != 0) {
		return report_failure(c);
	}
	return EXIT_OK;
}
