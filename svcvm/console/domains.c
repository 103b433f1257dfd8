/* SPDX-License-Identifier: MIT */
#include "svcvm/console/domains.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "svcvm/console/log.h"

#define PATH_SIZE 64

/* Tokens of our watches. */
#define COME    "come"
#define GONE    "gone"
#define CONSOLE "console"

struct domain {
	uint32_t domid;
	struct guest *guest; /* NULL: its console is not there yet */
	struct domain *next;
};

static void path_of(char path[PATH_SIZE], uint32_t domid, const char *key)
{
	snprintf(path, PATH_SIZE, "/local/domain/%" PRIu32 "/%s", domid, key);
}

/* A value in the store, for the caller to free, or NULL. */
static char *get(const struct domains *domains, uint32_t domid, const char *key)
{
	char path[PATH_SIZE];
	unsigned int size;

	path_of(path, domid, key);
	return xs_read(domains->xs, XBT_NULL, path, &size);
}

static bool get_number(const struct domains *domains, uint32_t domid,
		       const char *key, uint64_t *number)
{
	char *text = get(domains, domid, key);
	char *end = text;

	if (text != NULL) {
		*number = strtoull(text, &end, 10);
	}
	if (end == text || *end != '\0') {
		end = NULL;
	}
	free(text);
	return end != NULL;
}

/* The toolstack can have a device model serve the console instead. */
static bool is_ours(const struct domains *domains, uint32_t domid)
{
	char *type = get(domains, domid, "console/type");
	bool ours = type == NULL || strcmp(type, "xenconsoled") == 0;

	free(type);
	return ours;
}

/* Where there is no console any more, none may come back by this. Returns false
 * with errno: EAGAIN to do it again. */
static bool write_tty(struct xs_handle *xs, uint32_t domid, const char *tty)
{
	const xs_transaction_t t = xs_transaction_start(xs);
	char port[PATH_SIZE], path[PATH_SIZE];
	bool there, written;
	unsigned int size;
	char *text;
	int number;

	if (t == XBT_NULL) {
		return false;
	}
	path_of(port, domid, "console/port");
	path_of(path, domid, "console/tty");
	text = xs_read(xs, t, port, &size);
	there = text != NULL;
	free(text);
	written =
		there && xs_write(xs, t, path, tty, (unsigned int)strlen(tty));
	number = errno;
	if (!xs_transaction_end(xs, t, !written)) {
		return false;
	}
	errno = number;
	return written == there;
}

static void announce(const struct domains *domains, const struct guest *guest)
{
	const char *tty = guest->pty.path;
	char *present = get(domains, guest->domid, "console/tty");
	bool done = present != NULL && strcmp(present, tty) == 0;

	free(present);
	while (!done) {
		done = write_tty(domains->xs, guest->domid, tty);
		if (!done && errno != EAGAIN) {
			log_line("domain %" PRIu32 ": its terminal's name "
				 "cannot be written: %s",
				 guest->domid, strerror(errno));
			return;
		}
	}
}

/* Follows what the store says of one domain's console. */
static void look(const struct domains *domains, struct domain *domain)
{
	uint32_t domid = domain->domid;
	struct guest *guest = domain->guest;
	struct guest_place place = { .domid = domid };
	uint64_t port, gfn;
	char *name;

	if (!get_number(domains, domid, "console/port", &port) ||
	    !get_number(domains, domid, "console/ring-ref", &gfn) ||
	    port > UINT32_MAX || !is_ours(domains, domid)) {
		return;
	}
	if (guest != NULL && (guest->port != port || guest->gfn != gfn)) {
		guest_close(guest);
		domain->guest = NULL;
	}
	if (domain->guest == NULL) {
		name = get(domains, domid, "name");
		place.port = (uint32_t)port;
		place.gfn = gfn;
		place.name = name;
		domain->guest = guest_open(domains->host, &place);
		free(name);
	}
	if (domain->guest != NULL) {
		announce(domains, domain->guest);
	}
}

static void watch(const struct domains *domains, uint32_t domid)
{
	char path[PATH_SIZE];

	path_of(path, domid, "console");
	xs_watch(domains->xs, path, CONSOLE);
}

static struct domain *find(const struct domains *domains, uint32_t domid)
{
	struct domain *domain = domains->first;

	while (domain != NULL && domain->domid != domid) {
		domain = domain->next;
	}
	return domain;
}

static void add(struct domains *domains, uint32_t domid)
{
	struct domain *domain = calloc(1, sizeof(*domain));

	if (domain == NULL) {
		log_line("domain %" PRIu32 ": no memory", domid);
		return;
	}
	domain->domid = domid;
	domain->next = domains->first;
	domains->first = domain;
	watch(domains, domid);
}

static void drop(struct domain **place)
{
	struct domain *domain = *place;

	if (domain->guest != NULL) {
		guest_close(domain->guest);
	}
	*place = domain->next;
	free(domain);
}

