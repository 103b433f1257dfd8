/* SPDX-License-Identifier: MIT */
/*
 * Tracing as a tool sees it: it finds the rings by their description, reads them,
 * and may write anything into them.
 */
#include "domain/trace.h"

#include "core/quiesce.h"
#include "domain/event.h"
#include "domain/physmap.h"
#include "fake.h"
#include "mm/heap.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define AT 0x100u /* gfn */

static struct domain *service;
static struct domain *guest;
static unsigned int told;
static size_t before;

void event_virq_service(uint32_t virq)
{
	assert_int_equal(virq, VIRQ_TBUF);
	told++;
}

static int set_up(void **state)
{
	const struct cpuset all = cpuset_all();

	(void)state;
	fake_reset();
	service = fake_domain_add(0, 1);
	service->privileged = true;
	guest = fake_domain_add(5, 3);
	told = 0;
	fake_tsc = 0x100000002;
	trace_set_events(TRC_ALL);
	trace_set_cpus(&all);
	before = fake_alloc_bytes();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(trace_set_size(0), 0);
	fake_quiesce();
	assert_int_equal(fake_alloc_bytes(), before);
	assert_false(trace_is_on());
	fake_check_clean();
	for (unsigned int i = 0; i < FAKE_CPUS; i++) {
		fake_pcpus[i].current = NULL;
	}
	fake_reset();
	return 0;
}

/* ---- a tool ---- */

static const struct t_info *info(void)
{
	struct xen_sysctl_tbuf_op op;

	trace_get_info(&op);
	return maddr_to_virt(maddr_of(mfn(op.buffer_mfn)));
}

/* The description has 32 bits of an mfn; here they have more. */
static struct t_buf *buffer_of(unsigned int cpu)
{
	struct xen_sysctl_tbuf_op op;
	const uint32_t *list =
		(const uint32_t *)info() + info()->mfn_offset[cpu];

	trace_get_info(&op);
	for (uint32_t i = 1; i < info()->tbuf_size; i++) {
		assert_int_equal(list[i], list[0] + i);
	}
	return maddr_to_virt(maddr_of(mfn_add(
		mfn(op.buffer_mfn), list[0] - (uint32_t)op.buffer_mfn)));
}

struct reader {
	struct t_buf *buf;
	uint32_t size;
	struct t_rec rec; /* the last, with its time */
};

/* The next record but fillers; false at the end. */
static bool next(struct reader *r)
{
	while (r->buf->cons != r->buf->prod) {
		const uint32_t at = r->buf->cons % r->size;
		const uint32_t *w =
			(uint32_t *)(void *)((char *)(r->buf + 1) + at);
		const uint32_t timed = w[0] >> 31;
		const uint32_t words = 1 + 2 * timed + (w[0] >> 28 & 7);

		assert_true(at + words * 4 <= r->size);
		memset(&r->rec, 0, sizeof(r->rec));
		memcpy(&r->rec, w, words * 4);
		r->buf->cons = (r->buf->cons + words * 4) % (2 * r->size);
		if (r->rec.event != TRC_TRACE_WRAP_BUFFER) {
			assert_true(timed);
			return true;
		}
	}
	return false;
}

static struct reader reader_of(unsigned int cpu)
{
	return (struct reader){ .buf = buffer_of(cpu),
				.size = info()->tbuf_size * 4096u - 8u };
}

/* ---- a ring ---- */

/* Records of all lengths, read at any time: all come, in order, or are told as lost. */
static void test_ring(void **state)
{
	static const uint32_t words[TRACE_EXTRA_MAX] = { 1, 2, 3, 4, 5, 6, 7 };
	struct trace_ring ring;
	struct reader r = { .size = 4096 - 8 };
	uint64_t expected = 0;
	uint32_t lost = 0;

	(void)state;
	srand(1);
	r.buf = calloc(1, 4096);
	trace_ring_init(&ring, r.buf, 1);
	for (uint64_t i = 0; i < 200000; i++) {
		const struct trace_event e = { 0x21001, (uint32_t)rand() % 8,
					       words };

		trace_ring_put(&ring, &e, i, 5 | 2 << 16);
		for (int n = rand() % 500 == 0 ? 1 + rand() % 200 : 0;
		     n > 0 && next(&r); n--) {
			const uint32_t *extra = r.rec.u.cycles.extra_u32;

			if (r.rec.event == TRC_LOST_RECORDS) {
				assert_int_equal(extra[1], 5 | 2 << 16);
				assert_int_equal(extra[2], expected);
				expected += extra[0];
				lost += extra[0];
				continue;
			}
			assert_int_equal(r.rec.event, 0x21001);
			assert_int_equal(r.rec.u.cycles.cycles_lo, expected);
			assert_memory_equal(extra, words, r.rec.extra_u32 * 4);
			expected++;
		}
	}
	assert_true(lost > 1000 && expected > 10000);
	free(r.buf);
}

