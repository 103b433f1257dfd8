/* SPDX-License-Identifier: MIT */
/* One function for each kind of exit, in a table. */
#include "virt/exit.h"

#include "arch/x86/features.h"
#include "arch/x86/hooks.h"
#include "virt/cpuid.h"
#include "virt/emulate.h"
#include "virt/hypercall.h"
#include "virt/insn_skip.h"
#include "virt/memory_exit.h"
#include "virt/msr.h"
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

static void exit_none(struct vcpu *, const struct vcpu_exit *)
{
}

static void exit_hypercall(struct vcpu *v, const struct vcpu_exit *exit)
{
	unsigned int length;

	if (!insn_skip_length(v, exit, &length)) {
		return;
	}
	if (hypercall_run(v)) {
		insn_skip(v, length);
	}
}

static void exit_cpuid(struct vcpu *v, const struct vcpu_exit *exit)
{
	unsigned int length;

	if (!insn_skip_length(v, exit, &length)) {
		return;
	}

	const struct cpuid_regs r = cpuid_guest(v, (uint32_t)v->gpr[GPR_RAX],
						(uint32_t)v->gpr[GPR_RCX]);

	v->gpr[GPR_RAX] = r.eax;
	v->gpr[GPR_RBX] = r.ebx;
	v->gpr[GPR_RCX] = r.ecx;
	v->gpr[GPR_RDX] = r.edx;
	insn_skip(v, length);
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

static void exit_halt(struct vcpu *v, const struct vcpu_exit *exit)
{
	unsigned int length;

	if (!insn_skip_length(v, exit, &length)) {
		return;
	}
	insn_skip(v, length);

	const bool dead = (v->rflags & RFLAGS_IF) == 0;

	spin_lock(&v->lock);
	v->wait = dead ? WAIT_DEAD : WAIT_HALT;
	spin_unlock(&v->lock);
	/* Look once more: what came before this was not a wake-up. */
	v->sticky_work |= WORK_EVENT | WORK_LAPIC;
	if (dead) {
		check_all_dead(v->domain);
	}
}

static void exit_msr_read(struct vcpu *v, const struct vcpu_exit *exit)
{
	uint64_t value;
	unsigned int length;

	if (!insn_skip_length(v, exit, &length)) {
		return;
	}
	if (!msr_read(v, (uint32_t)v->gpr[GPR_RCX], &value)) {
		inject_plain(v, VECTOR_GP, true);
		return;
	}
	v->gpr[GPR_RAX] = (uint32_t)value;
	v->gpr[GPR_RDX] = value >> 32;
	insn_skip(v, length);
}

static void exit_msr_write(struct vcpu *v, const struct vcpu_exit *exit)
{
	const uint64_t value = (uint32_t)v->gpr[GPR_RAX] | v->gpr[GPR_RDX]
								   << 32;
	unsigned int length;

	if (!insn_skip_length(v, exit, &length)) {
		return;
	}
	if (!msr_write(v, (uint32_t)v->gpr[GPR_RCX], value)) {
		inject_plain(v, VECTOR_GP, true);
		return;
	}
	insn_skip(v, length);
}

static void io_in(struct vcpu *v, const struct vcpu_exit *exit)
{
	uint32_t value;

	(void)pio_read(v, exit->port, exit->size, &value);
	if (exit->size == 4) {
		v->gpr[GPR_RAX] = value;
	} else {
		const uint64_t mask = BIT(exit->size * 8) - 1;

		v->gpr[GPR_RAX] = (v->gpr[GPR_RAX] & ~mask) | (value & mask);
	}
}

static void exit_io(struct vcpu *v, const struct vcpu_exit *exit)
{
	unsigned int length;

	if (exit->is_string) {
		emulate_insn(v, NULL);
		return;
	}
	if (!insn_skip_length(v, exit, &length)) {
		return;
	}
	if (exit->is_in) {
		io_in(v, exit);
	} else {
		(void)pio_write(v, exit->port, exit->size,
				(uint32_t)v->gpr[GPR_RAX]);
	}
	insn_skip(v, length);
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

static void exit_cache(struct vcpu *v, const struct vcpu_exit *exit)
{
	unsigned int length;

	if (!insn_skip_length(v, exit, &length)) {
		return;
	}
	/* INVD too writes back: it must not lose others' data. Guests without
	 * devices have coherent memory and no use for either. */
	if (v->domain->privileged) {
		__asm__ volatile("wbinvd" ::: "memory");
	}
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

static void (*const handlers[EXIT_KINDS])(struct vcpu *v,
					  const struct vcpu_exit *exit) = {
	[EXIT_NONE] = exit_none,
	[EXIT_INTERRUPT] = exit_none,
	[EXIT_HYPERCALL] = exit_hypercall,
	[EXIT_CPUID] = exit_cpuid,
	[EXIT_HALT] = exit_halt,
	[EXIT_MSR_READ] = exit_msr_read,
	[EXIT_MSR_WRITE] = exit_msr_write,
	[EXIT_IO] = exit_io,
	[EXIT_MEMORY] = memory_exit,
	[EXIT_WINDOW] = exit_window,
	[EXIT_TPR] = exit_tpr,
	[EXIT_CACHE] = exit_cache,
	[EXIT_UNDEFINED] = exit_undefined,
	[EXIT_PROTECTED] = exit_protected,
	[EXIT_SHUTDOWN] = exit_shutdown,
	[EXIT_BROKEN] = exit_broken,
};

void exit_handle(struct vcpu *v, const struct vcpu_exit *exit)
{
	handlers[exit->kind](v, exit);
}
