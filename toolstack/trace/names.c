/* SPDX-License-Identifier: MIT */
/*
 * Names of numbers in trace records.
 */
#include <stdint.h>
#include <stdio.h>

#define __XEN_INTERFACE_VERSION__ 0x00040e00 /* numbers of today's hypercalls */
#include <xen/xen.h>

#include <xen/vcpu.h>

#include "toolstack/trace/trace.h"

struct name {
	uint32_t number;
	const char *text;
};

/* AMD APM 2, appendix C: exit codes of SVM. */
static const struct name exits[] = {
	{ 0x18, "cr8 write" },
	{ 0x41, "debug" },
	{ 0x43, "breakpoint" },
	{ 0x52, "machine check" },
	{ 0x60, "interrupt" },
	{ 0x61, "nmi" },
	{ 0x62, "smi" },
	{ 0x63, "init" },
	{ 0x64, "window" },
	{ 0x6e, "rdtsc" },
	{ 0x6f, "rdpmc" },
	{ 0x72, "cpuid" },
	{ 0x73, "rsm" },
	{ 0x74, "iret" },
	{ 0x75, "software interrupt" },
	{ 0x76, "invd" },
	{ 0x77, "pause" },
	{ 0x78, "hlt" },
	{ 0x79, "invlpg" },
	{ 0x7a, "invlpga" },
	{ 0x7b, "port" },
	{ 0x7c, "msr" },
	{ 0x7d, "task switch" },
	{ 0x7f, "shutdown" },
	{ 0x80, "vmrun" },
	{ 0x81, "hypercall" },
	{ 0x89, "wbinvd" },
	{ 0x8a, "monitor" },
	{ 0x8b, "mwait" },
	{ 0x8d, "xsetbv" },
	{ 0x400, "memory" },
};

/* <xen/xen.h> */
static const struct name hypercalls[] = {
	{ __HYPERVISOR_platform_op, "platform_op" },
	{ __HYPERVISOR_memory_op, "memory_op" },
	{ __HYPERVISOR_set_timer_op, "set_timer_op" },
	{ __HYPERVISOR_multicall, "multicall" },
	{ __HYPERVISOR_xen_version, "xen_version" },
	{ __HYPERVISOR_console_io, "console_io" },
	{ __HYPERVISOR_grant_table_op, "grant_table_op" },
	{ __HYPERVISOR_vm_assist, "vm_assist" },
	{ __HYPERVISOR_vcpu_op, "vcpu_op" },
	{ __HYPERVISOR_sched_op, "sched_op" },
	{ __HYPERVISOR_event_channel_op, "event_channel_op" },
	{ __HYPERVISOR_physdev_op, "physdev_op" },
	{ __HYPERVISOR_hvm_op, "hvm_op" },
	{ __HYPERVISOR_sysctl, "sysctl" },
	{ __HYPERVISOR_domctl, "domctl" },
};

static const char *find(const struct name *names, size_t count, uint32_t number,
			char other[16])
{
	for (size_t i = 0; i < count; i++) {
		if (names[i].number == number) {
			return names[i].text;
		}
	}
	snprintf(other, 16, "0x%x", number);
	return other;
}

#define FIND(names, number, other)                                             \
	find(names, sizeof(names) / sizeof((names)[0]), number, other)

const char *trace_exit_name(uint32_t code, char other[16])
{
	return FIND(exits, code, other);
}

const char *trace_hypercall_name(uint32_t number, char other[16])
{
	return FIND(hypercalls, number, other);
}

const char *trace_runstate_name(unsigned int state)
{
	static const char *const names[] = {
		[RUNSTATE_running] = "running",
		[RUNSTATE_runnable] = "runnable",
		[RUNSTATE_blocked] = "blocked",
		[RUNSTATE_offline] = "offline",
	};

	return names[state & 3];
}
