/* SPDX-License-Identifier: MIT */
/* Devices for running guests, in the texts of xl.cfg(5). */
#include "libctl/core/internal.h"
#include "libctl/xlcfg/xlcfg.h"

static const char limits[] = "of a running guest it has no more than a bridge "
			     "and a mac";

int corbel_disk_attach_text(struct corbel *c, uint32_t domid, const char *text)
{
	struct arena arena = { 0 };
	struct xl_disk disk = { 0 };
	const char *problem = xl_disk_parse(&arena, text, &disk);
	int ret;

	if (problem == NULL) {
		problem = disk.cdrom ? "a guest gets no drive while it runs"
				     : xl_disk_problem(&disk);
	}
	ret = problem != NULL
		      ? corbel_fail(c, CORBEL_INVALID, "disk", "%s", problem)
		      : corbel_disk_attach(c, domid, disk.target,
					   xl_disk_name(&arena, disk.vdev),
					   xl_disk_format(&disk),
					   disk.readonly);
	arena_free(&arena);
	return ret;
}

int corbel_nic_attach_text(struct corbel *c, uint32_t domid, const char *text,
			   unsigned int *number)
{
	struct arena arena = { 0 };
	struct xl_vif vif = { 0 };
	const char *problem = xl_vif_parse(&arena, text, &vif);
	int ret;

	if (problem == NULL && (vif.name != NULL || vif.mtu != 0 ||
				vif.rate_kib != 0 || vif.ignored != NULL)) {
		problem = limits;
	}
	ret = problem != NULL ? corbel_fail(c, CORBEL_INVALID, "interface",
					    "%s", problem)
			      : corbel_nic_attach(c, domid, vif.bridge, vif.mac,
						  number);
	arena_free(&arena);
	return ret;
}
