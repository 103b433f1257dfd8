/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's trace buffers, one for each pCPU: made and mapped for as long
 * as somebody traces. Who has them mapped is the only one who does.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/trace.h>

#include "libctl/core/internal.h"
#include "libctl/debug/virq.h"
#include "libctl/ops/ops.h"

#define PAGE      4096u
#define PAGES     64u /* of each buffer; fewer where the hypervisor has few */
#define PAGES_MIN 2u

static const char object[] = "trace";

struct corbel_trace {
	struct corbel *c;
	xenevtchn_handle *events;
	struct t_info *info; /* NULL until it is mapped */
	size_t info_pages;
	unsigned int cpus;
	struct t_buf **buffers; /* of each pCPU; NULL until it is mapped */
	bool made;              /* the buffers are ours */
};

/* ---- buffers ---- */

static int make(struct corbel_trace *t)
{
	uint32_t pages = PAGES;

	while (trace_set_size(t->c, pages) != 0) {
		if (errno == EBUSY) {
			return corbel_fail(t->c, CORBEL_EXISTS, object,
					   "another tool has it");
		}
		pages /= 2;
		if (errno != ENOMEM || pages < PAGES_MIN) {
			return corbel_fail_errno(t->c, object,
						 "make the buffers");
		}
	}
	t->made = true;
	return 0;
}

static void *map(struct corbel_trace *t, const xen_pfn_t *mfns, size_t count)
{
	void *const pages =
		xenforeignmemory_map(t->c->fmem, DOMID_XEN,
				     PROT_READ | PROT_WRITE, count, mfns, NULL);

	if (pages == NULL) {
		corbel_fail_errno(t->c, object, "map the buffers");
	}
	return pages;
}

static int map_info(struct corbel_trace *t)
{
	xen_pfn_t mfns[16];
	uint64_t first;
	uint32_t size;

	if (trace_info(t->c, &first, &size) != 0) {
		return corbel_fail_errno(t->c, object, "find the buffers");
	}
	t->info_pages = size / PAGE;
	if (t->info_pages > sizeof(mfns) / sizeof(mfns[0])) {
		return corbel_fail(t->c, CORBEL_UNSUPPORTED, object,
				   "a description of %u bytes", size);
	}
	for (size_t i = 0; i < t->info_pages; i++) {
		mfns[i] = first + i;
	}
	t->info = map(t, mfns, t->info_pages);
	return t->info != NULL ? 0 : -1;
}

static int map_buffer(struct corbel_trace *t, unsigned int cpu)
{
	const uint32_t *const list =
		(const uint32_t *)t->info + t->info->mfn_offset[cpu];
	xen_pfn_t *const mfns = calloc(t->info->tbuf_size, sizeof(*mfns));

	if (mfns == NULL) {
		return corbel_fail_errno(t->c, object, "map the buffers");
	}
	for (unsigned int i = 0; i < t->info->tbuf_size; i++) {
		mfns[i] = list[i];
	}
	t->buffers[cpu] = map(t, mfns, t->info->tbuf_size);
	free(mfns);
	return t->buffers[cpu] != NULL ? 0 : -1;
}

static int map_all(struct corbel_trace *t)
{
	struct corbel_host host;

	if (corbel_host(t->c, &host) != 0 || map_info(t) != 0) {
		return -1;
	}
	t->buffers = calloc(host.cpus, sizeof(struct t_buf *));
	if (t->buffers == NULL) {
		return corbel_fail_errno(t->c, object, "map the buffers");
	}
	t->cpus = host.cpus;
	for (unsigned int i = 0; i < t->cpus; i++) {
		if (map_buffer(t, i) != 0) {
			return -1;
		}
	}
	return 0;
}

static void unmap_all(struct corbel_trace *t)
{
	for (unsigned int i = 0; i < t->cpus; i++) {
		if (t->buffers[i] != NULL) {
			xenforeignmemory_unmap(t->c->fmem, t->buffers[i],
					       t->info->tbuf_size);
		}
	}
	if (t->info != NULL) {
		xenforeignmemory_unmap(t->c->fmem, t->info, t->info_pages);
	}
	free(t->buffers);
}

/* ---- begin and end ---- */

