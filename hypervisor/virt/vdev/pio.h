/* SPDX-License-Identifier: MIT */
/* Ports of virtual devices, for those ports that trap. */
#pragma once

#include "virt/vdev/claim.h"

struct domain;

/* As claim_add() and claim_remove(). Callable with LOCK_VDEV held. */
int pio_add(struct domain *d, uint16_t port, uint32_t count,
	    const struct claim_ops *ops, void *context) must_check;
void pio_remove(struct domain *d, uint16_t port);

/*
 * An access of 1, 2 or 4 bytes by the vCPU that runs here. One that reaches
 * over the end of a claim is made byte by byte, as on an ISA bus. False when
 * no device took any of it: then the read gave all ones and the write went
 * nowhere, unless a device model is asked.
 */
bool pio_read(struct vcpu *v, uint16_t port, unsigned int size,
	      uint32_t *value);
bool pio_write(struct vcpu *v, uint16_t port, unsigned int size,
	       uint32_t value);
