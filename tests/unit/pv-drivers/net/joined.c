/* SPDX-License-Identifier: MIT */
/* Both halves of a network card in one process; then a front half that lies. */
#include "pv-drivers/net/back.h"
#include "pv-drivers/net/front.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "pv-drivers/env/env.h"
#include "pv-drivers/env/fake.h"

static struct env *env;
static struct net_front front;
static struct net_back back;
static const char *complaint;

/* The last frame that came at each end. */
struct arrived {
	uint8_t bytes[NET_FRAME_MAX];
	size_t size;
	unsigned int count;
};

static struct arrived at_front, at_back;
static struct net_packet packet;

static void keep(struct arrived *a, const uint8_t *frame, size_t size)
{
	memcpy(a->bytes, frame, size);
	a->size = size;
	a->count++;
}

static void front_receives(void *context, const uint8_t *frame, size_t size)
{
	(void)context;
	keep(&at_front, frame, size);
}

static void back_receives(void *context, const uint8_t *frame,
			  const struct net_packet *p)
{
	(void)context;
	packet = *p;
	keep(&at_back, frame, p->size);
}

static void on_complaint(void *context, const char *what)
{
	(void)context;
	assert_null(complaint);
	complaint = what;
}

static int setup(void **state)
{
	struct net_back_config config = {
		.domain = FAKE_GUEST,
		.receive = back_receives,
		.complain = on_complaint,
	};

	(void)state;
	complaint = NULL;
	memset(&at_front, 0, sizeof(at_front));
	memset(&at_back, 0, sizeof(at_back));
	env = env_open();
	config.env = env;
	assert_int_equal(net_front_init(&front, env, 0, front_receives, NULL),
			 0);
	return net_back_open(&back, &config, front.send_ref, front.receive_ref,
			     front.port);
}

static int teardown(void **state)
{
	(void)state;
	net_back_close(&back);
	assert_int_equal(fake_counts(env).maps, 0);
	env_close(env);
	return 0;
}

static void run(void)
{
	for (unsigned int i = 0; i < 4; i++) {
		env_dispatch(env);
	}
}

static void fill(uint8_t *frame, size_t size, unsigned int seed)
{
	for (size_t i = 0; i < size; i++) {
		frame[i] = (uint8_t)(seed * 31 + i * 7 + (i >> 8));
	}
}

static void assert_arrived(const struct arrived *a, const uint8_t *frame,
			   size_t size)
{
	assert_int_equal(a->size, size);
	assert_memory_equal(a->bytes, frame, size);
}

/* Many times the size of both rings, and each length. */
static void test_both_ways(void **state)
{
	uint8_t frame[ENV_PAGE_SIZE];

	(void)state;
	for (unsigned int i = 0; i < 3000; i++) {
		const size_t size = NET_FRAME_MIN + i * 13 % 4000;

		fill(frame, size, i);
		assert_int_equal(net_front_send(&front, frame, size), 0);
		run();
		assert_arrived(&at_back, frame, size);
		fill(frame, size, i + 1);
		assert_true(net_back_send(&back, frame, size));
		run();
		assert_arrived(&at_front, frame, size);
	}
	assert_int_equal(at_back.count, 3000);
	assert_int_equal(at_front.count, 3000);
	assert_null(complaint);
	assert_false(front.is_broken);
}

static void test_no_room(void **state)
{
	uint8_t frame[60] = { 1 };
	unsigned int sent = 0;

	(void)state;
	while (net_front_send(&front, frame, sizeof(frame)) == 0) {
		sent++;
	}
	assert_int_equal(sent, NET_FRONT_BUFFERS);
	run();
	assert_int_equal(at_back.count, sent);
	assert_int_equal(net_front_send(&front, frame, sizeof(frame)), 0);

	sent = 0;
	while (net_back_send(&back, frame, sizeof(frame))) {
		sent++;
	}
	assert_int_equal(sent, NET_FRONT_BUFFERS);
	run();
	assert_int_equal(at_front.count, sent);
	assert_true(net_back_send(&back, frame, sizeof(frame)));
	assert_int_equal(net_front_send(&front, frame, ENV_PAGE_SIZE + 1),
			 -E2BIG);
}

/* A frame of several pages goes out whole; this front half wants none. */
static void test_long_frame(void **state)
{
	static uint8_t frame[3 * ENV_PAGE_SIZE];

	(void)state;
	assert_true(net_back_send(&back, frame, sizeof(frame)));
	run();
	assert_int_equal(at_front.count, 0);
	assert_true(net_back_send(&back, frame, 60));
	run();
	assert_int_equal(at_front.count, 1);
	assert_false(net_back_send(&back, frame, NET_FRAME_MIN - 1));
}

