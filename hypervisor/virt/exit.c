/* SPDX-License-Identifier: MIT */
/*
 * One function for each kind of exit, in two tables: instructions, which are
 * skipped when they are done, and everything else.
 */
#include "virt/exit.h"

#include "arch/x86/features.h"
#include "arch/x86/hooks.h"
#include "domain/physmap.h"
#include "virt/debug.h"
#include "virt/vdev/claim.h"
#include "virt/vdev/vlapic.h"

#define VECTOR_UD 6
#define VECTOR_GP 13

static void inject_plain(struct vcpu *v, uint8_t vector, bool has_error)
{
	const struct emul_fault fault = { .vector = vector,
					  .has_error = has_error };

	virt->inject_fault(v, &fault);
}

/*
 * Instructions. True when it is done and to be skipped; its length is known by
 * then.
 */

static bool exit_hypercall(struct vcpu *v, const struct vcpu_exit *)
{
	return hypercall_run(v);
}

static bool exit_cpuid(struct vcpu *v, const struct vcpu_exit *)
{
	const struct cpuid_regs r = cpuid_guest(v, (uint32_t)v->gpr[GPR_RAX],
						(uint32_t)v->gpr[GPR_RCX]);

	v->gpr[GPR_RAX] = r.eax;
	v->gpr[GPR_RBX] = r.ebx;
	v->gpr[GPR_RCX] = r.ecx;
	v->gpr[GPR_RDX] = r.edx;
	return true;
}

/* A guest whose vCPUs all halted with interrupts off can do nothing any more:
 * that is how a PVH kernel without ACPI powers off. */
static void check_all_dead(struct domain *d)
{
	/* Of two that halt at once, one at least sees both. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < d->vcpu_count; i++) {
		const uint8_t wait = d->vcpus[i]->wait;

		if (wait != WAIT_DEAD && wait != WAIT_START &&
		    wait != WAIT_DOWN) {
			return;
		}
	}
	log_guest("domain %u: all vCPUs halted with interrupts off\n", d->id);
	domain_shutdown(d, SHUTDOWN_poweroff);
}

static bool exit_halt(struct vcpu *v, const struct vcpu_exit *)
{
	const bool dead = (v->rflags & RFLAGS_IF) == 0;

	vcpu_set_wait(v, dead ? WAIT_DEAD : WAIT_HALT);
	/* Look once more: what came before this was not a wake-up. */
	v->sticky_work |= WORK_EVENT | WORK_LAPIC;
	if (dead) {
		check_all_dead(v->domain);
	}
	return true;
}

static bool exit_msr_read(struct vcpu *v, const struct vcpu_exit *)
{
	uint64_t value;

	if (!msr_read(v, (uint32_t)v->gpr[GPR_RCX], &value)) {
		inject_plain(v, VECTOR_GP, true);
		return false;
	}
	v->gpr[GPR_RAX] = (uint32_t)value;
	v->gpr[GPR_RDX] = value >> 32;
	return true;
}

static bool exit_msr_write(struct vcpu *v, const struct vcpu_exit *)
{
	const uint64_t value = (uint32_t)v->gpr[GPR_RAX] | v->gpr[GPR_RDX]
								   << 32;

	if (!msr_write(v, (uint32_t)v->gpr[GPR_RCX], value)) {
		inject_plain(v, VECTOR_GP, true);
		return false;
	}
	return true;
}

static void io_in(struct vcpu *v, const struct vcpu_exit *exit)
{
	const uint32_t value = pio_read(v, exit->port, exit->size);

	if (exit->size == 4) {
		v->gpr[GPR_RAX] = value;
	} else {
		const uint64_t mask = BIT(exit->size * 8) - 1;

		v->gpr[GPR_RAX] = (v->gpr[GPR_RAX] & ~mask) | (value & mask);
	}
}

static bool exit_io(struct vcpu *v, const struct vcpu_exit *exit)
{
	if (exit->is_string) {
		emulate_insn(v, NULL);
		return false;
	}
	if (exit->is_in) {
		io_in(v, exit);
	} else {
		pio_write(v, exit->port, exit->size, (uint32_t)v->gpr[GPR_RAX]);
	}
	return true;
}

static bool exit_cache(struct vcpu *v, const struct vcpu_exit *)
{
	/* INVD too writes back: it must not lose others' data. Guests without
	 * devices have coherent memory and no use for either. */
	if (v->domain->privileged) {
		__asm__ volatile("wbinvd" ::: "memory");
	}
	return true;
}

