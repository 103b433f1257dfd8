/* SPDX-License-Identifier: MIT */
#include "tests/unit/store/talk.h"

#include "svcvm/store/proto.h"

#include <assert.h>
#include <string.h>

#define PORT_BASE 100

struct xenstore_domain_interface talk_pages[TALK_DOMAINS];
enum domain_state talk_states[TALK_DOMAINS];
unsigned int talk_notified[TALK_DOMAINS];
bool talk_mapped[TALK_DOMAINS];
unsigned int talk_listens[TALK_DOMAINS];
uint64_t talk_now = 1000000000;

static char answer[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX + 2];

static struct xenstore_domain_interface *map(uint16_t domid)
{
	if (domid >= TALK_DOMAINS) {
		return NULL;
	}
	talk_mapped[domid] = true;
	return &talk_pages[domid];
}

static void unmap(uint16_t domid, struct xenstore_domain_interface *page)
{
	assert(page == &talk_pages[domid]);
	talk_mapped[domid] = false;
}

static int bind_port(uint16_t domid, uint32_t remote_port)
{
	return remote_port == 0 ? -22 : PORT_BASE + domid;
}

static void unbind_port(int local_port)
{
	(void)local_port;
}

static void notify(int local_port)
{
	talk_notified[local_port - PORT_BASE]++;
}

static void listen_to(int local_port)
{
	talk_listens[local_port - PORT_BASE]++;
}

static enum domain_state state(uint16_t domid)
{
	return talk_states[domid];
}

const struct domain_ops talk_ops = {
	.map = map,
	.unmap = unmap,
	.bind = bind_port,
	.unbind = unbind_port,
	.notify = notify,
	.listen = listen_to,
	.state = state,
};

static void keep(struct client *c)
{
	(void)c;
}

void talk_client(struct store *s, struct client *c, uint16_t domid)
{
	client_init(c, domid);
	c->local = true;
	c->flush = keep;
	store_add_client(s, c);
}

static struct buf pack(uint32_t type, uint32_t tx_id, const char *payload)
{
	const struct xsd_sockmsg header = {
		.type = type,
		.req_id = 7,
		.tx_id = tx_id,
		.len = (uint32_t)strlen(payload),
	};
	struct buf b = { 0 };

	buf_add(&b, &header, sizeof(header));
	buf_add(&b, payload, strlen(payload));
	for (size_t i = sizeof(header); i < b.len; i++) {
		if (b.data[i] == '|') {
			b.data[i] = '\0';
		}
	}
	return b;
}

const char *talk_unpack(const char *bytes, const char *event_mark)
{
	struct xsd_sockmsg header;
	const char *mark = "";
	char *text;

	memcpy(&header, bytes, sizeof(header));
	assert(header.len <= XENSTORE_PAYLOAD_MAX);
	if (header.type == XS_ERROR) {
		mark = "!";
	} else if (header.type == XS_WATCH_EVENT) {
		mark = event_mark;
	} else {
		assert(header.req_id == 7);
	}
	strcpy(answer, mark);
	text = answer + strlen(mark);
	memcpy(text, bytes + sizeof(header), header.len);
	for (size_t i = 0; i < header.len; i++) {
		if (text[i] == '\0') {
			text[i] = '|';
		}
	}
	text[header.len] = '\0';
	return answer;
}

/* The first message that is an event, or is none. */
static const char *take(struct client *c, bool event)
{
	struct message *m;

	TAILQ_FOREACH(m, &c->out, link)
	{
		uint32_t type;

		memcpy(&type, m->bytes.data, sizeof(type));
		if ((type == XS_WATCH_EVENT) != event) {
			continue;
		}
		talk_unpack(m->bytes.data, "");
		TAILQ_REMOVE(&c->out, m, link);
		TAILQ_INSERT_HEAD(&c->out, m, link);
		client_sent(c, m->bytes.len);
		return answer;
	}
	return "";
}

const char *talk(struct store *s, struct client *c, uint32_t type,
		 uint32_t tx_id, const char *payload)
{
	c->in = pack(type, tx_id, payload);
	assert(client_wants(c) == 0);
	proto_handle(s, c);
	store_settle(s);
	return take(c, false);
}

const char *talk_event(struct client *c)
{
	return take(c, true);
}

size_t talk_ring_put(uint16_t domid, uint32_t type, uint32_t tx_id,
		     const char *payload, size_t from)
{
	struct xenstore_domain_interface *page = &talk_pages[domid];
	struct buf b = pack(type, tx_id, payload);
	size_t put = 0;

	while (from + put < b.len &&
	       page->req_prod - page->req_cons < XENSTORE_RING_SIZE) {
		page->req[MASK_XENSTORE_IDX(page->req_prod)] =
			b.data[from + put];
		page->req_prod++;
		put++;
	}
	buf_free(&b);
	return put;
}

static void ring_bytes(struct xenstore_domain_interface *page, char *to,
		       size_t at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		to[i] = page->rsp[MASK_XENSTORE_IDX(page->rsp_cons + at + i)];
	}
}

const char *talk_ring_get(uint16_t domid)
{
	struct xenstore_domain_interface *page = &talk_pages[domid];
	const size_t have = page->rsp_prod - page->rsp_cons;
	static char bytes[sizeof(struct xsd_sockmsg) + XENSTORE_RING_SIZE];
	struct xsd_sockmsg header;

	if (have < sizeof(header)) {
		return "";
	}
	ring_bytes(page, (char *)&header, 0, sizeof(header));
	if (have < sizeof(header) + header.len) {
		return "";
	}
	ring_bytes(page, bytes, 0, sizeof(header) + header.len);
	page->rsp_cons += (uint32_t)(sizeof(header) + header.len);
	return talk_unpack(bytes, "@");
}

const char *talk_ring(struct store *s, uint16_t domid, uint32_t type,
		      uint32_t tx_id, const char *payload)
{
	talk_ring_put(domid, type, tx_id, payload, 0);
	domain_service(domain_find(s, domid), talk_now);
	store_settle(s);
	return talk_ring_get(domid);
}
