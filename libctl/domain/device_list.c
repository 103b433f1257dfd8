/* SPDX-License-Identifier: MIT */
/*
 * Which devices a guest has, going by the notes under /libxl/N/device.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "libctl/domain/store.h"
#include "libctl/domain/subject.h"

struct listing {
	struct corbel_device *list;
	size_t count;
};

/* The text of `folder`/`name` in `out`, empty if there is none. */
static void read_text(struct xs_handle *xs, const char *folder,
		      const char *name, char *out, size_t size)
{
	char *const text = store_read_in(xs, folder, name);

	snprintf(out, size, "%s", text != NULL ? text : "");
	free(text);
}

static void read_device(struct xs_handle *xs, const char *notes,
			struct corbel_device *d)
{
	char back[96], text[16];

	read_text(xs, notes, "backend", back, sizeof(back));
	read_text(xs, back, "state", text, sizeof(text));
	d->connected = atoi(text) == XenbusStateConnected;
	if (d->kind == CORBEL_DEVICE_NIC) {
		read_text(xs, back, "mac", d->name, sizeof(d->name));
		read_text(xs, back, "bridge", d->source, sizeof(d->source));
		return;
	}
	/* A drive may have no back end, disks of other toolstacks no notes. */
	read_text(xs, back[0] != '\0' ? back : notes,
		  back[0] != '\0' ? "dev" : "target", d->name, sizeof(d->name));
	read_text(xs, notes, "device", text, sizeof(text));
	d->cdrom = strcmp(text, "cdrom") == 0;
	read_text(xs, notes, "source", d->source, sizeof(d->source));
	read_text(xs, notes, "format", text, sizeof(text));
	d->format = strcmp(text, "qcow2") == 0 ? CORBEL_FORMAT_QCOW2
					       : CORBEL_FORMAT_RAW;
	read_text(xs, notes, "mode", text, sizeof(text));
	d->readonly = strcmp(text, "r") == 0;
	d->user = strstr(back, "/qdisk/") != NULL;
}

static int add_kind(struct corbel *c, uint32_t domid, const char *folder,
		    enum corbel_device_kind kind, struct listing *l)
{
	char path[64], notes[96];
	struct corbel_device *more;
	unsigned int count;
	char **ids;

	snprintf(path, sizeof(path), "/libxl/%u/device/%s", domid, folder);
	ids = xs_directory(c->xs, XBT_NULL, path, &count);
	if (ids == NULL) {
		return errno == ENOENT ? 0 : subject_fail(c, domid, path);
	}
	more = realloc(l->list, (l->count + count + 1) * sizeof(*more));
	if (more == NULL) {
		free(ids);
		return subject_fail(c, domid, "devices");
	}
	l->list = more;
	for (unsigned int i = 0; i < count; i++) {
		struct corbel_device *const d = &l->list[l->count++];

		*d = (struct corbel_device){
			.kind = kind,
			.number = (unsigned int)strtoul(ids[i], NULL, 10),
		};
		snprintf(notes, sizeof(notes), "%s/%s", path, ids[i]);
		read_device(c->xs, notes, d);
	}
	free(ids);
	return 0;
}

int corbel_devices(struct corbel *c, uint32_t domid,
		   struct corbel_device **list, size_t *count)
{
	struct listing l = { 0 };

	if (handle_store(c) == NULL) {
		return -1;
	}
	if (add_kind(c, domid, "vbd", CORBEL_DEVICE_DISK, &l) != 0 ||
	    add_kind(c, domid, "vif", CORBEL_DEVICE_NIC, &l) != 0) {
		free(l.list);
		return -1;
	}
	*list = l.list;
	*count = l.count;
	return 0;
}
