/* SPDX-License-Identifier: MIT */
/*
 * Trace buffers of a hypervisor of two pCPUs: whatever fails, what was begun is
 * undone; records come whole and once.
 */
#include "libctl/core/internal.h"
#include "libctl/ops/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenevtchn.h>

#include <cmocka.h>

#include <xen/trace.h>

#define PAGE  4096u
#define PAGES 4u /* of a buffer, if it can have so many */
#define FIRST 0x1000u
#define SIZE  (PAGES * PAGE - (uint32_t)sizeof(struct t_buf))

/* The hypervisor: a page of description, then the buffers. */
static uint8_t memory[1 + 2 * PAGES][PAGE] __attribute__((aligned(4096)));
static uint32_t most_pages; /* -ENOMEM for more */
static uint32_t pages;
static uint32_t events;
static bool on;
static unsigned int mapped;
static bool busy;

static int calls_left; /* then one fails; -1: none */
static bool listening;
static int pipes[2];

static struct corbel c;

static bool fails(int error)
{
	if (calls_left < 0 || calls_left-- > 0) {
		return false;
	}
	errno = error;
	return true;
}

static struct t_buf *buffer(unsigned int cpu)
{
	return (struct t_buf *)(void *)memory[1 + cpu * PAGES];
}

int trace_set_size(struct corbel *h, uint32_t want)
{
	struct t_info *const info = (struct t_info *)(void *)memory[0];

	(void)h;
	if (want != 0 && (busy || want > most_pages || fails(EIO))) {
		errno = busy ? EBUSY : want > most_pages ? ENOMEM : errno;
		return -1;
	}
	assert_int_equal(mapped, 0);
	memset(memory, 0, sizeof(memory));
	pages = want;
	on = false;
	info->tbuf_size = PAGES;
	for (uint16_t cpu = 0; cpu < 2; cpu++) {
		info->mfn_offset[cpu] = (uint16_t)(100 + 10 * cpu);
		for (uint32_t i = 0; i < PAGES; i++) {
			((uint32_t *)info)[100 + 10 * cpu + i] =
				FIRST + 1 + cpu * PAGES + i;
		}
	}
	return 0;
}

int trace_switch(struct corbel *h, uint32_t cmd)
{
	const bool enable = cmd == XEN_SYSCTL_TBUFOP_enable;

	(void)h;
	if (enable && fails(EIO)) {
		return -1;
	}
	on = enable;
	return 0;
}

int trace_set_events(struct corbel *h, uint32_t mask)
{
	(void)h;
	if (fails(EIO)) {
		return -1;
	}
	events = mask;
	return 0;
}

int trace_set_cpus(struct corbel *h, const uint8_t *map, size_t size)
{
	(void)h;
	assert_int_equal(map[0] & 3, 3);
	assert_int_equal(size, CORBEL_CPUS_MAX / 8);
	return fails(EIO) ? -1 : 0;
}

int trace_info(struct corbel *h, uint64_t *mfn, uint32_t *size)
{
	(void)h;
	*mfn = FIRST;
	*size = PAGE;
	return fails(EIO) ? -1 : 0;
}

int corbel_host(struct corbel *h, struct corbel_host *host)
{
	*host = (struct corbel_host){ .cpus = 2 };
	return fails(EIO) ? corbel_fail(h, CORBEL_FAILED, "host", "broken") : 0;
}

/* The pages follow one another here, too. */
void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom,
			   int prot, size_t count, const xen_pfn_t arr[],
			   int err[])
{
	(void)fmem;
	(void)prot;
	assert_int_equal(dom, DOMID_XEN);
	assert_null(err);
	assert_true(arr[0] >= FIRST && pages != 0);
	for (size_t i = 1; i < count; i++) {
		assert_int_equal(arr[i], arr[0] + i);
	}
	if (fails(ENOMEM)) {
		return NULL;
	}
	mapped += (unsigned int)count;
	return memory[arr[0] - FIRST];
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr,
			   size_t count)
{
	(void)fmem;
	(void)addr;
	mapped -= (unsigned int)count;
	return 0;
}

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger,
				 unsigned int flags)
{
	(void)logger;
	(void)flags;
	if (fails(ENODEV)) {
		return NULL;
	}
	listening = true;
	return (xenevtchn_handle *)&pipes;
}

int xenevtchn_close(xenevtchn_handle *e)
{
	listening = e == NULL ? listening : false;
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *e,
					      unsigned int virq)
{
	(void)e;
	assert_int_equal(virq, VIRQ_TBUF);
	return fails(EEXIST) ? -1 : 7;
}

