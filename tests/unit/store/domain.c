/* SPDX-License-Identifier: MIT */
#include "svcvm/store/domain.h"

#include "tests/unit/store/talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <xen/xen.h>

static struct store s;
static struct client tool;

static int setup(void **state)
{
	(void)state;
	memset(talk_pages, 0, sizeof(talk_pages));
	memset(talk_states, 0, sizeof(talk_states));
	memset(talk_notified, 0, sizeof(talk_notified));
	store_init(&s, NULL, &talk_ops);
	talk_client(&s, &tool, 0);
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/5/data|mine");
	talk(&s, &tool, XS_SET_PERMS, 0, "/local/domain/5/data|n5|");
	talk(&s, &tool, XS_WATCH, 0, "@releaseDomain|t|");
	talk_event(&tool);
	/* indices start near their wrap */
	talk_pages[5].req_cons = talk_pages[5].req_prod = UINT32_MAX - 20;
	talk_pages[5].rsp_cons = talk_pages[5].rsp_prod = UINT32_MAX - 20;
	talk_pages[5].connection = XENSTORE_RECONNECT;
	assert_string_equal(talk(&s, &tool, XS_INTRODUCE, 0, "5|1|2|"), "OK|");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_remove_client(&s, &tool);
	store_free(&s);
	for (size_t i = 0; i < TALK_DOMAINS; i++) {
		assert_false(talk_mapped[i]);
	}
	return 0;
}

static const char *by_ring(uint32_t type, const char *payload)
{
	return talk_ring(&s, 5, type, 0, payload);
}

static void service(void)
{
	domain_service(domain_find(&s, 5), talk_now);
	store_settle(&s);
}

static void test_introduce(void **state)
{
	(void)state;
	assert_int_equal(talk_pages[5].connection, XENSTORE_CONNECTED);
	assert_int_equal(talk_pages[5].server_features,
			 XENSTORE_SERVER_FEATURE_RECONNECTION |
				 XENSTORE_SERVER_FEATURE_ERROR);
	assert_int_not_equal(talk_notified[5], 0);
	/* no such ring, no such port */
	assert_string_equal(talk(&s, &tool, XS_INTRODUCE, 0, "9|1|2|"),
			    "!EINVAL|");
	assert_string_equal(talk(&s, &tool, XS_INTRODUCE, 0, "6|1|0|"),
			    "!EINVAL|");
	assert_false(talk_mapped[6]);
	assert_string_equal(talk(&s, &tool, XS_IS_DOMAIN_INTRODUCED, 0, "6|"),
			    "F|");
}

static void test_requests(void **state)
{
	(void)state;
	assert_string_equal(by_ring(XS_READ, "data|"), "mine");
	assert_string_equal(by_ring(XS_WRITE, "data/x|1"), "OK|");
	assert_string_equal(by_ring(XS_DIRECTORY, "data|"), "x|");
	assert_string_equal(by_ring(XS_READ, "/local|"), "!EACCES|");
	assert_int_equal(talk_pages[5].req_cons, talk_pages[5].req_prod);
	assert_string_equal(talk_ring_get(5), "");
}

static void test_reply_before_event(void **state)
{
	(void)state;
	assert_string_equal(by_ring(XS_WATCH, "data|t|"), "OK|");
	assert_string_equal(talk_ring_get(5), "@data|t|");
}

static uint32_t late;

static void notify_and_add(int port)
{
	talk_pages[5].req_prod += late;
	late = 0;
	talk_ops.notify(port);
}

/* The payload comes when its header has just been taken: a guest that sees us
 * behind does not notify. */
static void test_late_payload(void **state)
{
	struct domain_ops ops = talk_ops;

	(void)state;
	ops.notify = notify_and_add;
	s.ops = &ops;
	talk_ring_put(5, XS_READ, 0, "data|", 0);
	late = 5;
	talk_pages[5].req_prod -= late;
	service();
	s.ops = &talk_ops;
	assert_string_equal(talk_ring_get(5), "mine");
}

