/* SPDX-License-Identifier: MIT */
#pragma once

#include "domain/vcpu.h"

/* Hook, defined in call/dispatch.c: runs the hypercall in the registers of the
 * vCPU that runs here. False: it is to be issued again, RIP stays. */
bool hypercall_run(struct vcpu *v);

/* Writes the hypercall page (ABI: leaf 0x40000002's MSR) at `page` in guest
 * memory: one 32-byte stub per number. 0 or -XEN_EFAULT. */
int hypercall_page_write(struct vcpu *v, gaddr_t page) must_check;
