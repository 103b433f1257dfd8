/* SPDX-License-Identifier: MIT */
/*
 * What to do about a guest-physical address that faults:
 *
 *   mapped as the access wants    another vCPU did it meanwhile: run again
 *   a virtual device's            emulate the instruction
 *   the service VM, no RAM there  a real device: map it, run again
 *   anything else                 reads all ones, writes are dropped
 */
#include "virt/memory_exit.h"

#include "domain/identity.h"
#include "domain/p2m.h"
#include "virt/emulate.h"
#include "virt/vdev/claim.h"

static bool is_allowed(const struct vcpu_exit *exit, enum p2m_type type)
{
	if (exit->is_write) {
		return p2m_type_is_writable(type) || type == P2M_MMIO_DIRECT;
	}
	return type != P2M_NONE && type != P2M_MMIO_DM &&
	       (!exit->is_fetch || type == P2M_RAM_RW || type == P2M_RAM_RO ||
		type == P2M_FOREIGN || type == P2M_SHARED);
}

void memory_exit(struct vcpu *v, const struct vcpu_exit *exit)
{
	enum p2m_type type;

	(void)p2m_lookup(v->domain, gfn_of(exit->gaddr), &type);
	if (unlikely(is_allowed(exit, type))) {
		return;
	}
	if (type == P2M_NONE && !mmio_is_claimed(v->domain, exit->gaddr) &&
	    identity_map(v->domain, exit->gaddr)) {
		return;
	}
	emulate_insn(v, exit);
}
