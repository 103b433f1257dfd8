/* SPDX-License-Identifier: MIT */
#include "unit/pv-drivers/xenbus/store_peer.h"

#include <stdio.h>

#include "pv-drivers/env/env.h"
#include "pv-drivers/env/fake.h"
#include "unit/store/talk.h"

static struct env *env;
static struct xenstore_domain_interface *ring;
static struct store daemon_store;
static struct client tool;

static void on_event(void *context)
{
	(void)context;
	domain_service(domain_find(&daemon_store, FAKE_GUEST), talk_now);
	while (domain_service_more(&daemon_store, talk_now)) {
	}
	store_settle(&daemon_store);
}

static struct xenstore_domain_interface *map(uint16_t domid)
{
	return domid == FAKE_GUEST ? ring : NULL;
}

static void unmap(uint16_t domid, struct xenstore_domain_interface *page)
{
	(void)domid;
	(void)page;
}

static int bind_port(uint16_t domid, uint32_t remote_port)
{
	return env_bind(env, domid, remote_port, on_event, NULL);
}

static void unbind_port(int local_port)
{
	env_unbind(env, (uint32_t)local_port);
}

static void notify(int local_port)
{
	env_notify(env, (uint32_t)local_port);
}

static enum domain_state state(uint16_t domid)
{
	(void)domid;
	return DOMAIN_STATE_ALIVE;
}

static const struct domain_ops ops = {
	.map = map,
	.unmap = unmap,
	.bind = bind_port,
	.unbind = unbind_port,
	.notify = notify,
	.state = state,
};

void store_peer_do(uint32_t type, const char *payload)
{
	talk(&daemon_store, &tool, type, 0, payload);
}

void store_peer_open(struct env *e, struct xenstore_domain_interface *page,
		     uint32_t port)
{
	char introduce[32];

	env = e;
	ring = page;
	store_init(&daemon_store, NULL, &ops);
	talk_client(&daemon_store, &tool, 0);
	snprintf(introduce, sizeof(introduce), "%u|1|%u|", FAKE_GUEST, port);
	store_peer_do(XS_INTRODUCE, introduce);
	store_peer_do(XS_WRITE, "/local/domain/7/data|");
	store_peer_do(XS_SET_PERMS, "/local/domain/7/data|n7|");
}

void store_peer_close(void)
{
	store_remove_client(&daemon_store, &tool);
	store_free(&daemon_store);
}