/* ---- by hand ---- */

static void put(const void *slot, size_t size)
{
	ring_front_put(&front.sends, slot, size);
}

static void push(void)
{
	ring_front_push(&front.sends);
	env_notify(env, front.port);
	run();
}

static void test_parts_and_extras(void **state)
{
	const struct netif_extra_info gso = {
		.type = XEN_NETIF_EXTRA_TYPE_GSO,
		.u.gso = { .size = 1400, .type = XEN_NETIF_GSO_TYPE_TCPV4 },
	};
	struct netif_tx_request r = {
		.gref = front.outgoing[0].ref,
		.flags = NETTXF_more_data | NETTXF_extra_info |
			 NETTXF_csum_blank,
		.id = 0,
		.size = 5000,
		.offset = 10,
	};
	uint8_t frame[5000];

	(void)state;
	fill(frame, sizeof(frame), 5);
	memcpy(front.outgoing[0].page + 10, frame, 3000);
	memcpy(front.outgoing[1].page, frame + 3000, 2000);
	front.outgoing[0].is_open = front.outgoing[1].is_open = true;
	put(&r, sizeof(r));
	put(&gso, sizeof(gso));
	r = (struct netif_tx_request){ .gref = front.outgoing[1].ref,
				       .id = 1,
				       .size = 2000 };
	put(&r, sizeof(r));
	push();
	assert_null(complaint);
	assert_arrived(&at_back, frame, sizeof(frame));
	assert_int_equal(packet.gso_size, 1400);
	assert_true(packet.checksum_blank);
	/* The extra slot's answer names nothing. */
	assert_int_equal(front.sends.ring.shared->rsp_prod, 3);
}

static void expect_stop(const char *what)
{
	uint8_t frame[60] = { 0 };

	push();
	assert_non_null(complaint);
	assert_string_equal(complaint, what);
	assert_true(back.is_broken);
	assert_false(net_back_send(&back, frame, sizeof(frame)));
	assert_false(net_back_run(&back));
}

static void test_bad_index(void **state)
{
	(void)state;
	front.sends.ring.shared->req_prod = 1000;
	env_notify(env, front.port);
	run();
	assert_string_equal(complaint, "ring index out of bounds");
	assert_true(back.is_broken);
}

static void test_bad_receive_index(void **state)
{
	uint8_t frame[60] = { 0 };

	(void)state;
	front.receives.ring.shared->req_prod = 1000;
	assert_false(net_back_send(&back, frame, sizeof(frame)));
	assert_true(back.is_broken);
}

static void test_bad_part(void **state)
{
	const struct netif_tx_request r = { .gref = front.outgoing[0].ref,
					    .offset = 4000,
					    .size = 200 };

	(void)state;
	put(&r, sizeof(r));
	expect_stop("a part that is not in its page");
}

static void test_no_end(void **state)
{
	const struct netif_tx_request r = { .gref = front.outgoing[0].ref,
					    .flags = NETTXF_more_data,
					    .size = 60 };

	(void)state;
	put(&r, sizeof(r));
	expect_stop("parts without end");
}

/* A reference that is none costs the packet, not the ring. */
static void test_bad_reference(void **state)
{
	const struct netif_tx_request r = { .gref = 3, .id = 0, .size = 60 };

	(void)state;
	front.outgoing[0].is_open = true;
	put(&r, sizeof(r));
	push();
	assert_string_equal(complaint, "cannot copy from the granted pages");
	assert_int_equal(at_back.count, 0);
	assert_false(back.is_broken);
	assert_false(front.outgoing[0].is_open);
}

/* A back half that lies is left alone. */
static void test_bad_response(void **state)
{
	const struct netif_tx_response r = { .id = 7 };

	(void)state;
	ring_front_put(&front.sends, &r, sizeof(r));
	back.sends.rsp_prod++;
	ring_back_push(&back.sends, 0);
	net_front_poll(&front);
	assert_true(front.is_broken);
	assert_int_equal(net_front_send(&front, at_back.bytes, 60), -EAGAIN);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_both_ways),     TEST(test_no_room),
		TEST(test_long_frame),    TEST(test_parts_and_extras),
		TEST(test_bad_index),     TEST(test_bad_receive_index),
		TEST(test_bad_part),      TEST(test_no_end),
		TEST(test_bad_reference), TEST(test_bad_response),
	};

	return cmocka_run_group_tests_name("net/joined", tests, NULL, NULL);
}
