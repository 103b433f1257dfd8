/* SPDX-License-Identifier: MIT */
#include "pv-drivers/net/request.h"

#include <stddef.h>

#include "pv-drivers/ring/ring_check.h"

#define PAGE 4096u

static const char *take_gso(const struct netif_extra_info *e,
			    struct net_packet *p)
{
	if (p->gso_type != XEN_NETIF_GSO_TYPE_NONE || e->u.gso.size == 0) {
		return "segmentation without a size";
	}
	if (e->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 &&
	    e->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV6) {
		return "segmentation of an unknown kind";
	}
	p->gso_type = e->u.gso.type;
	p->gso_size = e->u.gso.size;
	return NULL;
}

/* The extra slots come right behind the first one. */
static const char *take_extras(const union net_slot *slots, unsigned int count,
			       struct net_packet *p)
{
	const struct netif_extra_info *e;
	const char *problem = NULL;

	do {
		if (p->extras == NET_EXTRAS_MAX || p->slots == count) {
			return "extra slots without end";
		}
		e = &slots[p->slots].extra;
		p->slots++;
		p->extras++;
		if (e->type == XEN_NETIF_EXTRA_TYPE_NONE ||
		    e->type >= XEN_NETIF_EXTRA_TYPE_MAX) {
			return "an extra slot of an unknown kind";
		}
		if (e->type == XEN_NETIF_EXTRA_TYPE_GSO) {
			problem = take_gso(e, p);
		}
	} while (problem == NULL && (e->flags & XEN_NETIF_EXTRA_FLAG_MORE));
	return problem;
}

static const char *set_part(struct net_part *part,
			    const struct netif_tx_request *r, uint32_t size)
{
	if (size == 0 || !ring_range_ok(r->offset, size, PAGE)) {
		return "a part that is not in its page";
	}
	*part = (struct net_part){
		.ref = r->gref,
		.offset = r->offset,
		.size = (uint16_t)size,
		.id = r->id,
	};
	return NULL;
}

/* The first part is what the others leave of the whole. */
static const char *take_parts(const union net_slot *slots, unsigned int count,
			      struct net_packet *p)
{
	const struct netif_tx_request *r = &slots[0].request;
	uint32_t others = 0;
	const char *problem = NULL;

	p->part_count = 1;
	while (problem == NULL && (r->flags & NETTXF_more_data)) {
		if (p->part_count == NET_PARTS_MAX || p->slots == count) {
			return "parts without end";
		}
		r = &slots[p->slots].request;
		p->slots++;
		others += r->size;
		problem = set_part(&p->parts[p->part_count++], r, r->size);
	}
	if (problem != NULL) {
		return problem;
	}
	if (others >= p->size) {
		return "parts that are longer than the packet";
	}
	return set_part(&p->parts[0], &slots[0].request, p->size - others);
}

const char *net_request_parse(const union net_slot *slots, unsigned int count,
			      struct net_packet *p)
{
	const struct netif_tx_request *first = &slots[0].request;
	const char *problem = NULL;

	*p = (struct net_packet){
		.size = first->size,
		.slots = 1,
		.checksum_blank = (first->flags & NETTXF_csum_blank) != 0,
	};
	if (first->flags & NETTXF_extra_info) {
		problem = take_extras(slots, count, p);
	}
	if (problem == NULL) {
		problem = take_parts(slots, count, p);
	}
	if (problem == NULL && p->size < NET_FRAME_MIN) {
		problem = "a packet without a header";
	}
	return problem;
}
