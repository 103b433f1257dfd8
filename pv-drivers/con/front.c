/* SPDX-License-Identifier: MIT */
#include "pv-drivers/con/front.h"

#include "pv-drivers/env/env.h"

#include <xen/io/console.h>

/* The event only ends env_wait(). */
static void on_event(void *context)
{
	(void)context;
}

int con_front_open(struct con_front *c, struct env *env,
		   struct xencons_interface *page, uint32_t port)
{
	c->env = env;
	c->port = port;
	byte_ring_open(&c->out, page->out, sizeof(page->out), &page->out_prod,
		       &page->out_cons);
	byte_ring_open(&c->in, page->in, sizeof(page->in), &page->in_cons,
		       &page->in_prod);
	return env_listen(env, port, on_event, c);
}

int con_front_write(struct con_front *c, const char *text, size_t size)
{
	while (size > 0) {
		const int room = byte_ring_room(&c->out);
		const size_t now = (size_t)room < size ? (size_t)room : size;

		if (room < 0) {
			return room;
		}
		if (room == 0) {
			env_wait(c->env);
			continue;
		}
		byte_ring_put(&c->out, text, now);
		env_notify(c->env, c->port);
		text += now;
		size -= now;
	}
	return 0;
}

int con_front_read(struct con_front *c, char *to, size_t size)
{
	const int waiting = byte_ring_waiting(&c->in);
	const int now = (size_t)waiting < size ? waiting : (int)size;

	if (waiting <= 0) {
		return waiting;
	}
	byte_ring_peek(&c->in, to, (size_t)now);
	byte_ring_consume(&c->in, (size_t)now);
	env_notify(c->env, c->port);
	return now;
}
