/* SPDX-License-Identifier: MIT */
#include "pv-drivers/xenbus/client_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pointers, then the names one behind the other. */
char **client_split(const char *text, size_t size, unsigned int *count)
{
	char **list;
	char *name;

	*count = 0;
	for (size_t i = 0; i < size; i++) {
		*count += text[i] == '\0';
	}
	list = malloc((*count + 1) * sizeof(*list) + size);
	if (list == NULL) {
		return NULL;
	}
	name = memcpy(&list[*count + 1], text, size);
	for (unsigned int i = 0; i < *count; i++) {
		list[i] = name;
		name += strlen(name) + 1;
	}
	list[*count] = NULL;
	return list;
}

struct names {
	char *text;
	size_t size;
	char generation[24]; /* of the list that this is a part of */
};

/* The names behind those there are. */
static struct wire_message *ask_part(struct wire *w, uint32_t transaction,
				     const char *path, size_t offset)
{
	char text[24];
	struct iovec pieces[] = {
		{ (void *)(uintptr_t)path, strlen(path) + 1 },
		{ text, 0 },
	};

	pieces[1].iov_len =
		(size_t)snprintf(text, sizeof(text), "%zu", offset) + 1;
	return wire_call(w, XS_DIRECTORY_PART, transaction, pieces, 2);
}

static bool append(struct names *n, const char *part, size_t size)
{
	char *const more = realloc(n->text, n->size + size);

	if (more == NULL) {
		return false;
	}
	n->text = more;
	memcpy(n->text + n->size, part, size);
	n->size += size;
	return true;
}

/* An answer is a generation, names, and after the last of all an empty one.
 * Returns 1 if there is more, 0 if not, -1 with errno: EAGAIN if the list has
 * changed meanwhile. */
static int take_part(struct names *n, const struct wire_message *m)
{
	const size_t head = strlen(m->body) + 1;
	const char *const part = m->body + head;
	size_t size;

	if (m->header.len <= head || head > sizeof(n->generation)) {
		errno = EPROTO;
		return -1;
	}
	if (n->size != 0 && strcmp(n->generation, m->body) != 0) {
		errno = EAGAIN;
		return -1;
	}
	strcpy(n->generation, m->body);
	size = m->header.len - head;

	const bool is_last = size == 1 || part[size - 2] == '\0';

	if (!append(n, part, size - is_last)) {
		return -1;
	}
	return is_last ? 0 : 1;
}

/* Returns 0, or -1 with errno. */
static int read_parts(struct wire *w, uint32_t transaction, const char *path,
		      struct names *n)
{
	struct wire_message *m;
	int more;

	n->size = 0;
	do {
		m = ask_part(w, transaction, path, n->size);
		more = m != NULL ? take_part(n, m) : -1;
		free(m);
	} while (more > 0);
	return more;
}

char **client_long_list(struct wire *w, uint32_t transaction, const char *path,
			unsigned int *count)
{
	struct names n = { 0 };
	char **list = NULL;
	int ret;

	do {
		ret = read_parts(w, transaction, path, &n);
	} while (ret != 0 && errno == EAGAIN);
	if (ret == 0) {
		list = client_split(n.text, n.size, count);
	}
	free(n.text);
	return list;
}