/* Nothing outside the ring is written, whatever the tool says. */
static void test_ring_of_a_liar(void **state)
{
	static const uint32_t word = 1;
	const struct trace_event e = { 0x21001, 1, &word };
	struct trace_ring ring;
	struct t_buf *buf = calloc(1, 4096);

	(void)state;
	srand(2);
	trace_ring_init(&ring, buf, 1);
	for (unsigned int i = 0; i < 100000; i++) {
		buf->prod = (uint32_t)rand() << 1;
		buf->cons = i % 3 == 0 ? (uint32_t)rand() << 1
				       : (uint32_t)rand() % 8176;
		trace_ring_put(&ring, &e, i, 0);
		assert_true(ring.prod < 2 * ring.size);
	}
	free(buf);
}

/* ---- what tools ask for ---- */

static void test_nothing_at_first(void **state)
{
	struct xen_sysctl_tbuf_op op;

	(void)state;
	trace_get_info(&op);
	assert_int_equal(op.size, 0);
	assert_int_equal(op.buffer_mfn, 0);
	assert_int_equal(trace_enable(true), -XEN_EINVAL);
	assert_int_equal(trace_enable(false), 0);
	assert_int_equal(trace_map(service, gfn(AT), mfn(0)), -XEN_EINVAL);
	TRACE(TRC_HVM_HLT, 0);
	trace_tell();
}

static void test_records(void **state)
{
	struct reader r;

	(void)state;
	assert_int_equal(trace_set_size(3), 0);
	assert_int_equal(info()->tbuf_size, 3);
	TRACE(TRC_HVM_HLT, 9); /* off */
	assert_int_equal(trace_enable(true), 0);
	fake_cpu = 2;
	this_pcpu()->current = guest->vcpus[1];
	TRACE(TRC_HVM_MSR_READ, 7, 8, 9);
	TRACE(TRC_HVM_HLT, 0);
	fake_cpu = 0;
	assert_int_equal(trace_enable(false), 0);
	TRACE(TRC_HVM_HLT, 9);

	r = reader_of(0);
	assert_false(next(&r));
	r = reader_of(2);
	assert_true(next(&r)); /* who runs */
	assert_int_equal(r.rec.event, TRC_SCHED_CONTINUE_RUNNING);
	assert_int_equal(r.rec.u.cycles.extra_u32[0], 5 << 16 | 1);
	assert_true(next(&r));
	assert_int_equal(r.rec.event, TRC_HVM_MSR_READ);
	assert_int_equal(r.rec.extra_u32, 3);
	assert_int_equal(r.rec.u.cycles.cycles_lo, 2);
	assert_int_equal(r.rec.u.cycles.cycles_hi, 1);
	assert_int_equal(r.rec.u.cycles.extra_u32[2], 9);
	assert_true(next(&r));
	assert_int_equal(r.rec.event, TRC_HVM_HLT);
	assert_false(next(&r));
}

static bool is_recorded(uint32_t event)
{
	struct reader r = reader_of(0);

	while (next(&r)) {
	}
	trace_record(event, NULL, 0);
	while (next(&r)) {
		if (r.rec.event == event) {
			return true;
		}
	}
	return false;
}

