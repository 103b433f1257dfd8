/* SPDX-License-Identifier: MIT */
/*
 * One thin function for each hypercall the library makes.
 *
 * They return 0, or -1 with errno as the hypervisor has put it (its numbers
 * are Linux's), and tell the handle nothing: what a failure means is known to
 * who calls. Frames are guest frames of 4 KiB.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/sysctl.h>

struct corbel;

/* ---- call.c: a structure there and back ---- */

/* Memory that a hypercall may use; NULL with errno set if there is none. */
void *call_buffer(struct corbel *c, size_t size);
void call_buffer_free(struct corbel *c, void *buffer);

/* A hypercall (operation, pointer) and (operation, command, pointer) with a
 * copy of `size` bytes at `arg`, which the answer replaces. */
int call_struct(struct corbel *c, unsigned int operation, void *arg,
		size_t size);
long call_command(struct corbel *c, unsigned int operation,
		  unsigned long command, void *arg, size_t size);

/* ---- domctl.c ---- */

/* With DOMID_INVALID in `*domid` the hypervisor chooses it. */
int domctl_create(struct corbel *c,
		  const struct xen_domctl_createdomain *config,
		  uint32_t *domid);
/* EAGAIN: call again, there is more to do. */
int domctl_destroy(struct corbel *c, uint32_t domid);
int domctl_pause(struct corbel *c, uint32_t domid);
int domctl_unpause(struct corbel *c, uint32_t domid);
int domctl_max_vcpus(struct corbel *c, uint32_t domid, uint32_t count);
int domctl_max_memory(struct corbel *c, uint32_t domid, uint64_t kib);
/* Of the first domain whose id is `domid` or above; ESRCH if there is none. */
int domctl_info(struct corbel *c, uint32_t domid,
		struct xen_domctl_getdomaininfo *info);
int domctl_vcpu_info(struct corbel *c, uint32_t domid, uint32_t vcpu,
		     struct xen_domctl_getvcpuinfo *info);

#define DOMCTL_ALL_VCPUS UINT32_MAX

struct domctl_activity {
	uint64_t steal_ns; /* it could have run, but had no pCPU */
	uint64_t events;   /* raised for it */
};

/* Of a vCPU, or the sum of all. Corbel's own call. */
int domctl_activity(struct corbel *c, uint32_t domid, uint32_t vcpu,
		    struct domctl_activity *activity);
/* Hard affinity: `size` bytes, a bit for each pCPU. */
int domctl_get_affinity(struct corbel *c, uint32_t domid, uint32_t vcpu,
			uint8_t *map, size_t size);
/* EINVAL if no pCPU that is there is in it. Leaves those that are. */
int domctl_set_affinity(struct corbel *c, uint32_t domid, uint32_t vcpu,
			uint8_t *map, size_t size);
/* A weight, and a cap in percent of one pCPU, 0 being none. */
int domctl_get_sched(struct corbel *c, uint32_t domid,
		     struct xen_domctl_sched_credit *s);
int domctl_set_sched(struct corbel *c, uint32_t domid,
		     const struct xen_domctl_sched_credit *s);
int domctl_set_context(struct corbel *c, uint32_t domid, const void *records,
		       size_t size);

#define DOMCTL_WRITE_MAX (256u << 10)

/* Writes memory of a guest that never ran: up to DOMCTL_WRITE_MAX bytes out of a
 * call_buffer(). What nobody wrote there is zero. */
int domctl_write_memory(struct corbel *c, uint32_t domid, uint64_t gaddr,
			const void *buffer, size_t size);

/* For other files with operations of this hypercall. */
int domctl_run(struct corbel *c, struct xen_domctl *op);

/* ---- debug.c ---- */

/* A context of all vCPUs, <xen/hvm/save.h>, in malloc()ed memory. */
int debug_get_context(struct corbel *c, uint32_t domid, void **records,
		      size_t *size);
