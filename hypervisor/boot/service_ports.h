/* SPDX-License-Identifier: MIT */
#pragma once

struct domain;

/*
 * Which ports the service VM reaches directly (all but the hypervisor's own),
 * and those through which it would turn off or reset the machine: these become
 * its own shutdown, which the policy in core decides about.
 */
void service_ports_init(struct domain *d);