static bool (*const instructions[EXIT_KINDS])(struct vcpu *v,
					      const struct vcpu_exit *exit) = {
	[EXIT_HYPERCALL] = exit_hypercall, [EXIT_CPUID] = exit_cpuid,
	[EXIT_HALT] = exit_halt,           [EXIT_MSR_READ] = exit_msr_read,
	[EXIT_MSR_WRITE] = exit_msr_write, [EXIT_IO] = exit_io,
	[EXIT_CACHE] = exit_cache,
};

static void exit_none(struct vcpu *, const struct vcpu_exit *)
{
}

static bool is_allowed(const struct vcpu_exit *exit, enum p2m_type type)
{
	if (exit->is_write) {
		return p2m_type_is_writable(type) || type == P2M_MMIO_DIRECT;
	}
	return type != P2M_NONE && type != P2M_MMIO_DM &&
	       (!exit->is_fetch || type == P2M_RAM_RW || type == P2M_RAM_RO ||
		type == P2M_FOREIGN || type == P2M_SHARED);
}

/*
 * What to do about a guest-physical address that faults:
 *
 *   mapped as the access wants    another vCPU did it meanwhile: run again
 *   a virtual device's            emulate the instruction
 *   the service VM, no RAM there  a real device: map it, run again
 *   anything else                 reads all ones, writes are dropped
 */
static void exit_memory(struct vcpu *v, const struct vcpu_exit *exit)
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

static void exit_window(struct vcpu *v, const struct vcpu_exit *)
{
	/* sticky_work brings the run loop to deliver_work(). */
	virt->want_window(v, false);
}

/*
 * MOV to CR8 while an interrupt waits for the priority to fall. Done here and
 * not by running it once without the intercept: then the interrupt would be
 * one instruction late.
 */
static void exit_tpr(struct vcpu *v, const struct vcpu_exit *exit)
{
	unsigned int gpr;
	unsigned int length;

	if (!insn_skip_control(v, exit, &gpr, &length)) {
		return;
	}

	const uint64_t value = v->gpr[gpr];

	if (value > 15) {
		inject_plain(v, VECTOR_GP, true);
		return;
	}
	virt->set_tpr(v, (uint8_t)value);
	v->sticky_work |= WORK_LAPIC;
	insn_skip(v, length);
}

static void exit_undefined(struct vcpu *v, const struct vcpu_exit *)
{
	inject_plain(v, VECTOR_UD, false);
}

static void exit_protected(struct vcpu *v, const struct vcpu_exit *)
{
	inject_plain(v, VECTOR_GP, true);
}

static void dump_and_crash(struct vcpu *v, const char *why)
{
	log_error("domain %u vCPU %u: %s at rip %lx rflags %lx\n",
		  v->domain->id, v->id, why, v->rip, v->rflags);
	virt->dump(v);
	domain_crash(v->domain, "vCPU %u: %s", v->id, why);
}

static void exit_shutdown(struct vcpu *v, const struct vcpu_exit *)
{
	dump_and_crash(v, "triple fault");
}

static void exit_broken(struct vcpu *v, const struct vcpu_exit *exit)
{
	log_error("unknown exit %lx (%lx, %lx)\n", exit->raw[0], exit->raw[1],
		  exit->raw[2]);
	dump_and_crash(v, "state refused by the hardware");
}

static void (*const others[EXIT_KINDS])(struct vcpu *v,
					const struct vcpu_exit *exit) = {
	[EXIT_NONE] = exit_none,
	[EXIT_INTERRUPT] = exit_none,
	[EXIT_MEMORY] = exit_memory,
	[EXIT_WINDOW] = exit_window,
	[EXIT_TPR] = exit_tpr,
	[EXIT_UNDEFINED] = exit_undefined,
	[EXIT_PROTECTED] = exit_protected,
	[EXIT_SHUTDOWN] = exit_shutdown,
	[EXIT_DEBUG] = debug_exit_trap,
	[EXIT_BREAKPOINT] = debug_exit_breakpoint,
	[EXIT_SOFTWARE_INTERRUPT] = debug_exit_software,
	[EXIT_BROKEN] = exit_broken,
};

void exit_handle(struct vcpu *v, const struct vcpu_exit *exit)
{
	unsigned int length;

	if (instructions[exit->kind] == NULL) {
		others[exit->kind](v, exit);
	} else if (insn_skip_length(v, exit, &length) &&
		   instructions[exit->kind](v, exit)) {
		insn_skip(v, length);
	}
}
