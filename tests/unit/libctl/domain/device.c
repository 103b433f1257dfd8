/* SPDX-License-Identifier: MIT */
/*
 * Devices against a store in memory and back ends that are a few lines here.
 * The kernel's part (loop devices, bridges, block devices) is replaced by
 * --wrap, qemu-nbd by a counter.
 */
#include "libctl/domain/device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "fake/fake_store.h"
#include "libctl/ops/ops.h"

#define FRONT "/local/domain/7/device/"
#define BACK  "/local/domain/0/backend/"

static struct corbel handle;
static unsigned int configured, cleared, bridged, set_up;
static int mtu;            /* that an interface was given */
static char interface[16]; /* the name it has by now */

/* ---- the kernel ---- */

int __wrap_open(const char *path, int flags, ...);
int __real_open(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_stat(const char *path, struct stat *st);
unsigned int __wrap_if_nametoindex(const char *name);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);

/* All events come from this process: what is not there by now never comes. */
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)timeout;
	return __real_poll(fds, count, 0);
}

int __wrap_open(const char *path, int flags, ...)
{
	(void)flags;
	if (strcmp(path, "/srv/none.img") == 0) {
		errno = ENOENT;
		return -1;
	}
	return __real_open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* The bridge has an MTU of 4000, and the name "taken" is taken. */
static int interface_ioctl(unsigned long request, struct ifreq *about)
{
	switch (request) {
	case SIOCBRADDIF:
		bridged++;
		return 0;
	case SIOCGIFFLAGS:
		return 0;
	case SIOCSIFFLAGS:
		set_up++;
		assert_string_equal(about->ifr_name, interface);
		return 0;
	case SIOCGIFMTU:
		assert_string_equal(about->ifr_name, "br0");
		about->ifr_mtu = 4000;
		return 0;
	case SIOCSIFMTU:
		assert_string_equal(about->ifr_name, interface);
		assert_int_equal(bridged, 0);
		mtu = about->ifr_mtu;
		return 0;
	case SIOCSIFNAME:
		assert_string_equal(about->ifr_name, interface);
		strcpy(interface, about->ifr_newname);
		errno = EEXIST;
		return strcmp(interface, "taken") == 0 ? -1 : 0;
	default:
		fail_msg("ioctl 0x%lx", request);
		return -1;
	}
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *pointer;

	(void)fd;
	va_start(args, request);
	pointer = va_arg(args, void *);
	va_end(args);
	switch (request) {
	case LOOP_CTL_GET_FREE:
		return 3;
	case LOOP_CONFIGURE:
		configured++;
		return 0;
	case LOOP_CLR_FD:
		cleared++;
		return 0;
	default:
		return interface_ioctl(request, pointer);
	}
}

int __wrap_stat(const char *path, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFBLK | 0600;
	st->st_rdev = strcmp(path, "/dev/loop3") == 0 ? makedev(7, 3)
						      : makedev(253, 17);
	return 0;
}

unsigned int __wrap_if_nametoindex(const char *name)
{
	return strcmp(name, "vif7.0") == 0 ? 12 : 0;
}

/* ---- images that qemu-nbd serves ---- */

static unsigned int served;

int device_nbd_attach(struct corbel *c, const char *object, const char *file,
		      bool readonly, char *node, size_t size)
{
	if (strstr(file, "broken") != NULL) {
		return corbel_fail(c, CORBEL_FAILED, object, "no image");
	}
	assert_true(readonly);
	snprintf(node, size, "/dev/nbd5");
	served++;
	return 0;
}

void device_nbd_detach(const char *node)
{
	assert_string_equal(node, "/dev/nbd5");
	served--;
}

/* ---- back ends ---- */

static bool ends_with(const char *path, const char *end)
{
	const size_t length = strlen(path), size = strlen(end);

	return length >= size && strcmp(path + length - size, end) == 0;
}

/* Answers to a new device, and to one that is to close. */
static void good_backend(const char *path, const char *text)
{
	if (strncmp(path, BACK, strlen(BACK)) != 0 ||
	    !ends_with(path, "/state") || text == NULL) {
		return;
	}
	if (strcmp(text, "1") == 0) {
		fake_store_set(path, "2");
	} else if (strcmp(text, "5") == 0) {
		fake_store_set(path, "6");
	}
}

static void bad_backend(const char *path, const char *text)
{
	if (ends_with(path, "/state") && strstr(path, "/backend/vbd/7/") &&
	    text != NULL && strcmp(text, "1") == 0) {
		fake_store_set("/local/domain/0/error/backend/vbd/7/51712/"
			       "error",
			       "2 creating vbd structure");
		fake_store_set(path, "5");
	}
}

/* ---- the tests ---- */

static int empty_store(void **state)
{
	(void)state;
	fake_store_reset();
	fake_store_changed = good_backend;
	memset(&handle.error, 0, sizeof(handle.error));
	configured = cleared = bridged = set_up = 0;
	mtu = 0;
	strcpy(interface, "vif7.0");
	return 0;
}

static void is_node(const char *path, const char *text, const char *access)
{
	if (fake_store_text(path) == NULL) {
		fail_msg("%s is not there", path);
	}
	assert_string_equal(fake_store_text(path), text);
	if (strcmp(fake_store_access(path), access) != 0) {
		fail_msg("%s: %s", path, fake_store_access(path));
	}
}

static int add_disk(char *source, enum corbel_disk_kind kind,
		    enum corbel_backend backend, bool readonly)
{
	struct corbel_disk disk = {
		.target = (char[]){ "xvda" },
		.source = source,
		.kind = kind,
		.backend = backend,
		.readonly = readonly,
	};
	const struct corbel_config config = {
		.name = (char[]){ "web1" },
		.disk_count = 1,
		.disks = &disk,
	};

	return devices_add(&handle, 7, &config);
}

static int add_nic(struct corbel_nic nic)
{
	const struct corbel_config config = {
		.name = (char[]){ "web1" },
		.nic_count = 1,
		.nics = &nic,
	};

	return devices_add(&handle, 7, &config);
}

static const struct corbel_nic nic = {
	.bridge = (char[]){ "br0" },
	.mac = { 0, 0x16, 0x3e, 1, 2, 0xff },
};

static void a_block_device_goes_to_the_kernel(void **state)
{
	char source[] = "/dev/vg/web1";

	(void)state;
	assert_int_equal(add_disk(source, CORBEL_DISK_BLOCK,
				  CORBEL_BACKEND_DEFAULT, false),
			 0);
	is_node(FRONT "vbd", "", "n0,r7");
	is_node(FRONT "vbd/51712", "", "n7,r0");
	is_node(FRONT "vbd/51712/backend", BACK "vbd/7/51712", "n7,r0");
	is_node(FRONT "vbd/51712/backend-id", "0", "n7,r0");
	is_node(FRONT "vbd/51712/state", "1", "n7,r0");
	is_node(FRONT "vbd/51712/virtual-device", "51712", "n7,r0");
	is_node(FRONT "vbd/51712/device-type", "disk", "n7,r0");
	is_node(BACK "vbd/7/51712", "", "n0,r7");
	is_node(BACK "vbd/7/51712/frontend", FRONT "vbd/51712", "n0,r7");
	is_node(BACK "vbd/7/51712/frontend-id", "7", "n0,r7");
	is_node(BACK "vbd/7/51712/online", "1", "n0,r7");
	is_node(BACK "vbd/7/51712/type", "phy", "n0,r7");
	is_node(BACK "vbd/7/51712/params", "/dev/vg/web1", "n0,r7");
	is_node(BACK "vbd/7/51712/physical-device", "fd:11", "n0,r7");
	is_node(BACK "vbd/7/51712/physical-device-path", "/dev/vg/web1",
		"n0,r7");
	is_node(BACK "vbd/7/51712/mode", "w", "n0,r7");
	is_node(BACK "vbd/7/51712/dev", "xvda", "n0,r7");
	is_node(BACK "vbd/7/51712/device-type", "disk", "n0,r7");
	is_node("/libxl/7/device/vbd/51712/backend", BACK "vbd/7/51712", "n0");
	assert_int_equal(configured, 0);
}

static void a_file_goes_to_user_space(void **state)
{
	char source[] = "/srv/web1.img";

	(void)state;
	assert_int_equal(add_disk(source, CORBEL_DISK_FILE,
				  CORBEL_BACKEND_DEFAULT, true),
			 0);
	is_node(FRONT "vbd/51712/backend", BACK "qdisk/7/51712", "n7,r0");
	is_node(BACK "qdisk/7/51712/type", "qdisk", "n0,r7");
	is_node(BACK "qdisk/7/51712/params", "aio:/srv/web1.img", "n0,r7");
	is_node(BACK "qdisk/7/51712/mode", "r", "n0,r7");
	assert_null(fake_store_text(BACK "qdisk/7/51712/physical-device"));
	assert_int_equal(configured, 0);
}

static void a_file_for_the_kernel_gets_a_loop_device(void **state)
{
	char source[] = "/srv/web1.img";

	(void)state;
	assert_int_equal(add_disk(source, CORBEL_DISK_FILE,
				  CORBEL_BACKEND_KERNEL, false),
			 0);
	assert_int_equal(configured, 1);
	is_node(BACK "vbd/7/51712/params", "/dev/loop3", "n0,r7");
	is_node(BACK "vbd/7/51712/physical-device", "7:3", "n0,r7");
	is_node("/libxl/7/device/vbd/51712/made", "/dev/loop3", "n0");

	assert_int_equal(devices_remove(&handle, 7), 0);
	assert_int_equal(cleared, 1);
}

static int add_image(char *source, enum corbel_backend backend)
{
	struct corbel_disk disk = {
		.target = (char[]){ "xvda" },
		.source = source,
		.kind = CORBEL_DISK_FILE,
		.format = CORBEL_FORMAT_QCOW2,
		.backend = backend,
		.readonly = true,
	};
	const struct corbel_config config = {
		.name = (char[]){ "web1" },
		.disk_count = 1,
		.disks = &disk,
	};

	return devices_add(&handle, 7, &config);
}

static void an_image_gets_a_device_of_its_own(void **state)
{
	char source[] = "/srv/web1.qcow2";
	struct corbel_device *list;
	size_t count;

	(void)state;
	assert_int_equal(add_image(source, CORBEL_BACKEND_DEFAULT), 0);
	assert_int_equal(served, 1);
	is_node(BACK "vbd/7/51712/params", "/dev/nbd5", "n0,r7");
	is_node(BACK "vbd/7/51712/mode", "r", "n0,r7");
	assert_int_equal(corbel_devices(&handle, 7, &list, &count), 0);
	assert_string_equal(list[0].source, source);
	assert_int_equal(list[0].format, CORBEL_FORMAT_QCOW2);
	free(list);
	assert_int_equal(devices_remove(&handle, 7), 0);
	assert_int_equal(served, 0);

	assert_int_equal(add_image(source, CORBEL_BACKEND_USER), 0);
	is_node(BACK "qdisk/7/51712/params", "aio:/dev/nbd5", "n0,r7");
	assert_int_equal(devices_remove(&handle, 7), 0);
	assert_int_equal(served, 0);
}

static void an_image_that_fails_leaves_nothing(void **state)
{
	char broken[] = "/srv/broken.qcow2", good[] = "/srv/web1.qcow2";

	(void)state;
	assert_int_equal(add_image(broken, CORBEL_BACKEND_DEFAULT), -1);
	assert_string_equal(handle.error.object, "disk xvda");
	fake_store_changed = bad_backend;
	assert_int_equal(add_image(good, CORBEL_BACKEND_DEFAULT), -1);
	assert_int_equal(served, 0);
	assert_null(fake_store_text("/libxl/7/device/vbd/51712"));
}

static void a_nic_goes_on_its_bridge(void **state)
{
	(void)state;
	assert_int_equal(add_nic(nic), 0);
	is_node(FRONT "vif/0/handle", "0", "n7,r0");
	is_node(FRONT "vif/0/mac", "00:16:3e:01:02:ff", "n7,r0");
	is_node(FRONT "vif/0/mtu", "4000", "n7,r0");
	is_node(BACK "vif/7/0/mac", "00:16:3e:01:02:ff", "n0,r7");
	is_node(BACK "vif/7/0/bridge", "br0", "n0,r7");
	is_node(BACK "vif/7/0/type", "vif", "n0,r7");
	assert_non_null(fake_store_text(BACK "vif/7/0/script"));
	is_node(BACK "vif/7/0/hotplug-status", "connected", "n0,r7");
	assert_null(fake_store_text(BACK "vif/7/0/vifname"));
	assert_null(fake_store_text(BACK "vif/7/0/rate"));
	assert_int_equal(mtu, 4000);
	assert_int_equal(bridged, 1);
	assert_int_equal(set_up, 1);
}

static void a_nic_is_as_it_was_asked_for(void **state)
{
	struct corbel_nic asked = nic;

	(void)state;
	asked.target = (char[]){ "web1-lan" };
	asked.mtu = 9000;
	asked.rate_kib = 1000;
	assert_int_equal(add_nic(asked), 0);
	is_node(FRONT "vif/0/mtu", "9000", "n7,r0");
	is_node(BACK "vif/7/0/mtu", "9000", "n0,r7");
	is_node(BACK "vif/7/0/vifname", "web1-lan", "n0,r7");
	is_node(BACK "vif/7/0/rate", "51200,50000", "n0,r7");
	assert_int_equal(mtu, 9000);
	assert_string_equal(interface, "web1-lan");
	assert_int_equal(bridged, 1);
	assert_int_equal(set_up, 1);
}

static void a_nic_with_another_ones_name_is_no_nic(void **state)
{
	struct corbel_nic asked = nic;

	(void)state;
	asked.target = (char[]){ "taken" };
	assert_int_equal(add_nic(asked), -1);
	assert_string_equal(handle.error.object, "interface 0");
	assert_string_equal(handle.error.text, "vif7.0 as taken: File exists");
	assert_int_equal(bridged, 0);
	assert_null(fake_store_text(BACK "vif/7/0"));
}

static void removes_all_devices(void **state)
{
	char source[] = "/srv/web1.img";

	(void)state;
	assert_int_equal(
		add_disk(source, CORBEL_DISK_FILE, CORBEL_BACKEND_USER, false),
		0);
	assert_int_equal(add_nic(nic), 0);
	assert_int_equal(devices_remove(&handle, 7), 0);
	assert_null(fake_store_text(FRONT "vbd/51712"));
	assert_null(fake_store_text(FRONT "vif/0"));
	assert_null(fake_store_text(BACK "qdisk/7"));
	assert_null(fake_store_text(BACK "vif/7"));
	assert_null(fake_store_text("/libxl/7/device/vbd/51712"));
	assert_null(fake_store_text("/libxl/7/device/vif/0"));
	/* None is no failure. */
	assert_int_equal(devices_remove(&handle, 7), 0);
}

/* All disks are one and the same here, see __wrap_stat(). */
static void no_two_write_to_one_disk(void **state)
{
	char source[] = "/srv/web1.img", other[] = "/srv/link.img";

	(void)state;
	fake_store_set("/libxl/3/device/vbd/51712/storage", "block fd:11");
	fake_store_set("/libxl/3/device/vbd/51712/mode", "r");
	assert_int_equal(
		add_disk(other, CORBEL_DISK_FILE, CORBEL_BACKEND_USER, true),
		0);
	assert_int_equal(devices_remove(&handle, 7), 0);
	assert_int_equal(add_disk(source, CORBEL_DISK_FILE,
				  CORBEL_BACKEND_KERNEL, false),
			 -1);
	assert_string_equal(handle.error.object, "disk xvda");
	assert_string_equal(handle.error.text,
			    "/srv/web1.img is in use by domain 3, and one of "
			    "the two would write to it");
	assert_int_equal(handle.error.code, CORBEL_EXISTS);
	assert_int_equal(configured, 0);

	fake_store_set("/libxl/3/device/vbd/51712/mode", "w");
	assert_int_equal(
		add_disk(other, CORBEL_DISK_FILE, CORBEL_BACKEND_USER, true),
		-1);
}

static void tells_why_a_back_end_gave_up(void **state)
{
	char source[] = "/srv/web1.img";

	(void)state;
	fake_store_changed = bad_backend;
	assert_int_equal(add_disk(source, CORBEL_DISK_FILE,
				  CORBEL_BACKEND_KERNEL, false),
			 -1);
	assert_string_equal(handle.error.object, "disk xvda");
	assert_string_equal(handle.error.text,
			    "the back end gave up: 2 creating vbd structure");
	assert_null(fake_store_text(BACK "vbd/7/51712"));
	assert_null(fake_store_text(FRONT "vbd/51712"));
	assert_int_equal(cleared, 1);
}

static void tells_who_did_not_answer(void **state)
{
	char source[] = "/srv/web1.img";

	(void)state;
	fake_store_changed = NULL;
	assert_int_equal(add_disk(source, CORBEL_DISK_FILE,
				  CORBEL_BACKEND_DEFAULT, false),
			 -1);
	assert_string_equal(handle.error.object, "disk xvda");
	assert_string_equal(handle.error.text,
			    "the back end did not answer within 40 s (is "
			    "corbel-blkback running?)");
	assert_int_equal(handle.error.code, CORBEL_TIMEOUT);
	assert_null(fake_store_text(BACK "qdisk/7/51712"));
}

static void detaches_what_it_could_not_write(void **state)
{
	char source[] = "/srv/web1.img", none[] = "/srv/none.img";

	(void)state;
	fake_store_refuse(BACK, EACCES);
	fake_store_refuse("/local/domain/0/backend", EACCES);
	assert_int_equal(add_disk(source, CORBEL_DISK_FILE,
				  CORBEL_BACKEND_KERNEL, false),
			 -1);
	assert_string_equal(handle.error.object, "guest web1");
	assert_int_equal(configured, 1);
	assert_int_equal(cleared, 1);
	assert_int_equal(fake_store_count(), 0);

	assert_int_equal(
		add_disk(none, CORBEL_DISK_FILE, CORBEL_BACKEND_KERNEL, false),
		-1);
	assert_string_equal(handle.error.text,
			    "open /srv/none.img: No such file or directory");
	assert_int_equal(configured, 1);
}

/* ---- a guest that goes on ---- */

int domctl_info(struct corbel *c, uint32_t domid,
		struct xen_domctl_getdomaininfo *info)
{
	(void)c;
	*info = (struct xen_domctl_getdomaininfo){ .domain = 7 };
	errno = ESRCH;
	return domid <= 7 ? 0 : -1;
}

static int attach(uint32_t domid, const char *source, const char *target,
		  bool readonly)
{
	return corbel_disk_attach(&handle, domid, source, target,
				  CORBEL_FORMAT_RAW, readonly);
}

static void a_disk_comes_and_goes(void **state)
{
	struct corbel_device *list;
	size_t count;

	(void)state;
	assert_int_equal(attach(7, "/dev/null", "xvdb", true), 0);
	is_node(BACK "vbd/7/51728/mode", "r", "n0,r7");
	fake_store_set(FRONT "vbd/51728/state", "4");
	fake_store_set(BACK "vbd/7/51728/state", "4");
	assert_int_equal(corbel_devices(&handle, 7, &list, &count), 0);
	assert_int_equal(count, 1);
	assert_string_equal(list[0].name, "xvdb");
	assert_string_equal(list[0].source, "/dev/null");
	assert_true(list[0].connected && list[0].readonly && !list[0].user);
	free(list);

	assert_int_equal(corbel_disk_detach(&handle, 7, "xvdb", 1), 0);
	assert_null(fake_store_text(FRONT "vbd/51728"));
	assert_null(fake_store_text(BACK "vbd/7/51728"));
	assert_null(fake_store_text("/libxl/7/device/vbd/51728"));
	assert_int_equal(corbel_devices(&handle, 7, &list, &count), 0);
	assert_int_equal(count, 0);
	free(list);
}

static void a_disk_in_use_stays(void **state)
{
	(void)state;
	assert_int_equal(attach(7, "/dev/null", "xvdb", false), 0);
	fake_store_set(FRONT "vbd/51728/state", "4");
	fake_store_set(BACK "vbd/7/51728/state", "4");
	fake_store_changed = NULL;
	assert_int_equal(corbel_disk_detach(&handle, 7, "xvdb", 1), -1);
	assert_int_equal(handle.error.code, CORBEL_TIMEOUT);
	assert_string_equal(handle.error.object, "disk xvdb");
	is_node(BACK "vbd/7/51728/online", "0", "n0,r7");
	is_node(FRONT "vbd/51728/state", "4", "n7,r0");

	/* It is free by now. */
	fake_store_set(BACK "vbd/7/51728/state", "6");
	assert_int_equal(corbel_disk_detach(&handle, 7, "xvdb", 1), 0);
	assert_null(fake_store_text(BACK "vbd/7/51728"));
}

static void others_stay_when_one_fails(void **state)
{
	(void)state;
	assert_int_equal(attach(7, "/dev/null", "xvdb", true), 0);
	fake_store_changed = bad_backend;
	assert_int_equal(attach(7, "/dev/null", "xvda", true), -1);
	assert_null(fake_store_text(BACK "vbd/7/51712"));
	assert_null(fake_store_text("/libxl/7/device/vbd/51712"));
	is_node(BACK "vbd/7/51728/mode", "r", "n0,r7");
}

static void refuses_what_cannot_be(void **state)
{
	unsigned int number;

	(void)state;
	assert_int_equal(attach(7, "/dev/null", "xvdb", true), 0);
	assert_int_equal(attach(7, "/dev/null", "xvdb", true), -1);
	assert_int_equal(handle.error.code, CORBEL_EXISTS);
	assert_int_equal(attach(7, "null", "xvdc", true), -1);
	assert_int_equal(handle.error.code, CORBEL_INVALID);
	assert_int_equal(attach(7, "/dev/null", "sda", true), -1);
	assert_int_equal(handle.error.code, CORBEL_INVALID);
	assert_int_equal(attach(9, "/dev/null", "xvdc", true), -1);
	assert_int_equal(handle.error.code, CORBEL_NOT_FOUND);
	assert_int_equal(attach(0, "/dev/null", "xvdc", true), -1);
	assert_int_equal(handle.error.code, CORBEL_NOT_ALLOWED);
	assert_int_equal(corbel_disk_detach(&handle, 7, "xvdc", 1), -1);
	assert_int_equal(handle.error.code, CORBEL_NOT_FOUND);
	assert_int_equal(corbel_nic_attach(&handle, 7, "no/br", NULL, &number),
			 -1);
	assert_int_equal(handle.error.code, CORBEL_NOT_FOUND);
	assert_int_equal(corbel_nic_detach(&handle, 7, 3, 1), -1);
	assert_int_equal(handle.error.code, CORBEL_NOT_FOUND);
}

/* Guest 7 with an empty drive xvdb. */
static void add_drive(void)
{
	struct corbel_disk drive = {
		.target = (char[]){ "xvdb" },
		.readonly = true,
		.cdrom = true,
	};
	const struct corbel_config config = {
		.name = (char[]){ "web1" },
		.disk_count = 1,
		.disks = &drive,
	};

	assert_int_equal(devices_add(&handle, 7, &config), 0);
}

/* What the drive has in it; "" if it is empty. */
static const char *medium(void)
{
	static char source[64];
	struct corbel_device *list;
	size_t count;

	assert_int_equal(corbel_devices(&handle, 7, &list, &count), 0);
	assert_int_equal(count, 1);
	assert_string_equal(list[0].name, "xvdb");
	assert_true(list[0].cdrom && list[0].readonly);
	strcpy(source, list[0].source);
	free(list);
	return source;
}

static void a_medium_comes_and_goes(void **state)
{
	(void)state;
	add_drive();
	assert_string_equal(medium(), "");
	assert_null(fake_store_text(FRONT "vbd/51728"));
	assert_int_equal(corbel_cdrom_eject(&handle, 7, "xvdb", 1), -1);
	assert_int_equal(handle.error.code, CORBEL_NOT_FOUND);

	assert_int_equal(
		corbel_cdrom_insert(&handle, 7, "xvdb", "/dev/null", 1), 0);
	assert_string_equal(medium(), "/dev/null");
	is_node(BACK "vbd/7/51728/mode", "r", "n0,r7");
	is_node(FRONT "vbd/51728/device-type", "disk", "n7,r0");

	assert_int_equal(corbel_cdrom_eject(&handle, 7, "xvdb", 1), 0);
	assert_string_equal(medium(), "");
	assert_null(fake_store_text(FRONT "vbd/51728"));
	assert_null(fake_store_text(BACK "vbd/7/51728"));

	assert_int_equal(devices_remove(&handle, 7), 0);
	assert_null(fake_store_text("/libxl/7/device/vbd/51728"));
}

/* A front end that looks only once the second disk is there again. */
static unsigned int inserted;

static void slow_guest(const char *path, const char *text)
{
	good_backend(path, text);
	if (strcmp(path, FRONT "vbd/51728/state") == 0 && text != NULL &&
	    strcmp(text, "1") == 0 && ++inserted == 3) {
		fake_store_set(path, "3");
	}
}

static void a_medium_is_changed_until_it_is_noticed(void **state)
{
	(void)state;
	add_drive();
	inserted = 0;
	fake_store_changed = slow_guest;
	assert_int_equal(
		corbel_cdrom_insert(&handle, 7, "xvdb", "/dev/null", 1), 0);
	assert_int_equal(inserted, 1);
	assert_int_equal(
		corbel_cdrom_insert(&handle, 7, "xvdb", "/dev/zero", 1), 0);
	assert_int_equal(inserted, 3);
	assert_string_equal(medium(), "/dev/zero");
}

static void a_drive_is_no_disk(void **state)
{
	(void)state;
	add_drive();
	assert_int_equal(attach(7, "/dev/null", "xvdb", true), -1);
	assert_int_equal(handle.error.code, CORBEL_INVALID);
	assert_int_equal(corbel_disk_detach(&handle, 7, "xvdb", 1), -1);
	assert_int_equal(handle.error.code, CORBEL_INVALID);
	assert_string_equal(medium(), "");
	assert_int_equal(
		corbel_cdrom_insert(&handle, 7, "xvdc", "/dev/null", 1), -1);
	assert_int_equal(handle.error.code, CORBEL_NOT_FOUND);
}

/* The drive is there and empty, as it was. */
static void a_medium_that_fails_leaves_the_drive(void **state)
{
	(void)state;
	add_drive();
	fake_store_changed = bad_backend;
	assert_int_equal(
		corbel_cdrom_insert(&handle, 7, "xvdb", "/dev/null", 1), -1);
	assert_string_equal(medium(), "");
	assert_null(fake_store_text(BACK "vbd/7/51728"));
}

static void an_interface_goes(void **state)
{
	(void)state;
	assert_int_equal(add_nic(nic), 0);
	fake_store_set(FRONT "vif/0/state", "4");
	fake_store_set(BACK "vif/7/0/state", "4");
	assert_int_equal(corbel_nic_detach(&handle, 7, 0, 1), 0);
	assert_null(fake_store_text(BACK "vif/7/0"));
	assert_null(fake_store_text(FRONT "vif/0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_block_device_goes_to_the_kernel,
				       empty_store),
		cmocka_unit_test_setup(a_file_goes_to_user_space, empty_store),
		cmocka_unit_test_setup(a_file_for_the_kernel_gets_a_loop_device,
				       empty_store),
		cmocka_unit_test_setup(an_image_gets_a_device_of_its_own,
				       empty_store),
		cmocka_unit_test_setup(an_image_that_fails_leaves_nothing,
				       empty_store),
		cmocka_unit_test_setup(a_nic_goes_on_its_bridge, empty_store),
		cmocka_unit_test_setup(a_nic_is_as_it_was_asked_for,
				       empty_store),
		cmocka_unit_test_setup(a_nic_with_another_ones_name_is_no_nic,
				       empty_store),
		cmocka_unit_test_setup(removes_all_devices, empty_store),
		cmocka_unit_test_setup(no_two_write_to_one_disk, empty_store),
		cmocka_unit_test_setup(tells_why_a_back_end_gave_up,
				       empty_store),
		cmocka_unit_test_setup(tells_who_did_not_answer, empty_store),
		cmocka_unit_test_setup(detaches_what_it_could_not_write,
				       empty_store),
		cmocka_unit_test_setup(a_disk_comes_and_goes, empty_store),
		cmocka_unit_test_setup(a_disk_in_use_stays, empty_store),
		cmocka_unit_test_setup(others_stay_when_one_fails, empty_store),
		cmocka_unit_test_setup(refuses_what_cannot_be, empty_store),
		cmocka_unit_test_setup(a_medium_comes_and_goes, empty_store),
		cmocka_unit_test_setup(a_medium_is_changed_until_it_is_noticed,
				       empty_store),
		cmocka_unit_test_setup(a_drive_is_no_disk, empty_store),
		cmocka_unit_test_setup(a_medium_that_fails_leaves_the_drive,
				       empty_store),
		cmocka_unit_test_setup(an_interface_goes, empty_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
