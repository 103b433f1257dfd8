/* SPDX-License-Identifier: MIT */
/*
 * A guest's memory and registers into a core file, which debuggers of kernels
 * read. Pages of zeros take no room in it. Its head is written last: a file that
 * is cut off is no core.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/sched.h>

#include "libctl/build/layout.h"
#include "libctl/core/internal.h"
#include "libctl/debug/added.h"
#include "libctl/debug/core_file.h"
#include "libctl/debug/linux.h"
#include "libctl/debug/registers.h"
#include "libctl/domain/life.h"
#include "libctl/domain/subject.h"

#define PAGE  4096u
#define BATCH 256u /* pages that are mapped at one go */

/* Where Linux puts its kernel, and how far it may reach from there. */
#define KERNEL_MAP  UINT64_C(0xffffffff80000000)
#define KERNEL_SIZE UINT64_C(0x20000000)

struct dump {
	struct corbel *c;
	uint32_t domid;
	const char *path;
	unsigned int flags;
	int fd;
	int cancel;
	uint64_t done, total;    /* pages */
	uint64_t owned, present; /* pages that it has, that were seen */
	uint64_t cr3;
	struct corbel_registers *vcpus;
	struct corbel_error error;
	struct core_head head;
	struct layout layout;
	struct added_search search;
	xen_pfn_t gfns[BATCH]; /* these two of the pages that are mapped */
	int missing[BATCH];
};

static int fail(struct dump *d, const char *what)
{
	return corbel_fail_errno(d->c, d->path, "%s", what);
}

static int fail_cancelled(const struct dump *d)
{
	struct pollfd p = { .fd = d->cancel, .events = POLLIN };

	if (d->cancel < 0 || poll(&p, 1, 0) <= 0) {
		return 0;
	}
	return corbel_fail(d->c, CORBEL_FAILED, d->path,
			   "interrupted, nothing is left");
}

/* ---- memory ---- */

static bool is_zero(const char *page)
{
	return page[0] == 0 && memcmp(page, page + 1, PAGE - 1) == 0;
}

static void look_for_note(struct dump *d, const char *page)
{
	const char *text;

	if (d->head.note_size == 0) {
		text = linux_note(page, &d->head.note_size);
		if (text != NULL) {
			memcpy(d->head.note, text, d->head.note_size);
		}
	}
}

static int write_page(struct dump *d, uint64_t gfn, const char *page)
{
	const off_t at = (off_t)core_offset(&d->head, gfn * PAGE);

	if (is_zero(page)) {
		return 0;
	}
	look_for_note(d, page);
	return pwrite(d->fd, page, PAGE, at) == (ssize_t)PAGE
		       ? 0
		       : fail(d, "write");
}

/* Pages that the guest has given up are not there. */
static int write_batch(struct dump *d, uint64_t first, size_t count)
{
	char *pages;
	int ret = 0;

	for (size_t i = 0; i < count; i++) {
		d->gfns[i] = first + i;
	}
	pages = xenforeignmemory_map(d->c->fmem, d->domid, PROT_READ, count,
				     d->gfns, d->missing);
	if (pages == NULL) {
		return subject_fail(d->c, d->domid, "map its memory");
	}
	for (size_t i = 0; i < count && ret == 0; i++) {
		if (d->missing[i] == 0) {
			d->present++;
			ret = write_page(d, first + i, pages + i * PAGE);
		}
	}
	xenforeignmemory_unmap(d->c->fmem, pages, count);
	return ret;
}

static int write_pages(struct dump *d, struct range r)
{
	const uint64_t end = r.end / PAGE;
	uint64_t gfn = r.start / PAGE;

	while (gfn < end) {
		const uint64_t count = end - gfn < BATCH ? end - gfn : BATCH;

		handle_progress(d->c, "writing memory", d->done, d->total);
		if (fail_cancelled(d) != 0 ||
		    write_batch(d, gfn, (size_t)count) != 0) {
			return -1;
		}
		gfn += count;
		d->done += count;
	}
	return 0;
}

