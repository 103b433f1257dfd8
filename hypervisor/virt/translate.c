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
#include "virt/exit.h"

#include "arch/x86/features.h"
#include "arch/x86/msr.h"
#include "domain/guest_copy.h"
#include "domain/p2m.h"
#include "lib/string.h"
#include "mm/window.h"
#include "virt/emul/walk.h"

#define STEPS_MAX 4

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

/* Walks of tables with 4-byte entries are not kept. */
static void record(struct recorder *r, const uint64_t *entry, uint64_t value)
{
	struct translation *t = r->into;

	if (t != NULL) {
		t->step[t->count].entry = entry;
		t->step[t->count].value = value;
		t->count++;
	}
}

int walk_read(void *ctx, gaddr_t at, size_t size, uint64_t *entry)
{
	struct recorder *r = ctx;
	const void *p = guest_phys_map(r->domain, at, false);

	if (unlikely(p == NULL)) {
		return -XEN_EFAULT;
	}
	/* One load: the guest may change the entry meanwhile. */
	if (likely(size == 8)) {
		*entry = load_relaxed((const uint64_t *)p);
		record(r, p, *entry);
	} else {
		*entry = load_relaxed((const uint32_t *)p);
		r->into = NULL;
	}
	window_unmap(p);
	return 0;
}

