/* SPDX-License-Identifier: MIT */
#include "fake_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xenstore.h>

#define NODES_MAX 512

struct node {
	char path[256];
	char text[1024];
	char access[64];
	bool used;
};

struct xs_handle {
	int fd;
	unsigned int opened;
};

struct fake_ring fake_ring;
bool fake_store_is_stock;
void (*fake_store_changed)(const char *path, const char *text);

static struct node nodes[NODES_MAX], before[NODES_MAX];
static struct xs_handle handle;
static char changed[NODES_MAX * 2][256];
static unsigned int changed_count, collisions;
static bool in_transaction;
static char watched[256], refused[256];
static int refused_error;
static bool pending;

static struct node *find(const char *path)
{
	for (unsigned int i = 0; i < NODES_MAX; i++) {
		if (nodes[i].used && strcmp(nodes[i].path, path) == 0) {
			return &nodes[i];
		}
	}
	return NULL;
}

static struct node *unused(void)
{
	for (unsigned int i = 0; i < NODES_MAX; i++) {
		if (!nodes[i].used) {
			return &nodes[i];
		}
	}
	abort();
}

/* With the access of the node that it is in. */
static struct node *make(const char *path)
{
	struct node *node = find(path);
	const struct node *above = NULL;
	char parent[256];

	if (node != NULL) {
		return node;
	}
	snprintf(parent, sizeof(parent), "%s", path);
	*strrchr(parent, '/') = '\0';
	if (parent[0] != '\0') {
		above = make(parent);
	}
	node = unused();
	*node = (struct node){ .used = true, .access = "n0" };
	snprintf(node->path, sizeof(node->path), "%s", path);
	if (above != NULL) {
		memcpy(node->access, above->access, sizeof(node->access));
	}
	return node;
}

static bool is_below(const char *path, const char *parent)
{
	const size_t length = strlen(parent);

	return strncmp(path, parent, length) == 0 &&
	       (path[length] == '\0' || path[length] == '/');
}

static void tell(const char *path)
{
	const struct node *node;

	if (in_transaction) {
		snprintf(changed[changed_count++], sizeof(changed[0]), "%s",
			 path);
		return;
	}
	if (watched[0] != '\0' &&
	    (is_below(path, watched) || is_below(watched, path))) {
		pending = true;
		eventfd_write(handle.fd, 1);
	}
	node = find(path);
	if (fake_store_changed != NULL) {
		fake_store_changed(path, node != NULL ? node->text : NULL);
	}
}

static bool fails(const char *path)
{
	if (refused_error != 0 && is_below(path, refused)) {
		errno = refused_error;
		return true;
	}
	return false;
}

/* ---- what tests use ---- */

void fake_store_reset(void)
{
	fake_store_is_stock = false;
	memset(nodes, 0, sizeof(nodes));
	memset(&fake_ring, 0, sizeof(fake_ring));
	watched[0] = '\0';
	in_transaction = false;
	refused_error = 0;
	collisions = 0;
	changed_count = 0;
	fake_store_changed = NULL;
}

const char *fake_store_text(const char *path)
{
	const struct node *const node = find(path);

	return node != NULL ? node->text : NULL;
}

const char *fake_store_access(const char *path)
{
	const struct node *const node = find(path);

	return node != NULL ? node->access : NULL;
}

void fake_store_set(const char *path, const char *text)
{
	struct node *const node = make(path);

	snprintf(node->text, sizeof(node->text), "%s", text);
	tell(path);
}

unsigned int fake_store_count(void)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < NODES_MAX; i++) {
		count += nodes[i].used;
	}
	return count;
}

void fake_store_collide(unsigned int count)
{
	collisions = count;
}

void fake_store_refuse(const char *path, int error)
{
	snprintf(refused, sizeof(refused), "%s", path);
	refused_error = error;
}

/* ---- libxenstore ---- */

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	if (handle.opened++ == 0) {
		handle.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	}
	return &handle;
}

