/* SPDX-License-Identifier: MIT */
/*
 * Grant copy: the hypervisor copies between frames that either side names by
 * grant or by frame number. Within a page, never across its end.
 *
 * A bug would copy past a page, copy into a read-only grant, or leave the
 * entry marked in use.
 */
#include "lib/grant.h"
#include "lib/hypercall.h"
#include "lib/memory.h"
#include "lib/test.h"

#define SOURCE_REF GRANT_FIRST_FREE
#define DEST_REF   (GRANT_FIRST_FREE + 1)

static uint8_t *source, *dest;

/* From the source page, by grant or frame number, to the other. */
static struct gnttab_copy plain(unsigned flags, unsigned size)
{
	struct gnttab_copy op = { .flags = (uint16_t)flags,
				  .len = (uint16_t)size };

	op.source.domid = DOMID_SELF;
	op.source.u.gmfn = page_gfn(source);
	op.dest.domid = DOMID_SELF;
	op.dest.u.gmfn = page_gfn(dest);
	if ((flags & GNTCOPY_source_gref) != 0) {
		op.source.domid = GRANT_SELF;
		op.source.u.ref = SOURCE_REF;
	}
	if ((flags & GNTCOPY_dest_gref) != 0) {
		op.dest.domid = GRANT_SELF;
		op.dest.u.ref = DEST_REF;
	}
	return op;
}

static int copy(struct gnttab_copy op)
{
	int rc = hypercall_grant(GNTTABOP_copy, &op, 1);

	return rc != 0 ? 1000 + rc : op.status;
}

static void check_forms(void)
{
	static const struct {
		const char *name;
		unsigned flags;
	} forms[] = {
		{ "grant to frame", GNTCOPY_source_gref },
		{ "frame to grant", GNTCOPY_dest_gref },
		{ "grant to grant", GNTCOPY_source_gref | GNTCOPY_dest_gref },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(forms); i++) {
		memset(dest, 0, PAGE_SIZE);
		source[0] = (uint8_t)(i + 1);
		source[PAGE_SIZE - 1] = (uint8_t)(0x80 + i);
		expect_eq(forms[i].name, copy(plain(forms[i].flags, PAGE_SIZE)),
			  GNTST_okay);
		expect(memcmp(source, dest, PAGE_SIZE) == 0, "all is copied",
		       "pages differ");
		expect(!grant_in_use(SOURCE_REF) && !grant_in_use(DEST_REF),
		       "entries are free after it", "flags 0x%x 0x%x",
		       grant_table[SOURCE_REF].flags,
		       grant_table[DEST_REF].flags);
	}
}

static void check_part(void)
{
	struct gnttab_copy op = plain(GNTCOPY_source_gref, 100);

	memset(dest, 0xee, PAGE_SIZE);
	op.source.offset = 200;
	op.dest.offset = 300;
	expect_eq("a part", copy(op), GNTST_okay);
	expect(memcmp(dest + 300, source + 200, 100) == 0, "the right part",
	       "differs");
	expect(dest[299] == 0xee && dest[400] == 0xee, "and nothing else",
	       "%02x %02x", dest[299], dest[400]);
	op.len = 0;
	expect_eq("nothing at all", copy(op), GNTST_okay);
}

static void check_bounds(void)
{
	struct gnttab_copy op = plain(GNTCOPY_source_gref, 100);

	op.source.offset = PAGE_SIZE - 99;
	expect_eq("source across the page end", copy(op), GNTST_bad_copy_arg);
	op.source.offset = 0;
	op.dest.offset = PAGE_SIZE - 99;
	expect_eq("destination across the page end", copy(op),
		  GNTST_bad_copy_arg);
	op.dest.offset = 0xffff;
	op.len = 0xffff;
	expect_eq("far out of the page", copy(op), GNTST_bad_copy_arg);
}

static void check_rights(void)
{
	struct gnttab_copy op = plain(GNTCOPY_dest_gref, 16);

	grant_give(DEST_REF, GRANT_SELF, page_gfn(dest), true);
	memset(dest, 0xee, PAGE_SIZE);
	expect(copy(op) < 0, "into a read-only grant", "accepted");
	expect(dest[0] == 0xee, "nothing was written", "%02x", dest[0]);
	grant_give(DEST_REF, 5, page_gfn(dest), false);
	expect(copy(op) < 0, "into somebody else's grant", "accepted");
	grant_take_back(DEST_REF);
	expect(copy(op) < 0, "into no grant", "accepted");
	grant_give(DEST_REF, GRANT_SELF, page_gfn(dest), false);
	op.dest.u.ref = 1u << 24;
	expect_eq("grant outside the table", copy(op), GNTST_bad_gntref);
	op = plain(GNTCOPY_source_gref, 16);
	op.source.domid = DOMID_NONE;
	expect_eq("domain that is not there", copy(op), GNTST_bad_domain);
	op = plain(GNTCOPY_source_gref, 16);
	op.dest.u.gmfn = memory_end() / PAGE_SIZE + BIT(20);
	expect(copy(op) < 0, "frame that is no RAM", "accepted");
	op = plain(GNTCOPY_source_gref, 16);
	op.dest.domid = 5;
	expect(copy(op) < 0, "frame number of another domain", "accepted");
	expect(!grant_in_use(SOURCE_REF) && !grant_in_use(DEST_REF),
	       "failures leave no entry in use", "flags 0x%x 0x%x",
	       grant_table[SOURCE_REF].flags, grant_table[DEST_REF].flags);
}

static void check_batch(void)
{
	static struct gnttab_copy ops[64];
	unsigned good = 0;

	memset(dest, 0, PAGE_SIZE);
	for (unsigned i = 0; i < ARRAY_SIZE(ops); i++) {
		ops[i] = plain(GNTCOPY_source_gref, 64);
		ops[i].source.offset = ops[i].dest.offset = (uint16_t)(i * 64);
	}
	expect_eq("64 at once",
		  hypercall_grant(GNTTABOP_copy, ops, ARRAY_SIZE(ops)), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(ops); i++) {
		good += ops[i].status == GNTST_okay;
	}
	expect_eq("all 64 are done", good, ARRAY_SIZE(ops));
	expect(memcmp(source, dest, PAGE_SIZE) == 0, "and make the page",
	       "differs");
}

void guest_main(void)
{
	source = page_alloc(1);
	dest = page_alloc(1);
	for (unsigned i = 0; i < PAGE_SIZE; i++) {
		source[i] = (uint8_t)(i * 7 + i / 256);
	}
	grant_init(1);
	grant_give(SOURCE_REF, GRANT_SELF, page_gfn(source), true);
	grant_give(DEST_REF, GRANT_SELF, page_gfn(dest), false);
	check_forms();
	check_part();
	check_bounds();
	check_rights();
	check_batch();
}
