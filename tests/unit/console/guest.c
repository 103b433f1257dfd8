/* SPDX-License-Identifier: MIT */
/*
 * A guest's console from ring to terminal and log, with a page and an event
 * channel that are none.
 */
#include "svcvm/console/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct xencons_interface page;
static bool has_grant, has_frame, has_port;
static unsigned int notified, unmasked, mapped, bound;

void *xengnttab_map_grant_ref(xengnttab_handle *handle, uint32_t domid,
			      uint32_t ref, int prot)
{
	(void)handle;
	(void)prot;
	assert_int_equal(domid, 7);
	assert_int_equal(ref, 0);
	mapped += has_grant;
	errno = EINVAL;
	return has_grant ? &page : NULL;
}

int xengnttab_unmap(xengnttab_handle *handle, void *start, uint32_t count)
{
	(void)handle;
	(void)start;
	mapped -= count;
	return 0;
}

void *xenforeignmemory_map(xenforeignmemory_handle *handle, uint32_t domid,
			   int prot, size_t pages, const xen_pfn_t frames[],
			   int errors[])
{
	(void)handle;
	(void)prot;
	(void)pages;
	(void)errors;
	assert_int_equal(domid, 7);
	assert_int_equal(frames[0], 0xfefff);
	mapped += has_frame;
	errno = ESRCH;
	return has_frame ? &page : NULL;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *handle, void *start,
			   size_t pages)
{
	(void)handle;
	(void)start;
	mapped -= (unsigned int)pages;
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *handle,
						     uint32_t domid,
						     evtchn_port_t port)
{
	(void)handle;
	assert_int_equal(domid, 7);
	assert_int_equal(port, 4);
	bound += has_port;
	errno = EINVAL;
	return has_port ? 33 : -1;
}

int xenevtchn_unbind(xenevtchn_handle *handle, evtchn_port_t port)
{
	(void)handle;
	assert_int_equal(port, 33);
	bound--;
	return 0;
}

int xenevtchn_notify(xenevtchn_handle *handle, evtchn_port_t port)
{
	(void)handle;
	assert_int_equal(port, 33);
	notified++;
	return 0;
}

int xenevtchn_unmask(xenevtchn_handle *handle, evtchn_port_t port)
{
	(void)handle;
	assert_int_equal(port, 33);
	unmasked++;
	return 0;
}

/* The daemon's start is not tested here. */
xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger,
				 unsigned int flags)
{
	(void)logger;
	(void)flags;
	return NULL;
}

int xenevtchn_fd(xenevtchn_handle *handle)
{
	(void)handle;
	return -1;
}

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger,
				 unsigned int flags)
{
	(void)logger;
	(void)flags;
	return NULL;
}

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger,
					       unsigned int flags)
{
	(void)logger;
	(void)flags;
	return NULL;
}

static char folder[] = "/tmp/guest.XXXXXX";
static struct guest_host host = {
	.logs = { .size = 1 << 20, .count = 2 },
	.rate = 1 << 20,
};
static const struct guest_place place = { 7, 4, 0xfefff, "web1" };
static struct guest *guest;
static int terminal;

static int make_host(void **state)
{
	(void)state;
	host.loop = event_base_new();
	if (mkdtemp(folder) == NULL) {
		return -1;
	}
	host.logs.folder = open(folder, O_RDONLY | O_DIRECTORY);
	return 0;
}

static int remove_host(void **state)
{
	(void)state;
	event_base_free(host.loop);
	close(host.logs.folder);
	return rmdir(folder);
}

static void print(const char *text, size_t size)
{
	for (; size > 0; text++, size--) {
		page.out[page.out_prod++ % sizeof(page.out)] = *text;
	}
}

static int set_up(void **state)
{
	(void)state;
	memset(&page, 0, sizeof(page));
	has_grant = has_frame = has_port = true;
	mapped = bound = 0;
	guest = guest_open(&host, &place);
	if (guest == NULL) {
		return -1;
	}
	terminal = open(guest->pty.path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	notified = unmasked = 0;
	return terminal < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (guest != NULL) {
		guest_close(guest);
	}
	guest = NULL;
	host.rate = 1 << 20;
	close(terminal);
	unlinkat(host.logs.folder, "web1.log", 0);
	return mapped + bound == 0 ? 0 : -1;
}

static void assert_log(const char *text)
{
	char found[256] = "";
	int fd = openat(host.logs.folder, "web1.log", O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, found, sizeof(found) - 1) >= 0);
	close(fd);
	assert_string_equal(found, text);
}

static jmp_buf killed;
static bool is_doomed;

void __real_byte_ring_consume(struct byte_ring *ring, size_t size);
void __wrap_byte_ring_consume(struct byte_ring *ring, size_t size);

void __wrap_byte_ring_consume(struct byte_ring *ring, size_t size)
{
	if (is_doomed) {
		longjmp(killed, 1);
	}
	__real_byte_ring_consume(ring, size);
}

/* The daemon is killed when the log has what was printed and the guest does not
 * know yet: the next one logs it again, rather than that it is lost. */
