/* SPDX-License-Identifier: MIT */
/*
 * A domain's grant table, version 1: its frames, and the protocol by which an
 * entry comes into use and goes out of it (ABI grant_table.h, "Grant table
 * representation").
 *
 * Version 2 is not offered: stock guests fall back when set_version fails.
 */
#include "domain/grant.h"
#include "domain/grant_op.h"
#include "domain/grant_table.h"
#include "domain/p2m.h"
#include "mm/frames.h"

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

static bool ref_is_valid(const struct grant_table *t, uint32_t ref)
{
	return ref / GRANT_FRAME_ENTRIES < t->frame_count;
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

/* Only its own ordinary RAM can be granted: not what others granted to it, and
 * no page of ours. */
static int hold_frame(struct domain *granter, uint32_t g, mfn_t *frame)
{
	enum p2m_type type;
	const mfn_t m = p2m_lookup(granter, gfn(g), &type);

	if (type != P2M_RAM_RW || frame_ref(m, granter->id) != 0) {
		return GNTST_bad_page;
	}
	*frame = m;
	return GNTST_okay;
}

/* Lock held, the entry claimed: fixes its frame if it is the first user. */
static int fix_frame(struct domain *granter, uint32_t ref, uint16_t user)
{
	struct grant_table *t = granter->grants;
	struct grant_pin *pin = pin_of(t, ref);
	mfn_t frame;

	if (in_use(pin)) {
		return GNTST_okay;
	}

	const int rc = hold_frame(
		granter, guest_word_read(entry_of(t, ref) + 1), &frame);

	if (rc == GNTST_okay) {
		/* The frame table numbers RAM with 32 bits. */
		pin->frame = (uint32_t)frame.v;
		pin->domid = user;
		t->used_entries++;
	}
	return rc;
}

/* Lock held. */
static int pin_locked(struct domain *granter, uint32_t ref, uint16_t user,
		      bool write, mfn_t *frame)
{
	struct grant_table *t = granter->grants;

	if (!ref_is_valid(t, ref)) {
		return GNTST_bad_gntref;
	}

	struct grant_pin *pin = pin_of(t, ref);

	if (in_use(pin) && pin->domid != user) {
		return GNTST_bad_gntref;
	}
	if (!in_use(pin) || (write && pin->writers == 0)) {
		int rc = claim(entry_of(t, ref), user, write);

		if (rc != GNTST_okay) {
			return rc;
		}
		rc = fix_frame(granter, ref, user);
		if (rc != GNTST_okay) {
			disclaim(entry_of(t, ref), pin);
			return rc;
		}
	}
	if (write) {
		pin->writers++;
	} else {
		pin->readers++;
	}
	*frame = mfn(pin->frame);
	return GNTST_okay;
}

int grant_pin(struct domain *granter, uint32_t ref, uint16_t user, bool write,
	      mfn_t *frame)
{
	int rc = GNTST_bad_domain;

	spin_lock(&granter->grants->lock);
	if (__atomic_load_n(&granter->state, __ATOMIC_RELAXED) !=
	    DOMAIN_DYING) {
		rc = pin_locked(granter, ref, user, write, frame);
	}
	spin_unlock(&granter->grants->lock);
	return rc;
}

void grant_unpin(struct domain *granter, uint32_t ref, bool write)
{
	struct grant_table *t = granter->grants;

	spin_lock(&t->lock);
	struct grant_pin *pin = pin_of(t, ref);

	if (write) {
		pin->writers--;
	} else {
		pin->readers--;
	}
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
	struct grant_frame *f = &t->frames[t->frame_count];

	f->shared = domain_alloc_page(d);
	if (f->shared == NULL) {
		return -XEN_ENOMEM;
	}
	f->pins = domain_alloc(d, PINS_SIZE);
	if (f->pins == NULL) {
		domain_free_page(d, f->shared);
		f->shared = NULL;
		return -XEN_ENOMEM;
	}
	t->frame_count++;
	return 0;
}

int grant_domain_init(struct domain *d, uint32_t max_frames,
		      uint32_t max_maptrack)
{
	const uint32_t buckets =
		(uint32_t)(align_up(max_maptrack, GRANT_BUCKET_MAPPINGS) /
			   GRANT_BUCKET_MAPPINGS);
	struct grant_table *t = domain_alloc(d, sizeof(*t));

	if (t == NULL) {
		return -XEN_ENOMEM;
	}
	spinlock_init(&t->lock, LOCK_GRANT);
	t->max_frames = max_frames;
	t->max_mappings = max_maptrack;
	/* One more, so that neither is an allocation of nothing. Guests
	 * expect a table that begins with one frame. */
	t->frames = domain_alloc(d, (max_frames + 1) * sizeof(t->frames[0]));
	t->maps = domain_alloc(d, (buckets + 1) * sizeof(t->maps[0]));
	d->grants = t;
	if (t->frames == NULL || t->maps == NULL ||
	    (max_frames != 0 && grow(d) != 0)) {
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

	const uint32_t buckets =
		(uint32_t)(align_up(t->max_mappings, GRANT_BUCKET_MAPPINGS) /
			   GRANT_BUCKET_MAPPINGS);

	for (uint32_t i = 0; i < t->frame_count; i++) {
		domain_free_page(d, t->frames[i].shared);
		domain_free(d, t->frames[i].pins, PINS_SIZE);
	}
	for (uint32_t i = 0; i * GRANT_BUCKET_MAPPINGS < t->mapping_count;
	     i++) {
		domain_free_page(d, t->maps[i]);
	}
	if (t->frames != NULL) {
		domain_free(d, t->frames,
			    (t->max_frames + 1) * sizeof(t->frames[0]));
	}
	if (t->maps != NULL) {
		domain_free(d, t->maps, (buckets + 1) * sizeof(t->maps[0]));
	}
	domain_free(d, t, sizeof(*t));
	d->grants = NULL;
}

bool grant_is_lent(struct domain *d)
{
	return __atomic_load_n(&d->grants->used_entries, __ATOMIC_RELAXED) != 0;
}

int grant_frame(struct domain *d, uint32_t index, bool status, void **page)
{
	struct grant_table *t = d->grants;
	int rc = 0;

	/* Status frames belong to version 2. */
	if (status || index >= t->max_frames) {
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

void grant_query_size(struct domain *self, struct gnttab_query_size *op)
{
	struct domain *d = domain_resolve(self, op->dom);

	if (d == NULL) {
		op->status = GNTST_bad_domain;
		return;
	}
	if (d != self && !self->privileged) {
		op->status = GNTST_permission_denied;
		return;
	}
	op->nr_frames =
		__atomic_load_n(&d->grants->frame_count, __ATOMIC_RELAXED);
	op->max_nr_frames = d->grants->max_frames;
	op->status = GNTST_okay;
}

int grant_set_version(struct domain *self, struct gnttab_set_version *op)
{
	(void)self;
	if (op->version == 2) {
		return -XEN_ENOSYS;
	}
	return op->version == 1 ? 0 : -XEN_EINVAL;
}

int grant_get_version(struct domain *self, struct gnttab_get_version *op)
{
	struct domain *d = domain_resolve(self, op->dom);

	if (d == NULL) {
		return -XEN_ESRCH;
	}
	if (d != self && !self->privileged) {
		return -XEN_EPERM;
	}
	op->version = 1;
	return 0;
}

/* Lock held, neither entry in use. */
static void swap_entries(guest_word_t *a, guest_word_t *b)
{
	for (unsigned int i = 0; i < 2; i++) {
		const uint32_t word = guest_word_read(&a[i]);

		guest_word_write(&a[i], guest_word_read(&b[i]));
		guest_word_write(&b[i], word);
	}
}

void grant_swap(struct domain *self, struct gnttab_swap_grant_ref *op)
{
	struct grant_table *t = self->grants;

	op->status = GNTST_okay;
	spin_lock(&t->lock);
	if (!ref_is_valid(t, op->ref_a) || !ref_is_valid(t, op->ref_b)) {
		op->status = GNTST_bad_gntref;
	} else if (in_use(pin_of(t, op->ref_a)) ||
		   in_use(pin_of(t, op->ref_b))) {
		op->status = GNTST_eagain;
	} else {
		swap_entries(entry_of(t, op->ref_a), entry_of(t, op->ref_b));
	}
	spin_unlock(&t->lock);
}
