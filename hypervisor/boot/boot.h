/* SPDX-License-Identifier: MIT */
/* What boot/main.c does in other files of this folder, in its order. */
#pragma once

#include "boot/region.h"

struct domain;

/* Ends the boot with `what` went wrong, unless `err` is 0. */
void boot_must(int err, const char *what);

/* Starts the other CPUs of the MADT, up to option maxcpus; they wait. */
void processors_start(void);
/* Lets them into their run loops. */
void processors_release(void);

/* Policy for when the service VM stops, and for the hypervisor's own crash. */
void machine_power_init(void);

/* Received bytes go to console_input_put() from now on. Without a serial port
 * nothing happens. */
void serial_console_init(void);

/* Builds the service VM around the boot modules and makes its first vCPU
 * runnable. `arguments` follows "--" on our command line; may be NULL. Boot
 * stops with a message when it cannot be built. */
void service_vm_start(const struct boot_info *b, const struct boot_region *r,
		      const char *arguments);

/*
 * Which ports the service VM reaches directly (all but the hypervisor's own),
 * and those through which it would turn off or reset the machine: these become
 * its own shutdown, which the policy in core decides about.
 */
void service_ports_init(struct domain *d);

extern struct boot_region boot_region;

/* From head.S, on the boot page tables: reads what the boot loader says, moves
 * the hypervisor to its region and goes on in boot_main(). */
void boot_start(uint32_t magic, uint32_t info) noreturn;

/* boot/main.c */
void boot_main(void) noreturn;
