/* SPDX-License-Identifier: MIT */
/*
 * A guest under a debugger, against a hypervisor that counts its pauses: whatever
 * happens, it runs at the end if it ran before.
 */
#include "libctl/corbel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libctl/core/internal.h"
#include "libctl/debug/registers.h"
#include "libctl/debug/virq.h"
#include "libctl/domain/subject.h"

#define VCPUS 2u

static struct corbel c;
static struct corbel_debug *d;

static struct {
	unsigned int pauses, held[VCPUS];
	uint32_t event[VCPUS];
	bool step[VCPUS], debugged, gone, crashed;
	struct hvm_hw_cpu cpu;
} guest;

static struct {
	bool is_others;            /* there is another debugger */
	unsigned int waiting;      /* handles that are open */
	unsigned int looks;        /* at the guest */
	unsigned int looks_before; /* the event was taken */
} events;

xenevtchn_handle *virq_open(uint32_t virq)
{
	assert_int_equal(virq, VIRQ_DEBUGGER);
	events.waiting += !events.is_others;
	return events.is_others ? NULL : (xenevtchn_handle *)&events;
}

int virq_take(xenevtchn_handle *handle)
{
	assert_ptr_equal(handle, &events);
	events.looks_before = events.looks;
	return 0;
}

int xenevtchn_fd(xenevtchn_handle *handle)
{
	assert_ptr_equal(handle, &events);
	return 33;
}

int xenevtchn_close(xenevtchn_handle *handle)
{
	events.waiting -= handle != NULL;
	return 0;
}

int subject_fail(struct corbel *handle, uint32_t domid, const char *what)
{
	(void)domid;
	(void)what;
	handle->error.code = CORBEL_FAILED;
	return -1;
}

int subject_is_guest(struct corbel *handle, uint32_t domid)
{
	(void)handle;
	return domid == 0 ? -1 : 0;
}

int subject_info(struct corbel *handle, uint32_t domid,
		 struct xen_domctl_getdomaininfo *info)
{
	(void)handle;
	(void)domid;
	memset(info, 0, sizeof(*info));
	info->max_vcpu_id = VCPUS - 1;
	info->flags = (guest.pauses != 0 ? XEN_DOMINF_paused : 0) |
		      (guest.crashed ? XEN_DOMINF_shutdown : 0);
	errno = ESRCH;
	return guest.gone ? -1 : 0;
}

int corbel_fail_errno(struct corbel *handle, const char *object,
		      const char *format, ...)
{
	(void)handle;
	(void)object;
	(void)format;
	return -1;
}

int domctl_pause(struct corbel *handle, uint32_t domid)
{
	(void)handle;
	(void)domid;
	guest.pauses++;
	return 0;
}

int domctl_unpause(struct corbel *handle, uint32_t domid)
{
	(void)handle;
	(void)domid;
	if (guest.pauses == 0) {
		errno = EINVAL;
		return -1;
	}
	guest.pauses--;
	return 0;
}

int debug_set_debugged(struct corbel *handle, uint32_t domid, bool debugged)
{
	(void)handle;
	(void)domid;
	guest.debugged = debugged;
	memset(guest.held, 0, sizeof(guest.held));
	memset(guest.event, 0, sizeof(guest.event));
	return 0;
}

int debug_set_step(struct corbel *handle, uint32_t domid, uint32_t vcpu,
		   bool step)
{
	(void)handle;
	(void)domid;
	guest.step[vcpu] = step;
	return 0;
}

int debug_pause_vcpu(struct corbel *handle, uint32_t domid, uint32_t vcpu)
{
	(void)handle;
	(void)domid;
	assert_true(guest.pauses > 0);
	guest.held[vcpu]++;
	return 0;
}

int debug_unpause_vcpu(struct corbel *handle, uint32_t domid, uint32_t vcpu)
{
	(void)handle;
	(void)domid;
	assert_true(guest.pauses > 0);
	assert_true(guest.held[vcpu] > 0);
	guest.held[vcpu]--;
	return 0;
}

int debug_status(struct corbel *handle, uint32_t domid,
		 struct xen_domctl_gdbsx_domstatus *status)
{
	(void)handle;
	(void)domid;
	events.looks++;
	*status = (struct xen_domctl_gdbsx_domstatus){
		.paused = guest.pauses != 0,
		.vcpu_id = UINT32_MAX,
	};
	for (unsigned int i = VCPUS; status->paused && i-- > 0;) {
		if (guest.event[i] != 0) {
			status->vcpu_id = i;
			status->vcpu_ev = guest.event[i];
		}
	}
	if (status->vcpu_id != UINT32_MAX) {
		guest.event[status->vcpu_id] = 0;
	}
	errno = ESRCH;
	return guest.gone ? -1 : 0;
}