/* The next in the file. */
static int write_range(struct dump *d, struct range r)
{
	if (range_size(r) == 0) {
		return 0;
	}
	d->head.ranges[d->head.range_count++] = r;
	return write_pages(d, r);
}

static int look_on(void *context)
{
	struct dump *const d = context;

	handle_progress(d->c, "looking for added memory", 0, 0);
	return fail_cancelled(d);
}

/* What the memory map says that is no RAM is there, but of no use in the file. */
static int write_added(struct dump *d)
{
	const struct layout *const l = &d->layout;
	const uint64_t others = layout_pages(l) - d->total;
	const uint64_t known = d->present + others;
	struct range added[ADDED_MAX];

	d->search.c = d->c;
	d->search.domid = d->domid;
	d->search.left = d->owned > known ? d->owned - known : 0;
	d->search.go_on = look_on;
	d->search.context = d;
	if (added_find(&d->search, l, added) != 0) {
		return -1;
	}
	d->total += (range_size(added[0]) + range_size(added[1])) / PAGE;
	return write_range(d, added[0]) != 0 || write_range(d, added[1]) != 0
		       ? -1
		       : 0;
}

static int write_memory(struct dump *d)
{
	return write_range(d, d->layout.low) != 0 ||
			       write_range(d, d->layout.high) != 0 ||
			       write_added(d) != 0
		       ? -1
		       : 0;
}

/* ---- what Linux says ---- */

/* A page by physical address. */
static bool read_page(struct dump *d, uint64_t at, void *page)
{
	const xen_pfn_t gfn = at / PAGE;
	int missing;
	void *const map = xenforeignmemory_map(d->c->fmem, d->domid, PROT_READ,
					       1, &gfn, &missing);

	if (map == NULL) {
		return false;
	}
	memcpy(page, map, PAGE);
	xenforeignmemory_unmap(d->c->fmem, map, 1);
	return true;
}

/* That an address shows the table in CR3 proves it. */
static void find_direct(struct dump *d, uint64_t *tables)
{
	const uint64_t mask = UINT64_C(0xffffffffff000);
	const uint64_t root = d->cr3 & mask;
	uint64_t *const first = tables, *const second = tables + PAGE / 8;
	uint64_t virtual;
	int entry;

	if (!read_page(d, root, first)) {
		return;
	}
	entry = linux_direct_entry(first);
	if (entry < 0 || !read_page(d, first[entry] & mask, second) ||
	    !linux_direct((unsigned int)entry, second, &virtual)) {
		return;
	}
	if (debug_copy(d->c, d->domid, d->cr3, virtual + root, second, PAGE,
		       false) == PAGE &&
	    memcmp(first, second, PAGE) == 0) {
		d->head.direct.known = true;
		d->head.direct.virtual = virtual;
	}
}

static void find_kernel(struct dump *d)
{
	const struct range *const low = &d->head.ranges[0];
	int64_t base;

	if (!linux_number(d->head.note, d->head.note_size, "NUMBER(phys_base)",
			  &base) ||
	    base < 0 || (uint64_t)base >= low->end) {
		return;
	}
	d->head.kernel = (struct core_mapping){
		.known = true,
		.virtual = KERNEL_MAP,
		.physical = (uint64_t)base,
		.size = low->end - (uint64_t)base,
	};
	if (d->head.kernel.size > KERNEL_SIZE) {
		d->head.kernel.size = KERNEL_SIZE;
	}
}

static void ask_linux(struct dump *d)
{
	uint64_t *const tables = malloc(2 * PAGE);

	if (tables != NULL) {
		find_direct(d, tables);
	}
	free(tables);
	find_kernel(d);
}

/* ---- the rest ---- */

