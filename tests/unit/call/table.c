/* SPDX-License-Identifier: MIT */
/* Tables of hypercalls: finding the row, privilege, copying, continuing. */
#include "call/call.h"

#include "domain/event.h"
#include "domain/event_port.h"
#include "domain/grant.h"
#include "domain/grant_table.h"
#include "fake.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define RAM_FRAMES 64u
#define ARG        0x3ff0u /* guest address of arguments: 16 bytes on its page */
#define NOWHERE    0x200000u
#define EMPTY      0x100000u

static struct domain *service;
static struct domain *guest;
static struct call call;

static struct domain *add(uint16_t id)
{
	struct domain *d = fake_domain_add(id, 2);

	fake_domain_add_ram(d, 0, RAM_FRAMES);
	assert_int_equal(event_domain_init(d, 2048), 0);
	assert_int_equal(grant_domain_init(d, 4, 1000), 0);
	return d;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	service = add(0);
	service->privileged = true;
	guest = add(1);
	call = (struct call){ .vcpu = guest->vcpus[0], .wide = true };
	return 0;
}

static void drop(struct domain *d)
{
	while (!event_close_some(d, 1000)) {
	}
	event_domain_destroy(d);
	grant_domain_destroy(d);
	assert_int_equal(d->heap_pages, 0);
	fake_domain_remove(d);
}

static int teardown(void **state)
{
	(void)state;
	fake_check_clean();
	while (!grant_release_some(service, 1000) ||
	       !grant_release_some(guest, 1000)) {
	}
	drop(guest);
	drop(service);
	return 0;
}

/* A table that records what it was called with. */
static unsigned int runs;
static uint32_t seen[48];
static long result;

static long record(struct call *c, void *arg)
{
	assert_ptr_equal(c, &call);
	runs++;
	if (arg != NULL) {
		memcpy(seen, arg, 16);
		memset(arg, 0x5a, 16);
	}
	return result;
}

static const struct call_op table[] = {
	{ 0, 16, 0, record },
	{ 1, 16, CALL_COPY_BACK | CALL_SAME32, record },
	{ 5, 0, CALL_NO_ARG, record },
	{ 6, 16, CALL_PRIVILEGED, record },
	{ 7, CALL_ARG_MAX, CALL_COPY_BACK, record },
};

static long run(uint64_t op, uint64_t handle)
{
	return call_table_run(&call, table, ARRAY_SIZE(table), op, handle);
}

static uint32_t *arg_word(unsigned int i)
{
	return (uint32_t *)fake_guest(guest, ARG + 4 * i);
}

static void fill_arg(void)
{
	runs = 0;
	result = 0;
	for (uint32_t i = 0; i < 16; i++) {
		*arg_word(i) = 100 + i;
	}
}

static void test_unknown(void **state)
{
	(void)state;
	fill_arg();
	assert_int_equal(run(2, ARG), -XEN_ENOSYS);
	assert_int_equal(run(UINT64_C(1) << 32, ARG), -XEN_ENOSYS);
	assert_int_equal(run(~UINT64_C(0), ARG), -XEN_ENOSYS);
	assert_int_equal(call_table_run(&call, table, 0, 0, ARG), -XEN_ENOSYS);
	assert_int_equal(runs, 0);
}

static void test_copy_in(void **state)
{
	(void)state;
	fill_arg();
	assert_int_equal(run(0, ARG + 8), 0); /* across a page boundary */
	assert_int_equal(runs, 1);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(seen[i], 102 + i);
	}
	/* Nothing is written without CALL_COPY_BACK. */
	assert_int_equal(*arg_word(2), 102);
	assert_int_equal(run(0, NOWHERE), -XEN_EFAULT);
	assert_int_equal(run(0, RAM_FRAMES * PAGE_SIZE - 8), -XEN_EFAULT);
	assert_int_equal(runs, 1);
}

static void test_copy_back(void **state)
{
	(void)state;
	fill_arg();
	result = 7;
	assert_int_equal(run(1, ARG), 7);
	assert_int_equal(*arg_word(0), 0x5a5a5a5a);
	assert_int_equal(*arg_word(3), 0x5a5a5a5a);
	assert_int_equal(*arg_word(4), 104);
	/* Not after an error, and not when it goes on. */
	fill_arg();
	result = -XEN_EBUSY;
	assert_int_equal(run(1, ARG), -XEN_EBUSY);
	assert_int_equal(*arg_word(0), 100);
	result = CALL_AGAIN;
	assert_true(run(1, ARG) == CALL_AGAIN);
	assert_int_equal(*arg_word(0), 100);
	/* Readable, but not to be written. */
	const mfn_t m = p2m_lookup(guest, gfn(4), NULL);

	assert_int_equal(p2m_map(guest, gfn(4), m, 0, P2M_RAM_RO), 0);
	result = 0;
	assert_int_equal(run(1, ARG + 8), -XEN_EFAULT);
	/* The largest argument. */
	assert_int_equal(p2m_map(guest, gfn(4), m, 0, P2M_RAM_RW), 0);
	assert_int_equal(run(7, ARG), 0);
}

