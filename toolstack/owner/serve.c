/* SPDX-License-Identifier: MIT */
/*
 * The socket: what there is and what happens, as JSON over HTTP. See corbeld(8)
 * for the paths, which are versioned.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "toolstack/describe.h"
#include "toolstack/owner/answers.h"
#include "toolstack/owner/owner.h"

const char *serve_path = "/run/corbel/corbeld.sock";

/* One that listens to events but does not read them is dropped. */
#define BACKLOG_MAX (1u << 20)

#define BODY_MAX    4096
#define HEADERS_MAX 8192

struct listener {
	struct evhttp_request *request;
	struct listener *next;
};

static struct evhttp *http;    /* on our socket */
static struct evhttp *metrics; /* for the network, or NULL */
static struct listener *listeners;
static void (*on_listeners)(bool any, void *context);
static void *on_listeners_context;

/* ---- failures ---- */

static void send_failure(struct evhttp_request *request, int status,
			 const char *object, const char *text)
{
	struct evbuffer *const body = evbuffer_new();
	struct json *const j = json_start_line();

	if (j != NULL && body != NULL) {
		json_object(j, NULL);
		json_text(j, "object", object);
		json_text(j, "error", text);
		json_object_end(j);
		evbuffer_add_printf(body, "%s", json_get(j));
		evhttp_add_header(evhttp_request_get_output_headers(request),
				  "Content-Type", "application/json");
	}
	evhttp_send_reply(request, status, NULL, body);
	json_drop(j);
	if (body != NULL) {
		evbuffer_free(body);
	}
}

static void send_error(struct evhttp_request *request, const struct corbel *c)
{
	const struct corbel_error *const e = corbel_error(c);

	send_failure(request,
		     e->code == CORBEL_NOT_FOUND ? HTTP_NOTFOUND
						 : HTTP_INTERNAL,
		     e->object, e->text);
}

/* ---- events ---- */

static void forget(struct listener *gone)
{
	struct listener **l = &listeners;

	while (*l != gone) {
		l = &(*l)->next;
	}
	*l = gone->next;
	free(gone);
	on_listeners(listeners != NULL, on_listeners_context);
}

/* By then a request whose answer has not ended belongs to no connection, and is
 * freed by ending it. */
static void on_close(struct evhttp_connection *connection, void *context)
{
	struct listener *const gone = context;

	(void)connection;
	if (evhttp_request_get_connection(gone->request) == NULL) {
		evhttp_send_reply_end(gone->request);
	}
	forget(gone);
}

/* With its request. */
static void drop(struct listener *l)
{
	struct evhttp_connection *const connection =
		evhttp_request_get_connection(l->request);

	evhttp_connection_set_closecb(connection, NULL, NULL);
	evhttp_connection_free(connection);
	forget(l);
}

static struct bufferevent *stream_of(const struct listener *l)
{
	return evhttp_connection_get_bufferevent(
		evhttp_request_get_connection(l->request));
}

static void send_event(struct listener *l, const char *text)
{
	struct evbuffer *const line = evbuffer_new();

	if (line != NULL) {
		evbuffer_add_printf(line, "%s\n", text);
		evhttp_send_reply_chunk(l->request, line);
		evbuffer_free(line);
	}
}

/* From here on nothing is missed. */
static void send_first(struct listener *l)
{
	struct json *const j = json_start_line();

	if (j != NULL) {
		json_object(j, NULL);
		describe_time(j, time(NULL));
		json_text(j, "event", "listening");
		json_object_end(j);
		send_event(l, json_get(j));
	}
	json_drop(j);
}

static void begin_events(struct evhttp_request *request)
{
	struct listener *const l = calloc(1, sizeof(*l));

	if (l == NULL) {
		evhttp_send_error(request, HTTP_INTERNAL, NULL);
		return;
	}
	on_listeners(true, on_listeners_context);
	*l = (struct listener){ .request = request, .next = listeners };
	listeners = l;
	evhttp_connection_set_closecb(evhttp_request_get_connection(request),
				      on_close, l);
	evhttp_add_header(evhttp_request_get_output_headers(request),
			  "Content-Type", "application/x-ndjson");
	evhttp_send_reply_start(request, HTTP_OK, NULL);
	/* Hours may pass without any. */
	bufferevent_set_timeouts(stream_of(l), NULL, NULL);
	send_first(l);
}

