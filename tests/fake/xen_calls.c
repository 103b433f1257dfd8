/* SPDX-License-Identifier: MIT */
#include "fake/xen_calls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xencall.h>
#include <xenforeignmemory.h>

#include "hypervisor/abi/corbel.h"
#include "libctl/ops/ops.h"

#include <xen/hvm/hvm_op.h>
#include <xen/version.h>

#define GFN_MAX 0x180000u      /* 6 GiB */
#define NOWHERE ((uint8_t *)1) /* populated, but not touched yet */

struct fake_xen fake_xen;

static const struct corbel_domctl_activity fake_activity = {
	.time = { 4000, 300, 20, 1 },
	.events = 5,
};

static uint8_t *memory[GFN_MAX];

static void free_memory(void)
{
	for (size_t i = 0; i < GFN_MAX; i++) {
		if (memory[i] != NOWHERE) {
			free(memory[i]);
		}
		memory[i] = NULL;
	}
}

void fake_xen_reset(uint64_t free_mib)
{
	free_memory();
	memset(&fake_xen, 0, sizeof(fake_xen));
	fake_xen.free_pages = free_mib << 8;
	fake_xen.largest_order = 18;
}

static uint8_t *page_at(uint64_t gfn)
{
	if (gfn >= GFN_MAX || memory[gfn] == NULL) {
		return NULL;
	}
	if (memory[gfn] == NOWHERE) {
		memory[gfn] = calloc(1, 4096);
	}
	return memory[gfn];
}

uint8_t *fake_xen_memory(uint64_t gaddr)
{
	uint8_t *page = page_at(gaddr / 4096);

	return page != NULL ? page + gaddr % 4096 : NULL;
}

bool fake_xen_call(const char *name)
{
	const size_t used = strlen(fake_xen.log);

	snprintf(fake_xen.log + used, sizeof(fake_xen.log) - used, "%s ", name);
	if (++fake_xen.calls != fake_xen.fail_at) {
		return false;
	}
	errno = fake_xen.fail_errno;
	return true;
}

static int fail(int number)
{
	errno = number;
	return -1;
}

/* ---- libxencall ---- */

xencall_handle *xencall_open(struct xentoollog_logger *logger, unsigned flags)
{
	(void)logger;
	(void)flags;
	return (xencall_handle *)&fake_xen;
}

int xencall_close(xencall_handle *h)
{
	(void)h;
	return 0;
}

void *xencall_alloc_buffer(xencall_handle *h, size_t size)
{
	(void)h;
	fake_xen.buffers++;
	return malloc(size);
}

void xencall_free_buffer(xencall_handle *h, void *p)
{
	(void)h;
	fake_xen.buffers--;
	free(p);
}

static int destroy(void)
{
	if (fake_xen.busy > 0) {
		fake_xen.busy--;
		return fail(EAGAIN);
	}
	fake_xen.domain = false;
	free_memory();
	return 0;
}

static int create(struct xen_domctl *op)
{
	fake_xen.domain = true;
	op->domain = FAKE_DOMID;
	fake_xen.flags = XEN_DOMINF_hvm_guest | XEN_DOMINF_paused;
	memcpy(fake_xen.handle, op->u.createdomain.handle, 16);
	return 0;
}

static int get_info(struct xen_domctl *op)
{
	struct xen_domctl_getdomaininfo *i = &op->u.getdomaininfo;

	if (op->domain > FAKE_DOMID || (op->domain > 0 && !fake_xen.domain)) {
		return fail(ESRCH);
	}
	memset(i, 0, sizeof(*i));
	op->domain = op->domain == 0 ? 0 : FAKE_DOMID;
	i->domain = op->domain;
	i->flags = op->domain == 0 ? XEN_DOMINF_running : fake_xen.flags;
	i->tot_pages = fake_xen.populated;
	i->max_pages = fake_xen.max_kib / 4;
	i->nr_online_vcpus = 1;
	i->max_vcpu_id = fake_xen.max_vcpus - 1;
	if (op->domain != 0) {
		memcpy(i->handle, fake_xen.handle, sizeof(i->handle));
	}
	return 0;
}

static int write_memory(const struct xen_domctl_gdbsx_memio *io)
{
	const uint8_t *from = (const uint8_t *)(uintptr_t)io->uva;

	if (io->gwr == 0 || io->len > 256 << 10) {
		return fail(EINVAL);
	}
	for (uint64_t at = 0; at < io->len; at++) {
		uint8_t *page = page_at((io->gva + at) / 4096);

		if (page == NULL) {
			return fail(EFAULT);
		}
		page[(io->gva + at) % 4096] = from[at];
	}
	fake_xen.written += io->len;
	return 0;
}