static void test_no_arg(void **state)
{
	(void)state;
	fill_arg();
	result = 3;
	assert_int_equal(run(5, NOWHERE), 3);
	assert_int_equal(runs, 1);
}

static void test_privilege(void **state)
{
	(void)state;
	fill_arg();
	assert_int_equal(run(6, NOWHERE), -XEN_EPERM);
	assert_int_equal(runs, 0);
	call.vcpu = service->vcpus[0];
	assert_int_equal(run(6, ARG), 0);
	assert_int_equal(runs, 1);
}

static void test_32_bit_caller(void **state)
{
	(void)state;
	fill_arg();
	call.wide = false;
	assert_int_equal(run(0, ARG), -XEN_ENOSYS);
	assert_int_equal(run(1, ARG), 0);
	assert_int_equal(run(5, ARG), 0);
	assert_int_equal(runs, 2);
}

static int record_domain(struct domain *self, void *arg)
{
	assert_ptr_equal(self, guest);
	return (int)record(&call, arg);
}

static const struct call_domain_op in_op = { record_domain, 16, 0 };
static const struct call_domain_op both_op = { record_domain, 16,
					       CALL_COPY_BACK | CALL_SAME32 };

static void test_array(void **state)
{
	(void)state;
	fill_arg();
	for (uint32_t i = 0; i < 400; i++) {
		*arg_word(i) = i;
	}
	assert_int_equal(call_domain_run(&call, &both_op, ARG, 0), 0);
	assert_int_equal(runs, 0);
	assert_int_equal(call_domain_run(&call, &both_op, ARG, 32), 0);
	assert_int_equal(runs, 32);
	assert_int_equal(seen[0], 4 * 31);
	for (uint32_t i = 0; i < 128; i++) {
		assert_int_equal(*arg_word(i), 0x5a5a5a5a);
	}
	assert_int_equal(*arg_word(128), 128);
	/* The first error ends it. */
	runs = 0;
	result = -XEN_EINVAL;
	assert_int_equal(call_domain_run(&call, &in_op, ARG, 30), -XEN_EINVAL);
	assert_int_equal(runs, 1);
	/* Half of it is there: nothing is done. */
	runs = 0;
	result = 0;
	assert_int_equal(call_domain_run(&call, &in_op,
					 RAM_FRAMES * PAGE_SIZE - 256, 30),
			 -XEN_EFAULT);
	call.wide = false;
	assert_int_equal(call_domain_run(&call, &in_op, ARG, 30), -XEN_ENOSYS);
	assert_int_equal(runs, 0);
	assert_int_equal(call_domain_run(&call, &both_op, ARG, 1), 0);
}

static long event_op(uint32_t cmd, void *arg, size_t size)
{
	memcpy(fake_guest(guest, ARG & PAGE_MASK), arg, size);
	call.arg[0] = cmd;
	call.arg[1] = ARG & PAGE_MASK;
	const long rc = call_event_channel_op(&call);

	memcpy(arg, fake_guest(guest, ARG & PAGE_MASK), size);
	return rc;
}

#define EVENT_OP(name, arg) event_op(EVTCHNOP_##name, &(arg), sizeof(arg))

