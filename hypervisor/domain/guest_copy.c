/* SPDX-License-Identifier: MIT */
#include "domain/guest_copy.h"

#include "domain/p2m.h"
#include "lib/string.h"
#include "mm/window.h"

/* Bytes from `address` to the end of its page, at most `len`. */
static size_t chunk_of(uint64_t address, size_t len)
{
	return min_u64(PAGE_SIZE - page_offset(address), len);
}

static int read_chunk(struct domain *d, void *dst, gaddr_t addr, size_t len)
{
	enum p2m_type type;
	const mfn_t m = p2m_lookup(d, gfn_of(addr), &type);

	if (!p2m_type_is_readable(type)) {
		return -XEN_EFAULT;
	}

	const char *page = window_map(m);

	memcpy(dst, page + page_offset(addr.v), len);
	window_unmap(page);
	return 0;
}

static int write_chunk(struct domain *d, gaddr_t addr, const void *src,
		       size_t len)
{
	enum p2m_type type;
	const mfn_t m = p2m_lookup(d, gfn_of(addr), &type);

	if (!p2m_type_is_writable(type)) {
		return -XEN_EFAULT;
	}

	char *page = window_map(m);

	memcpy(page + page_offset(addr.v), src, len);
	window_unmap(page);
	return 0;
}

int guest_phys_read(struct domain *d, void *dst, gaddr_t addr, size_t len)
{
	char *out = dst;

	while (len > 0) {
		const size_t n = chunk_of(addr.v, len);
		const int err = read_chunk(d, out, addr, n);

		if (err != 0) {
			return err;
		}
		out += n;
		addr.v += n;
		len -= n;
	}
	return 0;
}

int guest_phys_write(struct domain *d, gaddr_t addr, const void *src,
		     size_t len)
{
	const char *in = src;

	while (len > 0) {
		const size_t n = chunk_of(addr.v, len);
		const int err = write_chunk(d, addr, in, n);

		if (err != 0) {
			return err;
		}
		in += n;
		addr.v += n;
		len -= n;
	}
	return 0;
}

int guest_phys_fill(struct domain *d, gaddr_t addr, struct vcpu *v,
		    uint64_t linear, size_t len)
{
	enum p2m_type type;
	int err = 0;

	while (len > 0 && err == 0) {
		const size_t n = chunk_of(addr.v, len);
		const mfn_t m = p2m_lookup(d, gfn_of(addr), &type);

		if (!p2m_type_is_writable(type)) {
			return -XEN_EFAULT;
		}

		char *page = window_map(m);

		err = guest_read(v, page + page_offset(addr.v), linear, n);
		window_unmap(page);
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
