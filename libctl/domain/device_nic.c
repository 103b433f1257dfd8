/* SPDX-License-Identifier: MIT */
/*
 * Network interfaces: the kernel's back end makes an interface vifN.I in the
 * service VM, which goes on the bridge here. The key hotplug-status tells the
 * back end that this has been done.
 */
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "libctl/domain/device.h"

#define MTU     1500
#define POLL_MS 20

/* netback refuses a device without this key; it is for who runs scripts. */
#define SCRIPT "/etc/corbel/hotplug/vif-bridge"

void device_nic_prepare(struct device *d, uint32_t domid, uint32_t index,
			const struct corbel_nic *nic)
{
	*d = (struct device){
		.nic = nic,
		.domid = domid,
		.id = index,
		.front_kind = "vif",
		.back_kind = "vif",
		.server = "module xen_netback loaded",
	};
	snprintf(d->object, sizeof(d->object), "interface %u", index);
	device_set_paths(d);
}

void device_nic_write(struct store_txn *t, const struct device *d)
{
	const uint8_t *const m = d->nic->mac;
	char mac[18];

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1],
		 m[2], m[3], m[4], m[5]);
	store_write(t, STORE_FRONT, d->front, "handle", "%u", d->id);
	store_write(t, STORE_FRONT, d->front, "mac", "%s", mac);
	store_write(t, STORE_FRONT, d->front, "mtu", "%d", MTU);
	store_write(t, STORE_FRONT, d->front, "trusted", "1");

	store_write(t, STORE_GUEST_READS, d->back, "handle", "%u", d->id);
	store_write(t, STORE_GUEST_READS, d->back, "mac", "%s", mac);
	store_write(t, STORE_GUEST_READS, d->back, "bridge", "%s",
		    d->nic->bridge);
	store_write(t, STORE_GUEST_READS, d->back, "script", "%s", SCRIPT);
	store_write(t, STORE_GUEST_READS, d->back, "type", "vif");
	store_write(t, STORE_GUEST_READS, d->back, "hotplug-status", "%s", "");
}

/* The number of the interface, 0 if it does not come in time. */
static unsigned int wait_interface(const char *name)
{
	const struct timespec pause = { 0, POLL_MS * 1000000 };
	unsigned int index;

	for (unsigned int ms = 0; ms < DEVICE_WAIT_MS; ms += POLL_MS) {
		index = if_nametoindex(name);
		if (index != 0) {
			return index;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* Returns 0, or -1 with errno. It may be on the bridge by a hotplug script. */
static int join_bridge(int fd, const char *bridge, unsigned int index)
{
	struct ifreq request = { .ifr_ifindex = (int)index };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", bridge);
	return ioctl(fd, SIOCBRADDIF, &request) == 0 || errno == EBUSY ? 0 : -1;
}

static int set_up(int fd, const char *name)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0) {
		return -1;
	}
	request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
	return ioctl(fd, SIOCSIFFLAGS, &request);
}

static int join(struct corbel *c, const struct device *d, const char *name,
		unsigned int index)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret = 0;

	if (fd < 0) {
		return corbel_fail_errno(c, d->object, "socket");
	}
	if (join_bridge(fd, d->nic->bridge, index) != 0) {
		ret = corbel_fail_errno(c, d->object, "%s to bridge %s", name,
					d->nic->bridge);
	} else if (set_up(fd, name) != 0) {
		ret = corbel_fail_errno(c, d->object, "set %s up", name);
	}
	close(fd);
	return ret;
}

int device_nic_connect(struct corbel *c, const struct device *d)
{
	char name[IF_NAMESIZE], path[STORE_PATH_MAX];
	unsigned int index;

	snprintf(name, sizeof(name), "vif%u.%u", d->domid & 0xffff,
		 d->id & 0xffff);
	index = wait_interface(name);
	if (index == 0) {
		return corbel_fail(c, CORBEL_TIMEOUT, d->object,
				   "its back end made no interface %s within "
				   "%d s",
				   name, DEVICE_WAIT_MS / 1000);
	}
	if (join(c, d, name, index) != 0) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/hotplug-status", d->back);
	if (!xs_write(c->xs, XBT_NULL, path, "connected", 9)) {
		return corbel_fail_errno(c, d->object, "store, %s", path);
	}
	return 0;
}
