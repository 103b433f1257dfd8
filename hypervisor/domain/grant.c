/* SPDX-License-Identifier: MIT */
/*
 * A domain's grant table, version 1: its frames, and the protocol by which an
 * entry comes into use and goes out of it (ABI grant_table.h, "Grant table
 * representation").
 *
 * Version 2 is not offered: stock guests fall back when set_version fails.
 */
#include "domain/grant.h"
#include "domain/grant_table.h"
#include "domain/physmap.h"

/* A correct granter changes an entry once, to revoke it or make it read-only.
 * One that never leaves it alone gets an error. */
#define CLAIM_TRIES 5

static struct grant_pin *pin_of(struct grant_table *t, uint32_t ref)
{
	return &t->frames[ref / GRANT_FRAME_ENTRIES]
			.pins[ref % GRANT_FRAME_ENTRIES];
}

/* The entry's first word: flags below, domid above. The frame follows. */
static guest_word_t *entry_of(struct grant_table *t, uint32_t ref)
{
	return &t->frames[ref / GRANT_FRAME_ENTRIES]
			.shared[ref % GRANT_FRAME_ENTRIES * 2];
}

static bool in_use(const struct grant_pin *pin)
{
	return pin->readers != 0 || pin->writers != 0;
}

/* Whether the entry's first word lets `user` at the frame. */
static int permission(uint32_t word, uint16_t user, bool write)
{
	if ((word & (GTF_type_mask | GTF_sub_page)) != GTF_permit_access ||
	    word >> 16 != user) {
		return GNTST_bad_gntref;
	}
	if (write && (word & GTF_readonly) != 0) {
		return GNTST_general_error;
	}
	return GNTST_okay;
}

/* Sets the in-use bits, provided that flags and domid, read as one, permit. */
static int claim(guest_word_t *entry, uint16_t user, bool write)
{
	const uint32_t bits = GTF_reading | (write ? GTF_writing : 0);
	uint32_t word = guest_word_read(entry);

	for (unsigned int i = 0; i < CLAIM_TRIES; i++) {
		const int rc = permission(word, user, write);

		if (rc != GNTST_okay) {
			return rc;
		}
		if (guest_word_swap(entry, &word, word | bits)) {
			return GNTST_okay;
		}
	}
	return GNTST_general_error;
}

/* Takes away in-use bits nobody needs any more: writing before reading. */
static void disclaim(guest_word_t *entry, const struct grant_pin *pin)
{
	if (pin->writers == 0) {
		guest_word_and(entry, ~GTF_writing);
	}
	if (!in_use(pin)) {
		guest_word_and(entry, ~GTF_reading);
	}
}

/* Lock held, the entry claimed by its first user: fixes its frame. Only ordinary
 * RAM of its own can be granted: not what others granted to the granter, and no
 * page of ours. */
static int fix_frame(struct domain *granter, struct grant_pin *pin, uint32_t g)
{
	mfn_t frame;

	if (!physmap_hold(granter, gfn(g), &frame)) {
		return GNTST_bad_page;
	}
	/* The frame table numbers RAM with 32 bits. */
	pin->frame = (uint32_t)frame.v;
	granter->grants->used_entries++;
	return GNTST_okay;
}

/* Lock held. */
static int pin_locked(struct domain *granter, uint32_t ref, uint16_t user,
		      bool write)
{
	struct grant_table *t = granter->grants;

	if (ref / GRANT_FRAME_ENTRIES >= t->frame_count) {
		return GNTST_bad_gntref;
	}

	struct grant_pin *pin = pin_of(t, ref);
	guest_word_t *entry = entry_of(t, ref);
	int rc;

	if (in_use(pin) && pin->domid != user) {
		return GNTST_bad_gntref;
	}
	if (!in_use(pin) || (write && pin->writers == 0)) {
		rc = claim(entry, user, write);
		if (rc != GNTST_okay) {
			return rc;
		}
	}
	if (!in_use(pin)) {
		rc = fix_frame(granter, pin, guest_word_read(entry + 1));
		if (rc != GNTST_okay) {
			disclaim(entry, pin);
			return rc;
		}
	}
	pin->domid = user;
	pin->writers += write;
	pin->readers += !write;
	return GNTST_okay;
}

int grant_pin(struct domain *granter, uint32_t ref, uint16_t user, bool write,
	      mfn_t *frame)
{
	struct grant_table *t = granter->grants;
	int rc = GNTST_bad_domain;

	spin_lock(&t->lock);
	if (load_relaxed(&granter->state) != DOMAIN_DYING) {
		rc = pin_locked(granter, ref, user, write);
	}
	if (rc == GNTST_okay) {
		*frame = mfn(pin_of(t, ref)->frame);
	}
	spin_unlock(&t->lock);
	return rc;
}

