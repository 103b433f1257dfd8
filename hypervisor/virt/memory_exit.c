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

#include "arch/x86/hooks.h"
#include "domain/identity.h"
#include "domain/p2m.h"
#include "virt/emulate.h"
#include "virt/insn_skip.h"
#include "virt/translate.h"
#include "virt/vdev/machine.h"
#include "virt/vdev/vlapic.h"

static bool is_allowed(const struct vcpu_exit *exit, enum p2m_type type)
{
	if (exit->is_write) {
		return p2m_type_is_writable(type) || type == P2M_MMIO_DIRECT;
	}
	return type != P2M_NONE && type != P2M_MMIO_DM &&
	       (!exit->is_fetch || type == P2M_RAM_RW || type == P2M_RAM_RO ||
		type == P2M_FOREIGN || type == P2M_SHARED);
}

static bool is_device(const struct vcpu *v, gaddr_t a)
{
	return (a.v & PAGE_MASK) == VLAPIC_BASE_DEFAULT ||
	       claim_find(&v->domain->machine->mmio, a.v) != NULL;
}

void memory_exit(struct vcpu *v, const struct vcpu_exit *exit)
{
	enum p2m_type type;

	(void)p2m_lookup(v->domain, gfn_of(exit->gaddr), &type);
	if (unlikely(is_allowed(exit, type))) {
		return;
	}
	if (type == P2M_NONE && !is_device(v, exit->gaddr) &&
	    identity_map(v->domain, exit->gaddr)) {
		return;
	}
	memory_exit_emulate(v, exit);
}

/* All bytes that the instruction may have. */
static size_t fetch_all(struct vcpu *v, uint8_t *bytes)
{
	const uint64_t linear = insn_linear_rip(v);
	uint8_t more[16];
	size_t n = translate_fetch(v, linear, bytes, 16);

	if (likely(n == 0 || n >= INSN_MAX_LENGTH)) {
		return n;
	}

	const size_t rest = translate_fetch(v, linear + n, more, 16);

	for (size_t i = 0; i < rest && n < INSN_MAX_LENGTH; i++) {
		bytes[n++] = more[i];
	}
	return n;
}

void memory_exit_emulate(struct vcpu *v, const struct vcpu_exit *exit)
{
	struct insn insn;
	uint8_t bytes[16];
	const size_t n = fetch_all(v, bytes);

	if (n == 0) {
		if (exit != NULL && exit->is_fetch) {
			domain_crash(v->domain,
				     "vCPU %u runs code at %llx, where no "
				     "memory is",
				     v->id,
				     (unsigned long long)exit->gaddr.v);
		}
		return;
	}
	if (insn_decode(v->mode, bytes, n, &insn) <= 0) {
		log_guest("domain %u vCPU %u: cannot emulate %02x %02x %02x "
			  "%02x %02x %02x at rip %llx (address %llx)\n",
			  v->domain->id, v->id, bytes[0], bytes[1], bytes[2],
			  bytes[3], bytes[4], bytes[5],
			  (unsigned long long)v->rip,
			  exit == NULL ? 0 : (unsigned long long)exit->gaddr.v);

		const struct emul_fault fault = { .vector = 6 };

		virt->inject_fault(v, &fault);
		return;
	}
	emulate_insn(v, &insn);
}
