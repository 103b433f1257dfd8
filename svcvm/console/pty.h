/* SPDX-License-Identifier: MIT */
/*
 * The terminal that a guest's console is attached to. It keeps its other end
 * open itself, so that it looks the same with nobody at it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct pty {
	int fd;      /* ours; does not block */
	int reserve; /* the other end */
	char path[64];
};

/* Returns false after telling why. */
bool pty_open(struct pty *pty);

void pty_close(struct pty *pty);

/* Both return how many bytes went through, which may be none. */
size_t pty_write(const struct pty *pty, const char *from, size_t size);
size_t pty_read(const struct pty *pty, char *to, size_t size);