void grant_unpin(struct domain *granter, uint32_t ref, bool write)
{
	struct grant_table *t = granter->grants;

	spin_lock(&t->lock);
	struct grant_pin *pin = pin_of(t, ref);

	pin->writers -= write;
	pin->readers -= !write;
	disclaim(entry_of(t, ref), pin);
	if (!in_use(pin)) {
		t->used_entries--;
		frame_unref(mfn(pin->frame));
	}
	spin_unlock(&t->lock);
}

#define PINS_SIZE (GRANT_FRAME_ENTRIES * sizeof(struct grant_pin))

/* Lock held, or nobody else knows the table. Room for one more frame. */
static int grow(struct domain *d)
{
	struct grant_table *t = d->grants;
	guest_word_t *shared = domain_alloc_page(d);
	struct grant_pin *pins = domain_alloc(d, PINS_SIZE);

	if (shared == NULL || pins == NULL) {
		domain_free(d, shared, PAGE_SIZE);
		domain_free(d, pins, PINS_SIZE);
		return -XEN_ENOMEM;
	}
	t->frames[t->frame_count++] = (struct grant_frame){ shared, pins };
	return 0;
}

static size_t table_size(uint32_t max_frames)
{
	return sizeof(struct grant_table) +
	       max_frames * sizeof(struct grant_frame);
}

int grant_domain_init(struct domain *d, uint32_t max_frames,
		      uint32_t max_mappings)
{
	struct grant_table *t = domain_alloc(d, table_size(max_frames));

	if (t == NULL) {
		return -XEN_ENOMEM;
	}
	spinlock_init(&t->lock, LOCK_GRANT);
	t->max_frames = max_frames;
	t->max_mappings = max_mappings;
	d->grants = t;
	/* Guests expect a table that begins with one frame. */
	if (max_frames != 0 && grow(d) != 0) {
		grant_domain_destroy(d);
		return -XEN_ENOMEM;
	}
	return 0;
}

void grant_domain_destroy(struct domain *d)
{
	struct grant_table *t = d->grants;

	if (t == NULL) {
		return;
	}
	for (uint32_t i = 0; i < t->frame_count; i++) {
		domain_free(d, t->frames[i].shared, PAGE_SIZE);
		domain_free(d, t->frames[i].pins, PINS_SIZE);
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(t->maps); i++) {
		domain_free(d, t->maps[i], PAGE_SIZE);
	}
	domain_free(d, t, table_size(t->max_frames));
	d->grants = NULL;
}

uint64_t grant_heap_pages(uint32_t max_frames, uint32_t max_mappings)
{
	return align_up(table_size(max_frames), PAGE_SIZE) / PAGE_SIZE +
	       max_frames * (1 + PINS_SIZE / PAGE_SIZE) +
	       align_up(max_mappings, GRANT_BUCKET_MAPPINGS) /
		       GRANT_BUCKET_MAPPINGS;
}

bool grant_is_lent(struct domain *d)
{
	return load_relaxed(&d->grants->used_entries) != 0;
}

bool grant_table_is_mapped(struct domain *d)
{
	const struct grant_table *t = d->grants;

	for (uint32_t i = 0; i < t->frame_count; i++) {
		if (physmap_page_is_mapped(t->frames[i].shared)) {
			return true;
		}
	}
	return false;
}

int grant_frame(struct domain *d, uint32_t index, bool status, void **page)
{
	struct grant_table *t = d->grants;
	int rc = 0;

	if (status || index >= t->max_frames ||
	    load_relaxed(&d->state) == DOMAIN_DYING) {
		return -XEN_EINVAL;
	}

	spin_lock(&t->lock);
	while (rc == 0 && t->frame_count <= index) {
		rc = grow(d);
	}
	if (rc == 0) {
		*page = t->frames[index].shared;
	}
	spin_unlock(&t->lock);
	return rc;
}

int grant_query_size(struct domain *self, void *arg)
{
	struct gnttab_query_size *op = arg;
	struct domain *d;
	const int rc = domain_target(self, op->dom, &d);

	if (rc != 0) {
		op->status = rc == -XEN_EPERM ? GNTST_permission_denied
					      : GNTST_bad_domain;
		return 0;
	}
	op->nr_frames = load_relaxed(&d->grants->frame_count);
	op->max_nr_frames = d->grants->max_frames;
	op->status = GNTST_okay;
	return 0;
}

int grant_set_version(struct domain *, void *arg)
{
	const struct gnttab_set_version *op = arg;

	if (op->version == 2) {
		return -XEN_ENOSYS;
	}
	return op->version == 1 ? 0 : -XEN_EINVAL;
}

int grant_get_version(struct domain *self, void *arg)
{
	struct gnttab_get_version *op = arg;
	struct domain *d;

	op->version = 1;
	return domain_target(self, op->dom, &d);
}
