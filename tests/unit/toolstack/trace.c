/* SPDX-License-Identifier: MIT */
/*
 * Traces as pCPUs write them: whose each record is, in what order, and where the
 * time went.
 */
#include "toolstack/trace/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define __XEN_INTERFACE_VERSION__ 0x00040e00
#include <xen/xen.h>

#include <xen/vcpu.h>

#define D1V2              (1u << 16 | 2)
#define D3V0              (3u << 16)
#define BECOMES(from, to) (TRC_SCHED_RUNSTATE_CHANGE | (from) << 8 | (to) << 4)
#define LEAVES            BECOMES(RUNSTATE_running, RUNSTATE_blocked)
#define COMES             BECOMES(RUNSTATE_runnable, RUNSTATE_running)
#define WAKES             BECOMES(RUNSTATE_blocked, RUNSTATE_runnable)

static uint32_t bytes[256];
static size_t used; /* words */

static struct trace_record seen[32];
static size_t count;

static int set_up(void **state)
{
	(void)state;
	used = 0;
	count = 0;
	return 0;
}

/* A record with its time and up to three words. */
static void put(uint32_t event, uint64_t tsc, uint32_t words, uint32_t a,
		uint32_t b, uint32_t c)
{
	const uint32_t record[] = {
		event | words << TRACE_EXTRA_SHIFT |
			(uint32_t)TRC_HD_CYCLE_FLAG,
		(uint32_t)tsc,
		(uint32_t)(tsc >> 32),
		a,
		b,
		c,
	};

	memcpy(bytes + used, record, (3 + words) * sizeof(*record));
	used += 3 + words;
}

static void got(void *context, const struct trace_record *r)
{
	(void)context;
	assert_true(count < sizeof(seen) / sizeof(seen[0]));
	seen[count++] = *r;
}

static void parse(struct trace_runs *runs, unsigned int cpu)
{
	trace_parse(runs, cpu, bytes, used * sizeof(bytes[0]), got, NULL);
	used = 0;
}

static void expect_own(size_t i, uint32_t event, uint32_t domid, uint32_t vcpu)
{
	assert_true(i < count);
	assert_int_equal(seen[i].event, event);
	assert_int_equal(seen[i].domid, domid);
	if (domid != TRACE_NOBODY) {
		assert_int_equal(seen[i].vcpu, vcpu);
	}
}

/* ---- whose it is ---- */

static void test_who(void **state)
{
	struct trace_runs runs = { TRACE_NOBODY, 0 };

	(void)state;
	put(TRC_HVM_VMENTRY, 1, 0, 0, 0, 0);
	put(TRC_SCHED_CONTINUE_RUNNING, 2, 1, D1V2, 0, 0);
	put(TRC_HVM_VMEXIT64, UINT64_C(0x500000003), 3, 0x78, 7, 8);
	put(WAKES, 4, 1, D3V0, 0, 0); /* another: it does not run here */
	put(TRC_HVM_HLT, 5, 1, 0, 0, 0);
	put(LEAVES, 6, 1, D1V2, 0, 0);
	put(TRC_HVM_HLT, 7, 1, 0, 0, 0);
	parse(&runs, 4);
	put(COMES, 8, 1, D3V0, 0, 0);
	put(TRC_HVM_HLT, 9, 1, 0, 0, 0);
	put(TRC_LOST_RECORDS, 10, 2, 99, 1 | 2 << 16, 0);
	put(TRC_HVM_HLT, 11, 1, 0, 0, 0);
	put(TRC_LOST_RECORDS, 12, 2, 99, DOMID_IDLE, 0);
	put(TRC_HVM_HLT, 13, 1, 0, 0, 0);
	parse(&runs, 4);

	assert_int_equal(count, 13);
	expect_own(0, TRC_HVM_VMENTRY, TRACE_NOBODY, 0);
	expect_own(1, TRC_SCHED_CONTINUE_RUNNING, 1, 2);
	expect_own(2, TRC_HVM_VMEXIT64, 1, 2);
	assert_true(seen[2].tsc == UINT64_C(0x500000003));
	assert_int_equal(seen[2].cpu, 4);
	assert_int_equal(seen[2].count, 3);
	assert_int_equal(seen[2].word[2], 8);
	expect_own(3, WAKES, 3, 0);
	expect_own(4, TRC_HVM_HLT, 1, 2);
	expect_own(5, LEAVES, 1, 2);
	expect_own(6, TRC_HVM_HLT, TRACE_NOBODY, 0);
	expect_own(7, COMES, 3, 0);
	expect_own(8, TRC_HVM_HLT, 3, 0);
	expect_own(9, TRC_LOST_RECORDS, 1, 2);
	expect_own(10, TRC_HVM_HLT, 1, 2);
	expect_own(12, TRC_HVM_HLT, TRACE_NOBODY, 0);
}