static void test_event_rows(void **state)
{
	struct evtchn_alloc_unbound mk = { .dom = DOMID_SELF,
					   .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain bd = { .remote_dom = DOMID_SELF };
	struct evtchn_bind_virq virq = { .virq = VIRQ_TIMER, .vcpu = 1 };
	struct evtchn_bind_ipi ipi = { .vcpu = 1 };
	struct evtchn_bind_pirq pirq = { .pirq = 1 };

	(void)state;
	assert_int_equal(EVENT_OP(alloc_unbound, mk), 0);
	assert_int_equal(mk.port, 1);
	bd.remote_port = mk.port;
	assert_int_equal(EVENT_OP(bind_interdomain, bd), 0);
	assert_int_equal(bd.local_port, 2);
	assert_int_equal(EVENT_OP(bind_virq, virq), 0);
	assert_int_equal(virq.port, 3);
	call.wide = false;
	assert_int_equal(EVENT_OP(bind_ipi, ipi), 0);
	assert_int_equal(ipi.port, 4);
	assert_int_equal(EVENT_OP(bind_pirq, pirq), -XEN_ENOSYS);

	struct evtchn_bind_vcpu bv = { .port = 1, .vcpu = 1 };
	struct evtchn_send send = { .port = 2 };
	struct evtchn_unmask unmask = { .port = 1 };
	struct evtchn_status status = { .dom = DOMID_SELF, .port = 1 };
	struct evtchn_close close = { .port = 2 };

	assert_int_equal(EVENT_OP(bind_vcpu, bv), 0);
	guest->shared_info->evtchn_mask[0] = 2;
	assert_int_equal(EVENT_OP(send, send), 0);
	assert_int_equal(fake_kicks(guest->vcpus[1], NULL), 0);
	assert_int_equal(EVENT_OP(unmask, unmask), 0);
	assert_int_equal(fake_kicks(guest->vcpus[1], NULL), 1);
	assert_int_equal(EVENT_OP(status, status), 0);
	assert_int_equal(status.status, EVTCHNSTAT_interdomain);
	assert_int_equal(status.u.interdomain.port, 2);
	assert_int_equal(EVENT_OP(close, close), 0);
	send.port = 2;
	assert_int_equal(EVENT_OP(send, send), -XEN_EINVAL);
}

static void test_fifo_rows(void **state)
{
	struct evtchn_init_control ic = { .control_gfn = 8, .vcpu = 1 };
	struct evtchn_expand_array ea = { .array_gfn = 9 };
	struct evtchn_bind_ipi ipi = { .vcpu = 1 };
	struct evtchn_set_priority pr = { .port = 1, .priority = 2 };
	struct evtchn_send send = { .port = 1 };

	(void)state;
	assert_int_equal(EVENT_OP(init_control, ic), 0);
	assert_int_equal(ic.link_bits, EVTCHN_FIFO_LINK_BITS);
	assert_int_equal(EVENT_OP(expand_array, ea), 0);
	assert_int_equal(EVENT_OP(bind_ipi, ipi), 0);
	assert_int_equal(EVENT_OP(set_priority, pr), 0);
	assert_int_equal(EVENT_OP(send, send), 0);
	assert_int_equal(*(uint32_t *)fake_guest(guest, 8 * PAGE_SIZE), 4);
}

static void test_event_reset(void **state)
{
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };
	struct evtchn_reset reset = { .dom = DOMID_SELF };
	unsigned int again = 0;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		assert_int_equal(EVENT_OP(bind_ipi, ipi), 0);
	}
	while (EVENT_OP(reset, reset) == CALL_AGAIN) {
		again++;
	}
	assert_int_equal(again, 3);
	assert_int_equal(EVENT_OP(bind_ipi, ipi), 0);
	assert_int_equal(ipi.port, 1);
	reset.dom = 0;
	assert_int_equal(EVENT_OP(reset, reset), -XEN_EPERM);
	reset.dom = 77;
	assert_int_equal(EVENT_OP(reset, reset), -XEN_ESRCH);
	call.vcpu = service->vcpus[0];
}

static long grant_op(uint64_t cmd, uint64_t array, uint64_t count)
{
	call.arg[0] = cmd;
	call.arg[1] = array;
	call.arg[2] = count;
	return call_grant_table_op(&call);
}

static void grant_self(unsigned int count)
{
	void *page;

	assert_int_equal(grant_frame(guest, 0, false, &page), 0);
	for (uint32_t i = 0; i < count; i++) {
		((struct grant_entry_v1 *)page)[i] = (struct grant_entry_v1){
			.flags = GTF_permit_access, .domid = 1, .frame = 20
		};
	}
}

#define MAPS 150u

/* Arrays longer than a step are done in pieces, seen as one call. */
static void test_grant_pieces(void **state)
{
	static const uint64_t at = 40 * PAGE_SIZE;
	unsigned int again = 0;

	(void)state;
	grant_self(MAPS);
	for (uint32_t i = 0; i < MAPS; i++) {
		struct gnttab_map_grant_ref op = {
			.host_addr = EMPTY + i * PAGE_SIZE,
			.flags = GNTMAP_host_map,
			.ref = i == 70 ? 512 : i,
			.dom = DOMID_SELF,
		};

		assert_int_equal(guest_phys_write(guest,
						  gaddr(at + i * sizeof(op)),
						  &op, sizeof(op)),
				 0);
	}

	long rc = grant_op(GNTTABOP_map_grant_ref, at, MAPS);

	while (rc == CALL_AGAIN) {
		again++;
		assert_int_equal(call.arg[0], GNTTABOP_map_grant_ref);
		assert_int_equal(call.arg[1], at + again * 64 * 32);
		assert_int_equal(call.arg[2], MAPS - again * 64);
		rc = call_grant_table_op(&call);
	}
	assert_int_equal(rc, 0);
	assert_int_equal(again, 2);
	/* One bad element spoils only itself. */
	for (uint32_t i = 0; i < MAPS; i++) {
		struct gnttab_map_grant_ref op;

		assert_int_equal(fake_guest_read(guest, &op,
						 gaddr(at + i * sizeof(op)),
						 sizeof(op)),
				 0);
		assert_int_equal(op.status, i == 70 ? GNTST_bad_gntref : 0);
	}
}

