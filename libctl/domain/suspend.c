/* SPDX-License-Identifier: MIT */
/*
 * Suspending to memory: the guest prepares its drivers and makes a call that does
 * not come back before somebody resumes it. A call that returns 1 tells it that
 * nothing was taken from it meanwhile, so that its devices are as they were.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/sched.h>

#include "libctl/core/internal.h"
#include "libctl/debug/registers.h"
#include "libctl/domain/life.h"
#include "libctl/domain/store.h"
#include "libctl/domain/subject.h"

#define NOT_TAKEN 1u /* what the call returns */

static bool is_suspended(const struct xen_domctl_getdomaininfo *info)
{
	const uint32_t reason = info->flags >> XEN_DOMINF_shutdownshift &
				XEN_DOMINF_shutdownmask;

	return (info->flags & XEN_DOMINF_shutdown) != 0 &&
	       reason == SHUTDOWN_suspend;
}

/* It must not happen when nobody waits for it any more. */
static void withdraw(struct corbel *c, uint32_t domid)
{
	const struct corbel_error kept = error_keep(c);
	char path[STORE_PATH_MAX];
	char *text;

	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown",
		 domid);
	text = store_read(c->xs, path);
	if (text != NULL && strcmp(text, "suspend") == 0) {
		xs_write(c->xs, XBT_NULL, path, "", 0);
	}
	free(text);
	error_put_back(c, &kept);
}

static int refuse(struct corbel *c, uint32_t domid, const char *why)
{
	char object[SUBJECT_SIZE];

	return corbel_fail(c, CORBEL_INVALID,
			   subject_name(c, domid, object, sizeof(object)), "%s",
			   why);
}

int corbel_suspend(struct corbel *c, uint32_t domid, unsigned int seconds)
{
	struct xen_domctl_getdomaininfo info;

	if (life_ask(c, domid, "suspend", seconds) != 0) {
		if (corbel_error(c)->code == CORBEL_TIMEOUT) {
			withdraw(c, domid);
		}
		return -1;
	}
	if (subject_info(c, domid, &info) != 0) {
		return subject_fail(c, domid, "suspend");
	}
	return is_suspended(&info)
		       ? 0
		       : refuse(c, domid, "it has stopped for another reason");
}

/* Linux makes the call on vCPU 0. */
static int answer_call(struct corbel *c, uint32_t domid)
{
	struct registers_context *const context = calloc(1, sizeof(*context));
	struct hvm_hw_cpu *cpu;
	void *records = NULL;
	size_t size;
	int ret = -1;

	if (context == NULL ||
	    debug_get_context(c, domid, &records, &size) != 0) {
		goto out;
	}
	cpu = registers_find(records, size, 0);
	if (cpu == NULL) {
		errno = EINVAL;
		goto out;
	}
	cpu->rax = NOT_TAKEN;
	registers_context(context, 0, cpu);
	ret = domctl_set_context(c, domid, context, sizeof(*context));
out:
	free(records);
	free(context);
	return ret;
}

int corbel_resume(struct corbel *c, uint32_t domid)
{
	struct xs_handle *const xs = handle_store(c);
	struct xen_domctl_getdomaininfo info;

	if (xs == NULL || subject_is_guest(c, domid) != 0) {
		return -1;
	}
	if (subject_info(c, domid, &info) != 0) {
		return subject_fail(c, domid, "resume");
	}
	if (!is_suspended(&info)) {
		return refuse(c, domid, "it is not suspended");
	}
	if (answer_call(c, domid) != 0 || debug_resume(c, domid) != 0 ||
	    /* Its next end is to be told again. */
	    !xs_resume_domain(xs, domid)) {
		return subject_fail(c, domid, "resume");
	}
	return 0;
}
