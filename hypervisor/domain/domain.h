/* SPDX-License-Identifier: MIT */
/*
 * A domain: a guest or the service VM (domid 0). Nothing of one domain hangs on
 * the struct of another; they refer to each other by domid.
 *
 * A pointer from domain_find() is good until the next quiescent point.
 */
#pragma once

#include "abi/abi.h"
#include "core/quiesce.h"
#include "core/sched.h"
#include "core/timer.h"
#include "lib/addr.h"

#define DOMAIN_MAX_VCPUS 128u
#define DOMAIN_MAX_ID    4096u /* ids are 0..DOMAIN_MAX_ID-1 */

/* The most a guest may be created with. */
#define DOMAIN_EVENT_PORTS    131072u
#define DOMAIN_GRANT_FRAMES   64u
#define DOMAIN_GRANT_MAPPINGS 8192u

#define DOMAIN_FEATURE_WORDS  10u

struct event_domain;
struct grant_table;
struct memory_map;
struct mtrr;
struct p2m;
struct vcpu;
struct virt_domain;
struct vmachine;

enum domain_state {
	DOMAIN_BUILDING, /* created, never run */
	DOMAIN_RUNNING,
	DOMAIN_SHUTDOWN, /* stopped by itself; reason is in shutdown_reason */
	DOMAIN_DYING,    /* being torn down, in bounded steps */
};

/* How far domain/teardown.c has come. All but `busy` belongs to who set it. */
struct teardown {
	bool busy;     /* atomic: somebody does a step */
	bool waits;    /* a grace period was asked for */
	bool quiet;    /* atomic: it is over */
	uint8_t stage; /* the step that is next */
	uint64_t gfn;  /* mappings below are gone */
	struct timer timer;
	struct quiesce_item item;
};

struct domain {
	uint16_t id;               /* (o) */
	uint64_t serial;           /* (o) no other domain ever has it */
	bool privileged;           /* (o) service VM: control interface */
	bool one_to_one;           /* (o) gfn == mfn for its RAM */
	bool width32;              /* (l) shared info in 32-bit layout */
	uint8_t state;             /* (l) enum domain_state */
	uint8_t shutdown_reason;   /* (l) SHUTDOWN_* */
	bool runstate_update_flag; /* (l) vm_assist of that name */
	bool debugged;             /* (l) its breakpoints stop it */
	struct spinlock lock;      /* LOCK_DOMAIN */

	unsigned int vcpu_count;  /* (o) */
	struct vcpu **vcpus;      /* (o) vcpu_count pointers */
	struct sched_group sched; /* weight, cap */

	struct p2m *p2m;             /* (o) */
	uint64_t p2m_changes;        /* atomic: entries that went or moved */
	struct event_domain *events; /* (o) */
	struct grant_table *grants;  /* (o) */
	struct vmachine *machine;    /* (o) virtual devices: virt/vdev */
	struct virt_domain *virt;    /* (o) vendor's part */
	struct mtrr *mtrr;           /* (o) virt/mtrr.h */
	bool hides_features;         /* atomic: some of the next */
	uint32_t features_hidden[DOMAIN_FEATURE_WORDS]; /* virt/cpuid.h */
	struct shared_info *shared_info;    /* (o) a page of the heap */
	uint64_t hvm_params[HVM_NR_PARAMS]; /* (l) */

	struct timer watchdog;         /* domain/watchdog.c */
	struct teardown teardown;      /* domain/teardown.c */
	uint32_t pause_count;          /* (l) pauses that tools asked for */
	uint64_t frame_count;          /* atomic: frames it owns */
	uint64_t frame_max;            /* (l) limit on the above */
	uint64_t claim;                /* (reservation.c) of frames */
	struct memory_map *memory_map; /* (o) from domain_alloc(), or NULL */
	uint64_t heap_pages;           /* atomic: hypervisor pages charged */
	uint64_t heap_pages_max;       /* atomic: limit on the above */
	uint64_t heap_pages_base;      /* (o) of that, without page tables */
	uint64_t created_ns;           /* (o) */
	uint32_t stopped_count;        /* atomic: vCPUs parked by a stop */
	xen_domain_handle_t handle;    /* (l) */
};

/* The domain of that id (DOMID_SELF is not resolved), or NULL. */
struct domain *domain_find(uint16_t domid);
/* As above, with DOMID_SELF meaning `self`. */
struct domain *domain_resolve(struct domain *self, uint16_t domid);

/* Whom an operation of `self` is about: itself, or for the service VM anybody.
 * 0, -XEN_ESRCH, -XEN_EPERM. */
static inline int domain_target(struct domain *self, uint16_t domid,
				struct domain **target)
{
	*target = domain_resolve(self, domid);
	if (*target == NULL) {
		return -XEN_ESRCH;
	}
	return *target == self || self->privileged ? 0 : -XEN_EPERM;
}