static void test_grant_counts(void **state)
{
	(void)state;
	assert_int_equal(grant_op(GNTTABOP_map_grant_ref, NOWHERE, 0), 0);
	assert_int_equal(grant_op(GNTTABOP_map_grant_ref, NOWHERE, 1),
			 -XEN_EFAULT);
	assert_int_equal(grant_op(GNTTABOP_map_grant_ref, NOWHERE, 1000),
			 -XEN_EFAULT);
	assert_int_equal(grant_op(GNTTABOP_copy, ARG, UINT32_C(1) << 31),
			 -XEN_EINVAL);
	assert_int_equal(grant_op(GNTTABOP_transfer, ARG, 1), -XEN_ENOSYS);
	assert_int_equal(grant_op(GNTTABOP_setup_table, ARG, 1), -XEN_ENOSYS);
	assert_int_equal(grant_op(GNTTABOP_unmap_and_replace, ARG, 1),
			 -XEN_ENOSYS);
	assert_int_equal(grant_op(GNTTABOP_swap_grant_ref, ARG, 1),
			 -XEN_ENOSYS);
	assert_int_equal(grant_op(GNTTABOP_get_status_frames, ARG, 1),
			 -XEN_ENOSYS);
	assert_int_equal(grant_op(UINT64_C(1) << 32, ARG, 1), -XEN_ENOSYS);
	assert_int_equal(grant_op(99, ARG, 1), -XEN_ENOSYS);
	call.wide = false;
	assert_int_equal(grant_op(GNTTABOP_copy, ARG, 1), -XEN_ENOSYS);
}

#define PUT(op)                                                                \
	assert_int_equal(                                                      \
		guest_phys_write(guest, gaddr(ARG), &(op), sizeof(op)), 0)
#define GET(op)                                                                \
	assert_int_equal(                                                      \
		fake_guest_read(guest, &(op), gaddr(ARG), sizeof(op)), 0)

static void test_grant_rows(void **state)
{
	struct gnttab_query_size size = { .dom = DOMID_SELF };
	struct gnttab_set_version set = { .version = 2 };
	struct gnttab_get_version get = { .dom = DOMID_SELF };
	struct gnttab_unmap_grant_ref unmap = { .handle = 5 };
	struct gnttab_copy copy = {
		.source = { .domid = DOMID_SELF, .u.gmfn = 1 },
		.dest = { .domid = DOMID_SELF, .u.gmfn = 2 },
		.len = 8,
	};

	(void)state;
	grant_self(2);
	PUT(size);
	assert_int_equal(grant_op(GNTTABOP_query_size, ARG, 1), 0);
	GET(size);
	assert_int_equal(size.max_nr_frames, 4);
	PUT(set);
	assert_int_equal(grant_op(GNTTABOP_set_version, ARG, 1), -XEN_ENOSYS);
	PUT(get);
	assert_int_equal(grant_op(GNTTABOP_get_version, ARG, 1), 0);
	GET(get);
	assert_int_equal(get.version, 1);
	PUT(unmap);
	assert_int_equal(grant_op(GNTTABOP_unmap_grant_ref, ARG, 1), 0);
	GET(unmap);
	assert_int_equal(unmap.status, GNTST_bad_handle);
	memcpy(fake_guest(guest, PAGE_SIZE), "a copy!", 8);
	PUT(copy);
	assert_int_equal(grant_op(GNTTABOP_copy, ARG, 1), 0);
	GET(copy);
	assert_int_equal(copy.status, GNTST_okay);
	assert_string_equal(fake_guest(guest, 2 * PAGE_SIZE), "a copy!");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unknown),       TEST(test_copy_in),
		TEST(test_copy_back),     TEST(test_no_arg),
		TEST(test_privilege),     TEST(test_array),
		TEST(test_32_bit_caller), TEST(test_event_rows),
		TEST(test_fifo_rows),     TEST(test_event_reset),
		TEST(test_grant_pieces),  TEST(test_grant_counts),
		TEST(test_grant_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
