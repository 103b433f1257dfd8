/* SPDX-License-Identifier: MIT */
/*
 * Any bytes that a guest puts on its ring, and any indices, are taken without
 * harm: the store stays sound and the guest gets no more than it may have.
 */
#include "tests/unit/store/talk.h"

#include <stdlib.h>
#include <string.h>

static struct store s;

static void check(bool good)
{
	if (!good) {
		abort();
	}
}

/* Moves bytes both ways as a guest does; the last byte of each piece says how
 * much of what came back it reads. */
static void feed(const uint8_t *data, size_t size)
{
	struct xenstore_domain_interface *page = &talk_pages[5];
	struct domain *d = domain_find(&s, 5);

	for (size_t i = 0; i < size; i++) {
		page->req[MASK_XENSTORE_IDX(page->req_prod++)] = (char)data[i];
		if (page->req_prod - page->req_cons == XENSTORE_RING_SIZE ||
		    i + 1 == size) {
			page->rsp_cons +=
				data[i] == 0xff
					? 2000
					: page->rsp_prod - page->rsp_cons;
			domain_service(d, talk_now);
			store_settle(&s);
		}
		if (page->req_prod - page->req_cons == XENSTORE_RING_SIZE) {
			break;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client tool;

	memset(talk_pages, 0, sizeof(talk_pages));
	store_init(&s, NULL, &talk_ops);
	talk_client(&s, &tool, 0);
	talk(&s, &tool, XS_WRITE, 0, "/a|secret");
	talk(&s, &tool, XS_WRITE, 0, "/local/domain/5/a|");
	talk(&s, &tool, XS_SET_PERMS, 0, "/local/domain/5/a|b5|");
	talk(&s, &tool, XS_INTRODUCE, 0, "5|1|2|");
	feed(data, size);
	check(tree_is_sound(&s.tree));
	check(strcmp(talk(&s, &tool, XS_READ, 0, "/a|"), "secret") == 0);
	check(tree_owned_by(&s.tree, 5).node_count <=
	      s.quotas.limit[QUOTA_NODES]);
	check(domain_find(&s, 5)->client.out_bytes < 1 << 17);
	store_remove_client(&s, &tool);
	store_free(&s);
	return 0;
}
