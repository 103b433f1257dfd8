/* SPDX-License-Identifier: MIT */
/*
 * The public ABI, taken from Debian's libxen-dev and from nowhere else.
 *
 * This is the only file that includes <xen/...>. What we rely on in layout is
 * asserted here, so that a change of the package cannot go unnoticed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The newest form of every struct, control interface included. */
#define __XEN_INTERFACE_VERSION__ 0x00040e00
#define __XEN_TOOLS__             1

#include <xen/xen.h>

#include <xen/arch-x86/cpuid.h>
#include <xen/arch-x86/hvm/start_info.h>
#include <xen/domctl.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/hvm/save.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/trace.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "abi/corbel.h"

_Static_assert(sizeof(struct vcpu_info) == 64, "vcpu_info is 64 bytes");
_Static_assert(offsetof(struct vcpu_info, time) == 32, "vcpu_info.time");
_Static_assert(offsetof(struct shared_info, evtchn_pending) == 2048,
	       "shared_info.evtchn_pending");
_Static_assert(offsetof(struct shared_info, evtchn_mask) == 2560,
	       "shared_info.evtchn_mask");
_Static_assert(offsetof(struct shared_info, wc_version) == 3072,
	       "shared_info.wc_version");
_Static_assert(sizeof(struct hvm_start_info) == 56, "hvm_start_info v1");