int xenevtchn_fd(xenevtchn_handle *e)
{
	(void)e;
	return pipes[0];
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *e)
{
	char byte;

	(void)e;
	return read(pipes[0], &byte, 1) == 1 ? 7 : -1;
}

int xenevtchn_unmask(xenevtchn_handle *e, evtchn_port_t port)
{
	(void)e;
	assert_int_equal(port, 7);
	return 0;
}

/* ---- tests ---- */

static int set_up(void **state)
{
	(void)state;
	most_pages = UINT32_MAX;
	calls_left = -1;
	busy = false;
	events = 0;
	return pipe(pipes);
}

static int tear_down(void **state)
{
	(void)state;
	assert_false(on);
	assert_false(listening);
	assert_int_equal(mapped, 0);
	assert_int_equal(pages, 0);
	close(pipes[0]);
	close(pipes[1]);
	return 0;
}

static int begin(struct corbel_trace **t)
{
	struct corbel_cpus cpus;

	memset(&cpus, 0xff, sizeof(cpus));
	return corbel_trace_open(&c, TRC_SCHED, &cpus, t);
}

static void test_begin_and_end(void **state)
{
	struct corbel_trace *t;

	(void)state;
	assert_int_equal(begin(&t), 0);
	assert_true(on);
	assert_int_equal(events, TRC_SCHED);
	assert_int_equal(mapped, 1 + 2 * PAGES);
	assert_int_equal(corbel_trace_stop(t), 0);
	assert_false(on);
	corbel_trace_close(t);
	assert_int_equal(events, TRC_ALL); /* as others expect it */
}

/* Each call, once. */
static void test_failures(void **state)
{
	struct corbel_trace *t;
	int calls = 0;

	(void)state;
	for (;; calls++) {
		calls_left = calls;
		if (begin(&t) == 0) {
			break;
		}
		assert_null(t);
		assert_true(corbel_error(&c)->text[0] != '\0');
		assert_int_equal(tear_down(NULL), 0);
		assert_int_equal(pipe(pipes), 0);
	}
	calls_left = -1;
	assert_true(calls >= 10);
	corbel_trace_close(t);
}

static void test_little_memory(void **state)
{
	struct corbel_trace *t;

	(void)state;
	most_pages = 5;
	assert_int_equal(begin(&t), 0);
	assert_int_equal(pages, 4);
	corbel_trace_close(t);
	most_pages = 1;
	assert_int_equal(begin(&t), -1);
	assert_int_equal(corbel_error(&c)->code, CORBEL_NO_MEMORY);
}

/* What another has is left alone. */
static void test_another_tool(void **state)
{
	struct corbel_trace *t;

	(void)state;
	busy = true;
	on = true;
	events = 5;
	assert_int_equal(begin(&t), -1);
	assert_int_equal(corbel_error(&c)->code, CORBEL_EXISTS);
	assert_true(on);
	assert_int_equal(events, 5);
	on = false;
}

static char taken[2][3 * SIZE];
static size_t taken_size[2];

static void take(void *context, unsigned int cpu, const void *records,
		 size_t size)
{
	(void)context;
	memcpy(taken[cpu] + taken_size[cpu], records, size);
	taken_size[cpu] += size;
}

/* As the hypervisor counts: up to twice the size. */
static void write_bytes(unsigned int cpu, uint32_t size, char *next)
{
	struct t_buf *const b = buffer(cpu);

	for (uint32_t i = 0; i < size; i++) {
		((char *)(b + 1))[b->prod % SIZE] = (*next)++;
		b->prod = (b->prod + 1) % (2 * SIZE);
	}
}

static void test_reading(void **state)
{
	struct corbel_trace *t;
	char next = 0;

	(void)state;
	assert_int_equal(begin(&t), 0);
	for (unsigned int round = 0; round < 50; round++) {
		const uint32_t size =
			round % 5 == 0 ? SIZE : 1000 * round % SIZE;
		const char first = next;

		taken_size[0] = taken_size[1] = 0;
		write_bytes(1, size, &next);
		assert_int_equal(write(pipes[1], "x", 1), 1);
		assert_int_equal(corbel_trace_read(t, take, NULL), 0);
		assert_int_equal(taken_size[0], 0);
		assert_int_equal(taken_size[1], size);
		for (uint32_t i = 0; i < size; i++) {
			assert_int_equal(taken[1][i], (char)(first + (char)i));
		}
		assert_int_equal(buffer(1)->cons, buffer(1)->prod);
	}
	corbel_trace_close(t);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_begin_and_end), TEST(test_failures),
		TEST(test_little_memory), TEST(test_another_tool),
		TEST(test_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
