/* SPDX-License-Identifier: MIT */
/*
 * The calls of libxenstore (xenstore.h) that tools and daemons here make, in its
 * place: one that waits for a daemon does so with an end, see client_wire.h. The
 * descriptor of xs_fileno() is for waiting only, as there.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "pv-drivers/xenbus/client_list.h"
#include "pv-drivers/xenbus/client_wire.h"
#include "pv-drivers/xenbus/daemon.h"

#define KERNEL "/dev/xen/xenbus"

struct xs_handle {
	struct wire wire;
};

/* ---- opening ---- */

static bool is_of_kernel(const char *path)
{
	return strncmp(path, "/dev/", 5) == 0;
}

/* XS_OPEN_SOCKETONLY is the one flag with a meaning here. */
static const char *path_to_open(unsigned long flags)
{
	const char *const named = getenv("XENSTORED_PATH");
	const char *const path = named != NULL ? named : KERNEL;

	return is_of_kernel(path) && (flags & XS_OPEN_SOCKETONLY) != 0
		       ? DAEMON_SOCKET
		       : path;
}

/*
 * Through the kernel, unless the flags or the environment want a socket: that
 * connection goes on with the next daemon. It would take requests for one that is
 * not there. And it waits for the answer to a watch with nothing to end that, not
 * even SIGKILL: who watches is better off with a socket.
 */
struct xs_handle *xs_open(unsigned long flags)
{
	const char *const path = path_to_open(flags);
	const bool is_kernel = is_of_kernel(path);
	const char *const daemon = is_kernel ? DAEMON_SOCKET : path;
	struct xs_handle *h;

	if (is_kernel && !daemon_listens(daemon)) {
		return NULL;
	}
	h = calloc(1, sizeof(*h));
	if (h != NULL && !wire_open(&h->wire, path, daemon)) {
		free(h);
		h = NULL;
	}
	return h;
}

void xs_close(struct xs_handle *h)
{
	if (h != NULL) {
		wire_close(&h->wire);
		free(h);
	}
}

/* ---- requests ---- */

/* With the NUL behind it. */
static struct iovec piece(const char *text)
{
	return (struct iovec){ (void *)(uintptr_t)text, strlen(text) + 1 };
}

static bool is_done(struct wire_message *answer)
{
	const bool done = answer != NULL;

	free(answer);
	return done;
}

/* The answer to a request about one node. */
static struct wire_message *ask(struct xs_handle *h, enum xsd_sockmsg_type type,
				xs_transaction_t t, const char *path)
{
	const struct iovec only = piece(path);

	return wire_call(&h->wire, type, t, &only, 1);
}

/* The answer to a request with the domain's number and two more, if there are. */
static struct wire_message *ask_domain(struct xs_handle *h,
				       enum xsd_sockmsg_type type,
				       const uint64_t *numbers,
				       unsigned int count)
{
	struct iovec pieces[3];
	char texts[3][24];

	for (unsigned int i = 0; i < count; i++) {
		snprintf(texts[i], sizeof(texts[i]), "%" PRIu64, numbers[i]);
		pieces[i] = piece(texts[i]);
	}
	return wire_call(&h->wire, type, XBT_NULL, pieces, count);
}

/* What an answer holds, for the caller of the library to free. */
static void *take_body(struct wire_message *m, unsigned int *size)
{
	char *const body = malloc((size_t)m->header.len + 1);

	if (body != NULL) {
		memcpy(body, m->body, (size_t)m->header.len + 1);
		*size = m->header.len;
	}
	free(m);
	return body;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
	      unsigned int *len)
{
	struct wire_message *const m = ask(h, XS_READ, t, path);

	return m != NULL ? take_body(m, len) : NULL;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
	      const void *data, unsigned int len)
{
	const struct iovec pieces[] = {
		piece(path),
		{ (void *)(uintptr_t)data, len },
	};

	return is_done(wire_call(&h->wire, XS_WRITE, t, pieces, 2));
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return is_done(ask(h, XS_MKDIR, t, path));
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return is_done(ask(h, XS_RM, t, path));
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
		    unsigned int *num)
{
	struct wire_message *const m = ask(h, XS_DIRECTORY, t, path);
	char **list = NULL;

	if (m != NULL) {
		list = client_split(m->body, m->header.len, num);
	} else if (errno == E2BIG) {
		list = client_long_list(&h->wire, t, path, num);
	}
	free(m);
	return list;
}

