/* SPDX-License-Identifier: MIT */
/*
 * The life of a domain from domain_create() to its end, with the real parts of
 * the domain floor. What it had of others and others of it is given back, and
 * heap and frames are as before.
 */
#include "domain/domain.h"

#include "arch/x86/percpu.h"
#include "domain/event.h"
#include "domain/grant.h"
#include "domain/p2m.h"
#include "domain/physmap.h"
#include "domain/runstate.h"
#include "domain/vcpu.h"
#include "fake.h"
#include "fake_clock.h"
#include "memory.h"
#include "mm/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CYCLES 200
#define RAM    24u  /* gfns 0 to 23 of each domain */
#define EMPTY  100u /* nothing there */
#define REF    20u
#define FUSE   1000u

static struct domain *service;
static struct domain *guest;
static uint32_t exc_port;
static unsigned int freed;
static size_t bytes_before;
static uint64_t frames_before;

void guest_discard(struct domain *d)
{
	domain_discard(d);
	freed++;
}

static struct domain_config config(uint16_t id)
{
	return (struct domain_config){
		.id = id,
		.privileged = id == 0,
		.vcpus = 3,
		.event_ports = 1024,
		.grant_frames = 4,
		.grant_mappings = 300,
	};
}

static void add_ram(struct domain *d)
{
	for (unsigned int i = 0; i < RAM; i++) {
		assert_int_equal(
			physmap_add_ram(d, gfn(i), frames_alloc(d->id, 0), 0),
			0);
	}
}

static struct domain *add(uint16_t id)
{
	const struct domain_config c = config(id);
	struct domain *d;

	assert_int_equal(domain_create(&c, &d), 0);
	assert_int_equal(domain_publish(d), 0);
	add_ram(d);
	return d;
}

/* All steps; false when it waits for others. */
static bool end(struct domain *d)
{
	const uint16_t id = d->id;
	int rc = -XEN_EAGAIN;

	teardown_begin(d);
	for (unsigned int i = 0; rc != 0 && i < FUSE; i++) {
		rc = teardown_step(d);
		assert_true(rc == 0 || rc == -XEN_EAGAIN || rc == -XEN_EBUSY);
		if (rc == -XEN_EBUSY) {
			fake_quiesce();
		}
	}
	assert_int_equal(rc, 0);
	if (domain_find(id) != NULL) {
		return false;
	}
	fake_quiesce();
	return true;
}

static void look_later(void)
{
	fake_clock += NSEC_PER_SEC;
	timer_run();
	fake_quiesce();
}

static struct grant_entry_v1 *entry(struct domain *d, uint32_t ref)
{
	void *page;

	assert_int_equal(grant_frame(d, 0, false, &page), 0);
	return (struct grant_entry_v1 *)page + ref;
}

/* `from` lends its gfn 5 to `to`, who maps it at EMPTY. */
static grant_handle_t lend(struct domain *from, struct domain *to)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = EMPTY << PAGE_SHIFT,
		.flags = GNTMAP_host_map,
		.ref = REF,
		.dom = from->id,
	};

	*entry(from, REF) = (struct grant_entry_v1){
		.flags = GTF_permit_access,
		.domid = to->id,
		.frame = 5,
	};
	assert_int_equal(grant_map(to, &op), 0);
	assert_int_equal(op.status, GNTST_okay);
	return op.handle;
}

static void give_back(struct domain *to, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = EMPTY << PAGE_SHIFT,
		.handle = handle,
	};

	assert_int_equal(grant_unmap(to, &op), 0);
	assert_int_equal(op.status, GNTST_okay);
}

static int setup(void **state)
{
	struct evtchn_bind_virq op = { .virq = VIRQ_DOM_EXC };

	(void)state;
	fake_memory_reset();
	fake_alloc_fail_after(-1);
	freed = 0;
	service = add(0);
	assert_int_equal(event_bind_virq(service, &op), 0);
	exc_port = op.port;
	/* Its page of mappings stays. */
	give_back(service, lend(service, service));
	bytes_before = fake_alloc_bytes();
	frames_before = frames_free_count();
	guest = add(7);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (domain_find(7) != NULL) {
		assert_true(end(guest));
	}
	assert_int_equal(fake_alloc_bytes(), bytes_before);
	assert_int_equal(frames_free_count(), frames_before);
	assert_true(end(service));
	assert_int_equal(fake_locks_held(), 0);
	assert_int_equal(fake_windows(), 0);
	return 0;
}

