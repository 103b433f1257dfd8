/* SPDX-License-Identifier: MIT */
#include "pv-drivers/blk/back_uring.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include "pv-drivers/blk/back_file.h"
#include "pv-drivers/blk/storage.h"

#define ENTRIES 256u

struct uring {
	struct io_uring ring;
	int event_fd;
	struct storage_io *first; /* started, not yet in the ring */
	struct storage_io **last;
};

struct uring_storage {
	struct storage storage;
	struct uring *uring;
	int fd;
};

static void start(struct storage *s, struct storage_io *io);
static void close_storage(struct storage *s);

static const struct storage_ops uring_ops = {
	.start = start,
	.close = close_storage,
};

struct uring *uring_open(void)
{
	struct uring *u = calloc(1, sizeof(*u));
	int error;

	if (u == NULL) {
		return NULL;
	}
	error = io_uring_queue_init(ENTRIES, &u->ring, 0);
	if (error != 0) {
		free(u);
		errno = -error;
		return NULL;
	}
	u->last = &u->first;
	u->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (u->event_fd < 0) {
		error = errno;
	} else {
		error = -io_uring_register_eventfd(&u->ring, u->event_fd);
	}
	if (error != 0) {
		uring_close(u);
		errno = error;
		return NULL;
	}
	return u;
}

void uring_close(struct uring *u)
{
	io_uring_queue_exit(&u->ring);
	if (u->event_fd >= 0) {
		close(u->event_fd);
	}
	free(u);
}

int uring_fd(const struct uring *u)
{
	return u->event_fd;
}

static void append(struct uring *u, struct storage_io *io)
{
	io->next = NULL;
	*u->last = io;
	u->last = &io->next;
}

static void start(struct storage *s, struct storage_io *io)
{
	io->storage = s;
	io->progress = 0;
	append(((struct uring_storage *)s)->uring, io);
}

/* What is left of a request after a part of it was done. */
static void describe(struct io_uring_sqe *sqe, struct storage_io *io)
{
	const int fd = ((struct uring_storage *)io->storage)->fd;
	uint8_t *buffer = (uint8_t *)io->buffer + io->progress;
	const unsigned int left = (unsigned int)(io->length - io->progress);
	const uint64_t offset = io->offset + io->progress;

	switch (io->op) {
	case STORAGE_READ:
		io_uring_prep_read(sqe, fd, buffer, left, offset);
		break;
	case STORAGE_WRITE:
		io_uring_prep_write(sqe, fd, buffer, left, offset);
		sqe->rw_flags = io->durable ? RWF_DSYNC : 0;
		break;
	case STORAGE_FLUSH:
		io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
		break;
	case STORAGE_DISCARD:
		io_uring_prep_fallocate(
			sqe, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(off_t)io->offset, (off_t)io->length);
		break;
	}
	io_uring_sqe_set_data(sqe, io);
}

/*
 * The kernel may refuse for now, for want of memory or of room for results;
 * what it did not take stays in the ring.
 */
bool uring_submit(struct uring *u)
{
	while (u->first != NULL) {
		struct storage_io *io = u->first;
		struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

		if (sqe == NULL) {
			if (io_uring_submit(&u->ring) <= 0) {
				break;
			}
			continue;
		}
		u->first = io->next;
		if (u->first == NULL) {
			u->last = &u->first;
		}
		describe(sqe, io);
	}
	if (io_uring_sq_ready(&u->ring) != 0) {
		io_uring_submit(&u->ring);
	}
	return u->first != NULL || io_uring_sq_ready(&u->ring) != 0;
}

static bool moves_data(const struct storage_io *io)
{
	return io->op == STORAGE_READ || io->op == STORAGE_WRITE;
}

/* Ends the request, or starts the rest of it. */
static void ended(struct uring *u, struct storage_io *io, int result)
{
	if (result == -EAGAIN || result == -EINTR) {
		append(u, io);
		return;
	}
	if (result < 0) {
		io->done(io, -result);
		return;
	}
	if (!moves_data(io)) {
		io->done(io, 0);
		return;
	}
	io->progress += (unsigned int)result;
	if (io->progress == io->length) {
		io->done(io, 0);
	} else if (result == 0) {
		io->done(io, EIO); /* the file has become shorter */
	} else {
		append(u, io);
	}
}

void uring_reap(struct uring *u)
{
	struct io_uring_cqe *cqe;
	eventfd_t count;

	/* First the event, then the results: none is left without an event. */
	eventfd_read(u->event_fd, &count);
	while (io_uring_peek_cqe(&u->ring, &cqe) == 0) {
		struct storage_io *io =
			(struct storage_io *)io_uring_cqe_get_data(cqe);
		const int result = cqe->res;

		io_uring_cqe_seen(&u->ring, cqe);
		ended(u, io, result);
	}
}

struct storage *uring_storage(struct uring *u, const char *path, bool read_only)
{
	struct uring_storage *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		return NULL;
	}
	s->uring = u;
	s->storage.ops = &uring_ops;
	s->fd = back_file_open(path, read_only, &s->storage);
	if (s->fd < 0) {
		free(s);
		return NULL;
	}
	/* For uring_wait_unused(). Other users of the file may lock it. */
	flock(s->fd, LOCK_SH | LOCK_NB);
	return &s->storage;
}

static void close_storage(struct storage *storage)
{
	struct uring_storage *s = (struct uring_storage *)storage;

	close(s->fd);
	free(s);
}

/*
 * Requests under way hold a reference on the open file, and with it the lock
 * that uring_storage() took, also when their process is gone.
 */
bool uring_wait_unused(const char *path, unsigned int seconds)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is_unused = false;

	if (fd < 0) {
		return true;
	}
	for (unsigned int i = 0; i <= seconds * 100 && !is_unused; i++) {
		if (i != 0) {
			usleep(10000);
		}
		is_unused = flock(fd, LOCK_EX | LOCK_NB) == 0;
	}
	close(fd);
	return is_unused;
}