static int read_vcpus(struct dump *d, unsigned int count)
{
	struct hvm_hw_cpu *cpu;
	void *records;
	size_t size;

	if (debug_get_context(d->c, d->domid, &records, &size) != 0) {
		return subject_fail(d->c, d->domid, "read registers");
	}
	d->vcpus = calloc(count, sizeof(*d->vcpus));
	for (unsigned int i = 0; d->vcpus != NULL && i < count; i++) {
		cpu = registers_find(records, size, i);
		if (cpu != NULL) {
			registers_get(cpu, &d->vcpus[d->head.vcpu_count++]);
		}
	}
	free(records);
	if (d->vcpus == NULL) {
		return fail(d, "memory for registers");
	}
	d->head.vcpus = d->vcpus;
	d->cr3 = d->vcpus[0].value[CORBEL_CR3];
	return 0;
}

static int prepare(struct dump *d)
{
	struct xen_domctl_getdomaininfo info;
	struct layout *const l = &d->layout;
	uint64_t kib;

	if (subject_info(d->c, d->domid, &info) != 0) {
		return subject_fail(d->c, d->domid, "dump");
	}
	if (life_memory(d->c, d->domid, &kib) != 0) {
		return -1;
	}
	layout_init(l, kib);
	d->total = (range_size(l->low) + range_size(l->high)) / PAGE;
	d->owned = info.tot_pages;
	return read_vcpus(d, info.max_vcpu_id + 1);
}

static int write_head(struct dump *d)
{
	const size_t size = core_head_size(d->head.vcpu_count);
	const struct range *const last =
		&d->head.ranges[d->head.range_count - 1];
	const uint64_t end =
		core_offset(&d->head, last->start) + range_size(*last);
	void *const bytes = malloc(size);
	bool good;

	if (bytes == NULL) {
		return fail(d, "memory");
	}
	core_head_write(&d->head, bytes);
	good = ftruncate(d->fd, (off_t)end) == 0 &&
	       pwrite(d->fd, bytes, size, 0) == (ssize_t)size;
	free(bytes);
	return good ? 0 : fail(d, "write");
}

static int write_all(struct dump *d)
{
	if (prepare(d) != 0 || write_memory(d) != 0) {
		return -1;
	}
	ask_linux(d);
	if (write_head(d) != 0) {
		return -1;
	}
	return (d->flags & CORBEL_DUMP_CRASH) == 0 ||
			       debug_stop(d->c, d->domid, SHUTDOWN_crash) == 0
		       ? 0
		       : subject_fail(d->c, d->domid, "crash");
}

static int write_paused(struct dump *d)
{
	int ret;

	if ((d->flags & CORBEL_DUMP_LIVE) != 0) {
		return write_all(d);
	}
	if (domctl_pause(d->c, d->domid) != 0) {
		return subject_fail(d->c, d->domid, "pause");
	}
	ret = write_all(d);
	d->error = error_keep(d->c);
	domctl_unpause(d->c, d->domid);
	error_put_back(d->c, &d->error);
	return ret;
}

/* The file is new, or nothing is done. */
static int write_file(struct dump *d)
{
	int ret;

	d->fd = open(d->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (d->fd < 0) {
		return fail(d, "create");
	}
	ret = write_paused(d);
	if (close(d->fd) != 0 && ret == 0) {
		ret = fail(d, "write");
	}
	if (ret != 0) {
		unlink(d->path);
	}
	return ret;
}

int corbel_dump(struct corbel *c, uint32_t domid, const char *path,
		unsigned int flags, int cancel)
{
	struct dump *const d = calloc(1, sizeof(*d));
	int ret;

	if (d == NULL) {
		return corbel_fail_errno(c, path, "memory");
	}
	d->c = c;
	d->domid = domid;
	d->path = path;
	d->flags = flags;
	d->cancel = cancel;
	ret = subject_is_guest(c, domid) != 0 ? -1 : write_file(d);
	free(d->vcpus);
	free(d);
	return ret;
}
