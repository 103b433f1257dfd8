/* SPDX-License-Identifier: MIT */
#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "arch/x86/traps.h"
#include "core/panic.h"

/* An NMI that we did not ask for is the platform's way to report a fault. */
void nmi_received(const struct trap_frame *f)
{
	log_error("NMI on pCPU %u at %llx\n", this_cpu(),
		  (unsigned long long)f->rip);
}