static void test_masks(void **state)
{
	struct cpuset cpus = { { 0 } };

	(void)state;
	assert_int_equal(trace_set_size(1), 0);
	assert_int_equal(trace_enable(true), 0);
	assert_true(is_recorded(TRC_HVM_HLT));
	trace_set_events(TRC_SCHED);
	assert_false(is_recorded(TRC_HVM_HLT));
	assert_true(is_recorded(TRC_SCHED_RUNSTATE_CHANGE));
	trace_set_events(TRC_HVM_ENTRYEXIT);
	assert_false(is_recorded(TRC_HVM_HLT));
	assert_false(is_recorded(TRC_SCHED_RUNSTATE_CHANGE));
	assert_true(is_recorded(TRC_HVM_VMEXIT64));
	trace_set_events(TRC_ALL);
	cpuset_add(&cpus, 1);
	trace_set_cpus(&cpus);
	assert_false(is_recorded(TRC_HVM_HLT));
	cpuset_add(&cpus, 0);
	trace_set_cpus(&cpus);
	assert_true(is_recorded(TRC_HVM_HLT));
}

/* Told once when half of it is unread, and again after it was read. */
static void test_half_full(void **state)
{
	struct reader r;

	(void)state;
	assert_int_equal(trace_set_size(1), 0);
	assert_int_equal(trace_enable(true), 0);
	r = reader_of(0);
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < 400; i++) {
			if (i == 4088 / 2 / 16 - 4) {
				assert_int_equal(told, round);
			}
			TRACE(TRC_HVM_HLT, 0);
			trace_tell();
		}
		assert_int_equal(told, round + 1);
		while (next(&r)) {
		}
	}
}

/* The wake-up that ends idle: the pCPU rests again afterwards, having passed. */
static void test_from_idle(void **state)
{
	uint64_t passes;

	(void)state;
	assert_int_equal(trace_set_size(1), 0);
	assert_int_equal(trace_enable(true), 0);
	quiesce_rest_begin();
	passes = this_pcpu()->passes;
	assert_true(is_recorded(TRC_SCHED_RUNSTATE_CHANGE));
	assert_int_equal(this_pcpu()->resting, 1);
	assert_true(this_pcpu()->passes > passes);
	quiesce_rest_end();
}

/* ---- pages ---- */

static void test_pages(void **state)
{
	struct xen_sysctl_tbuf_op op;
	mfn_t first;

	(void)state;
	assert_int_equal(trace_set_size(2), 0);
	trace_get_info(&op);
	first = mfn(op.buffer_mfn);
	assert_int_equal(trace_map(guest, gfn(AT), first), -XEN_EPERM);
	assert_int_equal(trace_map(service, gfn(AT), mfn(first.v - 1)),
			 -XEN_EINVAL);
	assert_int_equal(info()->tbuf_size, 3);
	for (unsigned int i = 0; i < 2 + 3 * FAKE_CPUS; i++) {
		assert_int_equal(trace_map(service, gfn(AT), mfn_add(first, i)),
				 0);
		assert_int_equal(trace_enable(true), 0);
		assert_int_equal(trace_set_size(1), -XEN_EBUSY);
		assert_true(trace_is_on());
		assert_int_equal(physmap_remove(service, gfn(AT)), 0);
	}
	assert_int_equal(trace_map(service, gfn(AT), mfn_add(first, 64)),
			 -XEN_EINVAL);
	assert_int_equal(trace_set_size(1), 0);
	assert_false(trace_is_on());
}

/* As many as fit; and nothing is left behind where the heap has none. */
static void test_sizes(void **state)
{
	(void)state;
	assert_int_equal(trace_set_size(UINT32_MAX), 0);
	assert_int_equal(info()->tbuf_size, 1022 / FAKE_CPUS);
	assert_int_equal(trace_set_size(0), 0);
	fake_quiesce();
	for (int n = 0; n < 2; n++) {
		fake_alloc_fail_after(n);
		assert_int_equal(trace_set_size(1), -XEN_ENOMEM);
		assert_int_equal(fake_alloc_bytes(), before);
	}
	fake_alloc_fail_after(-1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_ring),
		TEST(test_ring_of_a_liar),
		TEST(test_nothing_at_first),
		TEST(test_records),
		TEST(test_masks),
		TEST(test_half_full),
		TEST(test_from_idle),
		TEST(test_pages),
		TEST(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
