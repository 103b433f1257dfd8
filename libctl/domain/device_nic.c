/* SPDX-License-Identifier: MIT */
/*
 * Network interfaces: the kernel's back end makes an interface vifN.I in the
 * service VM, which gets its name and MTU and goes on the bridge here. The key
 * hotplug-status tells the back end that this has been done.
 */
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libctl/core/pause.h"
#include "libctl/domain/device.h"

#define MTU     1500 /* where a bridge has none to tell */
#define POLL_MS 1

/* What a guest may send is counted anew after this time. */
#define RATE_USEC 50000

/* netback refuses a device without this key; it is for who runs scripts. */
#define SCRIPT "/etc/corbel/hotplug/vif-bridge"

static struct ifreq request_about(const char *name)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return request;
}

static int open_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* A bridge with a smaller interface on it would take over its MTU. */
static unsigned int bridge_mtu(const char *bridge)
{
	struct ifreq request = request_about(bridge);
	const int fd = open_socket();
	unsigned int mtu = MTU;

	if (fd < 0) {
		return mtu;
	}
	if (ioctl(fd, SIOCGIFMTU, &request) == 0) {
		mtu = (unsigned int)request.ifr_mtu;
	}
	close(fd);
	return mtu;
}

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
		.mtu = nic->mtu != 0 ? nic->mtu : bridge_mtu(nic->bridge),
	};
	snprintf(d->object, sizeof(d->object), "interface %u", index);
	device_set_paths(d);
}

/* netback reads it as bytes and the microseconds that they are for. */
static void write_rate(struct store_txn *t, const struct device *d)
{
	const uint64_t bytes = d->nic->rate_kib * 1024ull * RATE_USEC / 1000000;

	store_write(t, STORE_GUEST_READS, d->back, "rate", "%llu,%d",
		    (unsigned long long)bytes, RATE_USEC);
}

void device_nic_write(struct store_txn *t, const struct device *d)
{
	const uint8_t *const m = d->nic->mac;
	char mac[18];

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1],
		 m[2], m[3], m[4], m[5]);
	store_write(t, STORE_FRONT, d->front, "handle", "%u", d->id);
	store_write(t, STORE_FRONT, d->front, "mac", "%s", mac);
	store_write(t, STORE_FRONT, d->front, "mtu", "%u", d->mtu);
	store_write(t, STORE_FRONT, d->front, "trusted", "1");

	store_write(t, STORE_GUEST_READS, d->back, "handle", "%u", d->id);
	store_write(t, STORE_GUEST_READS, d->back, "mac", "%s", mac);
	store_write(t, STORE_GUEST_READS, d->back, "mtu", "%u", d->mtu);
	store_write(t, STORE_GUEST_READS, d->back, "bridge", "%s",
		    d->nic->bridge);
	if (d->nic->target != NULL) {
		store_write(t, STORE_GUEST_READS, d->back, "vifname", "%s",
			    d->nic->target);
	}
	if (d->nic->rate_kib != 0) {
		write_rate(t, d);
	}
	store_write(t, STORE_GUEST_READS, d->back, "script", "%s", SCRIPT);
	store_write(t, STORE_GUEST_READS, d->back, "type", "vif");
	store_write(t, STORE_GUEST_READS, d->back, "hotplug-status", "%s", "");
}

/* The number of the interface, 0 if it does not come in time. */
static unsigned int wait_interface(const char *name)
{
	unsigned int index;

	for (unsigned int ms = 0; ms < DEVICE_WAIT_MS; ms += POLL_MS) {
		index = if_nametoindex(name);
		if (index != 0) {
			return index;
		}
		pause_ms(POLL_MS);
	}
	return 0;
}

/* The others return 0, or -1 with errno. */
static int rename_to(int fd, const char *name, const char *target)
{
	struct ifreq request = request_about(name);

	snprintf(request.ifr_newname, sizeof(request.ifr_newname), "%s",
		 target);
	return ioctl(fd, SIOCSIFNAME, &request);
}

static int set_mtu(int fd, const char *name, unsigned int mtu)
{
	struct ifreq request = request_about(name);

	request.ifr_mtu = (int)mtu;
	return ioctl(fd, SIOCSIFMTU, &request);
}

/* It may be on the bridge by a hotplug script. */
static int join_bridge(int fd, const char *bridge, unsigned int index)
{
	struct ifreq request = request_about(bridge);

	request.ifr_ifindex = (int)index;
	return ioctl(fd, SIOCBRADDIF, &request) == 0 || errno == EBUSY ? 0 : -1;
}

static int set_up(int fd, const char *name)
{
	struct ifreq request = request_about(name);

	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0) {
		return -1;
	}
	request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
	return ioctl(fd, SIOCSIFFLAGS, &request);
}

static int join(struct corbel *c, const struct device *d, const char *name,
		unsigned int index, int fd)
{
	const char *const target = d->nic->target;

	if (target != NULL) {
		if (rename_to(fd, name, target) != 0) {
			return corbel_fail_errno(c, d->object, "%s as %s", name,
						 target);
		}
		name = target;
	}
	if (set_mtu(fd, name, d->mtu) != 0) {
		return corbel_fail_errno(c, d->object, "MTU %u of %s", d->mtu,
					 name);
	}
	if (join_bridge(fd, d->nic->bridge, index) != 0) {
		return corbel_fail_errno(c, d->object, "%s to bridge %s", name,
					 d->nic->bridge);
	}
	return set_up(fd, name) == 0
		       ? 0
		       : corbel_fail_errno(c, d->object, "set %s up", name);
}

/* Tells the back end that its interface is where it should be. */
static int tell_connected(struct corbel *c, const struct device *d)
{
	char path[STORE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/hotplug-status", d->back);
	return xs_write(c->xs, XBT_NULL, path, "connected", 9)
		       ? 0
		       : corbel_fail_errno(c, d->object, "store, %s", path);
}

int device_nic_connect(struct corbel *c, const struct device *d)
{
	char name[IF_NAMESIZE];
	unsigned int index;
	int fd, ret;

	snprintf(name, sizeof(name), "vif%u.%u", d->domid & 0xffff,
		 d->id & 0xffff);
	index = wait_interface(name);
	if (index == 0) {
		return corbel_fail(c, CORBEL_TIMEOUT, d->object,
				   "its back end made no interface %s within "
				   "%d s",
				   name, DEVICE_WAIT_MS / 1000);
	}
	fd = open_socket();
	if (fd < 0) {
		return corbel_fail_errno(c, d->object, "socket");
	}
	ret = join(c, d, name, index, fd);
	close(fd);
	return ret == 0 ? tell_connected(c, d) : -1;
}
