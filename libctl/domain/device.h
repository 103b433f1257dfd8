/* SPDX-License-Identifier: MIT */
/*
 * A guest's device on its way into the store: one of a split pair whose front
 * half is the guest's and whose back half is in the service VM.
 */
#pragma once

#include <stdint.h>

#include "libctl/domain/store.h"

#define DEVICE_WAIT_MS 40000

struct device {
	const struct corbel_disk *disk; /* one of the two */
	const struct corbel_nic *nic;
	uint32_t domid;
	uint32_t id;
	const char *front_kind; /* "vbd", "vif" */
	const char *back_kind;  /* "vbd", "qdisk", "vif" */
	const char *server;     /* who answers: "is %s?" */
	char object[64];        /* "disk xvda" */
	char front[96];
	char back[96];
	char notes[96];

	/* Network interfaces only. */
	unsigned int mtu;

	/* Disks only. */
	char storage[64]; /* what it is on, by device or inode */
	char made[32];    /* block device that we made of it, or "" */

	/* Disks of the kernel's back end only. */
	unsigned int major, minor;
};

/* ---- device_disk.c ---- */

/* Fills in `d` from `disk`, and makes a block device of it where one is needed. */
int device_disk_prepare(struct corbel *c, struct device *d, uint32_t domid,
			const struct corbel_disk *disk);
void device_disk_write(struct store_txn *t, const struct device *d);

/* A drive without a medium has no entries but the notes. */
bool device_is_empty_drive(const struct device *d);
void device_drive_write(struct store_txn *t, const char *notes,
			const char *target);

bool device_is_drive(struct corbel *c, const char *notes);

/* Gives back a block device that was made. */
void device_disk_release(const char *made);

/* ---- device_share.c ---- */

/* Fills in `d->storage`. */
int device_share_name(struct corbel *c, struct device *d);

/* Fails if a guest in the store has the same disk, unless both only read. */
int device_share_check(struct corbel *c, const struct device *d);

/* ---- device_nic.c ---- */

void device_nic_prepare(struct device *d, uint32_t domid, uint32_t index,
			const struct corbel_nic *nic);
void device_nic_write(struct store_txn *t, const struct device *d);

/* Puts the interface of a back end that has answered on its bridge. */
int device_nic_connect(struct corbel *c, const struct device *d);

/* ---- device_loop.c ---- */

/* Attaches `file` to a free loop device and stores the name of that. */
int device_loop_attach(struct corbel *c, const char *object, const char *file,
		       bool readonly, char *loop, size_t size);

/* Detaches it, at once or when its last user has closed it. */
void device_loop_detach(const char *loop);

/* ---- device_nbd.c ---- */

/* Has a qcow2 image served at a free nbd device and stores the name of that. */
int device_nbd_attach(struct corbel *c, const char *object, const char *file,
		      bool readonly, char *node, size_t size);

/* Comes back when the image is closed. */
void device_nbd_detach(const char *node);

/* ---- device_live.c ---- */

/* There is a guest of this number, and it is no service VM. */
int device_check_guest(struct corbel *c, uint32_t domid);

/* The disk's source is one that can be read; stores its kind. */
int device_check_source(struct corbel *c, const char *object,
			struct corbel_disk *disk);

/* ---- device.c ---- */

/* Where it is in the store, from domid, id and kinds. */
void device_set_paths(struct device *d);

/* Writes `count` devices of one guest and waits for their back ends. What of
 * them is there after a failure is taken back. `object` is for the failure. */
int devices_connect(struct corbel *c, struct device *devices, size_t count,
		    const char *object);

/* ---- device_remove.c ---- */

/* Takes some devices of a guest away after a failure, which stays the one that
 * is told. */
void devices_take_back(struct corbel *c, const struct device *devices,
		       size_t count);

/* Takes one away from a guest that goes on, which gets that many seconds to let
 * go of it. `kind` is that of the front end. */
int device_detach(struct corbel *c, uint32_t domid, const char *kind,
		  uint32_t id, const char *object, unsigned int seconds);
