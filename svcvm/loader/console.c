/* SPDX-License-Identifier: MIT */
#include "svcvm/loader/console.h"

#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Without this the headers name the hypercalls of Xen 3.0: sched_op was 6. */
#define __XEN_INTERFACE_VERSION__ 0x00040e00

#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/xen.h>

/* CPUID leaf 0 has the vendor's name in EBX, EDX, ECX. */
static bool vendor_is(const char *name)
{
	uint32_t found[3];
	uint32_t max;

	__cpuid(0, max, found[0], found[2], found[1]);
	return memcmp(found, name, sizeof(found)) == 0;
}

/*
 * Makes a hypercall with the instruction that the processor's vendor has for
 * it. The ABI lets a call change the argument registers.
 */
static long hypercall(unsigned long number, unsigned long a, unsigned long b,
		      const void *c)
{
	unsigned long r = number;

	if (vendor_is("AuthenticAMD") || vendor_is("HygonGenuine")) {
		__asm__ volatile("vmmcall"
				 : "+a"(r), "+D"(a), "+S"(b), "+d"(c)
				 :
				 : "r8", "r10", "memory");
	} else {
		__asm__ volatile("vmcall"
				 : "+a"(r), "+D"(a), "+S"(b), "+d"(c)
				 :
				 : "r8", "r10", "memory");
	}
	return (long)r;
}

void console_write(const char *text)
{
	hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, strlen(text), text);
}

/* The system time at which vCPU 0 began to run is what is near enough to now and
 * needs no shared page; the clock counts whole seconds anyway. A service VM
 * without privilege may not set it. */
void console_set_clock(uint64_t seconds)
{
	struct vcpu_runstate_info runs = { 0 };
	struct xen_platform_op op = {
		.cmd = XENPF_settime64,
		.interface_version = XENPF_INTERFACE_VERSION,
	};

	hypercall(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0, &runs);
	op.u.settime64.secs = seconds;
	op.u.settime64.system_time = runs.state_entry_time;
	if (seconds != 0) {
		hypercall(__HYPERVISOR_platform_op, (unsigned long)&op, 0,
			  NULL);
	}
}

_Noreturn void console_crash(void)
{
	const struct sched_shutdown crash = { .reason = SHUTDOWN_crash };

	for (;;) {
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown,
			  (unsigned long)&crash, NULL);
	}
}