static int on_scheduler(struct xen_domctl_scheduler_op *op)
{
	if (op->cmd == XEN_DOMCTL_SCHEDOP_putinfo) {
		fake_xen.weight = op->u.credit.weight;
		fake_xen.cap = op->u.credit.cap;
	}
	op->u.credit.weight = (uint16_t)fake_xen.weight;
	op->u.credit.cap = (uint16_t)fake_xen.cap;
	return 0;
}

/* There are pCPUs 0 to 3. */
static int set_affinity(const struct xen_domctl_vcpuaffinity *op)
{
	const uint8_t cpus = *(const uint8_t *)op->cpumap_hard.bitmap.p & 0xf;

	if (cpus == 0 || op->vcpu >= 2) {
		return fail(EINVAL);
	}
	fake_xen.affinity[op->vcpu] = cpus;
	return 0;
}

static int on_domain(struct xen_domctl *op)
{
	switch (op->cmd) {
	case XEN_DOMCTL_destroydomain:
		return destroy();
	case XEN_DOMCTL_pausedomain:
		fake_xen.flags |= XEN_DOMINF_paused;
		return 0;
	case XEN_DOMCTL_unpausedomain:
		fake_xen.flags &= ~XEN_DOMINF_paused;
		return 0;
	case XEN_DOMCTL_max_vcpus:
		fake_xen.max_vcpus = op->u.max_vcpus.max;
		return 0;
	case XEN_DOMCTL_max_mem:
		fake_xen.max_kib = op->u.max_mem.max_memkb;
		return 0;
	case XEN_DOMCTL_sethvmcontext:
		fake_xen.context_size = op->u.hvmcontext.size;
		memcpy(fake_xen.context, op->u.hvmcontext.buffer.p,
		       op->u.hvmcontext.size);
		return 0;
	case XEN_DOMCTL_scheduler_op:
		return on_scheduler(&op->u.scheduler_op);
	case XEN_DOMCTL_setvcpuaffinity:
		return set_affinity(&op->u.vcpuaffinity);
	case CORBEL_DOMCTL_activity:
		memcpy(op->u.pad, &fake_activity, sizeof(fake_activity));
		return 0;
	case XEN_DOMCTL_gdbsx_guestmemio:
		return write_memory(&op->u.gdbsx_guest_memio);
	default:
		return fail(ENOSYS);
	}
}

static const char *domctl_name(uint32_t command)
{
	switch (command) {
	case XEN_DOMCTL_createdomain:
		return "createdomain";
	case XEN_DOMCTL_destroydomain:
		return "destroydomain";
	case XEN_DOMCTL_pausedomain:
		return "pausedomain";
	case XEN_DOMCTL_unpausedomain:
		return "unpausedomain";
	case XEN_DOMCTL_getdomaininfo:
		return "getdomaininfo";
	case XEN_DOMCTL_max_vcpus:
		return "max_vcpus";
	case XEN_DOMCTL_max_mem:
		return "max_mem";
	case XEN_DOMCTL_sethvmcontext:
		return "sethvmcontext";
	case XEN_DOMCTL_scheduler_op:
		return "scheduler_op";
	case XEN_DOMCTL_setvcpuaffinity:
		return "setvcpuaffinity";
	case CORBEL_DOMCTL_activity:
		return "activity";
	case XEN_DOMCTL_gdbsx_guestmemio:
		return "write_memory";
	default:
		return "domctl?";
	}
}

static int domctl(struct xen_domctl *op)
{
	if (fake_xen_call(domctl_name(op->cmd))) {
		return -1;
	}
	if (op->interface_version != XEN_DOMCTL_INTERFACE_VERSION) {
		return fail(EACCES);
	}
	if (op->cmd == XEN_DOMCTL_createdomain) {
		return create(op);
	}
	if (op->cmd == XEN_DOMCTL_getdomaininfo) {
		return get_info(op);
	}
	if (op->domain != FAKE_DOMID || !fake_xen.domain) {
		return fail(ESRCH);
	}
	return on_domain(op);
}

static int list_domains(struct xen_sysctl_getdomaininfolist *op)
{
	struct xen_domctl_getdomaininfo *const list = op->buffer.p;
	struct xen_domctl one = { .domain = op->first_domain };

	for (op->num_domains = 0; op->num_domains < op->max_domains;
	     one.domain++) {
		if (get_info(&one) != 0) {
			break;
		}
		list[op->num_domains++] = one.u.getdomaininfo;
	}
	return 0;
}

static int sysctl(struct xen_sysctl *op)
{
	if (op->cmd == XEN_SYSCTL_getdomaininfolist) {
		return fake_xen_call("getdomaininfolist")
			       ? -1
			       : list_domains(&op->u.getdomaininfolist);
	}
	if (op->cmd != XEN_SYSCTL_physinfo) {
		return fail(ENOSYS);
	}
	if (fake_xen_call("physinfo")) {
		return -1;
	}
	op->u.physinfo.free_pages = fake_xen.free_pages;
	op->u.physinfo.outstanding_pages = 0;
	return 0;
}