/* A value of 2000 bytes goes through rings of 1024, both ways. */
static void test_long_messages(void **state)
{
	char *payload = malloc(3000);
	size_t put = 0;

	(void)state;
	memset(payload, 'v', 2000);
	memcpy(payload, "data/x|", 7);
	payload[2000] = '\0';
	while (put < 2000 + sizeof(struct xsd_sockmsg)) {
		put += talk_ring_put(5, XS_WRITE, 0, payload, put);
		service();
	}
	assert_string_equal(talk_ring_get(5), "OK|");
	assert_string_equal(
		talk(&s, &tool, XS_READ, 0, "/local/domain/5/data/x|"),
		payload + 7);

	talk_ring_put(5, XS_READ, 0, "data/x|", 0);
	talk_ring_put(5, XS_READ, 0, "data|", 0);
	service();
	/* the ring is full, and the second request waits */
	assert_int_equal(talk_pages[5].rsp_prod - talk_pages[5].rsp_cons, 1024);
	assert_int_not_equal(talk_pages[5].req_cons, talk_pages[5].req_prod);
	for (size_t left = 2000 - 7 + sizeof(struct xsd_sockmsg); left > 0;) {
		const size_t some = left < 1024 ? left : 1024;

		talk_pages[5].rsp_cons += (uint32_t)some;
		left -= some;
		service();
	}
	assert_string_equal(talk_ring_get(5), "mine");
	free(payload);
}

/* Events for a guest that does not read them are bounded, its requests wait. */
static void test_lazy_guest(void **state)
{
	char path[40];

	(void)state;
	assert_string_equal(by_ring(XS_WATCH, "data|t|"), "OK|");
	for (unsigned int i = 0; i < 5000; i++) {
		snprintf(path, sizeof(path), "/local/domain/5/data/%u|", i);
		talk(&s, &tool, XS_WRITE, 0, path);
	}
	talk_ring_put(5, XS_READ, 0, "data|", 0);
	service();
	assert_true(domain_find(&s, 5)->client.out_bytes <= 65536);
	assert_int_not_equal(talk_pages[5].req_cons, talk_pages[5].req_prod);
}

static void test_many_requests(void **state)
{
	unsigned int answered = 0;

	(void)state;
	for (unsigned int i = 0; i < 40; i++) {
		talk_ring_put(5, XS_READ, 0, "data|", 0);
	}
	service();
	assert_true(domain_find(&s, 5)->more);
	while (domain_service_more(&s, talk_now)) {
		store_settle(&s);
	}
	while (talk_ring_get(5)[0] != '\0') {
		answered++;
	}
	assert_int_equal(answered, 40);
}

static unsigned int flooded[TALK_DOMAINS];

/* Guests that ask again as soon as they are answered. */
static void notify_and_ask(int port)
{
	const uint16_t domid = port == domain_find(&s, 5)->local_port ? 5 : 6;

	talk_ops.notify(port);
	while (talk_ring_get(domid)[0] != '\0') {
		flooded[domid]++;
	}
	if (talk_pages[domid].req_prod == talk_pages[domid].req_cons) {
		talk_ring_put(domid, XS_READ, 0, "/local/domain/5|", 0);
	}
}

/* A ring that is never empty is left all the same, and two have equal shares. */
static void test_flood(void **state)
{
	struct domain_ops ops = talk_ops;

	(void)state;
	assert_string_equal(talk(&s, &tool, XS_INTRODUCE, 0, "6|1|3|"), "OK|");
	memset(flooded, 0, sizeof(flooded));
	ops.notify = notify_and_ask;
	s.ops = &ops;
	talk_ring_put(5, XS_READ, 0, "data|", 0);
	talk_ring_put(6, XS_READ, 0, "data|", 0);
	service();
	assert_in_range(flooded[5], 1, 16);
	assert_int_equal(flooded[6], 0);
	domain_service(domain_find(&s, 6), talk_now);
	assert_in_range(flooded[6], 1, 16);
	for (unsigned int i = 0; i < 20; i++) {
		assert_true(domain_service_more(&s, talk_now));
		assert_in_range(flooded[5] - flooded[6] + 16, 0, 32);
	}
	assert_in_range(flooded[5] + flooded[6], 200, 22 * 16);
	s.ops = &talk_ops;
}

static void test_bad_rings(void **state)
{
	(void)state;
	talk_pages[5].req_prod = talk_pages[5].req_cons + 1025;
	service();
	assert_int_equal(talk_pages[5].error, XENSTORE_ERROR_RINGIDX);
	/* nothing of it is looked at before the guest connects again */
	talk_pages[5].req_prod = talk_pages[5].req_cons;
	assert_string_equal(by_ring(XS_READ, "data|"), "");
	talk_pages[5].connection = XENSTORE_RECONNECT;
	service();
	assert_int_equal(talk_pages[5].connection, XENSTORE_CONNECTED);
	assert_int_equal(talk_pages[5].error, XENSTORE_ERROR_NONE);
	assert_int_equal(talk_pages[5].req_prod, 0);
	assert_string_equal(by_ring(XS_READ, "data|"), "mine");

	talk_pages[5].rsp_cons = talk_pages[5].rsp_prod + 1;
	talk_ring_put(5, XS_READ, 0, "data|", 0);
	service();
	assert_int_equal(talk_pages[5].error, XENSTORE_ERROR_RINGIDX);
}

