/* SPDX-License-Identifier: MIT */
/*
 * xl block-list, block-attach, network-list, network-attach.
 */
#include <stdio.h>
#include <stdlib.h>
#include <xen/io/xenbus.h>

#include "toolstack/xl/xl.h"

/* Where xl prints ports and grants of the ring there is a dash. */
static void put_device(const struct corbel_info *info,
		       const struct corbel_device *d)
{
	const int state =
		d->connected ? XenbusStateConnected : XenbusStateInitWait;

	if (d->kind == CORBEL_DEVICE_DISK) {
		printf("%-5u %-3d %-6u %-5d %-6s %-8s "
		       "/local/domain/0/backend/%s/%u/%u\n",
		       d->number, 0, info->domid, state, "-", "-",
		       d->user ? "qdisk" : "vbd", info->domid, d->number);
	} else {
		printf("%-3u %-2d %-17s %6u %5d %6s %5s/%-11s "
		       "/local/domain/0/backend/vif/%u/%u\n",
		       d->number, 0, d->name, d->number, state, "-", "-", "-",
		       info->domid, d->number);
	}
}

/* One has no back end, and no line. */
static bool is_empty_drive(const struct corbel_device *d)
{
	return d->cdrom && d->source[0] == '\0';
}

static int put_kind(struct corbel *c, const struct corbel_info *info,
		    enum corbel_device_kind kind)
{
	struct corbel_device *list;
	size_t count;

	if (corbel_devices(c, info->domid, &list, &count) != 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (list[i].kind == kind && !is_empty_drive(&list[i])) {
			put_device(info, &list[i]);
		}
	}
	free(list);
	return 0;
}

static int put_disks(struct corbel *c, const struct corbel_info *info, void *)
{
	return put_kind(c, info, CORBEL_DEVICE_DISK);
}

static int put_nics(struct corbel *c, const struct corbel_info *info, void *)
{
	return put_kind(c, info, CORBEL_DEVICE_NIC);
}

int xl_block_list(struct corbel *c, const struct arguments *a)
{
	printf("%-5s %-3s %-6s %-5s %-6s %-8s %-30s\n", "Vdev", "BE", "handle",
	       "state", "evt-ch", "ring-ref", "BE-path");
	return xl_each(c, a, put_disks, NULL);
}

int xl_network_list(struct corbel *c, const struct arguments *a)
{
	printf("%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-5s %-30s\n", "Idx", "BE",
	       "Mac Addr.", "handle", "state", "evt-ch", "tx-", "rx-ring-ref",
	       "BE-path");
	return xl_each(c, a, put_nics, NULL);
}

static int attach_nic(struct corbel *c, uint32_t domid, const char *text)
{
	unsigned int number;

	return corbel_nic_attach_text(c, domid, text, &number);
}

static int attach(struct corbel *c, const struct arguments *a,
		  int (*call)(struct corbel *c, uint32_t domid,
			      const char *text))
{
	/* The words behind the guest are parts of one text. */
	char *const text = xl_join(a->rest, ",");
	int ret = EXIT_OK;
	uint32_t domid;

	if (text == NULL) {
		return report_errno("command line", "no memory");
	}
	signals_hold();
	if (corbel_find(c, a->operand[0], &domid) != 0 ||
	    call(c, domid, text) != 0) {
		ret = report_failure(c);
	}
	signals_release();
	free(text);
	return ret;
}

int xl_block_attach(struct corbel *c, const struct arguments *a)
{
	return attach(c, a, corbel_disk_attach_text);
}

int xl_network_attach(struct corbel *c, const struct arguments *a)
{
	return attach(c, a, attach_nic);
}
