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
#define PORT_NMISC          0x61
#define NMISC_KEEP          0x03u /* gate and speaker of 8254 channel 2 */
#define NMISC_SERR_DISABLE  0x04u
#define NMISC_IOCHK_DISABLE 0x08u
#define NMISC_IOCHK         0x40u
#define NMISC_SERR          0x80u

static const char *reason_name(uint8_t reason)
{
	switch (reason & (NMISC_SERR | NMISC_IOCHK)) {
	case NMISC_SERR:
		return "PCI system error or memory parity";
	case NMISC_IOCHK:
		return "I/O channel check";
	case NMISC_SERR | NMISC_IOCHK:
		return "PCI system error and I/O channel check";
	default:
		return "no reason given";
	}
}

/* Turning a source off and on again clears its latch. */
static void clear_reason(uint8_t reason)
{
	const uint8_t keep = reason & NMISC_KEEP;
	uint8_t off = keep;

	off |= (reason & NMISC_SERR) != 0 ? NMISC_SERR_DISABLE : 0;
	off |= (reason & NMISC_IOCHK) != 0 ? NMISC_IOCHK_DISABLE : 0;
	if (off != keep) {
		outb(PORT_NMISC, off);
		outb(PORT_NMISC, keep);
	}
}

/* From trap_entry(), on the NMI's own stack: takes no lock. */
void nmi_received(const struct trap_frame *f)
{
	panic_park();
	if (panic_is_under_way() || pcpu_watch_nmi(f)) {
		return;
	}

	const uint8_t reason = inb(PORT_NMISC);

	clear_reason(reason);
	log_from_trap("NMI on pCPU %u at %llx: %s (port 61 reads %02x)\n",
		      this_cpu(), (unsigned long long)f->rip,
		      reason_name(reason), reason);
}