static void test_too_long(void **state)
{
	const struct xsd_sockmsg header = { .type = XS_READ, .len = 4097 };

	(void)state;
	assert_string_equal(by_ring(XS_WATCH, "data|t|"), "OK|");
	for (size_t i = 0; i < sizeof(header); i++) {
		talk_pages[5].req[MASK_XENSTORE_IDX(talk_pages[5].req_prod++)] =
			((const char *)&header)[i];
	}
	service();
	assert_int_equal(talk_pages[5].error, XENSTORE_ERROR_PROTO);
	assert_int_equal(watch_count(&domain_find(&s, 5)->client.watches), 0);
}

static void test_introduced_again(void **state)
{
	(void)state;
	assert_string_equal(by_ring(XS_WATCH, "data|t|"), "OK|");
	assert_string_equal(talk(&s, &tool, XS_INTRODUCE, 0, "5|1|3|"), "OK|");
	assert_int_equal(talk_pages[5].rsp_prod, 0);
	assert_int_equal(watch_count(&domain_find(&s, 5)->client.watches), 0);
	assert_string_equal(by_ring(XS_READ, "data|"), "mine");
}

static void test_end(void **state)
{
	(void)state;
	talk(&s, &tool, XS_INTRODUCE, 0, "6|1|2|");
	talk(&s, &tool, XS_SET_TARGET, 0, "6|5|");
	assert_string_equal(
		talk_ring(&s, 6, XS_READ, 0, "/local/domain/5/data|"), "mine");
	domain_poll(&s);
	assert_string_equal(talk_event(&tool), "");

	talk_states[5] = DOMAIN_STATE_SHUTDOWN;
	domain_poll(&s);
	assert_string_equal(talk_event(&tool), "@releaseDomain|t|");
	domain_poll(&s);
	assert_string_equal(talk_event(&tool), "");
	assert_string_equal(by_ring(XS_READ, "data|"), "mine");

	talk_states[5] = DOMAIN_STATE_DYING;
	domain_poll(&s);
	assert_string_equal(talk_event(&tool), "@releaseDomain|t|");
	assert_false(talk_mapped[5]);
	assert_string_equal(talk(&s, &tool, XS_IS_DOMAIN_INTRODUCED, 0, "5|"),
			    "F|");
	domain_poll(&s);
	assert_string_equal(talk_event(&tool), "");

	talk_states[5] = DOMAIN_STATE_ABSENT;
	domain_poll(&s);
	assert_string_equal(talk_event(&tool), "@releaseDomain|t|");
	assert_null(domain_find(&s, 5));
	assert_int_equal(tree_owned_by(&s.tree, 5).node_count, 0);
	assert_int_equal(domain_find(&s, 6)->client.target, DOMID_INVALID);
}

static void test_resume(void **state)
{
	(void)state;
	talk_states[5] = DOMAIN_STATE_SHUTDOWN;
	domain_poll(&s);
	assert_string_equal(talk_event(&tool), "@releaseDomain|t|");
	talk_states[5] = DOMAIN_STATE_ALIVE;
	assert_string_equal(talk(&s, &tool, XS_RESUME, 0, "5|"), "OK|");
	assert_string_equal(talk_event(&tool), "");
	talk_states[5] = DOMAIN_STATE_SHUTDOWN;
	domain_poll(&s);
	assert_string_equal(talk_event(&tool), "@releaseDomain|t|");
	/* It has stopped again by the time it is resumed. */
	assert_string_equal(talk(&s, &tool, XS_RESUME, 0, "5|"), "OK|");
	assert_string_equal(talk_event(&tool), "@releaseDomain|t|");
	domain_poll(&s);
	assert_string_equal(talk_event(&tool), "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_introduce),
		CASE(test_requests),
		CASE(test_reply_before_event),
		CASE(test_long_messages),
		CASE(test_lazy_guest),
		CASE(test_many_requests),
		CASE(test_flood),
		CASE(test_bad_rings),
		CASE(test_too_long),
		CASE(test_introduced_again),
		CASE(test_end),
		CASE(test_resume),
		CASE(test_late_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
