/* SPDX-License-Identifier: MIT */
/*
 * qcow2 images as block devices: QEMU's qemu-nbd knows the format and serves the
 * image to the kernel's nbd driver, whose device a back end takes like any other.
 *
 * qemu-nbd keeps the image's locks, so no other program of QEMU's writes to it
 * meanwhile, and ends by itself when its device is disconnected.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nbd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libctl/core/pause.h"
#include "libctl/core/program.h"
#include "libctl/domain/device.h"

/* The driver's own default is 16; each takes tens of KiB. Partitions are the
 * guest's business. */
#define DEVICES_MAX "nbds_max=64"
#define NO_PARTS    "max_part=0"

#define SOCKETS     "/run/corbel"

#define READY_MS    10000 /* from its start until the device has a size */
#define END_MS      20000 /* it may still have to write to the image */
#define POLL_MS     10

/* ---- the devices ---- */

/* The number in a file of the device's folder in sysfs; 0 if there is none. */
static unsigned long device_number(const char *node, const char *name)
{
	char path[128], text[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/block/%s/%s", node + strlen("/dev/"),
		 name);
	file = fopen(path, "re");
	if (file == NULL) {
		return 0;
	}
	if (fgets(text, sizeof(text), file) == NULL) {
		text[0] = '\0';
	}
	fclose(file);
	return strtoul(text, NULL, 10);
}

/* The file is there while somebody serves the device. */
static bool is_served(const char *node)
{
	return device_number(node, "pid") != 0;
}

static int load_driver(struct corbel *c, const char *object)
{
	const char *const argv[] = { "modprobe", "nbd", DEVICES_MAX, NO_PARTS,
				     NULL };
	char said[256];

	if (access("/sys/block/nbd0", F_OK) == 0 ||
	    program_run(argv, said, sizeof(said)) == PROGRAM_DONE) {
		return 0;
	}
	return corbel_fail(c, CORBEL_FAILED, object,
			   "the driver nbd cannot be loaded: %s", said);
}

static int find_free(struct corbel *c, const char *object, char *node,
		     size_t size)
{
	for (unsigned int i = 0;; i++) {
		snprintf(node, size, "/dev/nbd%u", i);
		if (access(node, F_OK) != 0) {
			return corbel_fail(c, CORBEL_FAILED, object,
					   "all %u nbd devices are in use", i);
		}
		if (!is_served(node)) {
			return 0;
		}
	}
}

/* ---- the program ---- */

static int run_program(struct corbel *c, const char *object,
		       const char *const argv[])
{
	char said[400];

	switch (program_run(argv, said, sizeof(said))) {
	case PROGRAM_DONE:
		return 0;
	case PROGRAM_ABSENT:
		return corbel_fail(c, CORBEL_NOT_FOUND, object,
				   "there is no qemu-nbd for qcow2 images "
				   "(install the package qemu-utils)");
	case PROGRAM_FAILED:
		break;
	}
	return corbel_fail(c, CORBEL_FAILED, object, "%s", said);
}

static int start_program(struct corbel *c, const char *object, const char *file,
			 bool readonly, const char *node)
{
	char socket[64];
	const char *const argv[] = {
		"qemu-nbd",
		"--format=qcow2",
		readonly ? "--read-only" : "--discard=unmap",
		"--socket",
		socket,
		"--connect",
		node,
		"--",
		file,
		NULL,
	};

	/* Its own default is in a folder that not all systems have. */
	snprintf(socket, sizeof(socket), SOCKETS "/%s.sock",
		 node + strlen("/dev/"));
	if (mkdir(SOCKETS, 0755) != 0 && errno != EEXIST) {
		return corbel_fail_errno(c, object, "%s", SOCKETS);
	}
	return run_program(c, object, argv);
}

/* qemu-nbd is in the background before the driver has taken the device. */
static int wait_ready(struct corbel *c, const char *object, const char *node)
{
	for (unsigned int ms = 0; ms < READY_MS; ms += POLL_MS) {
		if (device_number(node, "size") != 0) {
			return 0;
		}
		pause_ms(POLL_MS);
	}
	return corbel_fail(c, CORBEL_TIMEOUT, object,
			   "%s has no size after %d s", node, READY_MS / 1000);
}

static int serve(struct corbel *c, const char *object, const char *file,
		 bool readonly, char *node, size_t size)
{
	if (find_free(c, object, node, size) != 0 ||
	    start_program(c, object, file, readonly, node) != 0) {
		return -1;
	}
	if (wait_ready(c, object, node) != 0) {
		device_nbd_detach(node);
		return -1;
	}
	return 0;
}

int device_nbd_attach(struct corbel *c, const char *object, const char *file,
		      bool readonly, char *node, size_t size)
{
	int lock, ret;

	if (load_driver(c, object) != 0) {
		return -1;
	}
	/* Two that look for a free device at the same time find the same. */
	lock = open("/sys/block", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX) != 0) {
		ret = corbel_fail_errno(c, object, "lock of the nbd devices");
	} else {
		ret = serve(c, object, file, readonly, node, size);
	}
	if (lock >= 0) {
		close(lock);
	}
	if (ret != 0) {
		node[0] = '\0';
	}
	return ret;
}

/* ---- its end ---- */

/* The process that a thread of it has given the device to; 0 if it is gone. */
static pid_t process_of(unsigned long thread)
{
	char path[64], line[128];
	pid_t process = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%lu/status", thread);
	file = fopen(path, "re");
	if (file == NULL) {
		return 0;
	}
	while (process == 0 && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "Tgid:", 5) == 0) {
			process = (pid_t)strtol(line + 5, NULL, 10);
		}
	}
	fclose(file);
	return process;
}

static void disconnect(const char *node)
{
	const int fd = open(node, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		ioctl(fd, NBD_DISCONNECT);
		ioctl(fd, NBD_CLEAR_SOCK);
		close(fd);
	}
}

void device_nbd_detach(const char *node)
{
	const pid_t process = process_of(device_number(node, "pid"));
	char path[64];

	disconnect(node);
	if (process == 0) {
		return;
	}
	/* Only then the image is complete and free for others. */
	snprintf(path, sizeof(path), "/proc/%d", process);
	for (unsigned int ms = 0; ms < END_MS && access(path, F_OK) == 0;
	     ms += POLL_MS) {
		pause_ms(POLL_MS);
	}
}
