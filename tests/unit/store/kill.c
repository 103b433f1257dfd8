/* SPDX-License-Identifier: MIT */
/*
 * The daemon is killed at each step that somebody else could see: before and
 * after each change of its file and of a ring, and in the middle of a write. A
 * new one goes on from what there is. The guests have nothing but their rings,
 * and must get what they would have got anyway: each request handled once, each
 * answer once, no event lost.
 *
 * The steps are the functions that the linker wraps (--wrap). Being killed is a
 * jump out of them; the store that was at work is left as it is.
 */
#include "svcvm/store/state.h"

#include "tests/unit/store/talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* More than anything takes. */
#define TURNS 100

/* What a guest takes off its ring at a time. */
#define TAKEN_AT_ONCE 600

static char path[] = "/tmp/corbel-kill-XXXXXX";
static struct store s;
static bool is_running;
static bool writes_anew; /* the journal, at each turn */
static jmp_buf killed;
static unsigned int step;
static unsigned int deaths[2]; /* the steps to die at; 0: none */

/* What a guest has got of its messages. */
static struct guest {
	struct buf bytes;
	struct buf events;
	char reply[XENSTORE_PAYLOAD_MAX + 8];
} guests[TALK_DOMAINS];

/* The stores that were killed are never freed. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static bool is_death(unsigned int at)
{
	return at == deaths[0] || at == deaths[1];
}

static void pass(void)
{
	if (is_death(++step)) {
		longjmp(killed, 1);
	}
}

#define WRAP(name, parameters, arguments)                                      \
	void __real_##name parameters;                                         \
	void __wrap_##name parameters;                                         \
	void __wrap_##name parameters                                          \
	{                                                                      \
		pass();                                                        \
		__real_##name arguments;                                       \
		pass();                                                        \
	}

WRAP(ring_taken, (struct xenstore_domain_interface * page, uint32_t cons),
     (page, cons))
WRAP(ring_sent, (struct xenstore_domain_interface * page, uint32_t prod),
     (page, prod))
WRAP(ring_connect, (struct xenstore_domain_interface * page), (page))
WRAP(ring_disconnect, (struct xenstore_domain_interface * page), (page))
WRAP(ring_rewind, (struct xenstore_domain_interface * page), (page))

/* Thousands of daemons would have much to say. */
void __wrap_log_line(const char *format, ...);

void __wrap_log_line(const char *format, ...)
{
	(void)format;
}

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	ssize_t done;

	pass();
	if (is_death(step + 1)) {
		done = __real_write(fd, data, len / 2);
	}
	pass();
	done = __real_write(fd, data, len);
	pass();
	return done;
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

int __wrap_rename(const char *from, const char *to)
{
	int rc;

	pass();
	rc = __real_rename(from, to);
	pass();
	return rc;
}

/* ---- the daemon ---- */

/* As main() does. */
static void begin(void)
{
	store_init(&s, path, &talk_ops);
	state_load(&s);
	domain_poll(&s);
	if (domain_find(&s, 0) == NULL) {
		domain_introduce(&s, 0, 0, 1);
	}
	state_save(&s);
	store_settle(&s);
	is_running = true;
}

static void serve(uint16_t domid)
{
	struct domain *d = domain_find(&s, domid);

	if (d != NULL) {
		domain_service(d, talk_now);
		store_settle(&s);
	}
}

/* It does something, perhaps the last thing it does. */
static void run(void (*work)(void))
{
	if (setjmp(killed) != 0) {
		close(s.journal.fd);
		is_running = false;
		return;
	}
	if (!is_running) {
		begin();
	}
	if (writes_anew) {
		s.journal.compact_size = 0;
	}
	work();
}

static void serve_all(void)
{
	serve(0);
	serve(5);
}

static void turn(void)
{
	run(serve_all);
}

/* A tool gives guest 5 a new port; whether it has done so when it is killed,
 * nobody knows. */
static void introduce_again(void)
{
	static struct client tool;

	talk_client(&s, &tool, 0);
	talk(&s, &tool, XS_INTRODUCE, 0, "5|1|3|");
	store_remove_client(&s, &tool);
}

/* ---- the guests ---- */

static bool has_message(const struct buf *b, struct xsd_sockmsg *header)
{
	if (b->len < sizeof(*header)) {
		return false;
	}
	memcpy(header, b->data, sizeof(*header));
	return b->len >= sizeof(*header) + header->len;
}

/* Takes a reply, and all events before it. */
static bool take_reply(struct guest *g, uint32_t type)
{
	struct xsd_sockmsg header;
	bool found = false;

	while (!found && has_message(&g->bytes, &header)) {
		const size_t len = sizeof(header) + header.len;
		const char *text = talk_unpack(g->bytes.data, "@");

		if (header.type == XS_WATCH_EVENT) {
			buf_add(&g->events, text, strlen(text));
		} else {
			assert_true(header.type == type ||
				    header.type == XS_ERROR);
			snprintf(g->reply, sizeof(g->reply), "%s", text);
			found = true;
		}
		memmove(g->bytes.data, g->bytes.data + len, g->bytes.len - len);
		g->bytes.len -= len;
	}
	return found;
}

static void take_bytes(uint16_t domid)
{
	struct xenstore_domain_interface *page = &talk_pages[domid];

	assert_true(page->rsp_prod - page->rsp_cons <= XENSTORE_RING_SIZE);
	for (int i = 0; i < TAKEN_AT_ONCE && page->rsp_cons != page->rsp_prod;
	     i++) {
		buf_add(&guests[domid].bytes,
			&page->rsp[MASK_XENSTORE_IDX(page->rsp_cons)], 1);
		page->rsp_cons++;
	}
}