void xs_close(struct xs_handle *h)
{
	if (h != NULL && --h->opened == 0) {
		close(h->fd);
	}
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	(void)h;
	memcpy(before, nodes, sizeof(nodes));
	in_transaction = true;
	changed_count = 0;
	return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abandon)
{
	(void)h;
	(void)t;
	in_transaction = false;
	if (abandon || collisions > 0) {
		memcpy(nodes, before, sizeof(nodes));
		if (!abandon) {
			collisions--;
			errno = EAGAIN;
		}
		return abandon;
	}
	for (unsigned int i = 0; i < changed_count; i++) {
		tell(changed[i]);
	}
	return true;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
	      unsigned int *len)
{
	const struct node *const node = find(path);

	(void)h;
	(void)t;
	if (node == NULL) {
		errno = ENOENT;
		return NULL;
	}
	*len = (unsigned int)strlen(node->text);
	return strdup(node->text);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
	      const void *data, unsigned int len)
{
	struct node *node;

	(void)h;
	(void)t;
	if (fails(path)) {
		return false;
	}
	node = make(path);
	memcpy(node->text, data, len);
	node->text[len] = '\0';
	tell(path);
	return true;
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return find(path) != NULL || xs_write(h, t, path, "", 0);
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	(void)h;
	(void)t;
	if (find(path) == NULL) {
		errno = ENOENT;
		return false;
	}
	for (unsigned int i = 0; i < NODES_MAX; i++) {
		if (nodes[i].used && is_below(nodes[i].path, path)) {
			nodes[i].used = false;
		}
	}
	tell(path);
	return true;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t,
			const char *path, struct xs_permissions *perms,
			unsigned int num_perms)
{
	struct node *const node = find(path);
	size_t used = 0;

	(void)h;
	(void)t;
	for (unsigned int i = 0; i < num_perms; i++) {
		used += (size_t)snprintf(
			node->access + used, sizeof(node->access) - used,
			"%s%c%u", i > 0 ? "," : "",
			perms[i].perms == XS_PERM_READ ? 'r' : 'n',
			perms[i].id);
	}
	return true;
}

/* The names right below `path`, in one block as the library gives them. */
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
		    unsigned int *num)
{
	const size_t length = strlen(path);
	char **const names = calloc(NODES_MAX, sizeof(char *) + 64);
	char *text = (char *)(names + NODES_MAX);

	(void)h;
	(void)t;
	*num = 0;
	if (find(path) == NULL) {
		free(names);
		errno = ENOENT;
		return NULL;
	}
	for (unsigned int i = 0; i < NODES_MAX; i++) {
		if (nodes[i].used && is_below(nodes[i].path, path) &&
		    nodes[i].path[length] == '/' &&
		    strchr(nodes[i].path + length + 1, '/') == NULL) {
			names[(*num)++] = text;
			text += snprintf(text, 64, "%s",
					 nodes[i].path + length + 1) +
				1;
		}
	}
	return names;
}

/* corbel-stored's "domain NAME". */
char *xs_control_command(struct xs_handle *h, const char *command, void *data,
			 unsigned int size)
{
	unsigned int domid;
	char path[64];

	(void)h;
	if (fake_store_is_stock || strcmp(command, "domain") != 0 ||
	    memchr(data, '\0', size) == NULL) {
		errno = EINVAL;
		return NULL;
	}
	for (unsigned int i = 0; i < NODES_MAX; i++) {
		if (!nodes[i].used || strcmp(nodes[i].text, data) != 0 ||
		    sscanf(nodes[i].path, "/local/domain/%u/", &domid) != 1) {
			continue;
		}
		snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
		if (strcmp(nodes[i].path, path) == 0) {
			snprintf(path, sizeof(path), "%u", domid);
			return strdup(path);
		}
	}
	errno = ENOENT;
	return NULL;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	(void)token;
	snprintf(watched, sizeof(watched), "%s", path);
	pending = true;
	eventfd_write(h->fd, 1);
	return true;
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	(void)h;
	(void)path;
	(void)token;
	watched[0] = '\0';
	return true;
}

int xs_fileno(struct xs_handle *h)
{
	return h->fd;
}

char **xs_check_watch(struct xs_handle *h)
{
	eventfd_t value;

	if (!pending) {
		return NULL;
	}
	pending = false;
	eventfd_read(h->fd, &value);
	return calloc(2, sizeof(char *));
}

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid,
			 unsigned long mfn, unsigned int eventchn)
{
	(void)h;
	fake_ring.domid = domid;
	fake_ring.gfn = mfn;
	fake_ring.port = eventchn;
	return true;
}

bool xs_release_domain(struct xs_handle *h, unsigned int domid)
{
	(void)h;
	fake_ring.released = domid;
	return true;
}
