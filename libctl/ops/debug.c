/* SPDX-License-Identifier: MIT */
/*
 * What is asked of a guest from outside: its registers and memory, to stop and
 * step, to suffer a trigger.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xen/sched.h>

#include "libctl/core/internal.h"
#include "libctl/ops/ops.h"

#define COPY_MAX (64u << 10)

static int context(struct corbel *c, uint32_t domid, void *buffer, size_t *size)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_gethvmcontext,
		.domain = (domid_t)domid,
		.u.hvmcontext.size = (uint32_t)*size,
	};
	int rc;

	set_xen_guest_handle(op.u.hvmcontext.buffer, (uint8_t *)buffer);
	rc = domctl_run(c, &op);
	*size = op.u.hvmcontext.size;
	return rc;
}

int debug_get_context(struct corbel *c, uint32_t domid, void **records,
		      size_t *size)
{
	void *buffer;
	int rc;

	*records = NULL;
	*size = 0;
	if (context(c, domid, NULL, size) != 0) {
		return -1;
	}
	buffer = call_buffer(c, *size);
	if (buffer == NULL) {
		return -1;
	}
	rc = context(c, domid, buffer, size);
	if (rc == 0) {
		*records = malloc(*size);
		rc = *records != NULL ? 0 : -1;
	}
	if (rc == 0) {
		memcpy(*records, buffer, *size);
	}
	call_buffer_free(c, buffer);
	return rc;
}

int debug_set_debugged(struct corbel *c, uint32_t domid, bool debugged)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_setdebugging,
		.domain = (domid_t)domid,
		.u.setdebugging.enable = debugged,
	};

	return domctl_run(c, &op);
}

int debug_set_step(struct corbel *c, uint32_t domid, uint32_t vcpu, bool step)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_debug_op,
		.domain = (domid_t)domid,
		.u.debug_op = {
			.op = step ? XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_ON
				   : XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_OFF,
			.vcpu = vcpu,
		},
	};

	return domctl_run(c, &op);
}

static int hold_vcpu(struct corbel *c, uint32_t command, uint32_t domid,
		     uint32_t vcpu)
{
	struct xen_domctl op = {
		.cmd = command,
		.domain = (domid_t)domid,
		.u.gdbsx_pauseunp_vcpu.vcpu = vcpu,
	};

	return domctl_run(c, &op);
}

int debug_pause_vcpu(struct corbel *c, uint32_t domid, uint32_t vcpu)
{
	return hold_vcpu(c, XEN_DOMCTL_gdbsx_pausevcpu, domid, vcpu);
}

int debug_unpause_vcpu(struct corbel *c, uint32_t domid, uint32_t vcpu)
{
	return hold_vcpu(c, XEN_DOMCTL_gdbsx_unpausevcpu, domid, vcpu);
}

int debug_status(struct corbel *c, uint32_t domid,
		 struct xen_domctl_gdbsx_domstatus *status)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_gdbsx_domstatus,
		.domain = (domid_t)domid,
	};
	const int rc = domctl_run(c, &op);

	*status = op.u.gdbsx_domstatus;
	return rc;
}

/* Returns how many bytes of the buffer are done. */
static size_t copy(struct corbel *c, uint32_t domid, uint64_t cr3, uint64_t at,
		   void *buffer, size_t size, bool write)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_gdbsx_guestmemio,
		.domain = (domid_t)domid,
		.u.gdbsx_guest_memio = {
			.pgd3val = cr3,
			.gva = at,
			.uva = (uintptr_t)buffer,
			.len = (uint32_t)size,
			.gwr = write,
			.remain = (uint32_t)size,
		},
	};

	domctl_run(c, &op);
	return size - op.u.gdbsx_guest_memio.remain;
}

size_t debug_copy(struct corbel *c, uint32_t domid, uint64_t cr3, uint64_t at,
		  void *bytes, size_t size, bool write)
{
	uint8_t *const buffer = call_buffer(c, COPY_MAX);
	size_t done = 0, part = 1;

	while (buffer != NULL && done < size && part != 0) {
		const size_t n =
			size - done < COPY_MAX ? size - done : COPY_MAX;
		uint8_t *const place = (uint8_t *)bytes + done;

		if (write) {
			memcpy(buffer, place, n);
		}
		part = copy(c, domid, cr3, at + done, buffer, n, write);
		if (!write) {
			memcpy(place, buffer, part);
		}
		done += part;
		part = part == n ? part : 0;
	}
	call_buffer_free(c, buffer);
	return done;
}

int debug_trigger(struct corbel *c, uint32_t domid, uint32_t trigger,
		  uint32_t vcpu)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_sendtrigger,
		.domain = (domid_t)domid,
		.u.sendtrigger = { .trigger = trigger, .vcpu = vcpu },
	};

	return domctl_run(c, &op);
}

int debug_resume(struct corbel *c, uint32_t domid)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_resumedomain,
		.domain = (domid_t)domid,
	};

	return domctl_run(c, &op);
}

int debug_stop(struct corbel *c, uint32_t domid, unsigned int reason)
{
	struct sched_remote_shutdown op = {
		.domain_id = (domid_t)domid,
		.reason = reason,
	};

	return (int)call_command(c, __HYPERVISOR_sched_op,
				 SCHEDOP_remote_shutdown, &op, sizeof(op));
}
