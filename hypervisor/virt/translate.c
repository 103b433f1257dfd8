/* SPDX-License-Identifier: MIT */
/*
 * Linear addresses of a guest: for hypercall arguments and for fetching the
 * instruction that made an exit.
 *
 * The last walk of each kind is kept: where it read the guest's page-table
 * entries, and what they were. It is used again only if the page, CR3 and mode
 * are the same, the p2m and this pCPU's windows have not changed, and each
 * entry still holds the same value. That is a walk in every respect, done by
 * comparing instead of looking up; no guest's TLB flush needs to be seen.
 */
#include "virt/translate.h"

#include "abi/abi.h"
#include "arch/x86/features.h"
#include "arch/x86/msr.h"
#include "arch/x86/percpu.h"
#include "arch/x86/regs.h"
#include "domain/guest_copy.h"
#include "domain/p2m.h"
#include "lib/string.h"
#include "mm/window.h"
#include "virt/emul/walk.h"
#include "virt/virt.h"

#define STEPS_MAX 5

enum kind { KIND_FETCH, KIND_READ, KIND_WRITE, KINDS };

struct translation {
	uint64_t page; /* linear >> 12; the others hold when it matches */
	uint64_t cr3;
	uint64_t paging;
	uint64_t p2m_changes;
	uint64_t window_changes;
	const struct pcpu *pcpu;
	char *frame; /* the page, in a window */
	unsigned int count;
	struct {
		const uint64_t *entry;
		uint64_t value;
	} step[STEPS_MAX];
};

/* A walk as it goes: the entries it read, unless it wrote one. */
struct recorder {
	struct domain *domain;
	struct translation *into; /* NULL: not kept */
};

const struct virt_ops *virt;

static uint64_t load_entry(const void *p, size_t size)
{
	/* One load: the guest may change the entry meanwhile. */
	return size == 8 ? __atomic_load_n((const uint64_t *)p,
					   __ATOMIC_RELAXED) :
			   __atomic_load_n((const uint32_t *)p,
					   __ATOMIC_RELAXED);
}

/* Walks of tables with 4-byte entries are not kept. */
static void record(struct recorder *r, const void *entry, size_t size,
		   uint64_t value)
{
	struct translation *t = r->into;

	if (t == NULL) {
		return;
	}
	if (size != sizeof(uint64_t) || t->count == STEPS_MAX) {
		r->into = NULL;
		return;
	}
	t->step[t->count].entry = entry;
	t->step[t->count].value = value;
	t->count++;
}

