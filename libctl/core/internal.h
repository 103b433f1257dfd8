/* SPDX-License-Identifier: MIT */
/*
 * What the parts of libcorbel know of each other and nobody else does.
 *
 * A function that takes a handle returns 0, or -1 after corbel_fail(): who gets
 * -1 passes it on. Undo paths keep the first failure with error_keep().
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <xencall.h>
#include <xenforeignmemory.h>
#include <xenstore.h>

#include "libctl/corbel.h"

struct corbel {
	struct corbel_error error;
	xencall_handle *call;
	xenforeignmemory_handle *fmem;
	struct xs_handle *xs;      /* by handle_store() only: NULL until then */
	struct xs_handle *changes; /* corbel_changes_open()'s, or NULL */
	corbel_progress_t progress;
	void *progress_context;
};

/* What the store daemon and the console daemon have to know of a guest. */
struct domain_rings {
	uint32_t store_port; /* in the guest, for domain 0 */
	uint32_t console_port;
	uint64_t store_gfn;
	uint64_t console_gfn;
};

/* What a guest is made with. */
static inline uint64_t config_start_kib(const struct corbel_config *config)
{
	return config->start_kib != 0 ? config->start_kib : config->memory_kib;
}

/* ---- core/error.c ---- */

/* Records a failure and returns -1. The format makes one line without the
 * object and without a full stop. `object` may be NULL. */
int corbel_fail(struct corbel *c, enum corbel_error_code code,
		const char *object, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same for a failed system call or library call: ": " and what errno
 * means come behind the text, and errno decides the code. */
int corbel_fail_errno(struct corbel *c, const char *object, const char *format,
		      ...) __attribute__((format(printf, 3, 4)));

/* Before and after undoing: a failure in between is not told. */
struct corbel_error error_keep(const struct corbel *c);
void error_put_back(struct corbel *c, const struct corbel_error *kept);

/* ---- core/file.c ---- */

/* The file's text with a NUL behind it; NULL after corbel_fail(). */
char *file_read_text(struct corbel *c, const char *path, size_t *size);
/* In place of what was there; nobody reads a half of it. */
int file_write_text(struct corbel *c, const char *path, const char *text);

/* ---- core/daemon.c ---- */

/* Waits a little for a store daemon that is being started again. false with
 * errno if there is none. */
bool daemon_is_there(void);

/* ---- core/handle.c ---- */

/* The connection to the store, made at first use. NULL after corbel_fail(). */
struct xs_handle *handle_store(struct corbel *c);

/* Calls back who wants to know the progress. */
void handle_progress(struct corbel *c, const char *step, uint64_t done,
		     uint64_t total);

/* ---- domain/store.c ---- */

/* Writes the store entries of a new guest and introduces it. */
int store_domain_add(struct corbel *c, uint32_t domid,
		     const struct corbel_config *config,
		     const struct domain_rings *rings);

/* Removes them; entries that are not there are no failure. */
int store_domain_remove(struct corbel *c, uint32_t domid);

/* -1 if the store has no name for this domain. */
int store_domain_name(struct corbel *c, uint32_t domid, char name[256]);

/* ---- domain/device.c ---- */

/* Disks and network interfaces: their entries and backends. */
int devices_add(struct corbel *c, uint32_t domid,
		const struct corbel_config *config);

/* Takes away all of a guest's devices; none is no failure. */
int devices_remove(struct corbel *c, uint32_t domid);
