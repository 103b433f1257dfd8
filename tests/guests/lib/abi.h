/* SPDX-License-Identifier: MIT */
/*
 * The public ABI as a guest sees it, 64-bit or 32-bit as the guest is built.
 *
 * Taken from libxen-dev and not from the hypervisor's own abi.h, so that the
 * guests do not share a mistake with the code they test.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The control interface's headers need it; it also picks the newest ABI. */
#define __XEN_TOOLS__ 1

#include <xen/xen.h>

#include <xen/arch-x86/cpuid.h>
#include <xen/arch-x86/hvm/start_info.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>