static bool was_told(void)
{
	unsigned long *word =
		&service->shared_info->evtchn_pending[exc_port / 64];
	const bool told = (*word >> exc_port % 64 & 1) != 0;

	*word = 0;
	return told;
}

static void test_limits(void **state)
{
	struct domain_config c = config(7);
	struct domain *d;

	(void)state;
	assert_int_equal(domain_create(&c, &d), -XEN_EEXIST);
	c = config(DOMAIN_MAX_ID);
	assert_int_equal(domain_create(&c, &d), -XEN_EINVAL);
	c = config(8);
	c.vcpus = 0;
	assert_int_equal(domain_create(&c, &d), -XEN_EINVAL);
	c.vcpus = DOMAIN_MAX_VCPUS + 1;
	assert_int_equal(domain_create(&c, &d), -XEN_EINVAL);
	c = config(8);
	c.grant_frames = 0;
	assert_int_equal(domain_create(&c, &d), -XEN_EINVAL);
	c.grant_frames = DOMAIN_GRANT_FRAMES + 1;
	assert_int_equal(domain_create(&c, &d), -XEN_EINVAL);
	c = config(8);
	c.event_ports = DOMAIN_EVENT_PORTS + 1;
	assert_int_equal(domain_create(&c, &d), -XEN_EINVAL);
	assert_null(d);
}

static void test_two_of_one_id(void **state)
{
	struct domain_config c = config(8);
	struct domain *first;
	struct domain *second;

	(void)state;
	assert_int_equal(domain_create(&c, &first), 0);
	assert_int_equal(domain_create(&c, &second), 0);
	assert_int_not_equal(first->serial, second->serial);
	assert_int_equal(domain_publish(first), 0);
	assert_int_equal(domain_publish(second), -XEN_EEXIST);
	domain_discard(second);
	assert_ptr_equal(domain_find(8), first);
	assert_true(end(first));
}

/* Whichever allocation fails, all is undone. */
static void test_out_of_memory(void **state)
{
	const struct domain_config c = config(8);
	const size_t bytes = fake_alloc_bytes();
	struct domain *d = NULL;
	int err = -XEN_ENOMEM;
	int fails = 0;

	(void)state;
	for (; err != 0 && fails < 100; fails++) {
		fake_alloc_fail_after(fails);
		err = domain_create(&c, &d);
		fake_alloc_fail_after(-1);
		assert_true(err == 0 || err == -XEN_ENOMEM);
		assert_true(err == 0 || fake_alloc_bytes() == bytes);
	}
	assert_in_range(fails, 8, 99);
	domain_discard(d);
	assert_int_equal(fake_alloc_bytes(), bytes);
}

static void test_pause(void **state)
{
	struct vcpu *v = guest->vcpus[0];

	(void)state;
	assert_int_equal(domain_unpause(guest), -XEN_EINVAL);
	assert_int_equal(domain_pause(guest), 0);
	assert_int_equal(domain_pause(guest), 0);
	/* Registers were set: it is to run as soon as it may. */
	v->wait = WAIT_NOTHING;
	assert_int_equal(domain_unpause(guest), 0);
	assert_int_equal(guest->state, DOMAIN_BUILDING);
	assert_null(sched_switch(NULL, false, false).unit);
	assert_int_equal(domain_unpause(guest), 0);
	assert_int_equal(guest->state, DOMAIN_RUNNING);
	assert_ptr_equal(sched_switch(NULL, false, false).unit, &v->unit);
	assert_null(sched_switch(&v->unit, true, false).unit);
	sched_put_done(&v->unit);
	assert_int_equal(domain_unpause(guest), -XEN_EINVAL);
	for (unsigned int i = 0; i < 255; i++) {
		assert_int_equal(domain_pause(guest), 0);
	}
	assert_int_equal(domain_pause(guest), -XEN_EOVERFLOW);
}

