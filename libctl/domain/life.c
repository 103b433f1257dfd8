/* SPDX-License-Identifier: MIT */
/*
 * Pausing, stopping and ending a guest.
 */
#include "libctl/domain/life.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "libctl/core/internal.h"
#include "libctl/core/pause.h"
#include "libctl/domain/kept.h"
#include "libctl/domain/subject.h"
#include "libctl/ops/ops.h"

#define POLL_MS          100
#define DESTROY_RETRY_MS 1
#define DESTROY_TRIES    60000

int corbel_pause(struct corbel *c, uint32_t domid)
{
	if (subject_is_guest(c, domid) != 0) {
		return -1;
	}
	return domctl_pause(c, domid) == 0 ? 0
					   : subject_fail(c, domid, "pause");
}

int corbel_unpause(struct corbel *c, uint32_t domid)
{
	if (subject_is_guest(c, domid) != 0) {
		return -1;
	}
	return domctl_unpause(c, domid) == 0
		       ? 0
		       : subject_fail(c, domid, "unpause");
}

static int has_stopped(struct corbel *c, uint32_t domid)
{
	struct xen_domctl_getdomaininfo info;

	if (subject_info(c, domid, &info) != 0) {
		return errno == ESRCH;
	}
	return (info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying)) != 0;
}

static int wait_stopped(struct corbel *c, uint32_t domid, unsigned int seconds)
{
	const uint64_t tries = (uint64_t)seconds * 1000 / POLL_MS;
	char object[SUBJECT_SIZE];

	for (uint64_t i = 0; i < tries; i++) {
		if (has_stopped(c, domid)) {
			return 0;
		}
		pause_ms(POLL_MS);
	}
	return corbel_fail(c, CORBEL_TIMEOUT,
			   subject_name(c, domid, object, sizeof(object)),
			   "still running after %u seconds", seconds);
}

/* Writes what the guest is to do where its kernel looks for it. */
static int write_request(struct corbel *c, uint32_t domid, const char *request)
{
	struct xs_handle *xs = handle_store(c);
	char path[64];

	if (xs == NULL) {
		return -1;
	}
	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown",
		 domid);
	if (!xs_write(xs, XBT_NULL, path, request,
		      (unsigned int)strlen(request))) {
		return subject_fail(c, domid, path);
	}
	return 0;
}

int life_ask(struct corbel *c, uint32_t domid, const char *request,
	     unsigned int seconds)
{
	struct xen_domctl_getdomaininfo info;
	char object[SUBJECT_SIZE];

	if (subject_is_guest(c, domid) != 0) {
		return -1;
	}
	if (subject_info(c, domid, &info) != 0) {
		return subject_fail(c, domid, request);
	}
	if (info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying)) {
		return 0;
	}
	if (info.flags & XEN_DOMINF_paused) {
		return corbel_fail(
			c, CORBEL_INVALID,
			subject_name(c, domid, object, sizeof(object)),
			"it is paused and cannot answer; unpause "
			"it first");
	}
	if (write_request(c, domid, request) != 0) {
		return -1;
	}
	return seconds == 0 ? 0 : wait_stopped(c, domid, seconds);
}

int corbel_shutdown(struct corbel *c, uint32_t domid, unsigned int seconds)
{
	return life_ask(c, domid, "poweroff", seconds);
}

int corbel_reboot(struct corbel *c, uint32_t domid, unsigned int seconds)
{
	return life_ask(c, domid, "reboot", seconds);
}

int life_end(struct corbel *c, uint32_t domid, const char *object)
{
	for (unsigned int i = 0; i < DESTROY_TRIES; i++) {
		if (domctl_destroy(c, domid) == 0) {
			return 0;
		}
		if (errno != EAGAIN && errno != EBUSY && errno != EINTR) {
			return corbel_fail_errno(c, object, "destroy");
		}
		pause_ms(DESTROY_RETRY_MS);
	}
	return corbel_fail(c, CORBEL_TIMEOUT, object,
			   "its memory could not be taken back");
}

static int end_and_forget(struct corbel *c, uint32_t domid)
{
	char object[SUBJECT_SIZE];

	subject_name(c, domid, object, sizeof(object));
	if (life_end(c, domid, object) != 0) {
		return -1;
	}
	kept_remove(domid);
	return store_domain_remove(c, domid);
}

/* As little as possible is to be left of it; the failure before is told. */
static int end_with_devices(struct corbel *c, uint32_t domid)
{
	const struct corbel_error kept = error_keep(c);

	end_and_forget(c, domid);
	error_put_back(c, &kept);
	return -1;
}

int corbel_destroy(struct corbel *c, uint32_t domid)
{
	if (subject_is_guest(c, domid) != 0) {
		return -1;
	}
	/* It must not see its devices go. */
	if (domctl_pause(c, domid) != 0) {
		return subject_fail(c, domid, "destroy");
	}
	if (devices_remove(c, domid) == 0) {
		return end_and_forget(c, domid);
	}
	/* Of a domain that has gone nobody would look for the devices again. So
	 * where the store does not answer, it stays, paused, for the next try. */
	return corbel_error(c)->code == CORBEL_TIMEOUT
		       ? -1
		       : end_with_devices(c, domid);
}
