/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls, inline with the instruction that the CPU's vendor has.
 *
 * The number travels in (R)AX, arguments in RDI RSI RDX R10 R8, or in
 * EBX ECX EDX ESI EDI for a 32-bit caller; all of these may be overwritten.
 */
#pragma once

#include "lib/abi.h"
#include "lib/cpu.h"

#define DOMID_NONE 0x7123 /* a valid number that no domain has */

/* Set before the first call: VMMCALL for AMD and Hygon, else VMCALL. */
extern bool hypercall_by_vmmcall;

#ifdef __x86_64__
static inline long hypercall(unsigned long number, unsigned long a,
			     unsigned long b, unsigned long c, unsigned long d,
			     unsigned long e)
{
	register unsigned long r10 asm("r10") = d;
	register unsigned long r8 asm("r8") = e;

	if (hypercall_by_vmmcall) {
		asm volatile("vmmcall"
			     : "+a"(number), "+D"(a), "+S"(b), "+d"(c),
			       "+r"(r10), "+r"(r8)::"memory");
	} else {
		asm volatile("vmcall"
			     : "+a"(number), "+D"(a), "+S"(b), "+d"(c),
			       "+r"(r10), "+r"(r8)::"memory");
	}
	return (long)number;
}
#else
static inline long hypercall(unsigned long number, unsigned long a,
			     unsigned long b, unsigned long c, unsigned long d,
			     unsigned long e)
{
	if (hypercall_by_vmmcall) {
		asm volatile("vmmcall"
			     : "+a"(number), "+b"(a), "+c"(b), "+d"(c), "+S"(d),
			       "+D"(e)::"memory");
	} else {
		asm volatile("vmcall"
			     : "+a"(number), "+b"(a), "+c"(b), "+d"(c), "+S"(d),
			       "+D"(e)::"memory");
	}
	return (long)number;
}
#endif

static inline long hypercall2(unsigned number, unsigned long op, void *arg)
{
	return hypercall(number, op, (unsigned long)arg, 0, 0, 0);
}

/* Returns long: counts of pages and reservations come back whole. */
static inline long hypercall_memory(unsigned op, void *arg)
{
	return hypercall2(__HYPERVISOR_memory_op, op, arg);
}

static inline int hypercall_version(unsigned op, void *arg)
{
	return (int)hypercall2(__HYPERVISOR_xen_version, op, arg);
}

static inline int hypercall_event(unsigned op, void *arg)
{
	return (int)hypercall2(__HYPERVISOR_event_channel_op, op, arg);
}

static inline int hypercall_sched(unsigned op, void *arg)
{
	return (int)hypercall2(__HYPERVISOR_sched_op, op, arg);
}

static inline int hypercall_hvm(unsigned op, void *arg)
{
	return (int)hypercall2(__HYPERVISOR_hvm_op, op, arg);
}

static inline int hypercall_physdev(unsigned op, void *arg)
{
	return (int)hypercall2(__HYPERVISOR_physdev_op, op, arg);
}

static inline int hypercall_platform(struct xen_platform_op *op)
{
	return (int)hypercall(__HYPERVISOR_platform_op, (unsigned long)op, 0, 0,
			      0, 0);
}

static inline int hypercall_sysctl(struct xen_sysctl *op)
{
	return (int)hypercall(__HYPERVISOR_sysctl, (unsigned long)op, 0, 0, 0,
			      0);
}

static inline int hypercall_grant(unsigned op, void *array, unsigned count)
{
	return (int)hypercall(__HYPERVISOR_grant_table_op, op,
			      (unsigned long)array, count, 0, 0);
}

static inline int hypercall_vcpu(unsigned op, unsigned vcpu, void *arg)
{
	return (int)hypercall(__HYPERVISOR_vcpu_op, op, vcpu,
			      (unsigned long)arg, 0, 0);
}

static inline int hypercall_console(unsigned op, size_t count, char *text)
{
	return (int)hypercall(__HYPERVISOR_console_io, op, count,
			      (unsigned long)text, 0, 0);
}

/* Ends this run; the hypervisor ends the machine. */
_Noreturn static inline void hypercall_shutdown(unsigned reason)
{
	struct sched_shutdown shutdown = { .reason = reason };

	for (;;) {
		hypercall_sched(SCHEDOP_shutdown, &shutdown);
	}
}
