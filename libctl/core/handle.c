/* SPDX-License-Identifier: MIT */
/*
 * The handle: what is open towards hypervisor, guest memory and store.
 */
#include <errno.h>
#include <stdlib.h>
#include <xentoollog.h>

#include "libctl/core/internal.h"

#define LIBRARY_VERSION "0.1.0"

/* Xen's libraries print their failures unless told where else to put them;
 * ours are in the handle. */
static void drop_message(struct xentoollog_logger *logger,
			 xentoollog_level level, int number,
			 const char *context, const char *format, va_list args)
	__attribute__((format(printf, 5, 0)));

static void drop_message(struct xentoollog_logger *logger,
			 xentoollog_level level, int number,
			 const char *context, const char *format, va_list args)
{
	(void)logger;
	(void)level;
	(void)number;
	(void)context;
	(void)format;
	(void)args;
}

static struct xentoollog_logger silent = { .vmessage = drop_message };

static int open_devices(struct corbel *c)
{
	c->call = xencall_open(&silent, 0);
	if (c->call == NULL) {
		if (errno == ENOENT || errno == ENODEV || errno == ENXIO) {
			return corbel_fail(c, CORBEL_NOT_ALLOWED,
					   "/dev/xen/privcmd",
					   "not there: this is no service VM, "
					   "or module xen_privcmd is missing");
		}
		if (errno == EACCES || errno == EPERM) {
			return corbel_fail(c, CORBEL_NOT_ALLOWED,
					   "/dev/xen/privcmd",
					   "no permission to open it: be root");
		}
		return corbel_fail_errno(c, "/dev/xen/privcmd", "open");
	}
	c->fmem = xenforeignmemory_open(&silent, 0);
	if (c->fmem == NULL) {
		return corbel_fail_errno(c, "guest memory", "open");
	}
	return 0;
}

/* What remains of a handle there is no memory for. */
static struct corbel none = {
	.error = { CORBEL_NO_MEMORY, "", "no memory for a handle" },
};

int corbel_open(struct corbel **c)
{
	*c = calloc(1, sizeof(**c));
	if (*c == NULL) {
		*c = &none;
		return -1;
	}
	return open_devices(*c);
}

void corbel_close(struct corbel *c)
{
	if (c == NULL || c == &none) {
		return;
	}
	xs_close(c->xs);
	xs_close(c->changes);
	xenforeignmemory_close(c->fmem);
	xencall_close(c->call);
	free(c);
}

struct xs_handle *handle_store(struct corbel *c)
{
	if (c->xs == NULL && daemon_is_there()) {
		c->xs = xs_open(0);
	}
	if (c->xs == NULL) {
		corbel_fail_errno(c, "store",
				  "no connection (is corbel-stored running?)");
	}
	return c->xs;
}

void corbel_set_progress(struct corbel *c, corbel_progress_t call,
			 void *context)
{
	c->progress = call;
	c->progress_context = context;
}

void handle_progress(struct corbel *c, const char *step, uint64_t done,
		     uint64_t total)
{
	if (c->progress != NULL) {
		c->progress(step, done, total, c->progress_context);
	}
}

const char *corbel_library_version(void)
{
	return LIBRARY_VERSION;
}