static void test_killed(void **state)
{
	struct guest *dead = guest;

	(void)state;
	print("hello\n", 6);
	is_doomed = true;
	if (setjmp(killed) == 0) {
		guest_event(guest);
	}
	is_doomed = false;
	assert_int_equal(page.out_cons, 0);
	guest = guest_open(&host, &place);
	assert_log("hello\nhello\n");
	assert_int_equal(page.out_cons, 6);
	print("bye\n", 4);
	guest_event(guest);
	assert_log("hello\nhello\nbye\n");
	guest_close(dead);
}

static void test_output(void **state)
{
	char found[64] = "";

	(void)state;
	print("hello\n", 6);
	guest_event(guest);
	assert_log("hello\n");
	assert_int_equal(read(terminal, found, sizeof(found)), 6);
	assert_string_equal(found, "hello\n");
	assert_int_equal(page.out_cons, 6);
	assert_int_equal(notified, 1);
	assert_int_equal(unmasked, 1);
}

static void test_input(void **state)
{
	(void)state;
	assert_int_equal(write(terminal, "ls\r\003", 4), 4);
	event_base_loop(host.loop, EVLOOP_ONCE);
	assert_int_equal(page.in_prod, 4);
	assert_memory_equal(page.in, "ls\r\003", 4);
	assert_int_equal(notified, 1);
}

/* A guest that does not read leaves it in the terminal, and nothing spins. */
static void test_input_waits(void **state)
{
	char many[CON_INPUT_SIZE + 10];

	(void)state;
	memset(many, 'x', sizeof(many));
	assert_int_equal(write(terminal, many, sizeof(many)), sizeof(many));
	while (event_pending(guest->input, EV_READ, NULL)) {
		event_base_loop(host.loop, EVLOOP_ONCE);
	}
	assert_int_equal(page.in_prod, CON_INPUT_SIZE);
	page.in_cons += 100;
	guest_event(guest);
	assert_int_equal(page.in_prod, CON_INPUT_SIZE + 10);
}

/* Nobody reads the terminal: the log has all, the guest goes on. */
static void test_no_reader(void **state)
{
	char piece[CON_OUTPUT_SIZE];
	size_t i, size;
	ssize_t got;
	char last = 0;

	(void)state;
	for (i = 0; i < 100; i++) {
		memset(piece, (char)('!' + i % 90), sizeof(piece));
		print(piece, sizeof(piece));
		guest_event(guest);
		assert_int_equal(page.out_cons, page.out_prod);
	}
	assert_int_equal(guest->log.size, 100 * sizeof(piece));
	buffer_front(&guest->unread, &size);
	assert_int_equal(guest->unread.size, BUFFER_SIZE);

	/* Now somebody does, and ends with the latest. */
	for (;;) {
		event_base_loop(host.loop, EVLOOP_NONBLOCK);
		got = read(terminal, piece, sizeof(piece));
		if (got <= 0) {
			break;
		}
		last = piece[got - 1];
	}
	assert_int_equal(guest->unread.size, 0);
	assert_int_equal(last, '!' + 99 % 90);
}

static void test_flood_is_slowed(void **state)
{
	char piece[CON_OUTPUT_SIZE];

	(void)state;
	limit_start(&guest->limit, 3000, 1, guest->limit.then);
	memset(piece, 'x', sizeof(piece));
	print(piece, sizeof(piece));
	guest_event(guest);
	assert_int_equal(unmasked, 1);
	print(piece, sizeof(piece));
	guest_event(guest);
	assert_int_equal(unmasked, 1);
	assert_true(guest->told_flood);
	assert_true(page.out_prod - page.out_cons > 0);
	/* Later all of it has come, with no further event. */
	while (page.out_prod != page.out_cons) {
		event_base_loop(host.loop, EVLOOP_ONCE);
	}
}

static void test_broken_ring(void **state)
{
	(void)state;
	page.out_prod = 0x80000000u;
	page.in_cons = 5;
	guest_event(guest);
	assert_true(guest->told_broken);
	assert_int_equal(unmasked, 1);
	print("fine", 4);
	guest_event(guest);
	assert_log("fine");
}

static void test_last_words(void **state)
{
	(void)state;
	print("panic", 5);
	guest_close(guest);
	guest = NULL;
	assert_log("panic");
}

static void test_printed_before(void **state)
{
	(void)state;
	guest_close(guest);
	print("early", 5);
	guest = guest_open(&host, &place);
	assert_non_null(guest);
	assert_log("early");
}

static void test_by_frame(void **state)
{
	(void)state;
	guest_close(guest);
	has_grant = false;
	guest = guest_open(&host, &place);
	assert_non_null(guest);
	assert_false(guest->link.is_granted);
}

static void test_cannot_open(void **state)
{
	(void)state;
	guest_close(guest);
	guest = NULL;
	has_port = false;
	assert_null(guest_open(&host, &place));
	has_grant = has_frame = false;
	assert_null(guest_open(&host, &place));
	assert_int_equal(mapped, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_output, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_input, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_input_waits, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_no_reader, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_flood_is_slowed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_broken_ring, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_last_words, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_printed_before, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_by_frame, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_cannot_open, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, make_host, remove_host);
}