int walk_update(void *ctx, gaddr_t at, size_t size, uint64_t old, uint64_t new)
{
	struct recorder *r = ctx;
	uint32_t old_32 = (uint32_t)old;
	void *p = guest_phys_map(r->domain, at, true);
	bool done;

	r->into = NULL; /* what was read before is no more */
	if (p == NULL) {
		return -XEN_EFAULT;
	}
	if (size == 8) {
		done = __atomic_compare_exchange_n((uint64_t *)p, &old, new,
						   false, __ATOMIC_SEQ_CST,
						   __ATOMIC_RELAXED);
	} else {
		done = __atomic_compare_exchange_n(
			(uint32_t *)p, &old_32, (uint32_t) new, false,
			__ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	}
	window_unmap(p);
	return done ? 0 : WALK_CHANGED;
}

uint64_t virt_efer(const struct vcpu *v)
{
	uint64_t efer = 0;

	(void)virt->msr_read(v, MSR_EFER, &efer);
	return efer;
}

static struct walk_guest guest_of(const struct vcpu *v, struct recorder *r)
{
	return (struct walk_guest){
		.ctx = r,
		.cr0 = virt->cr(v, 0),
		.cr3 = virt->cr(v, 3),
		.cr4 = virt->cr(v, 4),
		.efer = virt_efer(v),
		.rflags = v->rflags,
		.address_bits = cpu_features.phys_bits,
		.has_1g_pages = cpu_features.pages_1g,
	};
}

/* Canonical: bits 63:47 are all equal; guests have four levels. */
static bool is_linear(const struct walk_guest *g, uint64_t linear)
{
	const int64_t high = (int64_t)linear >> 47;

	return (g->efer & EFER_LMA) == 0 || high == 0 || high == -1;
}

static int walk(struct vcpu *v, struct recorder *r, uint64_t linear,
		uint64_t access, gaddr_t *out, uint32_t *error_code)
{
	const struct walk_guest guest = guest_of(v, r);

	if (!is_linear(&guest, linear)) {
		return -XEN_EFAULT;
	}
	return walk_linear(&guest, linear, access, out, error_code);
}

int translate_linear(struct vcpu *v, uint64_t linear, uint64_t access,
		     gaddr_t *out, uint32_t *error_code)
{
	struct recorder r = { v->domain, NULL };

	return walk(v, &r, linear, access, out, error_code);
}

int translate_debug(struct vcpu *v, uint64_t cr3, uint64_t linear, gaddr_t *out)
{
	struct recorder r = { v->domain, NULL };
	struct walk_guest guest = guest_of(v, &r);
	uint32_t error;

	/* Reads of a supervisor that has all of memory. */
	guest.cr4 &= ~CR4_SMAP;
	guest.cr3 = cr3 != 0 ? cr3 : guest.cr3;
	return is_linear(&guest, linear) &&
			       walk_linear(&guest, linear, 0, out, &error) == 0
		       ? 0
		       : -XEN_EFAULT;
}

int guest_translate(struct vcpu *v, uint64_t linear, bool write, gaddr_t *out)
{
	uint32_t error;

	return translate_linear(v, linear, write ? WALK_WRITE : 0, out,
				&error) == 0
		       ? 0
		       : -XEN_EFAULT;
}

/* Pages whose entries follow the first one's in its table, and say the same but for
 * the frame, are reached as it is. No window was mapped since the entry was read. */
static unsigned int add_neighbours(const uint64_t *entry, uint64_t first,
				   gaddr_t *out, unsigned int max)
{
	const uint64_t frame = BIT(cpu_features.phys_bits) - PAGE_SIZE;
	unsigned int n = 1;

	while (n < max && page_offset((uintptr_t)(entry + n)) != 0) {
		const uint64_t next = load_relaxed(entry + n);

		if (((next ^ first) & ~frame) != 0) {
			break;
		}
		out[n++] = gaddr(next & frame);
	}
	return n;
}

int guest_translate_pages(struct vcpu *v, uint64_t linear, gaddr_t *out,
			  unsigned int max)
{
	struct translation t = { .count = 0 };
	struct recorder r = { v->domain, &t };
	uint32_t error;

	if (walk(v, &r, linear, 0, out, &error) != 0) {
		return -XEN_EFAULT;
	}
	/* A page of 4 KiB that four levels of unchanged tables lead to. */
	if (r.into == NULL || t.count != STEPS_MAX) {
		return 1;
	}
	return (int)add_neighbours(t.step[STEPS_MAX - 1].entry,
				   t.step[STEPS_MAX - 1].value, out, max);
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
		if (load_relaxed(t->step[i].entry) != t->step[i].value) {
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
static __attribute__((noinline)) char *walk_and_keep(struct vcpu *v,
						     struct translation *t,
						     uint64_t linear,
						     uint64_t access)
{
	const uint64_t changes =
		__atomic_load_n(&v->domain->p2m_changes, __ATOMIC_SEQ_CST);
	const uint64_t windows = this_pcpu()->window_changes;
	struct recorder r = { v->domain, t };
	uint32_t error_code;
	gaddr_t at;

	t->page = ~UINT64_C(0);
	t->count = 0;
	if (walk(v, &r, linear, access, &at, &error_code) != 0) {
		return NULL;
	}
	t->frame = guest_phys_map(v->domain, gaddr(at.v & PAGE_MASK),
				  access & WALK_WRITE);
	if (t->frame == NULL) {
		return NULL;
	}
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

/* The byte at `linear`, in a window. */
static char *map(struct vcpu *v, enum kind kind, uint64_t linear,
		 uint64_t access)
{
	struct translation *t = &v->translations[kind];
	char *page = find_kept(v, t, linear);

	if (unlikely(page == NULL)) {
		page = walk_and_keep(v, t, linear, access);
	}
	return page == NULL ? NULL : page + page_offset(linear);
}

void *guest_map(struct vcpu *v, uint64_t linear, bool write)
{
	return write ? map(v, KIND_WRITE, linear, WALK_WRITE)
		     : map(v, KIND_READ, linear, 0);
}

static const char *map_code(struct vcpu *v, uint64_t linear)
{
	const uint64_t user = v->cpl == 3 ? WALK_USER : 0;

	return map(v, KIND_FETCH, linear, WALK_FETCH | user);
}

/* Perhaps into the next page. */
static __attribute__((noinline)) size_t
fetch_parts(struct vcpu *v, uint64_t linear, uint8_t bytes[INSN_BYTES])
{
	size_t n = 0;

	while (n < INSN_BYTES) {
		const char *from = map_code(v, linear + n);
		const size_t part = min_u64(
			INSN_BYTES - n, PAGE_SIZE - page_offset(linear + n));

		if (from == NULL) {
			break;
		}
		memcpy(bytes + n, from, part);
		n += part;
	}
	return n;
}

size_t translate_fetch(struct vcpu *v, uint8_t bytes[INSN_BYTES])
{
	uint64_t linear = v->rip;
	const char *from;

	if (unlikely(v->mode != INSN_MODE_64)) {
		struct emul_segment cs;

		virt->segment(v, SEG_CS, &cs);
		linear = (uint32_t)(cs.base + v->rip);
	}
	if (unlikely(page_offset(linear) > PAGE_SIZE - INSN_BYTES)) {
		return fetch_parts(v, linear, bytes);
	}
	from = map_code(v, linear);
	if (unlikely(from == NULL)) {
		return 0;
	}
	/* Two words cover every instruction without a loop. */
	__builtin_memcpy(bytes, from, INSN_BYTES);
	return INSN_BYTES;
}
