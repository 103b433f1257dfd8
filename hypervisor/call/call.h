/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls as tables. A hypercall with sub-operations is an array of call_op
 * rows; call_table_run() finds the row, checks privilege, copies the argument
 * in, calls, copies back. Handlers see only copies.
 */
#pragma once

#include "domain/guest_copy.h"

/* The call stops here and is issued again by the guest, unseen: the handler
 * has stored its progress in call->arg[] (or in the guest's struct). */
#define CALL_AGAIN (-(long)0x7fff0001)

struct call {
	struct vcpu *vcpu;
	uint64_t arg[5];
	bool wide; /* 64-bit caller: 64-bit layouts */
};

#define CALL_PRIVILEGED 0x1u /* service VM only, else -XEN_EPERM */
#define CALL_COPY_BACK  0x2u /* argument is written back when result >= 0 */
#define CALL_SAME32     0x4u /* 32-bit layout equals the 64-bit one */
#define CALL_NO_ARG     0x8u /* no argument struct */

struct call_op {
	uint32_t op;
	uint16_t size; /* of the argument struct, at most CALL_ARG_MAX */
	uint16_t flags;
	long (*run)(struct call *c, void *arg);
};

#define CALL_ARG_MAX 192

/* The row's result; -XEN_ENOSYS for an unknown op (and for one without
 * CALL_SAME32 or CALL_NO_ARG from a 32-bit caller). `handle` is the
 * guest-linear address of the argument. */
long call_table_run(struct call *c, const struct call_op *table, size_t rows,
		    uint64_t op, uint64_t handle);

/* An operation that is a function of the domain floor; rows are found by index.
 * Of `flags`, CALL_COPY_BACK and CALL_SAME32 are looked at. */
struct call_domain_op {
	int (*run)(struct domain *self, void *arg); /* NULL: -XEN_ENOSYS */
	uint16_t size;                              /* of the argument struct */
	uint16_t flags;
};

/* Bytes of arguments copied at a time: a walk of the guest's page tables costs
 * more than many an operation. */
#define CALL_CHUNK 512u

/* The row's function for each of `count` arguments in an array, one after the
 * other; CALL_CHUNK bytes at most. It returns 0, or an error, which ends the
 * array: with CALL_COPY_BACK errors belong into the argument instead. */
long call_domain_run(struct call *c, const struct call_domain_op *row,
		     uint64_t handle, uint32_t count);

/* The domain an operation is about: the caller's own, or for the service VM any.
 * 0, -XEN_ESRCH, -XEN_EPERM. */
int call_target(struct call *c, uint16_t domid, struct domain **out) must_check;

/* The hypercall of that number; CALL_AGAIN as any of them. */
long call_run(struct call *c, uint32_t number);

/* One function per hypercall number, listed in dispatch.c. */
long call_memory_op(struct call *c);
long call_xen_version(struct call *c);
long call_console_io(struct call *c);
long call_grant_table_op(struct call *c);
long call_vm_assist(struct call *c);
long call_vcpu_op(struct call *c);
long call_sched_op(struct call *c);
long call_event_channel_op(struct call *c);
long call_physdev_op(struct call *c);
long call_hvm_op(struct call *c);
long call_platform_op(struct call *c);
long call_sysctl(struct call *c);
long call_domctl(struct call *c);
long call_multicall(struct call *c);
long call_set_timer_op(struct call *c);

/* Boot, after the processors were started: which is which in ACPI's tables. */
void platform_op_init(void);

/* The hypervisor's own command line; boot sets it, "" before. */
extern const char *xen_version_commandline;