static unsigned int stops;

static void count_stop(struct domain *d)
{
	assert_ptr_equal(d, guest);
	stops++;
}

/* Who waits for the end of a paused domain is told at once. */
static void test_shutdown_paused(void **state)
{
	(void)state;
	domain_stopped_hook = count_stop;
	stops = 0;
	assert_int_equal(domain_pause(guest), 0);
	domain_shutdown(guest, SHUTDOWN_crash);
	domain_shutdown(guest, SHUTDOWN_reboot);
	assert_int_equal(stops, 1);
	assert_int_equal(guest->shutdown_reason, SHUTDOWN_crash);
	assert_int_equal(domain_pause(guest), 0);
	assert_int_equal(stops, 2);
	assert_int_equal(domain_unpause(guest), 0);
	assert_int_equal(domain_unpause(guest), 0);
	assert_int_equal(guest->state, DOMAIN_SHUTDOWN);
	domain_stopped_hook = NULL;
}

/* No more of the heap than its limits say, and as much as they say. */
static void test_heap_limit(void **state)
{
	static void *pages[1000];
	unsigned int count = 0;

	(void)state;
	domain_set_frame_max(guest, 512 * 100);
	while (count < 999 &&
	       (pages[count] = domain_alloc_page(guest)) != NULL) {
		count++;
	}
	assert_in_range(count, 300, 998);
	domain_set_frame_max(guest, 512 * 101);
	pages[count] = domain_alloc_page(guest);
	assert_non_null(pages[count]);
	assert_null(domain_alloc_page(guest));
	for (unsigned int i = 0; i <= count; i++) {
		domain_free_page(guest, pages[i]);
	}
}

/* Whatever a guest had, 200 times. */
static void test_cycles(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < CYCLES; i++) {
		struct evtchn_alloc_unbound unbound = { .dom = DOMID_SELF };
		struct evtchn_bind_interdomain bind = { .remote_dom = 7 };
		struct evtchn_init_control control = { .control_gfn = 6 };

		assert_int_equal(event_alloc_unbound(guest, &unbound), 0);
		bind.remote_port = unbound.port;
		assert_int_equal(event_bind_interdomain(service, &bind), 0);
		assert_int_equal(event_init_control(guest, &control), 0);
		lend(service, guest);
		assert_int_equal(physmap_add_foreign(guest, gfn(EMPTY + 1),
						     service, gfn(3)),
				 0);
		assert_int_equal(
			physmap_move_page(guest, gfn(4), guest->shared_info),
			0);
		assert_int_equal(
			vcpu_info_register(guest->vcpus[1], gfn(7), 64), 0);
		runstate_set_area(guest->vcpus[0], guest->vcpus[0], 0x8ff0,
				  false);
		assert_int_equal(watchdog_set(guest, 0, 10), WATCHDOG_ID);
		assert_true(end(guest));
		assert_int_equal(freed, i + 1);
		assert_int_equal(event_close(service, bind.local_port), 0);
		assert_int_equal(fake_alloc_bytes(), bytes_before);
		assert_int_equal(frames_free_count(), frames_before);
		guest = add(7);
	}
}

static void test_lent(void **state)
{
	const grant_handle_t handle = lend(guest, service);

	(void)state;
	assert_false(end(guest));
	assert_false(timer_is_armed(&guest->watchdog));
	look_later();
	assert_ptr_equal(domain_find(7), guest);
	assert_true(was_told());
	assert_int_equal(guest->frame_count, 0);
	assert_int_equal(frames_owned_count(7), 1);
	give_back(service, handle);
	look_later();
	assert_null(domain_find(7));
	assert_true(was_told());
	assert_int_equal(freed, 1);
}

