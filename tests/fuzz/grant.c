/* SPDX-License-Identifier: MIT */
/*
 * Random grant operations of three domains, with entries that change between
 * them. What must hold after each: a p2m entry of type P2M_GRANT_* leads to a
 * frame that is held, and when all is unmapped, nothing is.
 */
#include "domain/grant.h"
#include "arch/x86/hooks.h"
#include "domain/grant_table.h"
#include "fake.h"

#define DOMAINS     3u
#define RAM         6u
#define FIRST_EMPTY 16u
#define LAST_EMPTY  24u
#define REFS        8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct domain *domains[DOMAINS];

static void check(bool ok, const char *what)
{
	if (!ok) {
		panic("%s\n", what);
	}
}

static void set_up(void)
{
	fake_reset();
	for (uint16_t i = 0; i < DOMAINS; i++) {
		struct domain *d = fake_domain_add(i, 1);

		fake_domain_add_ram(d, 0, RAM);
		d->privileged = i == 0;
		check(grant_domain_init(d, 2, 12) == 0, "init");
		domains[i] = d;
	}
}

static void check_mappings(struct domain *d)
{
	for (uint64_t g = FIRST_EMPTY; g < LAST_EMPTY; g++) {
		enum p2m_type type;
		const mfn_t m = p2m_lookup(d, gfn(g), &type);

		if (type != P2M_NONE) {
			check(fake_frame_refs(m) > 1, "mapped but not held");
		}
	}
}

static void tear_down(void)
{
	for (unsigned int i = 0; i < DOMAINS; i++) {
		domains[i]->state = DOMAIN_DYING;
		while (!grant_release_some(domains[i], 5)) {
		}
	}
	for (unsigned int i = 0; i < DOMAINS; i++) {
		struct domain *d = domains[i];

		check(!grant_is_lent(d), "entries are in use");
		for (uint32_t r = 0; r < REFS; r++) {
			check((d->grants->frames[0].shared[r * 2] &
			       (GTF_reading | GTF_writing)) == 0,
			      "in-use bits are left");
		}
		for (uint64_t g = 0; g < RAM; g++) {
			check(fake_frame_refs(p2m_lookup(d, gfn(g), NULL)) == 1,
			      "a frame is still held");
		}
		for (uint64_t g = FIRST_EMPTY; g < LAST_EMPTY; g++) {
			enum p2m_type type;

			p2m_lookup(d, gfn(g), &type);
			check(type == P2M_NONE, "a mapping is left");
		}
		grant_domain_destroy(d);
		check(d->heap_pages == 0, "memory is left");
	}
}

/* A guest writes what it likes, except for in-use bits: those it must not
 * forge, or it only confuses itself. */
static void write_entry(struct domain *d, const uint8_t b[6])
{
	guest_word_t *e = &d->grants->frames[0].shared[b[1] % REFS * 2];
	const uint32_t used = GTF_reading | GTF_writing;

	e[0] = (e[0] & used) | (b[2] & ~used) |
	       (uint32_t)(b[3] % DOMAINS) << 16;
	e[1] = b[4] % (RAM + 1);
}

static struct gnttab_copy_ptr copy_end(const uint8_t b[2], bool by_ref)
{
	struct gnttab_copy_ptr p = { .domid = b[0] % 4, .offset = b[1] * 17 };

	p.u.gmfn = b[1] % LAST_EMPTY;
	if (by_ref) {
		p.u.ref = b[1] % REFS;
	}
	return p;
}

/* One operation: who and what, and its arguments. */
static void step(const uint8_t b[6])
{
	struct domain *d = domains[b[0] % DOMAINS];
	const uint64_t gfn_there =
		FIRST_EMPTY + b[1] % (LAST_EMPTY - FIRST_EMPTY);
	struct gnttab_map_grant_ref map = {
		.host_addr = gfn_there << PAGE_SHIFT,
		.flags = b[2] % 8,
		.ref = b[3] % (REFS + 1),
		.dom = b[4] % 4,
	};
	struct gnttab_unmap_grant_ref unmap = {
		.host_addr = gfn_there << PAGE_SHIFT,
		.handle = b[2] % 16,
	};
	struct gnttab_copy copy = {
		.source = copy_end(&b[2], b[1] & GNTCOPY_source_gref),
		.dest = copy_end(&b[3], b[1] & GNTCOPY_dest_gref),
		.flags = b[1],
		.len = b[5] * 16,
	};

	switch (b[0] / DOMAINS % 8) {
	case 0:
		grant_map(d, &map);
		break;
	case 1:
		grant_unmap(d, &unmap);
		break;
	case 2:
		grant_copy(d, &copy);
		break;
	case 3:
	case 4:
		write_entry(d, b);
		break;
	case 5:
		grant_release_some(d, b[1] % 4);
		break;
	case 6:
		fake_alloc_fail_after(b[1] % 4 - 1);
		break;
	case 7:
		fake_p2m_fail_after(b[1] % 4 - 1);
		break;
	}
	fake_check_clean();
	check_mappings(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	set_up();
	for (size_t i = 0; i + 6 <= size; i += 6) {
		step(&data[i]);
	}
	fake_alloc_fail_after(-1);
	fake_p2m_fail_after(-1);
	for (unsigned int i = 0; i < DOMAINS; i++) {
		domains[i]->grants->release_next = 0;
	}
	tear_down();
	return 0;
}