/* An answer that does not come is no reason to give up a guest. */
static bool is_gone(const struct domains *domains, uint32_t domid)
{
	errno = 0;
	return !xs_is_domain_introduced(domains->xs, domid) && errno == 0;
}

static void drop_gone(struct domains *domains)
{
	struct domain **place = &domains->first;
	char path[PATH_SIZE];

	while (*place != NULL) {
		if (is_gone(domains, (*place)->domid)) {
			path_of(path, (*place)->domid, "console");
			xs_unwatch(domains->xs, path, CONSOLE);
			drop(place);
		} else {
			place = &(*place)->next;
		}
	}
}

/* A console that changes fires its watch; one that could not be opened is tried
 * again when something else happens. */
static void retry_closed(const struct domains *domains)
{
	struct domain *domain;

	for (domain = domains->first; domain != NULL; domain = domain->next) {
		if (domain->guest == NULL) {
			look(domains, domain);
		}
	}
}

static void add_new(struct domains *domains)
{
	unsigned int count, i;
	uint32_t domid;
	char **names =
		xs_directory(domains->xs, XBT_NULL, "/local/domain", &count);

	for (i = 0; names != NULL && i < count; i++) {
		domid = (uint32_t)strtoul(names[i], NULL, 10);
		if (domid != 0 && find(domains, domid) == NULL &&
		    xs_is_domain_introduced(domains->xs, domid)) {
			add(domains, domid);
		}
	}
	free(names);
}

static void disconnect(struct domains *domains)
{
	if (domains->changed != NULL) {
		event_free(domains->changed);
		domains->changed = NULL;
	}
	if (domains->xs != NULL) {
		xs_close(domains->xs);
		domains->xs = NULL;
	}
}

static void retry_soon(struct domains *domains)
{
	static const struct timeval second = { .tv_sec = 1 };

	disconnect(domains);
	if (!domains->told_away) {
		log_line("the store does not answer: %s; trying each second",
			 strerror(errno));
	}
	domains->told_away = true;
	event_add(domains->retry, &second);
}

static void handle(struct domains *domains, char **event)
{
	struct domain *domain;
	uint32_t domid;

	if (strcmp(event[XS_WATCH_TOKEN], COME) == 0) {
		retry_closed(domains);
		add_new(domains);
		return;
	}
	if (strcmp(event[XS_WATCH_TOKEN], GONE) == 0) {
		drop_gone(domains);
		retry_closed(domains);
		return;
	}
	if (sscanf(event[XS_WATCH_PATH], "/local/domain/%" SCNu32 "/console",
		   &domid) == 1) {
		domain = find(domains, domid);
		if (domain != NULL) {
			look(domains, domain);
		}
	}
}

static void on_change(int fd, short what, void *context)
{
	struct domains *domains = context;
	char **event;

	(void)fd;
	(void)what;
	while ((event = xs_check_watch(domains->xs)) != NULL) {
		handle(domains, event);
		free(event);
	}
	if (errno != EAGAIN) {
		retry_soon(domains);
	}
}

static void connect_store(int fd, short what, void *context)
{
	struct domains *domains = context;
	struct domain *domain;

	(void)fd;
	(void)what;
	/* Each watch fires at once, and so brings what is there already. */
	domains->xs = xs_open(XS_OPEN_SOCKETONLY);
	if (domains->xs == NULL ||
	    !xs_watch(domains->xs, "@introduceDomain", COME) ||
	    !xs_watch(domains->xs, "@releaseDomain", GONE)) {
		retry_soon(domains);
		return;
	}
	domains->changed =
		event_new(domains->host->loop, xs_fileno(domains->xs),
			  EV_READ | EV_PERSIST, on_change, domains);
	if (domains->changed == NULL) {
		retry_soon(domains);
		return;
	}
	event_add(domains->changed, NULL);
	domains->told_away = false;
	for (domain = domains->first; domain != NULL; domain = domain->next) {
		watch(domains, domain->domid);
	}
}

bool domains_start(struct domains *domains, const struct guest_host *host)
{
	memset(domains, 0, sizeof(*domains));
	domains->host = host;
	domains->retry = event_new(host->loop, -1, 0, connect_store, domains);
	if (domains->retry == NULL) {
		return false;
	}
	connect_store(-1, 0, domains);
	return true;
}

struct guest *domains_find(const struct domains *domains, evtchn_port_t port)
{
	struct domain *domain;

	for (domain = domains->first; domain != NULL; domain = domain->next) {
		if (domain->guest != NULL && domain->guest->link.port == port) {
			return domain->guest;
		}
	}
	return NULL;
}

void domains_stop(struct domains *domains)
{
	while (domains->first != NULL) {
		drop(&domains->first);
	}
	disconnect(domains);
	event_free(domains->retry);
}