int debug_get_context(struct corbel *handle, uint32_t domid, void **records,
		      size_t *size)
{
	struct registers_context *const context = malloc(sizeof(*context));

	(void)handle;
	(void)domid;
	registers_context(context, 1, &guest.cpu);
	*records = context;
	*size = sizeof(*context);
	return 0;
}

int domctl_set_context(struct corbel *handle, uint32_t domid,
		       const void *records, size_t size)
{
	struct registers_context context;

	(void)handle;
	(void)domid;
	assert_int_equal(size, sizeof(context));
	memcpy(&context, records, size);
	assert_int_equal(context.cpu_descriptor.instance, 1);
	assert_int_equal(context.end.typecode, 0);
	guest.cpu = context.cpu;
	return 0;
}

size_t debug_copy(struct corbel *handle, uint32_t domid, uint64_t cr3,
		  uint64_t at, void *bytes, size_t size, bool write)
{
	(void)handle;
	(void)domid;
	(void)at;
	(void)bytes;
	(void)write;
	assert_int_equal(cr3, guest.cpu.cr3);
	return size - 1;
}

/* As the hypervisor does it. */
static void happens(unsigned int vcpu, uint32_t vector)
{
	guest.event[vcpu] = vector;
	guest.pauses++;
}

static int set_up(void **state)
{
	(void)state;
	memset(&guest, 0, sizeof(guest));
	memset(&events, 0, sizeof(events));
	guest.cpu.cr3 = 0x1000;
	return corbel_debug_open(&c, 5, &d);
}

static int tear_down(void **state)
{
	(void)state;
	corbel_debug_close(d);
	assert_int_equal(guest.pauses, 0);
	assert_int_equal(events.waiting, 0);
	assert_false(guest.debugged);
	return 0;
}

static const enum corbel_debug_action all[VCPUS] = { CORBEL_DEBUG_RUN,
						     CORBEL_DEBUG_RUN };

static enum corbel_debug_event poll_event(unsigned int *vcpu)
{
	enum corbel_debug_event event;

	assert_int_equal(corbel_debug_poll(d, &event, vcpu), 0);
	return event;
}

static void test_stands_still(void **state)
{
	(void)state;
	assert_true(guest.debugged);
	assert_int_equal(guest.pauses, 1);
	assert_int_equal(corbel_debug_vcpus(d), VCPUS);
	assert_int_equal(corbel_debug_run(d, all), 0);
	assert_int_equal(guest.pauses, 0);
}

/* Both vCPUs met a breakpoint. One is told. */
static void test_two_events(void **state)
{
	unsigned int vcpu;

	(void)state;
	corbel_debug_run(d, all);
	assert_int_equal(poll_event(&vcpu), CORBEL_DEBUG_NOTHING);
	happens(1, 3);
	happens(0, 3);
	assert_int_equal(poll_event(&vcpu), CORBEL_DEBUG_BREAKPOINT);
	assert_int_equal(vcpu, 0);
	assert_int_equal(guest.pauses, 2);
	assert_int_equal(corbel_debug_run(d, all), 0);
	assert_int_equal(guest.pauses, 0);
}

/* The event is taken first: what happens after a look is told again. */
static void test_waits(void **state)
{
	unsigned int vcpu;

	(void)state;
	assert_int_equal(corbel_debug_file(d), 33);
	corbel_debug_run(d, all);
	happens(1, 3);
	events.looks = 0;
	events.looks_before = UINT32_MAX;
	assert_int_equal(poll_event(&vcpu), CORBEL_DEBUG_BREAKPOINT);
	assert_int_equal(events.looks_before, 0);
}

static void test_two_debuggers(void **state)
{
	struct corbel_debug *second;
	enum corbel_debug_event event;
	unsigned int vcpu;

	(void)state;
	corbel_debug_run(d, all);
	events.is_others = true;
	assert_int_equal(corbel_debug_open(&c, 5, &second), 0);
	assert_int_equal(corbel_debug_file(second), -1);
	corbel_debug_run(second, all);
	happens(1, 3);
	assert_int_equal(corbel_debug_poll(second, &event, &vcpu), 0);
	assert_int_equal(event, CORBEL_DEBUG_BREAKPOINT);
	corbel_debug_close(second);
}

