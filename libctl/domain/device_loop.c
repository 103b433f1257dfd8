/* SPDX-License-Identifier: MIT */
/*
 * Loop devices: files as block devices for the kernel's back end.
 *
 * They are detached by us and not by the kernel's "autoclear": that would take
 * a device back between our closing it and the back end's opening it, and
 * nothing tells when the latter has happened.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "libctl/domain/device.h"

/* Others may take the free device that we have just been told. */
#define TRIES_MAX 16

/* The number of a free device, or -1 with errno. */
static int find_free(void)
{
	const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int number, error;

	if (control < 0) {
		return -1;
	}
	number = ioctl(control, LOOP_CTL_GET_FREE);
	error = errno;
	close(control);
	errno = error;
	return number;
}

/* Returns 0, or -1 with errno: EBUSY if it is not free any more. */
static int configure(const char *loop, int fd, const char *file, bool readonly)
{
	struct loop_config config = {
		.fd = (uint32_t)fd,
		.info.lo_flags = readonly ? LO_FLAGS_READ_ONLY : 0,
	};
	const int device =
		open(loop, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	int ret, error;

	if (device < 0) {
		return -1;
	}
	/* For who lists the devices; cut off it is as good. */
	snprintf((char *)config.info.lo_file_name,
		 sizeof(config.info.lo_file_name), "%s", file);
	ret = ioctl(device, LOOP_CONFIGURE, &config);
	error = errno;
	close(device);
	errno = error;
	return ret;
}

static int attach(int fd, const char *file, bool readonly, char *loop,
		  size_t size)
{
	for (unsigned int i = 0; i < TRIES_MAX; i++) {
		const int number = find_free();

		if (number < 0) {
			return -1;
		}
		snprintf(loop, size, "/dev/loop%d", number);
		if (configure(loop, fd, file, readonly) == 0) {
			return 0;
		}
		if (errno != EBUSY) {
			return -1;
		}
	}
	return -1;
}

int device_loop_attach(struct corbel *c, const char *object, const char *file,
		       bool readonly, char *loop, size_t size)
{
	const int fd = open(file, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	int ret = 0;

	if (fd < 0) {
		return corbel_fail_errno(c, object, "open %.200s", file);
	}
	if (attach(fd, file, readonly, loop, size) != 0) {
		ret = corbel_fail_errno(c, object, "no loop device for %.200s",
					file);
		loop[0] = '\0';
	}
	close(fd);
	return ret;
}

void device_loop_detach(const char *loop)
{
	const int fd = open(loop, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		ioctl(fd, LOOP_CLR_FD);
		close(fd);
	}
}
