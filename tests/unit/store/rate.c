/* SPDX-License-Identifier: MIT */
#include "svcvm/store/rate.h"

#include "tests/unit/store/talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MS     1000000ull
#define SECOND 1000000000ull
#define RATE   100u
#define SAVED  (RATE * RATE_SAVED)

static struct store s;
static struct client tool;
static FILE *lines; /* what the daemon logs */
static int old_stderr;

/* Two guests, 5 and 6. */
static int setup(void **state)
{
	(void)state;
	memset(talk_pages, 0, sizeof(talk_pages));
	lines = tmpfile();
	old_stderr = dup(2);
	dup2(fileno(lines), 2);
	store_init(&s, NULL, &talk_ops);
	s.quotas.limit[QUOTA_REQUESTS] = RATE;
	talk_client(&s, &tool, 0);
	assert_int_equal(domain_introduce(&s, 0, 0, 1), 0);
	talk(&s, &tool, XS_INTRODUCE, 0, "5|1|2|");
	talk(&s, &tool, XS_INTRODUCE, 0, "6|1|2|");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_remove_client(&s, &tool);
	store_free(&s);
	dup2(old_stderr, 2);
	close(old_stderr);
	fclose(lines);
	return 0;
}

static const struct rate *rate_of(uint16_t domid)
{
	return &domain_find(&s, domid)->rate;
}

static bool is_held(uint16_t domid)
{
	return rate_wait(rate_of(domid), talk_now) > 0;
}

/* Lines about that guest since the last call. */
static unsigned int lines_about(unsigned int domid)
{
	char line[128], expected[128];
	unsigned int count = 0;

	snprintf(expected, sizeof(expected),
		 "corbel-stored: domain %u: quota requests: held back, more "
		 "than 100 a second\n",
		 domid);
	rewind(lines);
	while (fgets(line, sizeof(line), lines) != NULL) {
		count += strcmp(line, expected) == 0;
	}
	rewind(lines);
	assert_int_equal(ftruncate(fileno(lines), 0), 0);
	return count;
}

static void read_answers(uint16_t domid)
{
	while (talk_ring_get(domid)[0] != '\0') {
	}
}

/* As many requests as are taken at this moment, of a guest that fills its ring and
 * rings all the time. Returns how many those were. */
static uint64_t flood(uint16_t domid)
{
	const uint64_t before = rate_of(domid)->requests;
	const size_t size = sizeof(struct xsd_sockmsg) + strlen("a|");

	do {
		read_answers(domid);
		while (talk_pages[domid].req_prod - talk_pages[domid].req_cons <
		       XENSTORE_RING_SIZE - size) {
			talk_ring_put(domid, XS_READ, 0, "a|", 0);
		}
		domain_event(domain_find(&s, domid), talk_now);
		store_settle(&s);
	} while (!is_held(domid) && rate_of(domid)->requests < before + 10000);
	return rate_of(domid)->requests - before;
}

static void test_burst_then_rate(void **state)
{
	uint64_t sent = 0;

	(void)state;
	assert_int_equal(flood(5), SAVED);
	assert_true(is_held(5));
	for (unsigned int i = 0; i < 100; i++) {
		talk_now += 100 * MS;
		sent += flood(5);
	}
	assert_in_range(sent, 9 * RATE, 10 * RATE);
	/* what is saved up has an end */
	talk_now += 3600 * SECOND;
	assert_int_equal(flood(5), SAVED);
}

/* It hears nothing and is told nothing until its time has come; then it goes on by
 * itself. */
static void test_held(void **state)
{
	uint64_t wait;

	(void)state;
	flood(5);
	talk_listens[5] = 0;
	talk_notified[5] = 0;
	domain_event(domain_find(&s, 5), talk_now);
	assert_int_equal(talk_listens[5], 0);
	assert_int_equal(talk_notified[5], 0);
	assert_false(domain_service_more(&s, talk_now));
	assert_true(domain_has_more(&s, talk_now, &wait));
	assert_in_range(wait, 250 * MS, 270 * MS);
	assert_false(domain_service_more(&s, talk_now + wait - 1));
	talk_now += wait;
	assert_true(domain_has_more(&s, talk_now, &wait));
	assert_int_equal(wait, 0);
	assert_true(domain_service_more(&s, talk_now));
	assert_int_equal(talk_listens[5], 1);
	assert_int_not_equal(talk_notified[5], 0);
}