static char letter(unsigned int perms)
{
	static const char letters[] = { 'n', 'r', 'w', 'b' };

	return letters[perms & (XS_PERM_READ | XS_PERM_WRITE)];
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t,
			const char *path, struct xs_permissions *perms,
			unsigned int num_perms)
{
	char text[256];
	struct iovec pieces[] = { piece(path), { text, 0 } };
	size_t size = 0;

	for (unsigned int i = 0; i < num_perms; i++) {
		if (sizeof(text) - size < 16) {
			errno = E2BIG;
			return false;
		}
		size += (size_t)snprintf(text + size, 16, "%c%u",
					 letter(perms[i].perms), perms[i].id) +
			1;
	}
	pieces[1].iov_len = size;
	return is_done(wire_call(&h->wire, XS_SET_PERMS, t, pieces, 2));
}

char *xs_control_command(struct xs_handle *h, const char *cmd, void *data,
			 unsigned int len)
{
	const struct iovec pieces[] = { piece(cmd), { data, len } };
	struct wire_message *const m =
		wire_call(&h->wire, XS_CONTROL, XBT_NULL, pieces, 2);
	unsigned int size;

	return m != NULL ? take_body(m, &size) : NULL;
}

/* ---- transactions ---- */

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	struct wire_message *const m =
		ask(h, XS_TRANSACTION_START, XBT_NULL, "");
	const xs_transaction_t t =
		m != NULL ? (xs_transaction_t)strtoul(m->body, NULL, 10)
			  : XBT_NULL;

	free(m);
	return t;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
	return is_done(ask(h, XS_TRANSACTION_END, t, abort ? "F" : "T"));
}

/* ---- watches ---- */

static bool call_watch(struct xs_handle *h, enum xsd_sockmsg_type type,
		       const char *path, const char *token)
{
	const struct iovec pieces[] = { piece(path), piece(token) };

	return is_done(wire_call(&h->wire, type, XBT_NULL, pieces, 2));
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	return call_watch(h, XS_WATCH, path, token);
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	return call_watch(h, XS_UNWATCH, path, token);
}

int xs_fileno(struct xs_handle *h)
{
	return h->wire.ready;
}

char **xs_check_watch(struct xs_handle *h)
{
	struct wire_message *const m = wire_event(&h->wire);
	unsigned int count;
	char **vector;

	if (m == NULL) {
		return NULL;
	}
	vector = client_split(m->body, m->header.len, &count);
	free(m);
	if (vector != NULL && count < 2) {
		free(vector);
		vector = NULL;
		errno = EPROTO;
	}
	return vector;
}

/* ---- domains ---- */

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid,
			 unsigned long mfn, unsigned int eventchn)
{
	const uint64_t numbers[] = { domid, mfn, eventchn };

	return is_done(ask_domain(h, XS_INTRODUCE, numbers, 3));
}

bool xs_release_domain(struct xs_handle *h, unsigned int domid)
{
	const uint64_t number = domid;

	return is_done(ask_domain(h, XS_RELEASE, &number, 1));
}

/* It has been asked to suspend, and runs on. */
bool xs_resume_domain(struct xs_handle *h, unsigned int domid)
{
	const uint64_t number = domid;

	return is_done(ask_domain(h, XS_RESUME, &number, 1));
}

bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
{
	const uint64_t number = domid;
	struct wire_message *const m =
		ask_domain(h, XS_IS_DOMAIN_INTRODUCED, &number, 1);
	const bool answer = m != NULL && m->body[0] == 'T';

	free(m);
	return answer;
}