int xencall1(xencall_handle *h, unsigned int op, uint64_t arg)
{
	(void)h;
	if (op == __HYPERVISOR_domctl) {
		return domctl((struct xen_domctl *)(uintptr_t)arg);
	}
	return op == __HYPERVISOR_sysctl
		       ? sysctl((struct xen_sysctl *)(uintptr_t)arg)
		       : fail(ENOSYS);
}

int xencall2(xencall_handle *h, unsigned int op, uint64_t a, uint64_t b)
{
	(void)h;
	(void)b;
	if (op == __HYPERVISOR_xen_version && a == XENVER_version) {
		return 4 << 16 | 17;
	}
	return fail(ENOSYS);
}

static long populate(const struct xen_memory_reservation *r)
{
	const uint64_t pages = UINT64_C(1) << r->extent_order;
	long done = 0;

	for (uint64_t i = 0; i < r->nr_extents; i++) {
		const xen_pfn_t gfn = r->extent_start.p[i];

		if (pages > fake_xen.free_pages ||
		    r->extent_order > fake_xen.largest_order ||
		    gfn % pages != 0 || gfn + pages > GFN_MAX) {
			break;
		}
		for (uint64_t p = gfn; p < gfn + pages; p++) {
			if (memory[p] != NULL) {
				return fail(EINVAL);
			}
			memory[p] = NOWHERE;
		}
		fake_xen.free_pages -= pages;
		fake_xen.populated += pages;
		done++;
	}
	return done;
}

static long claim(const struct xen_memory_reservation *r)
{
	if (r->nr_extents > fake_xen.free_pages) {
		return fail(ENOMEM);
	}
	fake_xen.claimed = r->nr_extents;
	return 0;
}

static long memory_op(unsigned long command, void *arg)
{
	const struct xen_foreign_memory_map *map = arg;

	switch (command) {
	case XENMEM_populate_physmap:
		return fake_xen_call("populate") ? -1 : populate(arg);
	case XENMEM_claim_pages:
		return fake_xen_call("claim") ? -1 : claim(arg);
	case XENMEM_set_memory_map:
		fake_xen.map_entries = map->map.nr_entries;
		return fake_xen_call("set_memory_map") ? -1 : 0;
	default:
		return fail(ENOSYS);
	}
}

static long set_param(const struct xen_hvm_param *p)
{
	if (fake_xen_call("set_param")) {
		return -1;
	}
	fake_xen.params[p->index] = p->value;
	return 0;
}

static long alloc_port(struct evtchn_alloc_unbound *a)
{
	static uint32_t next = 1;

	if (fake_xen_call("alloc_unbound")) {
		return -1;
	}
	a->port = next++;
	return 0;
}

long xencall2L(xencall_handle *h, unsigned int op, uint64_t a, uint64_t b)
{
	void *arg = (void *)(uintptr_t)b;

	(void)h;
	switch (op) {
	case __HYPERVISOR_memory_op:
		return memory_op(a, arg);
	case __HYPERVISOR_hvm_op:
		return a == HVMOP_set_param ? set_param(arg) : fail(ENOSYS);
	case __HYPERVISOR_event_channel_op:
		return a == EVTCHNOP_alloc_unbound ? alloc_port(arg)
						   : fail(ENOSYS);
	case __HYPERVISOR_xen_version:
		strcpy(arg, "-corbel");
		return 0;
	default:
		return fail(ENOSYS);
	}
}

/* ---- libxenforeignmemory ---- */

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger,
					       unsigned flags)
{
	(void)logger;
	(void)flags;
	return (xenforeignmemory_handle *)&fake_xen;
}

int xenforeignmemory_close(xenforeignmemory_handle *h)
{
	(void)h;
	return 0;
}

xenforeignmemory_resource_handle *
xenforeignmemory_map_resource(xenforeignmemory_handle *h, domid_t domid,
			      unsigned int type, unsigned int id,
			      unsigned long frame, unsigned long count,
			      void **addr, int prot, int flags)
{
	(void)h;
	(void)prot;
	(void)flags;
	if (fake_xen_call("map_resource")) {
		return NULL;
	}
	if (domid != FAKE_DOMID || type != XENMEM_resource_grant_table ||
	    id != 0 || frame != 0 || count != 1) {
		errno = EINVAL;
		return NULL;
	}
	fake_xen.mapped++;
	*addr = fake_xen.grants;
	return (xenforeignmemory_resource_handle *)&fake_xen;
}

int xenforeignmemory_unmap_resource(xenforeignmemory_handle *h,
				    xenforeignmemory_resource_handle *r)
{
	(void)h;
	(void)r;
	fake_xen.mapped--;
	return 0;
}