static int read_pte(void *ctx, gaddr_t at, size_t size, uint64_t *entry)
{
	struct recorder *r = ctx;
	enum p2m_type type;
	const mfn_t m = p2m_lookup(r->domain, gfn_of(at), &type);

	if (unlikely(!p2m_type_is_readable(type))) {
		return -XEN_EFAULT;
	}

	const char *page = window_map(m);
	const void *p = page + page_offset(at.v);

	*entry = load_entry(p, size);
	window_unmap(page);
	record(r, p, size, *entry);
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
	struct recorder *r = ctx;
	enum p2m_type type;
	const mfn_t m = p2m_lookup(r->domain, gfn_of(at), &type);

	if (!p2m_type_is_writable(type)) {
		return -XEN_EFAULT;
	}

	char *page = window_map(m);
	const bool done = exchange(page + page_offset(at.v), size, old, new);

	window_unmap(page);
	r->into = NULL; /* what was read before is no more */
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

/* Bits 63:47 are all equal; guests have no five-level paging (virt/cpuid.c). */
static bool is_canonical(uint64_t linear)
{
	const int64_t high = (int64_t)linear >> 47;

	return high == 0 || high == -1;
}

static int walk(struct vcpu *v, struct recorder *r, uint64_t linear,
		uint64_t access, struct walk_result *result)
{
	const struct walk_guest guest = {
		.ops = &walk_ops,
		.ctx = r,
		.cr0 = virt->cr(v, 0),
		.cr3 = virt->cr(v, 3),
		.cr4 = virt->cr(v, 4),
		.efer = virt_efer(v),
		.rflags = v->rflags,
		.address_bits = cpu_features.phys_bits,
		.has_1g_pages = cpu_features.pages_1g,
	};

	if ((guest.efer & EFER_LMA) != 0 && !is_canonical(linear)) {
		return -XEN_EFAULT;
	}
	return walk_linear(&guest, linear, access, result);
}

int translate_linear(struct vcpu *v, uint64_t linear, uint64_t access,
		     gaddr_t *out, uint32_t *error_code)
{
	struct recorder r = { v->domain, NULL };
	struct walk_result result = { .error_code = 0 };
	const int err = walk(v, &r, linear, access, &result);

	*out = result.gaddr;
	*error_code = result.error_code;
	return err;
}

int guest_translate(struct vcpu *v, uint64_t linear, bool write, gaddr_t *out)
{
	uint32_t error;

	return translate_linear(v, linear, write ? WALK_WRITE : 0, out,
				&error) == 0 ?
		       0 :
		       -XEN_EFAULT;
}

int translate_vcpu_init(struct vcpu *v)
{
	v->translations =
		domain_alloc(v->domain, KINDS * sizeof(struct translation));
	if (v->translations == NULL) {
		return -XEN_ENOMEM;
	}
	for (unsigned int i = 0; i < KINDS; i++) {
		v->translations[i].page = ~UINT64_C(0);
	}
	return 0;
}

void translate_vcpu_destroy(struct vcpu *v)
{
	domain_free(v->domain, v->translations,
		    KINDS * sizeof(struct translation));
	v->translations = NULL;
}

static bool entries_are_same(const struct translation *t)
{
	for (unsigned int i = 0; i < t->count; i++) {
		if (__atomic_load_n(t->step[i].entry, __ATOMIC_RELAXED) !=
		    t->step[i].value) {
			return false;
		}
	}
	return true;
}

/* The page of `linear` if the kept walk still stands, else NULL. */
static char *find_kept(const struct vcpu *v, const struct translation *t,
		       uint64_t linear)
{
	const struct pcpu *p = this_pcpu();

	if (t->page != linear >> PAGE_SHIFT || t->cr3 != v->cr3 ||
	    t->paging != v->paging || t->pcpu != p ||
	    t->window_changes != p->window_changes ||
	    t->p2m_changes != __atomic_load_n(&v->domain->p2m_changes,
					      __ATOMIC_SEQ_CST) ||
	    !entries_are_same(t)) {
		return NULL;
	}
	return t->frame;
}

/* Walks anew; keeps the walk when nothing it read was changed by it. */
static char *walk_and_keep(struct vcpu *v, struct translation *t,
			   uint64_t linear, uint64_t access, bool write)
{
	const uint64_t changes =
		__atomic_load_n(&v->domain->p2m_changes, __ATOMIC_SEQ_CST);
	const uint64_t windows = this_pcpu()->window_changes;
	struct recorder r = { v->domain, t };
	struct walk_result result;
	enum p2m_type type;

	t->page = ~UINT64_C(0);
	t->count = 0;
	if (walk(v, &r, linear, access, &result) != 0) {
		return NULL;
	}

	const mfn_t m = p2m_lookup(v->domain, gfn_of(result.gaddr), &type);

	if (!p2m_type_is_readable(type) ||
	    (write && !p2m_type_is_writable(type))) {
		return NULL;
	}
	t->frame = window_map(m);
	window_unmap(t->frame);
	/* A window that was filled on the way may have been another step's. */
	if (r.into != NULL && windows == this_pcpu()->window_changes) {
		t->paging = v->paging;
		t->cr3 = v->cr3;
		t->p2m_changes = changes;
		t->window_changes = windows;
		t->pcpu = this_pcpu();
		t->page = linear >> PAGE_SHIFT;
	}
	return t->frame;
}

static char *page_of(struct vcpu *v, enum kind kind, uint64_t linear)
{
	struct translation *t = &v->translations[kind];
	char *page = find_kept(v, t, linear);

	if (likely(page != NULL)) {
		return page;
	}
	switch (kind) {
	case KIND_FETCH:
		return walk_and_keep(
			v, t, linear,
			WALK_FETCH | (v->cpl == 3 ? WALK_USER : 0),
			false);
	case KIND_READ:
		return walk_and_keep(v, t, linear, 0, false);
	case KIND_WRITE:
	case KINDS:
		break;
	}
	return walk_and_keep(v, t, linear, WALK_WRITE, true);
}

void *guest_map(struct vcpu *v, uint64_t linear, bool write)
{
	char *page = page_of(v, write ? KIND_WRITE : KIND_READ, linear);

	return page == NULL ? NULL : page + page_offset(linear);
}

size_t translate_fetch(struct vcpu *v, uint64_t linear, uint8_t *bytes,
		       size_t count)
{
	const char *page = page_of(v, KIND_FETCH, linear);
	const size_t n = min_u64(count, PAGE_SIZE - page_offset(linear));

	if (page == NULL) {
		return 0;
	}
	/* Two words cover every instruction without a loop. */
	if (likely(n >= 16)) {
		__builtin_memcpy(bytes, page + page_offset(linear), 16);
	} else {
		memcpy(bytes, page + page_offset(linear), n);
	}
	return n;
}
