/* SPDX-License-Identifier: MIT */
/*
 * Non-maskable interrupts come from a pCPU that panics, from the watchdog, or
 * from the platform, which reports a fault of the machine that way.
 */
#include "arch/x86/asm.h"
#include "arch/x86/hooks.h"
#include "arch/x86/percpu.h"
#include "arch/x86/traps.h"
#include "core/panic.h"
#include "core/pcpu_watch.h"

/* ISA bridge data sheets (for example 82371SB): NMISC. */
#define PORT_NMISC    0x61
#define NMISC_KEEP    0x03u /* gate and speaker of 8254 channel 2 */
#define NMISC_IOCHK   0x40u
#define NMISC_SERR    0x80u
#define NMISC_DISABLE 0x0cu /* turning the sources off and on clears them */

/* From trap_entry(), on the NMI's own stack: takes no lock. */
void nmi_received(const struct trap_frame *f)
{
	panic_park();
	if (panic_is_under_way() || pcpu_watch_nmi(f)) {
		return;
	}

	const uint8_t reason = inb(PORT_NMISC);

	outb(PORT_NMISC, (reason & NMISC_KEEP) | NMISC_DISABLE);
	outb(PORT_NMISC, reason & NMISC_KEEP);
	log_from_trap("NMI on pCPU %u at %lx: port 61 reads %02x%s%s\n",
		      this_cpu(), f->rip, reason,
		      (reason & NMISC_SERR) != 0 ? ", system error" : "",
		      (reason & NMISC_IOCHK) != 0 ? ", I/O channel check" : "");
}
