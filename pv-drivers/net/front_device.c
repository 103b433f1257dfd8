/* SPDX-License-Identifier: MIT */
#include "pv-drivers/net/front_device.h"

#include <errno.h>
#include <stddef.h>

#include "pv-drivers/xenbus/state.h"

static int offer(void *device)
{
	struct net_front_device *d = (struct net_front_device *)device;
	struct net_front *f = &d->front;
	int error = net_front_init(f, d->env, d->bus.domain, d->receive,
				   d->context);

	const struct {
		const char *key;
		uint32_t value;
	} keys[] = {
		{ "tx-ring-ref", f->send_ref },
		{ "rx-ring-ref", f->receive_ref },
		{ "event-channel", f->port },
		{ "request-rx-copy", 1 },
		{ "feature-rx-notify", 1 },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (error == 0) {
			error = state_number_write(d->bus.store, d->bus.folder,
						   keys[i].key, keys[i].value);
		}
	}
	return error;
}

static const struct xenbus_front_ops ops = {
	.offer = offer,
	.offered = XenbusStateConnected,
};

static int hex(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "xx:xx:xx:xx:xx:xx" */
static bool parse_mac(const char *text, uint8_t mac[6])
{
	for (unsigned int i = 0; i < 6; i++, text += 3) {
		const int high = hex(text[0]);
		const int low = high < 0 ? -1 : hex(text[1]);

		if (low < 0 || text[2] != (i < 5 ? ':' : '\0')) {
			return false;
		}
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

int net_front_device_open(struct net_front_device *d, struct env *env,
			  struct store *store, const char *folder,
			  net_front_receive *receive, void *context)
{
	char mac[STORE_VALUE_MAX];
	const int error = state_key_read(store, folder, "mac", mac);

	if (error != 0) {
		return error;
	}
	if (!parse_mac(mac, d->mac)) {
		return -EINVAL;
	}
	d->env = env;
	d->receive = receive;
	d->context = context;
	return xenbus_front_open(&d->bus, store, folder, &ops, d);
}
