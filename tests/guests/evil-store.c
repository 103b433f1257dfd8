/* SPDX-License-Identifier: MIT */
/*
 * A guest that wants all of the store: nodes, watches, transactions, values,
 * answers that it does not read, requests that are none, indices that cannot
 * be. Each is refused by its own limit, or ends the connection; a new one works.
 */
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/pv.h"
#include "lib/test.h"
#include "pv-drivers/env/env.h"
#include "pv-drivers/ring/byte_ring.h"
#include "pv-drivers/xenbus/store_ring.h"

#define NODES        1500u
#define VALUE        4000u
#define WATCHES      300u
#define TRANSACTIONS 50u
#define UNREAD       3000u
#define FLIPS        1000u
#define RECONNECTS   100u
#define PATIENCE     (60 * SECOND)

static struct xenstore_domain_interface *page;

static uint32_t port(void)
{
	return pv_store->port;
}

/* ---- limits ---- */

static void many_nodes(void)
{
	char path[32];
	unsigned made = 0;
	int rc = 0;

	while (made < NODES && rc == 0) {
		snprintf(path, sizeof(path), "data/%u", made);
		rc = store_write(pv_store, path, "x");
		made += rc == 0;
	}
	expect(rc == -XEN_ENOSPC, "too many nodes are refused",
	       "%d after %u nodes", rc, made);
}

static void large_value(void)
{
	static char value[VALUE + 1];
	int rc;

	memset(value, 'v', VALUE);
	rc = store_write(pv_store, "data/0", value);
	expect(rc != 0, "a value that is too large is refused", "it is not");
}

/* One request of any kind; the answer's error. */
static int ask(uint32_t type, uint32_t transaction, const char *payload,
	       uint32_t size);

static void many_watches(void)
{
	char payload[64];
	unsigned set = 0;
	int rc = 0;

	while (set < WATCHES && rc == 0) {
		int size =
			snprintf(payload, sizeof(payload), "data%ct%u", 0, set);

		rc = ask(XS_WATCH, 0, payload, (uint32_t)size + 1);
		set += rc == 0;
	}
	expect(rc != 0, "too many watches are refused", "%u were not", set);
	/* Each of these is an event for all of them. */
	for (unsigned i = 0; i < 20; i++) {
		store_write(pv_store, "data/1", "y");
	}
}

static void many_transactions(void)
{
	unsigned begun = 0;
	int rc = 0;

	while (begun < TRANSACTIONS && rc == 0) {
		rc = ask(XS_TRANSACTION_START, 0, "", 1);
		begun += rc == 0;
	}
	expect(rc != 0, "too many transactions are refused", "%u were not",
	       begun);
}

/* ---- bytes ---- */

static void put_bytes(const void *bytes, uint32_t size)
{
	uint64_t end = clock_now() + PATIENCE;

	while (byte_ring_room(&pv_store->requests) < (int)size) {
		if (clock_now() > end ||
		    byte_ring_room(&pv_store->requests) < 0) {
			return;
		}
		pv_rest(10 * MILLISECOND);
	}
	byte_ring_put(&pv_store->requests, bytes, size);
	env_notify(pv_env, port());
}

static void put_header(uint32_t type, uint32_t transaction, uint32_t size)
{
	struct xsd_sockmsg header = {
		.type = type,
		.req_id = ++pv_store->request,
		.tx_id = transaction,
		.len = size,
	};

	put_bytes(&header, sizeof(header));
}

static bool get_bytes(void *to, uint32_t size)
{
	uint64_t end = clock_now() + PATIENCE;

	while (byte_ring_waiting(&pv_store->replies) < (int)size) {
		if (clock_now() > end ||
		    byte_ring_waiting(&pv_store->replies) < 0) {
			return false;
		}
		pv_rest(10 * MILLISECOND);
	}
	byte_ring_peek(&pv_store->replies, to, size);
	byte_ring_consume(&pv_store->replies, size);
	env_notify(pv_env, port());
	return true;
}

static void skip_bytes(uint32_t size)
{
	char bytes[64];
	bool good = true;

	while (size > 0 && good) {
		uint32_t now = size < sizeof(bytes) ? size : sizeof(bytes);

		good = get_bytes(bytes, now);
		size -= now;
	}
}

static int ask(uint32_t type, uint32_t transaction, const char *payload,
	       uint32_t size)
{
	struct xsd_sockmsg header;

	put_header(type, transaction, size);
	put_bytes(payload, size);
	do {
		if (!get_bytes(&header, sizeof(header))) {
			return -XEN_EIO;
		}
		skip_bytes(header.len);
	} while (header.type == XS_WATCH_EVENT);
	return header.type == XS_ERROR ? -XEN_EINVAL : 0;
}