static const char *ask(uint16_t domid, uint32_t type, uint32_t tx_id,
		       const char *payload)
{
	struct guest *g = &guests[domid];
	size_t put = 0;

	for (int i = 0; i < TURNS; i++) {
		put += talk_ring_put(domid, type, tx_id, payload, put);
		turn();
		take_bytes(domid);
		if (take_reply(g, type)) {
			return g->reply;
		}
	}
	fail_msg("step %u, killed at %u and %u: no answer to %s", step,
		 deaths[0], deaths[1], payload);
	return "";
}

static void expect(uint16_t domid, uint32_t type, const char *payload,
		   const char *reply)
{
	assert_string_equal(ask(domid, type, 0, payload), reply);
}

/* One of two events comes: after a restart the watch's path alone is told. */
static void expect_event(uint16_t domid, const char *event, const char *again)
{
	struct buf *events = &guests[domid].events;

	for (int i = 0; i < TURNS; i++) {
		turn();
		take_bytes(domid);
		assert_false(take_reply(&guests[domid], UINT32_MAX));
		buf_add(events, "", 1);
		events->len--;
		if (strstr(events->data, event) != NULL ||
		    strstr(events->data, again) != NULL) {
			events->len = 0;
			return;
		}
	}
	fail_msg("killed at %u and %u: no event %s", deaths[0], deaths[1],
		 event);
}

/* A client begins again when its transaction was disturbed. */
static void transact(uint16_t domid)
{
	const char *verdict = "!EAGAIN|";

	for (int i = 0; i < 4 && strcmp(verdict, "!EAGAIN|") == 0; i++) {
		const uint32_t id = (uint32_t)strtoul(
			ask(domid, XS_TRANSACTION_START, 0, "|"), NULL, 10);

		assert_int_not_equal(id, 0);
		assert_string_equal(ask(domid, XS_WRITE, id, "data/t|in"),
				    "OK|");
		verdict = ask(domid, XS_TRANSACTION_END, id, "T|");
	}
	assert_string_equal(verdict, "OK|");
	expect(domid, XS_READ, "data/t|", "in");
}

static void wait_connected(uint16_t domid)
{
	for (int i = 0; i < TURNS; i++) {
		if (talk_pages[domid].connection == XENSTORE_CONNECTED) {
			break;
		}
		turn();
	}
	assert_int_equal(talk_pages[domid].connection, XENSTORE_CONNECTED);
}

/* The guest starts its end anew, as a crash kernel does. */
static void reconnect(uint16_t domid)
{
	talk_pages[domid].connection = XENSTORE_RECONNECT;
	wait_connected(domid);
	assert_int_equal(talk_pages[domid].req_cons, 0);
	guests[domid].bytes.len = 0;
	guests[domid].events.len = 0;
}

static void expect_long_value(uint16_t domid)
{
	char payload[1600];

	memset(payload, 'v', sizeof(payload));
	memcpy(payload, "data/long|", 10);
	payload[sizeof(payload) - 1] = '\0';
	expect(domid, XS_WRITE, payload, "OK|");
	expect(domid, XS_READ, "data/long|", payload + 10);
}

static void live(void)
{
	expect(0, XS_WRITE, "/local/domain/5/data|mine", "OK|");
	expect(0, XS_SET_PERMS, "/local/domain/5/data|n5|", "OK|");
	expect(0, XS_WATCH, "@releaseDomain|gone|", "OK|");
	expect(0, XS_INTRODUCE, "5|1|2|", "OK|");
	expect(5, XS_WATCH, "data|t|", "OK|");
	expect_event(5, "@data|t|", "@data|t|");
	expect(0, XS_WRITE, "/local/domain/5/data/bell|", "OK|");
	expect_event(5, "@data/bell|t|", "@data|t|");
	expect_long_value(5);
	transact(5);
	expect(5, XS_UNWATCH, "data|t|", "OK|");
	reconnect(5);
	expect(5, XS_READ, "data|", "mine");
	run(introduce_again);
	wait_connected(5);
	expect(5, XS_READ, "data/t|", "in");
	guests[0].events.len = 0;
	expect(0, XS_RELEASE, "5|", "OK|");
	expect_event(0, "@@releaseDomain|gone|", "@@releaseDomain|gone|");
	expect(0, XS_IS_DOMAIN_INTRODUCED, "5|", "F|");
}

/* Returns how many steps it took. */
static unsigned int live_once(unsigned int first, unsigned int second)
{
	deaths[0] = first;
	deaths[1] = second;
	step = 0;
	is_running = false;
	unlink(path);
	memset(talk_pages, 0, sizeof(talk_pages));
	for (int i = 0; i < TALK_DOMAINS; i++) {
		buf_free(&guests[i].bytes);
		buf_free(&guests[i].events);
	}
	live();
	while (!is_running) { /* killed after its last answer */
		turn();
	}
	assert_true(tree_is_sound(&s.tree));
	deaths[0] = deaths[1] = 0;
	store_free(&s);
	return step;
}

/* `gap` steps after it was killed it is killed again. */
static void die_everywhere(unsigned int gap)
{
	const unsigned int count = live_once(0, 0);

	assert_true(count > 100);
	for (unsigned int i = 1; i <= count; i++) {
		live_once(i, gap == 0 ? 0 : i + gap);
	}
}

static void test_once(void **state)
{
	(void)state;
	writes_anew = false;
	die_everywhere(0);
}

/* The second time is while it starts, or soon after. */
static void test_twice(void **state)
{
	(void)state;
	writes_anew = false;
	die_everywhere(1);
	die_everywhere(4);
	die_everywhere(12);
}

static void test_while_file_is_written_anew(void **state)
{
	(void)state;
	writes_anew = true;
	die_everywhere(0);
}

static int setup(void **state)
{
	(void)state;
	return close(mkstemp(path));
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_while_file_is_written_anew),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
