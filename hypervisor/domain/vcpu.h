/* SPDX-License-Identifier: MIT */
/*
 * A virtual CPU. Its registers live here while it is not in guest mode.
 *
 * Others never touch a vCPU's state directly: they set a work bit and kick it;
 * the run loop of the pCPU it runs on acts (virt/run.c).
 */
#pragma once

#include "domain/domain.h"
#include "domain/guest_area.h"

struct translation;
struct virt_vcpu;
struct vlapic;

/* In the order of the hardware's numbers. */
enum vcpu_gpr {
	GPR_RAX,
	GPR_RCX,
	GPR_RDX,
	GPR_RBX,
	GPR_RSP,
	GPR_RBP,
	GPR_RSI,
	GPR_RDI,
	GPR_R8,
	GPR_R9,
	GPR_R10,
	GPR_R11,
	GPR_R12,
	GPR_R13,
	GPR_R14,
	GPR_R15,
	GPR_COUNT,
};

/* What a vCPU that does not run waits for. */
enum vcpu_wait {
	WAIT_NOTHING, /* runnable */
	WAIT_HALT,    /* HLT or SCHEDOP_block: any interrupt or event */
	WAIT_DEAD,    /* HLT with interrupts off: NMI */
	WAIT_POLL,    /* SCHEDOP_poll: a port or its timeout */
	WAIT_START,   /* never started, or INIT: SIPI or VCPUOP_up */
	WAIT_DOWN,    /* VCPUOP_down: VCPUOP_up */
	WAIT_STOPPED, /* its domain is shut down or dying */
};

#define WORK_EVENT     0x01u  /* evtchn_upcall_pending may be set */
#define WORK_LAPIC     0x02u  /* an interrupt may be deliverable */
#define WORK_NMI       0x04u  /* one NMI to deliver */
#define WORK_STOP      0x08u  /* domain stopped: look at its state */
#define WORK_FLUSH     0x10u  /* flush this vCPU's translations before entry */
#define WORK_TIMER     0x20u  /* VIRQ_TIMER is due */
#define WORK_START     0x40u  /* SIPI or VCPUOP_up arrived */
#define WORK_RUNSTATE  0x80u  /* write the run-state area */
#define WORK_INIT      0x100u /* INIT arrived */
#define WORK_DOWN      0x200u /* vcpu.down changed */
#define WORK_STEPPED   0x400u /* one instruction was done for a debugger */

#define POLL_PORTS_MAX 128u

struct vcpu_runstate {
	uint8_t state;    /* RUNSTATE_* */
	uint64_t entry;   /* clock when it was entered */
	uint32_t seq;     /* atomic: odd while the others change */
	uint64_t time[4]; /* ns in each */
};

struct vcpu {
	uint64_t gpr[GPR_COUNT]; /* RSP and RAX are filled by the vendor code */
	uint64_t rip;
	uint64_t rflags;
	uint64_t cr3;
	uint64_t paging; /* what else decides how addresses translate: opaque */
	uint8_t mode;    /* enum insn_mode; these four as of the last exit */
	uint8_t cpl;

	struct domain *domain; /* (o) */
	uint32_t id;           /* (o) */
	uint32_t work;         /* atomic: WORK_* */
	uint32_t sticky_work;  /* WORK_*: seen, cannot be done yet (own) */
	uint8_t wait;          /* (l) enum vcpu_wait, under lock */
	bool down;             /* atomic: VCPUOP_down */
	bool yield;            /* SCHEDOP_yield: leave run_vcpu() (own) */
	uint8_t wait_before;   /* (l) what it waited for when it was stopped */
	uint8_t debug_event;   /* atomic: the vector a debugger stops for, 0 */
	uint8_t pause_count;   /* domain's lock: pauses of this one alone */
	uint64_t step;         /* RFLAGS.TF or 0: set while it stands still */
	uint32_t guest_seq;    /* atomic: odd between VM entry and exit */
	uint8_t sipi_vector;   /* (l) with WORK_START */
	uint8_t upcall_vector; /* (l) per-vCPU upcall through the LAPIC, 0 */
	struct spinlock lock;  /* LOCK_VCPU */
	struct sched_unit unit;
	struct vlapic *lapic;             /* (o) virt/vdev/vlapic.h */
	struct virt_vcpu *virt;           /* (o) vendor's part */
	struct translation *translations; /* (o) virt/translate.c (own) */

	uint64_t event_count; /* atomic: events raised for it */

	struct timer timer;                  /* VCPUOP_set_singleshot_timer */
	struct timer poll_timer;             /* SCHEDOP_poll timeout */
	bool poll_timed_out;                 /* (l) */
	uint32_t poll_count;                 /* (l) ports in poll_ports */
	uint32_t poll_ports[POLL_PORTS_MAX]; /* (l) */

	mfn_t info_mfn;        /* (l) registered vcpu_info, or MFN_NONE */
	uint32_t info_offset;  /* (l) in that frame */
	uint32_t time_version; /* (l) of the pvclock records we write */
	struct vcpu_runstate runstate;   /* by runstate.c, see seq */
	struct guest_area runstate_area; /* (l) */
	bool runstate_narrow;        /* (l) that area has the 32-bit layout */
	struct guest_area time_area; /* (l) secondary time record */
};

/* Sets work bits and makes the vCPU see them: wakes or interrupts it.
 * Callable with any lock held up to LOCK_VCPU, on any pCPU. */
void vcpu_kick(struct vcpu *v, uint32_t work);

/*
 * The vCPU's struct vcpu_info in the domain's layout (64-bit; 32-bit layout has
 * the same first 8 bytes), reached through a window if registered, in the
 * shared info page else. NULL for vCPUs >= 32 that registered none.
 */
struct vcpu_info *vcpu_info_map(struct vcpu *v);
void vcpu_info_unmap(struct vcpu_info *info);

/* Whoever runs or stops the vCPU says what it waits for. */
static inline void vcpu_set_wait(struct vcpu *v, enum vcpu_wait wait)
{
	spin_lock(&v->lock);
	v->wait = (uint8_t)wait;
	spin_unlock(&v->lock);
}

/* The vCPU in this pCPU's run loop. */
struct vcpu *vcpu_current(void);

/* A vCPU of `d`, waiting to be started; not in its table yet. NULL: memory. */
struct vcpu *vcpu_create(struct domain *d, uint32_t id);
/* It does not run any more and is in no table. */
void vcpu_destroy(struct vcpu *v);

/*
 * vcpu_info.c. Moves the record from shared_info to a frame of the guest, once (VCPUOP_register_
 * vcpu_info). `v` runs here or was never started. -XEN_EINVAL: not that, a
 * second call, no RAM of its own there; -XEN_ENXIO: crosses the page.
 */
int vcpu_info_register(struct vcpu *v, gfn_t where, uint32_t offset) must_check;
/* What a vCPU registered goes: vcpu_info, run-state and time areas. For reset
 * and teardown, when it does not run. */
void vcpu_info_release(struct vcpu *v);

/* vcpu_timer.c: the one-shot timer raises VIRQ_TIMER at a system time in ns. */
void vcpu_timer_init(struct vcpu *v);
/* A deadline in the past fires at once. For the vCPU that runs here. */
void vcpu_timer_set(struct vcpu *v, uint64_t deadline);

/* poll.c: SCHEDOP_poll, sleep until one of some event ports is pending. */
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

/* Where to take physical interrupts that are meant for a guest: the pCPU that this vCPU (NULL: no matter) ran on last, if a physical
 * destination of eight bits can name it; else the first. */
unsigned int irq_guest_cpu(const struct vcpu *v);
