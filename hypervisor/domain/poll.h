/* SPDX-License-Identifier: MIT */
/* SCHEDOP_poll: a vCPU sleeps until one of some event ports is pending. */
#pragma once

#include "domain/vcpu.h"

#define POLL_PORTS_MAX 128u

void poll_init(struct vcpu *v);
/*
 * Makes the vCPU that runs here wait (WAIT_POLL) for one of `count` ports of
 * v->poll_ports, or the system time `timeout` unless it is 0. The caller has
 * filled in the ports; it does not wait if one is pending. -XEN_EINVAL for a
 * port that cannot be.
 */
int poll_begin(struct vcpu *v, uint32_t count, uint64_t timeout) must_check;
/* True when a vCPU that is WAIT_POLL has no reason to wait any more. */
bool poll_is_over(struct vcpu *v);
