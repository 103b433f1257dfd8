/* SPDX-License-Identifier: MIT */
#include "domain/guest_copy.h"

#include "domain/p2m.h"
#include "lib/string.h"
#include "mm/window.h"

/* How many pages guest_phys_fill() finds at a time. */
#define FILL_PAGES 32

/* Bytes from `address` to the end of its page, at most `len`. */
static size_t chunk_of(uint64_t address, size_t len)
{
	return min_u64(PAGE_SIZE - page_offset(address), len);
}

void *guest_phys_map(struct domain *d, gaddr_t addr, bool write)
{
	enum p2m_type type;
	const mfn_t m = p2m_lookup(d, gfn_of(addr), &type);

	if (unlikely(write ? !p2m_type_is_writable(type)
			   : !p2m_type_is_readable(type))) {
		return NULL;
	}
	return (char *)window_map(m) + page_offset(addr.v);
}

int guest_phys_write(struct domain *d, gaddr_t addr, const void *src,
		     size_t len)
{
	const char *in = src;

	while (len > 0) {
		const size_t n = chunk_of(addr.v, len);
		void *p = guest_phys_map(d, addr, true);

		if (p == NULL) {
			return -XEN_EFAULT;
		}
		memcpy(p, in, n);
		window_unmap(p);
		in += n;
		addr.v += n;
		len -= n;
	}
	return 0;
}

/* Up to the end of the page of `v` at `from`. */
static int fill_part(struct domain *d, gaddr_t addr, struct vcpu *v,
		     gaddr_t from, size_t n)
{
	const void *p = guest_phys_map(v->domain, from, false);
	int err;

	if (p == NULL) {
		return -XEN_EFAULT;
	}
	err = guest_phys_write(d, addr, p, n);
	window_unmap(p);
	return err;
}

int guest_phys_fill(struct domain *d, gaddr_t addr, struct vcpu *v,
		    uint64_t linear, size_t len)
{
	gaddr_t from[FILL_PAGES];
	int found = 0, err = 0;

	for (int i = 0; len > 0 && err == 0; i++) {
		const size_t n = chunk_of(linear, len);

		if (i == found) {
			i = 0;
			found = guest_translate_pages(v, linear, from,
						      FILL_PAGES);
			if (found < 0) {
				return found;
			}
		}
		err = fill_part(d, addr, v, from[i], n);
		addr.v += n;
		linear += n;
		len -= n;
	}
	return err;
}

int guest_read(struct vcpu *v, void *dst, uint64_t linear, size_t len)
{
	char *out = dst;

	while (len > 0) {
		const size_t n = chunk_of(linear, len);
		const void *p = guest_map(v, linear, false);

		if (p == NULL) {
			return -XEN_EFAULT;
		}
		memcpy(out, p, n);
		out += n;
		linear += n;
		len -= n;
	}
	return 0;
}

int guest_write(struct vcpu *v, uint64_t linear, const void *src, size_t len)
{
	const char *in = src;

	while (len > 0) {
		const size_t n = chunk_of(linear, len);
		void *p = guest_map(v, linear, true);

		if (p == NULL) {
			return -XEN_EFAULT;
		}
		memcpy(p, in, n);
		in += n;
		linear += n;
		len -= n;
	}
	return 0;
}
