/* SPDX-License-Identifier: MIT */
#include "svcvm/store/ring.h"

#include <errno.h>
#include <string.h>

#define FEATURES                                                               \
	(XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR)

int ring_available(const struct xenstore_domain_interface *page, uint32_t cons)
{
	/* Pairs with the guest's store after it wrote the bytes. */
	const uint32_t prod =
		__atomic_load_n(&page->req_prod, __ATOMIC_ACQUIRE);

	return prod - cons > XENSTORE_RING_SIZE ? -EIO : (int)(prod - cons);
}

int ring_space(const struct xenstore_domain_interface *page, uint32_t prod)
{
	/* Pairs with the guest's store after it read the bytes. */
	const uint32_t cons =
		__atomic_load_n(&page->rsp_cons, __ATOMIC_ACQUIRE);

	return prod - cons > XENSTORE_RING_SIZE
		       ? -EIO
		       : (int)(XENSTORE_RING_SIZE - (prod - cons));
}

/* How much of `len` comes before the ring's end. */
static size_t before_end(uint32_t index, size_t len)
{
	const size_t room = XENSTORE_RING_SIZE - MASK_XENSTORE_IDX(index);

	return len < room ? len : room;
}

void ring_read(const struct xenstore_domain_interface *page, uint32_t cons,
	       char *to, size_t len)
{
	const size_t part = before_end(cons, len);

	memcpy(to, page->req + MASK_XENSTORE_IDX(cons), part);
	memcpy(to + part, page->req, len - part);
}

void ring_write(struct xenstore_domain_interface *page, uint32_t prod,
		const char *from, size_t len)
{
	const size_t part = before_end(prod, len);

	memcpy(page->rsp + MASK_XENSTORE_IDX(prod), from, part);
	memcpy(page->rsp, from + part, len - part);
}

void ring_taken(struct xenstore_domain_interface *page, uint32_t cons)
{
	/* Ordered before the next look at req_prod, too: a guest that finds us
	 * behind when it has added bytes does not notify. */
	__atomic_store_n(&page->req_cons, cons, __ATOMIC_SEQ_CST);
}

void ring_sent(struct xenstore_domain_interface *page, uint32_t prod)
{
	/* Ordered before the next look at rsp_cons, too: a guest that takes
	 * bytes notifies only if the ring was full then. */
	__atomic_store_n(&page->rsp_prod, prod, __ATOMIC_SEQ_CST);
}

void ring_connect(struct xenstore_domain_interface *page)
{
	page->server_features = FEATURES;
	__atomic_store_n(&page->error, XENSTORE_ERROR_NONE, __ATOMIC_RELAXED);
	__atomic_store_n(&page->connection, XENSTORE_CONNECTED,
			 __ATOMIC_RELEASE);
}

void ring_fail(struct xenstore_domain_interface *page, uint32_t error)
{
	__atomic_store_n(&page->error, error, __ATOMIC_RELEASE);
}

bool ring_wants_reconnect(const struct xenstore_domain_interface *page)
{
	return __atomic_load_n(&page->connection, __ATOMIC_ACQUIRE) ==
	       XENSTORE_RECONNECT;
}

void ring_disconnect(struct xenstore_domain_interface *page)
{
	__atomic_store_n(&page->connection, XENSTORE_RECONNECT,
			 __ATOMIC_SEQ_CST);
}

void ring_rewind(struct xenstore_domain_interface *page)
{
	page->req_cons = 0;
	page->req_prod = 0;
	page->rsp_cons = 0;
	page->rsp_prod = 0;
}