void serve_event(const char *text)
{
	struct listener *next;

	for (struct listener *l = listeners; l != NULL; l = next) {
		next = l->next;
		if (evbuffer_get_length(bufferevent_get_output(stream_of(l))) >
		    BACKLOG_MAX) {
			drop(l);
		} else {
			send_event(l, text);
		}
	}
}

/* ---- requests ---- */

static void give(struct evhttp_request *request, struct corbel *c,
		 const struct answer_path *path, const char *name,
		 struct evbuffer *body)
{
	switch (path->give(c, name, body)) {
	case ANSWER_GIVEN:
		evhttp_add_header(evhttp_request_get_output_headers(request),
				  "Content-Type", path->type);
		evhttp_send_reply(request, HTTP_OK, NULL, body);
		break;
	case ANSWER_FAILED:
		send_error(request, c);
		break;
	case ANSWER_NONE:
		evhttp_send_error(request, HTTP_INTERNAL, NULL);
		break;
	}
}

static void answer(struct evhttp_request *request,
		   const struct answer_path *path, const char *text)
{
	char *const name = evhttp_uridecode(text + strlen(path->path), 0, NULL);
	struct evbuffer *const body = evbuffer_new();
	struct corbel *c = NULL;

	if (name == NULL || body == NULL) {
		evhttp_send_error(request, HTTP_INTERNAL, NULL);
	} else if (corbel_open(&c) != 0) {
		send_error(request, c);
	} else {
		give(request, c, path, name, body);
	}
	corbel_close(c);
	if (body != NULL) {
		evbuffer_free(body);
	}
	free(name);
}

static void on_request(struct evhttp_request *request, void *context)
{
	const char *text =
		evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));
	const struct answer_path *path;

	(void)context;
	if (text == NULL) {
		text = "";
	}
	path = answer_find(text);
	if (strcmp(text, "/v1/events") == 0) {
		begin_events(request);
	} else if (path != NULL) {
		answer(request, path, text);
	} else {
		send_failure(request, HTTP_NOTFOUND, text,
			     "no such path; see corbeld(8)");
	}
}

/* From the network nothing else is told. */
static void on_metrics(struct evhttp_request *request, void *context)
{
	(void)context;
	answer(request, answer_find("/metrics"), "/metrics");
}

/* ---- start ---- */

/* The one of a corbeld that was killed is in the way. */
static int bind_path(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		return -1;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", serve_path);
	unlink(serve_path);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(serve_path, 0600) != 0 || listen(fd, SOMAXCONN) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static struct evhttp *new_server(struct event_base *loop)
{
	struct evhttp *const new = evhttp_new(loop);

	if (new != NULL) {
		evhttp_set_allowed_methods(new, EVHTTP_REQ_GET);
		evhttp_set_max_headers_size(new, HEADERS_MAX);
		evhttp_set_max_body_size(new, BODY_MAX);
	}
	return new;
}

bool serve_start(struct event_base *loop,
		 void (*listened)(bool any, void *context), void *context)
{
	int fd;

	http = new_server(loop);
	fd = http != NULL ? bind_path() : -1;
	on_listeners = listened;
	on_listeners_context = context;
	if (fd < 0 || evhttp_accept_socket(http, fd) != 0) {
		log_line("%s: %s", serve_path, strerror(errno));
		return false;
	}
	evhttp_set_gencb(http, on_request, NULL);
	return true;
}

bool serve_metrics(struct event_base *loop, const char *address, uint16_t port)
{
	metrics = new_server(loop);
	if (metrics == NULL ||
	    evhttp_set_cb(metrics, "/metrics", on_metrics, NULL) != 0 ||
	    evhttp_bind_socket(metrics, address, port) != 0) {
		log_line("metrics: %s:%u: %s", address, port, strerror(errno));
		return false;
	}
	return true;
}

void serve_stop(void)
{
	while (listeners != NULL) {
		drop(listeners);
	}
	if (metrics != NULL) {
		evhttp_free(metrics);
	}
	if (http != NULL) {
		evhttp_free(http);
		unlink(serve_path);
	}
}