struct vcpu *domain_vcpu(struct domain *d, uint32_t vcpu_id); /* or NULL */

/*
 * Hypervisor memory on a domain's behalf: charged, zeroed, NULL when the heap
 * or the domain's limit is exhausted (the log says which).
 */
void *domain_alloc_page(struct domain *d);
void domain_free_page(struct domain *d, void *page);
/* Any size, rounded up to pages for the charge. */
void *domain_alloc(struct domain *d, size_t size);
void domain_free(struct domain *d, void *p, size_t size);

struct domain_config {
	uint16_t id;
	bool privileged;
	unsigned int vcpus;      /* 1..DOMAIN_MAX_VCPUS */
	uint32_t event_ports;    /* numbers below can be used */
	uint32_t grant_frames;   /* of its grant table */
	uint32_t grant_mappings; /* of others' grants */
};

/*
 * A new domain, BUILDING, with vCPUs that wait to be started, no memory and no
 * virtual machine around it yet (virt/guest.c). NULL in *out on error:
 * -XEN_EEXIST, -XEN_EINVAL (beyond a limit), -XEN_ENOMEM.
 */
int domain_create(const struct domain_config *config,
		  struct domain **out) must_check;
/* From now on domain_find() knows it. -XEN_EEXIST: somebody was faster. */
int domain_publish(struct domain *d) must_check;
/* No new look-up finds it; who has found it may use it until it rests. */
void domain_unpublish(struct domain *d);
/* Undoes domain_create() for a domain that was never published. */
void domain_discard(struct domain *d);

/* The most frames it may have, and with them tables to map them. */
void domain_set_frame_max(struct domain *d, uint64_t frames);

/* A tool's pause: its vCPUs stand still on return. Nested, up to 255 deep:
 * -XEN_EOVERFLOW; -XEN_EINVAL for a domain that dies. No lock is held. */
int domain_pause(struct domain *d) must_check;
/* The same by a vCPU of it, which leaves its run loop soon. */
int domain_pause_self(struct domain *d) must_check;
/* Undoes one; the first time a domain is left without, it begins to run.
 * -XEN_EINVAL when there is none. */
int domain_unpause(struct domain *d) must_check;
/* One vCPU of a domain that is paused (else -XEN_EBUSY) stays so when the others
 * go on, and goes on with them. Errors as above. */
int domain_pause_vcpu(struct vcpu *v) must_check;
int domain_unpause_vcpu(struct vcpu *v) must_check;
/* Waits until no pCPU has any of its vCPUs, which are paused or retired. */
void domain_wait_still(struct domain *d);

/* The run loop has parked a vCPU of a domain that stops. */
void domain_vcpu_stopped(struct domain *d);

/* Told when all vCPUs of a domain that shut down have stopped. */
extern void (*domain_stopped_hook)(struct domain *d);

/* Stops a guest for something it did: logged with the reason, state SHUTDOWN
 * with SHUTDOWN_crash. From any context on a vCPU's pCPU. */
void domain_crash(struct domain *d, const char *fmt, ...) printf_like(2, 3);
/* The guest asked to stop (SCHEDOP_shutdown) or was told to. */
void domain_shutdown(struct domain *d, uint8_t reason);

/* A domain that has suspended itself goes on where it stopped. No lock is held.
 * -XEN_EINVAL: it has not. */
int domain_resume(struct domain *d) must_check;

/* The watchdog a guest sets on itself: it is shut down when it stops poking.
 * There is one for each domain. */

#define WATCHDOG_ID 1

void watchdog_init(struct domain *d);
/*
 * SCHEDOP_watchdog: with id 0 starts it and returns its id; else gives it new
 * time, or with 0 s ends it. -XEN_EINVAL (no such watchdog, no time),
 * -XEN_ENOSPC (it is in use).
 */
int watchdog_set(struct domain *d, uint32_t id, uint32_t seconds) must_check;

/* Adds the debug key q. Once, at boot. */
void debug_domain_init(void);

/* teardown.c: the end of a domain, in bounded steps. This is for one that is
 * being created. */
void teardown_init(struct domain *d);

/*
 * Makes the domain DYING, whatever it was, and tells the service VM. Its vCPUs
 * never run again. Harmless when it is dying already.
 */
void teardown_begin(struct domain *d);

/*
 * Does the next piece of work, some tens of microseconds, for a domain that is
 * DYING; no lock is held. 0: the domain is gone, or waits only for others to
 * give back what they have of it, and then goes by itself. -XEN_EAGAIN: there
 * is more to do. -XEN_EBUSY: the same, when other pCPUs have done their part;
 * this pCPU must go round its run loop.
 */
int teardown_step(struct domain *d);

/* Hook, defined in virt/guest.c: frees a domain that was never published, or that
 * nobody can find any more, whose memory and nested tables are given back.
 * Bounded by its vCPUs. */
void guest_discard(struct domain *d);
