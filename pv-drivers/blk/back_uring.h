/* SPDX-License-Identifier: MIT */
/*
 * Storage on raw files and block devices. All disks of a process share one
 * io_uring: requests collect until uring_submit(), ended ones are found by
 * uring_reap().
 */
#pragma once

#include <stdbool.h>

struct uring;
struct storage;

/* NULL on failure; errno says why. */
struct uring *uring_open(void);
void uring_close(struct uring *uring);

/* Readable when uring_reap() has something to do. */
int uring_fd(const struct uring *uring);

/* Hands what was started to the kernel. True if some of it must wait. */
bool uring_submit(struct uring *uring);

/* Ends requests: calls their `done`. */
void uring_reap(struct uring *uring);

/*
 * A file or block device as a disk; its size is taken now. Goes around the
 * page cache where sectors of 512 bytes can. NULL on failure; errno says why.
 */
struct storage *uring_storage(struct uring *uring, const char *path,
			      bool read_only);

/*
 * Waits until no process has requests under way to the file, up to `seconds`.
 * A process that was killed leaves requests behind, and they must have ended
 * before anybody repeats them. False if they have not.
 */
bool uring_wait_unused(const char *path, unsigned int seconds);