/* Ringing, and connecting anew, costs what requests cost. */
static void test_no_way_around(void **state)
{
	unsigned int rings = 0;

	(void)state;
	talk_listens[5] = 0;
	for (unsigned int i = 0; i < 10 * SAVED; i++) {
		talk_pages[5].connection = XENSTORE_RECONNECT;
		domain_event(domain_find(&s, 5), talk_now);
		rings += talk_pages[5].connection == XENSTORE_CONNECTED;
	}
	assert_int_equal(rings, SAVED);
	assert_int_equal(talk_listens[5], SAVED);
	assert_int_equal(lines_about(5), 1);
}

/* Who makes the daemon say much makes it work much. */
static void test_long_answers(void **state)
{
	char path[64];

	(void)state;
	talk(&s, &tool, XS_MKDIR, 0, "/local/domain/5/a|");
	talk(&s, &tool, XS_SET_PERMS, 0, "/local/domain/5/a|n5|");
	for (unsigned int i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "/local/domain/5/a/name-%02u|", i);
		talk(&s, &tool, XS_MKDIR, 0, path);
	}
	/* 60 times 8 bytes, and the header */
	assert_int_equal(talk_ring(&s, 5, XS_DIRECTORY, 0, "a|")[0], 'n');
	assert_int_equal(rate_of(5)->limit.left, SAVED - 2);
}

static void test_others_are_served(void **state)
{
	(void)state;
	flood(5);
	assert_string_equal(talk_ring(&s, 6, XS_READ, 0, "a|"), "!EACCES|");
	assert_string_equal(talk(&s, &tool, XS_READ, 0, "/none|"), "!ENOENT|");
	assert_false(is_held(6));
	assert_int_equal(flood(6), SAVED - 1);
}

static void test_no_limit(void **state)
{
	(void)state;
	assert_true(flood(0) >= 10000); /* the tools' */
	s.quotas.limit[QUOTA_REQUESTS] = 0;
	assert_true(flood(5) >= 10000);
	assert_int_equal(lines_about(5), 0);
	/* and one again */
	s.quotas.limit[QUOTA_REQUESTS] = RATE;
	assert_int_equal(flood(5), SAVED);
}

static void test_log(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 59; i++) {
		flood(5);
		talk_now += SECOND;
	}
	assert_int_equal(lines_about(5), 1);
	flood(6);
	assert_int_equal(lines_about(6), 1);
	talk_now += SECOND;
	flood(5);
	assert_int_equal(lines_about(5), 1);
}

static void test_figures(void **state)
{
	const struct rate *r = rate_of(5);

	(void)state;
	assert_int_equal(talk_ring(&s, 5, XS_READ, 0, "a|")[0], '!');
	assert_int_equal(r->requests, 1);
	assert_int_equal(r->held_count, 0);
	flood(5);
	assert_int_equal(r->held_count, 1);
	talk_now += 200 * MS;
	assert_int_equal(rate_held(r, talk_now), 200 * MS);
	talk_now += 200 * MS;
	flood(5);
	assert_int_equal(r->held_count, 2);
	assert_int_equal(rate_held(r, talk_now), 400 * MS);
}

/* One that dies while it is held back is not looked at again. */
static void test_end(void **state)
{
	uint64_t wait;

	(void)state;
	flood(5);
	talk_states[5] = DOMAIN_STATE_DYING;
	domain_poll(&s);
	assert_false(domain_has_more(&s, talk_now, &wait));
	talk_states[5] = DOMAIN_STATE_ALIVE;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_burst_then_rate, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_held, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_way_around, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_long_answers, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_others_are_served, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_log, setup, teardown),
		cmocka_unit_test_setup_teardown(test_figures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