/* Fillers are nothing; bytes that are cut off are no record. */
static void test_bytes(void **state)
{
	struct trace_runs runs = { 1, 0 };

	(void)state;
	bytes[used++] = TRC_TRACE_WRAP_BUFFER | 2u << TRACE_EXTRA_SHIFT;
	used += 2;
	put(TRC_HVM_HLT, 1, 1, 0, 0, 0);
	put(TRC_HVM_VMEXIT64, 2, 3, 1, 2, 3);
	for (size_t size = 0; size < used * 4; size++) {
		trace_parse(&runs, 0, bytes, size, got, NULL);
		assert_int_equal(count, size >= 28);
		count = 0;
	}
	parse(&runs, 0);
	assert_int_equal(count, 2);
}

/* ---- order ---- */

static void test_order(void **state)
{
	static const uint64_t times[] = { 5, 9, 20, 4, 9, 21, 6 };
	struct trace_order order = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 7; i++) {
		const struct trace_record r = { .tsc = times[i], .cpu = i };

		trace_order_add(&order, &r);
	}
	trace_order_take(&order, 20, got, NULL);
	assert_int_equal(count, 5);
	for (size_t i = 1; i < count; i++) {
		assert_true(seen[i - 1].tsc <= seen[i].tsc);
	}
	assert_int_equal(seen[3].cpu, 1); /* as they came */
	assert_int_equal(seen[4].cpu, 4);
	trace_order_take(&order, UINT64_MAX, got, NULL);
	assert_int_equal(count, 7);
	assert_int_equal(seen[6].cpu, 5);
	assert_false(order.failed);
	trace_order_drop(&order);
}

/* ---- events ---- */

static void test_events(void **state)
{
	struct trace_record r = { .event = LEAVES };
	uint32_t set;

	(void)state;
	assert_true(trace_events_parse("exit,sched", &set));
	assert_true(trace_events_have(set, &r));
	assert_int_equal(trace_events_mask(set), 0xa1000);
	r.event = TRC_HVM_VMENTRY;
	assert_false(trace_events_have(set, &r));
	r.event = TRC_HVM_VMEXIT64;
	assert_true(trace_events_have(set, &r));
	assert_true(trace_events_parse("handler", &set));
	assert_false(trace_events_have(set, &r));
	r.event = 0x123456;
	assert_false(trace_events_have(set, &r));
	assert_true(trace_events_have(UINT32_MAX, &r));
	assert_int_equal(trace_events_mask(UINT32_MAX), TRC_ALL);
	assert_false(trace_events_parse("exit,", &set));
	assert_false(trace_events_parse("", &set));
	assert_false(trace_events_parse("exits", &set));
}

static void expect_arguments(struct trace_record r, const char *text)
{
	struct trace_argument a[TRACE_ARGUMENTS];
	char all[256] = "";

	trace_arguments(&r, a);
	for (unsigned int i = 0; i < TRACE_ARGUMENTS && a[i].name != NULL;
	     i++) {
		strcat(strcat(strcat(all, a[i].name), "="), a[i].text);
		strcat(all, " ");
	}
	assert_string_equal(all, text);
}

#define RECORD(n, ...)                                                         \
	((struct trace_record){                                                \
		.event = (n), .count = 3, .word = { __VA_ARGS__ } })

