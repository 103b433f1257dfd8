/* SPDX-License-Identifier: MIT */
#pragma once

#include "domain/vcpu.h"

/* The life of a pCPU after boot: choose a vCPU, run it, or rest. */
void run_loop(void) noreturn;

/*
 * Run loop: does what the vCPU's work bits ask for, before it is entered. What
 * cannot be done yet (the guest has interrupts off) stays in v->sticky_work and
 * the vendor code is asked to tell when it can. v->wait says afterwards whether
 * the vCPU may run.
 */
void deliver_work(struct vcpu *v);
