/* SPDX-License-Identifier: MIT */
#include "svcvm/console/guest.h"

#include <inttypes.h>
#include <stdlib.h>

#include "svcvm/clock.h"
#include "svcvm/console/log.h"

/* What an event costs that brings nothing: a guest can flood with these, too. */
#define EVENT_COST 64u

static void tell_broken(struct guest *guest)
{
	if (!guest->told_broken) {
		log_line("domain %" PRIu32 " (%s): impossible indices in its "
			 "ring, whose content is dropped",
			 guest->domid, guest->log.name);
	}
	guest->told_broken = true;
}

/* Feeds the terminal as much as it takes without waiting. */
static void feed_terminal(struct guest *guest)
{
	const char *front;
	size_t size, taken;

	while (front = buffer_front(&guest->unread, &size), size > 0) {
		taken = pty_write(&guest->pty, front, size);
		if (taken == 0) {
			event_add(guest->output, NULL);
			return;
		}
		buffer_drop(&guest->unread, taken);
	}
}

/* Returns how much it took out of the ring, at most `most`. The log has it
 * before the guest's room is given back: who ends in between leaves it to the
 * next to log it again. */
static size_t take_output(struct guest *guest, size_t most)
{
	static char bytes[CON_OUTPUT_SIZE]; /* one thread */
	bool broken;
	size_t size = most < sizeof(bytes) ? most : sizeof(bytes);

	size = con_back_peek(&guest->ring, bytes, size, &broken);
	if (broken) {
		tell_broken(guest);
	}
	if (size > 0) {
		logfile_write(&guest->log, bytes, size);
		buffer_add(&guest->unread, bytes, size);
		con_back_consume(&guest->ring, size);
		feed_terminal(guest);
	}
	return size;
}

/* Returns how much it gave the guest of what was typed. */
static size_t give_input(struct guest *guest)
{
	char bytes[CON_INPUT_SIZE / 2];
	bool broken;
	size_t size = con_back_room(&guest->ring, &broken);

	if (broken) {
		tell_broken(guest);
	}
	if (size == 0) {
		/* The guest's next event comes when it has read. */
		event_del(guest->input);
		return 0;
	}
	event_add(guest->input, NULL);
	size = pty_read(&guest->pty, bytes,
			size < sizeof(bytes) ? size : sizeof(bytes));
	con_back_put(&guest->ring, bytes, size);
	return size;
}

static void notify(struct guest *guest)
{
	xenevtchn_notify(guest->host->hv.events, guest->link.port);
}

static void on_input(int fd, short what, void *guest)
{
	(void)fd;
	(void)what;
	if (give_input(guest) > 0) {
		notify(guest);
	}
}

static void on_output(int fd, short what, void *guest)
{
	(void)fd;
	(void)what;
	feed_terminal(guest);
}

static void pause_flood(struct guest *guest)
{
	uint64_t wait = limit_wait(&guest->limit);
	struct timeval time = {
		.tv_sec = (time_t)(wait / CLOCK_SECOND),
		.tv_usec = (suseconds_t)(wait % CLOCK_SECOND / 1000 + 1),
	};

	if (!guest->told_flood) {
		log_line("domain %" PRIu32 " (%s): prints too much, and is "
			 "slowed down to %" PRIu64 " bytes a second",
			 guest->domid, guest->log.name, guest->limit.rate);
	}
	guest->told_flood = true;
	event_add(guest->pause, &time);
}

void guest_event(struct guest *guest)
{
	uint64_t left = limit_left(&guest->limit, clock_ns());
	size_t taken, given;

	if (left == guest->limit.most) {
		guest->told_flood = false;
	}
	taken = take_output(guest, left);
	given = give_input(guest);
	if (taken + given > 0) {
		notify(guest);
	}

	limit_take(&guest->limit, taken > EVENT_COST ? taken : EVENT_COST);
	if (guest->limit.left == 0) {
		pause_flood(guest);
		return;
	}
	xenevtchn_unmask(guest->host->hv.events, guest->link.port);
}

static void on_pause_over(int fd, short what, void *guest)
{
	(void)fd;
	(void)what;
	guest_event(guest);
}

static bool make_events(struct guest *guest)
{
	struct event_base *loop = guest->host->loop;
	int fd = guest->pty.fd;

	guest->input =
		event_new(loop, fd, EV_READ | EV_PERSIST, on_input, guest);
	guest->output = event_new(loop, fd, EV_WRITE, on_output, guest);
	guest->pause = event_new(loop, -1, 0, on_pause_over, guest);
	return guest->input != NULL && guest->output != NULL &&
	       guest->pause != NULL && event_add(guest->input, NULL) == 0;
}

static void free_event(struct event *event)
{
	if (event != NULL) {
		event_free(event);
	}
}

static void release(struct guest *guest)
{
	free_event(guest->input);
	free_event(guest->output);
	free_event(guest->pause);
	pty_close(&guest->pty);
	logfile_close(&guest->log);
	free(guest);
}

struct guest *guest_open(const struct guest_host *host,
			 const struct guest_place *place)
{
	struct guest *guest = calloc(1, sizeof(*guest));

	if (guest == NULL) {
		log_line("domain %" PRIu32 ": no memory", place->domid);
		return NULL;
	}
	guest->host = host;
	guest->domid = place->domid;
	guest->port = place->port;
	guest->gfn = place->gfn;
	logfile_start(&guest->log, &host->logs, place->name, place->domid);
	limit_start(&guest->limit, host->rate, 1, clock_ns());

	guest->pty.fd = -1;
	guest->pty.reserve = -1;
	if (!pty_open(&guest->pty) || !make_events(guest) ||
	    !link_open(&guest->link, &host->hv, place->domid, place->port,
		       place->gfn)) {
		release(guest);
		return NULL;
	}
	con_back_open(&guest->ring, guest->link.page);
	/* It may have printed while nobody listened. */
	guest_event(guest);
	return guest;
}

void guest_close(struct guest *guest)
{
	/* A guest that still runs could go on for ever. */
	take_output(guest, CON_OUTPUT_SIZE);
	link_close(&guest->link, &guest->host->hv);
	release(guest);
}