/* EINVAL: the domain dies. */
int debug_set_debugged(struct corbel *c, uint32_t domid, bool debugged);
int debug_set_step(struct corbel *c, uint32_t domid, uint32_t vcpu, bool step);
/* One vCPU of a domain that is paused. */
int debug_pause_vcpu(struct corbel *c, uint32_t domid, uint32_t vcpu);
int debug_unpause_vcpu(struct corbel *c, uint32_t domid, uint32_t vcpu);
/* Why it stands still; takes one event. */
int debug_status(struct corbel *c, uint32_t domid,
		 struct xen_domctl_gdbsx_domstatus *status);
/* By linear address, with the page tables at `cr3`. Returns how many bytes were
 * copied from the first on; 0 with errno if none. */
size_t debug_copy(struct corbel *c, uint32_t domid, uint64_t cr3, uint64_t at,
		  void *bytes, size_t size, bool write);
/* XEN_DOMCTL_SENDTRIGGER_* */
int debug_trigger(struct corbel *c, uint32_t domid, uint32_t trigger,
		  uint32_t vcpu);
int debug_resume(struct corbel *c, uint32_t domid);
/* As if it had stopped itself, SHUTDOWN_*. */
int debug_stop(struct corbel *c, uint32_t domid, unsigned int reason);

/* ---- memory.c ---- */

/* Returns how many of the extents were populated, from the first on, which can
 * be less than `count`; -1 only if none. */
long memory_populate(struct corbel *c, uint32_t domid, unsigned int order,
		     const xen_pfn_t *gfns, size_t count);
/* Sets free memory aside for this domain; 0 pages gives up what is left. */
int memory_claim(struct corbel *c, uint32_t domid, uint64_t pages);

/* As BIOS call E820 has it. */
struct memory_e820_entry {
	uint64_t addr;
	uint64_t size;
	uint32_t type;
} __attribute__((packed));

int memory_set_map(struct corbel *c, uint32_t domid,
		   const struct memory_e820_entry *map, unsigned int count);

/* ---- guest.c ---- */

int guest_set_param(struct corbel *c, uint32_t domid, uint32_t index,
		    uint64_t value);
/* A port in the guest that only domain 0 can bind to. */
int guest_alloc_port(struct corbel *c, uint32_t domid, uint32_t *port);

/* ---- sysctl.c ---- */

int sysctl_physinfo(struct corbel *c, struct xen_sysctl_physinfo *info);
/* All domains in the order of their numbers, in malloc()ed memory. */
int sysctl_domains(struct corbel *c, struct xen_domctl_getdomaininfo **list,
		   size_t *count);
/* Free, and not claimed by a domain that is being built. */
uint64_t sysctl_free_pages(const struct xen_sysctl_physinfo *info);

/* Where in the log to read, and what to do with it. */
struct sysctl_log {
	bool follow; /* from `index` on; otherwise from the last clear on */
	bool clear;
	uint32_t index; /* set to the end of what was read */
};

/* Reads up to `*size` bytes of the log; `*size` is set to how many. */
int sysctl_read_log(struct corbel *c, struct sysctl_log *log, char *out,
		    uint32_t *size);
int sysctl_debug_keys(struct corbel *c, const char *keys);
int sysctl_version(struct corbel *c, char *out, size_t size);

/* For other files with operations of this hypercall. */
int sysctl_run(struct corbel *c, struct xen_sysctl *op);

/* ---- trace.c ---- */

/* XEN_SYSCTL_TBUFOP_enable, _disable. EINVAL: there are no buffers. */
int trace_switch(struct corbel *c, uint32_t cmd);
/* EBUSY: somebody has the buffers mapped; ENOMEM. 0 pages: none any more. */
int trace_set_size(struct corbel *c, uint32_t pages);
int trace_set_events(struct corbel *c, uint32_t mask);
/* `size` bytes, a bit for each pCPU. */
int trace_set_cpus(struct corbel *c, const uint8_t *map, size_t size);
/* Where the description of the buffers is, in DOMID_XEN, and its size. */
int trace_info(struct corbel *c, uint64_t *mfn, uint32_t *size);