static void test_foreign(void **state)
{
	(void)state;
	assert_int_equal(
		physmap_add_foreign(service, gfn(EMPTY), guest, gfn(2)), 0);
	assert_false(end(guest));
	look_later();
	assert_int_equal(freed, 0);
	assert_int_equal(
		physmap_add_foreign(service, gfn(EMPTY + 1), guest, gfn(2)),
		-XEN_EINVAL);
	assert_int_equal(physmap_remove(service, gfn(EMPTY)), 0);
	look_later();
	assert_int_equal(freed, 1);
}

/* Tools write a guest's first grants through its table. */
static void test_table_mapped(void **state)
{
	void *page = entry(guest, 0);

	(void)state;
	assert_int_equal(physmap_add_page(service, gfn(EMPTY), page), 0);
	assert_false(end(guest));
	look_later();
	assert_int_equal(freed, 0);
	assert_int_equal(physmap_remove(service, gfn(EMPTY)), 0);
	/* Who destroys it again need not wait for the timer. */
	assert_true(end(guest));
	assert_int_equal(freed, 1);
}

static void test_nothing_comes(void **state)
{
	struct evtchn_alloc_unbound unbound = { .dom = 7 };
	const mfn_t m = frames_alloc(7, 0);
	void *page;

	(void)state;
	assert_int_equal(
		physmap_add_foreign(service, gfn(EMPTY), guest, gfn(2)), 0);
	assert_false(end(guest));
	assert_int_equal(physmap_add_ram(guest, gfn(1), m, 0), -XEN_EINVAL);
	assert_int_equal(physmap_move_page(guest, gfn(1), guest->shared_info),
			 -XEN_EINVAL);
	assert_int_equal(grant_frame(guest, 0, false, &page), -XEN_EINVAL);
	assert_int_equal(event_alloc_unbound(service, &unbound), -XEN_EINVAL);
	assert_int_equal(domain_pause(guest), -XEN_EINVAL);
	assert_int_equal(domain_unpause(guest), -XEN_EINVAL);
	domain_shutdown(guest, SHUTDOWN_reboot);
	assert_int_equal(guest->state, DOMAIN_DYING);
	assert_int_equal(physmap_remove(service, gfn(EMPTY)), 0);
	frame_unref(m);
}

/* A pCPU has a vCPU of it, and interrupts come later. */
static void test_running(void **state)
{
	struct sched_unit *own = &service->vcpus[0]->unit;
	struct vcpu *v = guest->vcpus[2];

	(void)state;
	sched_wake(&v->unit);
	assert_ptr_equal(sched_switch(NULL, false, false).unit, &v->unit);
	teardown_begin(guest);
	assert_true(was_told());
	for (unsigned int i = 0; i < 10; i++) {
		assert_int_equal(teardown_step(guest), -XEN_EBUSY);
		fake_quiesce();
	}
	assert_int_equal(guest->frame_count, RAM);
	/* What we were told woke us. */
	assert_ptr_equal(sched_switch(&v->unit, false, false).unit, own);
	sched_put_done(&v->unit);
	assert_null(sched_switch(own, true, false).unit);
	sched_put_done(own);
	/* Nothing brings it back. */
	vcpu_kick(v, WORK_EVENT);
	assert_null(sched_switch(NULL, false, false).unit);
	assert_true(end(guest));
}

/* Two tools at once: the second does not get in the way of the first. */
static void test_busy(void **state)
{
	(void)state;
	teardown_begin(guest);
	guest->teardown.busy = true;
	assert_int_equal(teardown_step(guest), -XEN_EBUSY);
	assert_int_equal(guest->frame_count, RAM);
	guest->teardown.busy = false;
	assert_true(end(guest));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static int start(void **state)
{
	(void)state;
	pcpu_count = 1;
	return timer_cpu_init(0) != 0 || sched_cpu_init(0) != 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_limits),        TEST(test_two_of_one_id),
		TEST(test_out_of_memory), TEST(test_pause),
		TEST(test_cycles),        TEST(test_lent),
		TEST(test_foreign),       TEST(test_table_mapped),
		TEST(test_nothing_comes), TEST(test_running),
		TEST(test_busy),          TEST(test_shutdown_paused),
		TEST(test_heap_limit),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
