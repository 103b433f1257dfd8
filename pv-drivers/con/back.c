/* SPDX-License-Identifier: MIT */
#include "pv-drivers/con/back.h"

void con_back_open(struct con_back *c, struct xencons_interface *page)
{
	byte_ring_open(&c->out, page->out, sizeof(page->out), &page->out_cons,
		       &page->out_prod);
	byte_ring_open(&c->in, page->in, sizeof(page->in), &page->in_prod,
		       &page->in_cons);
}

size_t con_back_peek(struct con_back *c, char *to, size_t size, bool *broken)
{
	const int waiting = byte_ring_waiting(&c->out);

	*broken = waiting < 0;
	if (*broken) {
		byte_ring_drop(&c->out);
		return 0;
	}
	size = (size_t)waiting < size ? (size_t)waiting : size;
	byte_ring_peek(&c->out, to, size);
	return size;
}

void con_back_consume(struct con_back *c, size_t size)
{
	byte_ring_consume(&c->out, size);
}

size_t con_back_room(struct con_back *c, bool *broken)
{
	const int room = byte_ring_room(&c->in);

	*broken = room < 0;
	if (*broken) {
		byte_ring_drop(&c->in);
		return CON_INPUT_SIZE;
	}
	return (size_t)room;
}

void con_back_put(struct con_back *c, const char *from, size_t size)
{
	byte_ring_put(&c->in, from, size);
}