/* ---- connections ---- */

static bool connect_again(void)
{
	uint64_t end = clock_now() + PATIENCE;

	page->connection = XENSTORE_RECONNECT;
	env_notify(pv_env, port());
	while (*(volatile uint32_t *)&page->connection != XENSTORE_CONNECTED) {
		if (clock_now() > end) {
			return false;
		}
		pv_rest(10 * MILLISECOND);
	}
	pv_store_again();
	return true;
}

static bool store_works(void)
{
	return connect_again() &&
	       store_write(pv_store, "data/0", "works") == 0 &&
	       strcmp(pv_read("data/0"), "works") == 0;
}

static void expect_store(const char *after)
{
	expect(store_works(), after, "the store does not answer any more");
}

/* ---- requests that are none ---- */

static void bad_headers(void)
{
	static const struct {
		uint32_t type, transaction, size;
	} headers[] = {
		{ XS_READ, 0, UINT32_MAX },
		{ XS_READ, 0, 4097 },
		{ 9999, 0, 0 },
		{ XS_READ, 12345, 0 },
		{ XS_WRITE, UINT32_MAX, 8 },
		{ XS_WATCH_EVENT, 0, 8 },
		{ XS_ERROR, 0, 8 },
		{ 18, 0, 0 },
		{ 20, 0, 0 },
		{ XS_TRANSACTION_END, 77, 0 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(headers); i++) {
		put_header(headers[i].type, headers[i].transaction,
			   headers[i].size);
		put_bytes("garbage", 8);
		pv_rest(20 * MILLISECOND);
		if (!connect_again()) {
			break;
		}
	}
	expect_store("headers that are none");
}

static void bad_payloads(void)
{
	static const char *const payloads[] = {
		"",
		"/",
		"//",
		"no zero",
		"a//b",
		"../up",
		"/local/domain/0",
		"@releaseDomain",
		"\n\t",
		"data/\xff",
	};

	int rc = 0;

	for (unsigned i = 0; i < 23 * ARRAY_SIZE(payloads) && rc != -XEN_EIO;
	     i++) {
		const char *p = payloads[i % ARRAY_SIZE(payloads)];

		rc = ask(i / ARRAY_SIZE(payloads), 0, p,
			 (uint32_t)(strlen(p) + i % 2));
	}
	expect(rc != -XEN_EIO, "payloads that are none", "no answer");
	expect_store("after payloads that are none");
}

/* Half of a request is all that ever comes. */
static void half_a_request(void)
{
	put_header(XS_WRITE, 0, 4096);
	put_bytes("data", 4);
	pv_rest(20 * MILLISECOND);
	expect_store("half a request");
}

static void unread_answers(void)
{
	for (unsigned i = 0; i < UNREAD; i++) {
		if (byte_ring_room(&pv_store->requests) < 32) {
			break;
		}
		put_header(XS_DIRECTORY, 0, 5);
		put_bytes("data", 5);
	}
	pv_rest(SECOND);
	expect_store("answers that nobody reads");
}

static void bad_indices(void)
{
	static const uint32_t distances[] = { 1025, 5000, 0x80000000u,
					      UINT32_MAX };

	for (unsigned i = 0; i < ARRAY_SIZE(distances); i++) {
		page->req_prod = page->req_cons + distances[i];
		env_notify(pv_env, port());
		pv_rest(20 * MILLISECOND);
		connect_again();
		page->rsp_cons = page->rsp_prod + distances[i];
		put_header(XS_DIRECTORY, 0, 5);
		put_bytes("data", 5);
		pv_rest(20 * MILLISECOND);
		connect_again();
	}
	expect_store("indices that cannot be");
}

static void many_connections(void)
{
	for (unsigned i = 0; i < RECONNECTS; i++) {
		if (!connect_again()) {
			break;
		}
	}
	expect_store("many connections");
}

/* ---- floods that others hear of ---- */

static bool flip(const char *folder)
{
	char path[STORE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/state", folder);
	for (unsigned i = 0; i < FLIPS; i++) {
		if (store_write(pv_store, path, i % 2 == 0 ? "1" : "9") != 0) {
			return false;
		}
	}
	return true;
}

/* Back ends and the toolstack watch these. */
static void flip_device(const char *folder)
{
	expect(flip(folder), "a device's state that flips", "%s", folder);
}

void guest_main(void)
{
	pv_start();
	page = pv_page(HVM_PARAM_STORE_PFN);
	pv_each("vbd", flip_device);
	large_value();
	many_nodes();
	many_watches();
	many_transactions();
	expect_store("all quotas");
	bad_headers();
	bad_payloads();
	half_a_request();
	unread_answers();
	bad_indices();
	many_connections();
}
