/* SPDX-License-Identifier: MIT */
/*
 * The shared page and two-level event channels. The upcall comes by the
 * callback vector on every vCPU and counts the events of each port.
 */
#pragma once

#include "lib/abi.h"

#define EVENT_VECTOR 0xf3
#define EVENT_PORTS  4096

extern struct shared_info *shared_info;
/* How often each port was seen pending by the upcall. */
extern volatile unsigned event_counts[EVENT_PORTS];
/* The time stamp of the last upcall's first instructions. */
extern volatile uint64_t event_entered;

/* Maps the shared page and sets the callback vector; ends the run if not. */
void event_init(void);

/* Only the shared page: without callback. */
void event_map_shared_info(void *page);

/* Where `vcpu` has its vcpu_info: the shared page, or what it registered. */
struct vcpu_info *event_vcpu_info(unsigned vcpu);

/* Registers a place of our own; returns the hypercall's result. */
int event_register_vcpu_info(unsigned vcpu, void *place);

/* The port, or a negative errno. */
int event_alloc_unbound(unsigned domain, unsigned remote);
int event_bind_interdomain(unsigned remote, unsigned remote_port);
int event_bind_virq(unsigned virq, unsigned vcpu);
int event_bind_ipi(unsigned vcpu);

int event_close(unsigned port);
int event_send(unsigned port);
int event_hypercall_unmask(unsigned port);
int event_status(unsigned port, struct evtchn_status *status);

/* Bits of the two-level arrays, changed atomically. */
void event_mask(unsigned port);
void event_clear_mask(unsigned port);
bool event_is_masked(unsigned port);
bool event_is_pending(unsigned port);
bool event_test_and_clear(unsigned port);

/* Waits with interrupts on until `port` counts `want`; false after `ns`. */
bool event_wait(unsigned port, unsigned want, uint64_t ns);
