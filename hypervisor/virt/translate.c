/* SPDX-License-Identifier: MIT */
/* Linear addresses of a guest: for hypercall arguments and for fetching the
 * instruction that made an exit. */
#include "virt/translate.h"

#include "abi/abi.h"
#include "arch/x86/features.h"
#include "arch/x86/msr.h"
#include "arch/x86/regs.h"
#include "domain/guest_copy.h"
#include "domain/p2m.h"
#include "lib/string.h"
#include "mm/window.h"
#include "virt/emul/walk.h"
#include "virt/virt.h"

const struct virt_ops *virt;

static int read_pte(void *ctx, gaddr_t at, size_t size, uint64_t *entry)
{
	struct domain *d = ctx;
	enum p2m_type type;
	const mfn_t m = p2m_lookup(d, gfn_of(at), &type);

	if (unlikely(!p2m_type_is_readable(type))) {
		return -XEN_EFAULT;
	}

	const char *page = window_map(m);
	const char *p = page + page_offset(at.v);

	/* One load: the guest may change the entry meanwhile. */
	*entry = size == 8 ? __atomic_load_n((const uint64_t *)(const void *)p,
					     __ATOMIC_RELAXED) :
			     __atomic_load_n((const uint32_t *)(const void *)p,
					     __ATOMIC_RELAXED);
	window_unmap(page);
	return 0;
}

static bool exchange(void *p, size_t size, uint64_t old, uint64_t new)
{
	if (size == 8) {
		return __atomic_compare_exchange_n((uint64_t *)p, &old, new,
						   false, __ATOMIC_SEQ_CST,
						   __ATOMIC_RELAXED);
	}

	uint32_t old32 = (uint32_t)old;

	return __atomic_compare_exchange_n((uint32_t *)p, &old32,
					   (uint32_t)new, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static int cmpxchg_pte(void *ctx, gaddr_t at, size_t size, uint64_t old,
		       uint64_t new)
{
	struct domain *d = ctx;
	enum p2m_type type;
	const mfn_t m = p2m_lookup(d, gfn_of(at), &type);

	if (!p2m_type_is_writable(type)) {
		return -XEN_EFAULT;
	}

	char *page = window_map(m);
	const bool done = exchange(page + page_offset(at.v), size, old, new);

	window_unmap(page);
	return done ? 0 : WALK_CHANGED;
}

static const struct walk_ops walk_ops = {
	.read_pte = read_pte,
	.cmpxchg_pte = cmpxchg_pte,
};

uint64_t virt_efer(const struct vcpu *v)
{
	uint64_t efer = 0;

	(void)virt->msr_read(v, MSR_EFER, &efer);
	return efer;
}

enum insn_mode virt_mode(const struct vcpu *v)
{
	struct emul_segment cs;

	virt->segment(v, SEG_CS, &cs);
	return emul_mode(cs.attr, (virt_efer(v) & EFER_LMA) != 0);
}

/* Bits 63:47 (56 with five levels) are all equal. */
static bool is_canonical(const struct vcpu *v, uint64_t linear)
{
	const unsigned int bits = (virt->cr(v, 4) & CR4_LA57) != 0 ? 57 : 48;
	const int64_t high = (int64_t)linear >> (bits - 1);

	return high == 0 || high == -1;
}

int translate_linear(struct vcpu *v, uint64_t linear, uint64_t access,
		     gaddr_t *out, uint32_t *error_code)
{
	const struct walk_guest guest = {
		.ops = &walk_ops,
		.ctx = v->domain,
		.cr0 = virt->cr(v, 0),
		.cr3 = virt->cr(v, 3),
		.cr4 = virt->cr(v, 4),
		.efer = virt_efer(v),
		.rflags = v->rflags,
		.address_bits = cpu_features.phys_bits,
		.has_1g_pages = cpu_features.pages_1g,
	};
	struct walk_result result = { .error_code = 0 };

	if ((guest.efer & EFER_LMA) != 0 && !is_canonical(v, linear)) {
		return -XEN_EFAULT;
	}

	const int err = walk_linear(&guest, linear, access, &result);

	*out = result.gaddr;
	*error_code = result.error_code;
	return err;
}

/* Privcmd and dm_op set AC around the call where SMAP matters; the walk honours
 * it as it is. */
int guest_translate(struct vcpu *v, uint64_t linear, bool write, gaddr_t *out)
{
	uint32_t error;

	return translate_linear(v, linear, write ? WALK_WRITE : 0, out,
				&error) == 0 ?
		       0 :
		       -XEN_EFAULT;
}

/* The page of the instruction at `linear`; false when it is gone. */
static bool fetch_address(struct vcpu *v, uint64_t linear, gaddr_t *out)
{
	const uint64_t efer = virt_efer(v);
	uint32_t error;

	if ((efer & EFER_LMA) != 0 && (virt->cr(v, 4) & CR4_LA57) == 0) {
		return walk_fetch_64(read_pte, v->domain, virt->cr(v, 3),
				     linear, out) == 0;
	}
	return translate_linear(v, linear,
				WALK_FETCH |
					(virt->cpl(v) == 3 ? WALK_USER : 0),
				out, &error) == 0;
}

size_t translate_fetch(struct vcpu *v, uint64_t linear, uint8_t *bytes,
		       size_t count)
{
	const size_t n = min_u64(count, PAGE_SIZE - page_offset(linear));
	enum p2m_type type;
	gaddr_t at;

	if (!fetch_address(v, linear, &at)) {
		return 0;
	}

	const mfn_t m = p2m_lookup(v->domain, gfn_of(at), &type);

	if (!p2m_type_is_readable(type)) {
		return 0;
	}

	const char *page = window_map(m);
	const char *from = page + page_offset(at.v);

	/* Two words cover every instruction without a loop. */
	if (likely(n >= 16)) {
		__builtin_memcpy(bytes, from, 16);
	} else {
		memcpy(bytes, from, n);
	}
	window_unmap(page);
	return n;
}