static void test_arguments(void **state)
{
	(void)state;
	expect_arguments(RECORD(TRC_HVM_VMEXIT64, 0x400, 5, 0xffffffff),
			 "reason=memory rip=0xffffffff00000005 ");
	expect_arguments(RECORD(TRC_HVM_VMEXIT64, 0x99, 5, 0),
			 "reason=0x99 rip=0x5 ");
	expect_arguments(RECORD(TRC_HVM_VMMCALL, 32, 4),
			 "call=event_channel_op operation=4 ");
	expect_arguments(RECORD(LEAVES, D1V2), "from=running to=blocked ");
	expect_arguments(RECORD(TRC_HVM_NPF, 1, 2, 0, 0, 2),
			 "address=0x200000001 access=write ");
	expect_arguments(RECORD(0x123456, 1, 2),
			 "number=0x123456 word0=0x1 word1=0x2 word2=0x0 ");
}

/* ---- summary ---- */

static const char *name(void *context, uint32_t domid)
{
	(void)context;
	return domid == 1 ? "one" : "three";
}

static void add(void *summary, const struct trace_record *r)
{
	trace_summary_add(summary, r);
}

static char *summary_of(struct trace_summary *s)
{
	FILE *const before = stdout;
	char *text;
	size_t size;

	stdout = open_memstream(&text, &size);
	trace_summary_print(s, name, NULL);
	fclose(stdout);
	stdout = before;
	return text;
}

static void expect_line(const char *text, const char *line)
{
	if (strstr(text, line) == NULL) {
		fail_msg("no line '%s' in:\n%s", line, text);
	}
}

/* 1 kHz: each tick is a millisecond. */
static void test_summary(void **state)
{
	struct trace_summary *const s = trace_summary_new(1);
	struct trace_runs runs = { TRACE_NOBODY, 0 };
	char *text;

	(void)state;
	put(COMES, 1000, 1, D1V2, 0, 0);
	put(TRC_HVM_VMENTRY, 1010, 0, 0, 0, 0);
	put(TRC_HVM_VMEXIT64, 1110, 3, 0x81, 0, 0);
	put(TRC_HVM_VMMCALL, 1111, 2, __HYPERVISOR_sched_op, 1, 0);
	put(TRC_HVM_VMENTRY, 1130, 0, 0, 0, 0);
	put(TRC_HVM_VMEXIT64, 1180, 3, 0x78, 0, 0);
	put(WAKES, 1185, 1, D3V0, 0, 0); /* no end of the exit */
	put(LEAVES, 1190, 1, D1V2, 0, 0);
	put(COMES, 1290, 1, D3V0, 0, 0);
	put(TRC_HVM_VMENTRY, 1300, 0, 0, 0, 0);
	put(TRC_LOST_RECORDS, 1400, 2, 7, 3, 0);
	put(TRC_HVM_VMEXIT64, 1500, 3, 0x60, 0,
	    0); /* since when is not known */
	put(TRC_HVM_VMENTRY, 1503, 0, 0, 0, 0);
	trace_parse(&runs, 1, bytes, used * sizeof(bytes[0]), add, s);

	text = summary_of(s);
	expect_line(text, "0.503 s, 13 records, 7 lost\n");
	expect_line(text, "one, vCPU 2: 150.000 ms in the guest, 30.000 ms in "
			  "the hypervisor for it\n");
	expect_line(text, "hypercall                     1       20.000    "
			  "20000.000\n");
	expect_line(text, "sched_op                      1       20.000    "
			  "20000.000\n");
	expect_line(text, "hlt                           1       10.000    "
			  "10000.000\n");
	expect_line(text, "runstate 2, entry 2\n");
	expect_line(text, "three, vCPU 0: 0.000 ms in the guest, 3.000 ms in "
			  "the hypervisor for it\n");
	free(text);
	trace_summary_drop(s);
}

static void test_empty_summary(void **state)
{
	struct trace_summary *const s = trace_summary_new(1);
	char *const text = summary_of(s);

	(void)state;
	assert_string_equal(text, "0.000 s, 0 records, 0 lost\n");
	free(text);
	trace_summary_drop(s);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, set_up)
	const struct CMUnitTest tests[] = {
		TEST(test_who),           TEST(test_bytes),
		TEST(test_order),         TEST(test_events),
		TEST(test_arguments),     TEST(test_summary),
		TEST(test_empty_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