static void test_one_steps(void **state)
{
	static const enum corbel_debug_action one[VCPUS] = {
		CORBEL_DEBUG_STAY, CORBEL_DEBUG_STEP
	};

	unsigned int vcpu;

	(void)state;
	assert_int_equal(corbel_debug_run(d, one), 0);
	assert_true(guest.step[1]);
	assert_int_equal(guest.held[0], 1);
	assert_int_equal(guest.pauses, 0);
	happens(1, 1);
	assert_int_equal(poll_event(&vcpu), CORBEL_DEBUG_STEPPED);
	assert_int_equal(vcpu, 1);
	assert_false(guest.step[1]);
	assert_int_equal(guest.held[0], 0);
}

/* An event came at the same time: it is counted, and forgotten. */
static void test_interrupt(void **state)
{
	(void)state;
	corbel_debug_run(d, all);
	happens(1, 3);
	assert_int_equal(corbel_debug_interrupt(d), 0);
	assert_int_equal(guest.pauses, 2);
	assert_int_equal(corbel_debug_interrupt(d), 0);
	assert_int_equal(guest.pauses, 2);
}

static void test_ends_while_it_runs(void **state)
{
	(void)state;
	corbel_debug_run(d, all);
	happens(0, 3);
}

static void test_crashed(void **state)
{
	unsigned int vcpu;

	(void)state;
	corbel_debug_run(d, all);
	guest.crashed = true;
	assert_int_equal(poll_event(&vcpu), CORBEL_DEBUG_STOPPED);
	assert_int_equal(corbel_debug_run(d, all), -1);
}

static void test_gone(void **state)
{
	unsigned int vcpu;

	(void)state;
	corbel_debug_run(d, all);
	guest.gone = true;
	assert_int_equal(poll_event(&vcpu), CORBEL_DEBUG_GONE);
}

static void test_registers(void **state)
{
	struct corbel_registers r;

	(void)state;
	guest.cpu.rsi = 7;
	guest.cpu.cs_sel = 0x10;
	assert_false(corbel_debug_has(d, 0));
	assert_true(corbel_debug_has(d, 1));
	assert_int_equal(corbel_debug_get(d, 0, &r), -1);
	assert_int_equal(corbel_debug_get(d, 1, &r), 0);
	assert_int_equal(r.value[CORBEL_RSI], 7);
	assert_int_equal(r.value[CORBEL_CS], 0x10);
	r.value[CORBEL_RSI] = 8;
	r.value[CORBEL_CS] = 0x20;
	assert_int_equal(corbel_debug_set(d, 1, &r), 0);
	assert_int_equal(guest.cpu.rsi, 8);
	assert_int_equal(guest.cpu.cs_sel, 0x10);
	assert_int_equal(corbel_debug_read(d, 1, 0, &r, 8), 7);
	assert_int_equal(corbel_debug_read(d, 0, 0, &r, 8), 0);
}

/* Type 3 of AMD APM 2, 15.20, behind the INT3. */
static void test_pass(void **state)
{
	(void)state;
	guest.cpu.rip = 0x1000;
	assert_int_equal(corbel_debug_pass(d, 1), 0);
	assert_int_equal(guest.cpu.rip, 0x1001);
	assert_int_equal(guest.cpu.pending_event, 0x80000303);
}

static void test_what_was_paused_goes_on(void **state)
{
	struct corbel_debug *second;

	(void)state;
	assert_int_equal(corbel_debug_open(&c, 0, &second), -1);
	assert_null(second);
	guest.pauses = 1;
	assert_int_equal(corbel_debug_open(&c, 5, &second), 0);
	assert_int_equal(guest.pauses, 2);
	assert_int_equal(corbel_debug_run(second, all), 0);
	assert_int_equal(guest.pauses, 0);
	corbel_debug_close(second);
	assert_int_equal(guest.pauses, 0);
	guest.pauses = 1; /* the first one's */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_stands_still),
		TEST(test_two_events),
		TEST(test_waits),
		TEST(test_two_debuggers),
		TEST(test_one_steps),
		TEST(test_interrupt),
		TEST(test_ends_while_it_runs),
		TEST(test_crashed),
		TEST(test_registers),
		TEST(test_pass),
		TEST(test_what_was_paused_goes_on),
		cmocka_unit_test_setup(test_gone, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
