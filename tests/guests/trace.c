/* SPDX-License-Identifier: MIT */
/*
 * Trace buffers: the service VM maps them as frames of DOMID_XEN and finds in them
 * what it has just done itself.
 *
 * A bug would show another order of things, a buffer that is freed while it is
 * mapped, or one that any number names.
 */
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/event.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"
#include "lib/tools.h"

#include <xen/sysctl.h>
#include <xen/trace.h>

#define PAGES   6u /* with the description a power of two */
#define RECORDS (PAGES * PAGE_SIZE - sizeof(struct t_buf))

static struct xen_sysctl control;

static int trace_op(uint32_t cmd)
{
	control.cmd = XEN_SYSCTL_tbuf_op;
	control.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	control.u.tbuf_op.cmd = cmd;
	return hypercall_sysctl(&control);
}

static int set_size(uint32_t pages)
{
	control.u.tbuf_op.size = pages;
	return trace_op(XEN_SYSCTL_TBUFOP_set_size);
}

/* The buffer of pCPU 0, mapped; and its pages at `gfn`. */
static struct t_buf *map_buffer(uint64_t gfn)
{
	const struct t_info *info = (void *)(gfn * PAGE_SIZE);
	const uint32_t *list;

	if (!expect_eq("info", trace_op(XEN_SYSCTL_TBUFOP_get_info), 0) ||
	    !expect_eq("description is mapped",
		       tools_map(DOMID_XEN, control.u.tbuf_op.buffer_mfn, gfn),
		       0)) {
		return NULL;
	}
	expect_eq("size of a buffer", info->tbuf_size, PAGES);
	list = (const uint32_t *)info + info->mfn_offset[0];
	for (unsigned i = 0; i < PAGES; i++) {
		if (!expect_eq("a page is mapped",
			       tools_map(DOMID_XEN, list[i], gfn + 1 + i), 0)) {
			return NULL;
		}
	}
	return (void *)((gfn + 1) * PAGE_SIZE);
}

/* The record behind `at`, or where the next is that has this event. */
static const struct t_rec *find(const struct t_buf *buf, uint32_t *at,
				uint32_t event)
{
	while (*at < buf->prod) {
		const struct t_rec *rec =
			(const void *)((const char *)(buf + 1) + *at);

		*at += 4 + 8 * rec->cycles_included + 4 * rec->extra_u32;
		if (rec->event == event) {
			return rec;
		}
	}
	return NULL;
}

static void check_records(const struct t_buf *buf)
{
	const struct t_rec *rec;
	uint64_t before, tsc;
	uint32_t at = 0;

	expect_eq("tracing", trace_op(XEN_SYSCTL_TBUFOP_enable), 0);
	before = rdtsc();
	hypercall_version(XENVER_version, NULL);
	cpuid(0, 0);
	expect_eq("no more of it", trace_op(XEN_SYSCTL_TBUFOP_disable), 0);

	rec = find(buf, &at, TRC_SCHED_CONTINUE_RUNNING);
	expect(rec != NULL && rec->u.cycles.extra_u32[0] == 0, "who runs",
	       "%u bytes", buf->prod);
	do {
		rec = find(buf, &at, TRC_HVM_VMMCALL);
	} while (rec != NULL &&
		 rec->u.cycles.extra_u32[0] != __HYPERVISOR_xen_version);
	if (!expect(rec != NULL, "a hypercall", "%u bytes", buf->prod)) {
		return;
	}
	tsc = rec->u.cycles.cycles_lo | (uint64_t)rec->u.cycles.cycles_hi << 32;
	expect(tsc > before && tsc < rdtsc(), "its time", "%lu", tsc);
	expect(find(buf, &at, TRC_HVM_VMENTRY) != NULL, "the way back",
	       "%u bytes", buf->prod);
	rec = find(buf, &at, TRC_HVM_VMEXIT64);
	expect(rec != NULL &&
		       rec->u.cycles.extra_u32[1] -
				       (uint32_t)(uintptr_t)check_records <
			       0x1000,
	       "the next exit, and where", "%u bytes", buf->prod);
}

/* Half of it unread: VIRQ_TBUF. All of it: the rest is lost. */
static void check_full(struct t_buf *buf)
{
	const int port = event_bind_virq(VIRQ_TBUF, 0);
	uint32_t prod;

	expect(port > 0, "VIRQ_TBUF", "%d", port);
	buf->cons = buf->prod;
	event_clear_mask((unsigned)port);
	expect_eq("tracing again", trace_op(XEN_SYSCTL_TBUFOP_enable), 0);
	for (unsigned i = 0; i < RECORDS / 16; i++) {
		cpuid(0, 0);
	}
	expect_eq("no more of it", trace_op(XEN_SYSCTL_TBUFOP_disable), 0);
	expect(event_wait((unsigned)port, 1, 1000000000), "half full",
	       "no event");
	prod = buf->prod;
	expect(prod - buf->cons <= RECORDS &&
		       prod - buf->cons > RECORDS - sizeof(struct t_rec),
	       "full", "%u of %u", buf->prod, buf->cons);

	/* The next that finds room is what tells of them. */
	buf->cons = prod;
	expect_eq("and on", trace_op(XEN_SYSCTL_TBUFOP_enable), 0);
	expect_eq("and off", trace_op(XEN_SYSCTL_TBUFOP_disable), 0);
	prod %= RECORDS;
	expect(RECORDS - prod < 64 ||
		       ((const struct t_rec *)((char *)(buf + 1) + prod))
				       ->event == TRC_LOST_RECORDS,
	       "lost records", "at %u", prod);
}

static void check_end(uint64_t gfn)
{
	expect_eq("no new size while it is mapped", set_size(PAGES / 2),
		  -XEN_EBUSY);
	for (unsigned i = 0; i <= PAGES; i++) {
		tools_unmap(gfn + i);
	}
	expect_eq("another size", set_size(PAGES / 2), 0);
	expect_eq("none", set_size(0), 0);
	expect_eq("nothing to trace into", trace_op(XEN_SYSCTL_TBUFOP_enable),
		  -XEN_EINVAL);
	expect_eq("nothing to map",
		  tools_map(DOMID_XEN, control.u.tbuf_op.buffer_mfn, gfn),
		  -XEN_EINVAL);
}

void guest_main(void)
{
	const uint64_t gfn = frame_empty(1 + PAGES);
	struct t_buf *buf;

	event_init();
	control.u.tbuf_op.evt_mask = TRC_ALL;
	expect_eq("all events", trace_op(XEN_SYSCTL_TBUFOP_set_evt_mask), 0);
	expect_eq("size", set_size(PAGES), 0);
	expect_eq("a frame of nobody's", tools_map(DOMID_XEN, 0x100, gfn),
		  -XEN_EINVAL);
	buf = map_buffer(gfn);
	if (buf == NULL) {
		return;
	}
	check_records(buf);
	check_full(buf);
	check_end(gfn);
}