static int listen_for_half_full(struct corbel_trace *t)
{
	t->events = virq_open(VIRQ_TBUF);
	return t->events != NULL ? 0
				 : corbel_fail_errno(t->c, object,
						     "wait for the buffers");
}

static int choose(struct corbel_trace *t, uint32_t events,
		  const struct corbel_cpus *cpus)
{
	return trace_set_events(t->c, events) == 0 &&
			       trace_set_cpus(t->c, cpus->bits,
					      sizeof(cpus->bits)) == 0
		       ? 0
		       : -1;
}

static int begin(struct corbel_trace *t, uint32_t events,
		 const struct corbel_cpus *cpus)
{
	if (make(t) != 0 || map_all(t) != 0 || listen_for_half_full(t) != 0) {
		return -1;
	}
	if (choose(t, events, cpus) != 0 ||
	    trace_switch(t->c, XEN_SYSCTL_TBUFOP_enable) != 0) {
		return corbel_fail_errno(t->c, object, "begin");
	}
	return 0;
}

int corbel_trace_open(struct corbel *c, uint32_t events,
		      const struct corbel_cpus *cpus,
		      struct corbel_trace **trace)
{
	struct corbel_trace *const t = calloc(1, sizeof(*t));

	*trace = NULL;
	if (t == NULL) {
		return corbel_fail_errno(c, object, "begin");
	}
	t->c = c;
	if (begin(t, events, cpus) != 0) {
		corbel_trace_close(t);
		return -1;
	}
	*trace = t;
	return 0;
}

int corbel_trace_stop(struct corbel_trace *t)
{
	return trace_switch(t->c, XEN_SYSCTL_TBUFOP_disable) == 0
		       ? 0
		       : corbel_fail_errno(t->c, object, "end");
}

/* As it is after boot: other tools may leave the masks as they are. */
static void restore(struct corbel_trace *t)
{
	struct corbel_cpus all;

	memset(&all, 0xff, sizeof(all));
	(void)choose(t, TRC_ALL, &all);
	(void)trace_set_size(t->c, 0);
}

void corbel_trace_close(struct corbel_trace *t)
{
	if (t == NULL) {
		return;
	}
	if (t->made) {
		(void)trace_switch(t->c, XEN_SYSCTL_TBUFOP_disable);
	}
	unmap_all(t);
	if (t->made) {
		restore(t);
	}
	xenevtchn_close(t->events);
	free(t);
}

/* ---- reading ---- */

int corbel_trace_file(const struct corbel_trace *t)
{
	return xenevtchn_fd(t->events);
}

/* The next event comes when a buffer gets half full after this. */
static int take_events(struct corbel_trace *t)
{
	return virq_take(t->events) == 0
		       ? 0
		       : corbel_fail_errno(t->c, object,
					   "wait for the buffers");
}

/* Positions go up to twice the size (ABI: trace.h). */
static void read_buffer(struct corbel_trace *t, unsigned int cpu,
			corbel_trace_take_t take, void *context)
{
	struct t_buf *const buf = t->buffers[cpu];
	const uint32_t size =
		t->info->tbuf_size * PAGE - (uint32_t)sizeof(*buf);
	/* Acquire: the records that it tells of are there. */
	const uint32_t prod = __atomic_load_n(&buf->prod, __ATOMIC_ACQUIRE);
	const uint32_t at = buf->cons % size;
	const uint32_t unread =
		prod - buf->cons + (prod < buf->cons ? 2 * size : 0);
	const uint32_t first = unread < size - at ? unread : size - at;

	if (first > 0) {
		take(context, cpu, (const char *)(buf + 1) + at, first);
	}
	if (unread > first) {
		take(context, cpu, buf + 1, unread - first);
	}
	/* Release: they are read before they are written over. */
	__atomic_store_n(&buf->cons, prod, __ATOMIC_RELEASE);
}

int corbel_trace_read(struct corbel_trace *t, corbel_trace_take_t take,
		      void *context)
{
	if (take_events(t) != 0) {
		return -1;
	}
	for (unsigned int i = 0; i < t->cpus; i++) {
		read_buffer(t, i, take, context);
	}
	return 0;
}
