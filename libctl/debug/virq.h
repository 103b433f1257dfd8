/* SPDX-License-Identifier: MIT */
/*
 * An event of the hypervisor's own (VIRQ_*). Only one process can wait for each.
 */
#pragma once

#include <stdint.h>
#include <xenevtchn.h>

/* NULL with errno; EEXIST: another process waits for it. xenevtchn_fd() can be read
 * when it came, and xenevtchn_close() ends it. */
xenevtchn_handle *virq_open(uint32_t virq);

/* Has it come again for what happens from now on. -1 with errno. */
int virq_take(xenevtchn_handle *events);
