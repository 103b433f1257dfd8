/* SPDX-License-Identifier: MIT */
/* Who holds what when the content of a gfn changes. */
#include "domain/physmap.h"

#include "arch/x86/features.h"
#include "fake.h"
#include "mm/heap.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define RAM    8u   /* gfns 0 to 7 of each domain */
#define EMPTY  100u /* nothing there */
#define EMPTY2 101u

struct cpu_features cpu_features;

static struct domain *a;
static struct domain *b;
static void *page;

static int setup(void **state)
{
	(void)state;
	fake_reset();
	a = fake_domain_add(1, 1);
	b = fake_domain_add(2, 1);
	fake_domain_add_ram(a, 0, RAM);
	fake_domain_add_ram(b, 0, RAM);
	a->frame_count = RAM;
	b->frame_count = RAM;
	page = heap_alloc_pages(0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_check_clean();
	fake_p2m_fail_after(-1);
	heap_free_pages(page, 0);
	fake_domain_remove(a);
	fake_domain_remove(b);
	return 0;
}

static mfn_t at(struct domain *d, uint64_t g, enum p2m_type type)
{
	enum p2m_type now;
	const mfn_t m = p2m_lookup(d, gfn(g), &now);

	assert_int_equal(now, type);
	return m;
}

static void test_add_ram(void **state)
{
	const mfn_t m = frames_alloc(1, 0);

	(void)state;
	assert_int_equal(physmap_add_ram(a, gfn(EMPTY), m, 0), 0);
	assert_int_equal(at(a, EMPTY, P2M_RAM_RW).v, m.v);
	assert_int_equal(a->frame_count, RAM + 1);
	assert_int_equal(frame_get(m)->gfn, EMPTY);
	assert_int_equal(fake_frame_refs(m), 1);
}

/* Where something is, RAM does not go; nor beyond the gfns we can note. */
static void test_add_ram_refused(void **state)
{
	const mfn_t m = frames_alloc(1, 1);

	(void)state;
	assert_int_equal(physmap_add_ram(a, gfn(6), m, 0), -XEN_EBUSY);
	assert_int_equal(physmap_add_ram(a, gfn(EMPTY2), m, 9), -XEN_EINVAL);
	assert_int_equal(physmap_add_ram(a, gfn(PHYSMAP_GFN_END), m, 0),
			 -XEN_EINVAL);
	assert_int_equal(physmap_add_ram(a, gfn(0), m, 1), -XEN_EINVAL);
	assert_int_equal(a->frame_count, RAM);
	frame_unref(m);
	frame_unref(mfn_add(m, 1));
}

static void test_own_page_moves(void **state)
{
	const mfn_t ram = at(a, 5, P2M_RAM_RW);

	(void)state;
	/* The RAM there is given up. */
	assert_int_equal(physmap_move_page(a, gfn(5), page), 0);
	assert_int_equal(fake_frame_refs(ram), 0);
	assert_int_equal(a->frame_count, RAM - 1);
	at(a, 5, P2M_SHARED);
	/* Again at the same place: nothing changes. */
	assert_int_equal(physmap_move_page(a, gfn(5), page), 0);
	assert_int_equal(physmap_move_page(a, gfn(EMPTY), page), 0);
	at(a, 5, P2M_NONE);
	at(a, EMPTY, P2M_SHARED);
	assert_int_equal(physmap_remove(a, gfn(EMPTY)), 0);
}

/* The service VM's mapping of a guest's page does not move the guest's. */
static void test_page_in_two_domains(void **state)
{
	(void)state;
	assert_int_equal(physmap_move_page(a, gfn(EMPTY), page), 0);
	assert_int_equal(physmap_add_page(b, gfn(EMPTY), page), 0);
	assert_int_equal(physmap_add_page(b, gfn(EMPTY2), page), 0);
	at(a, EMPTY, P2M_SHARED);
	assert_int_equal(physmap_remove(a, gfn(EMPTY)), 0);
	assert_int_equal(physmap_remove(b, gfn(EMPTY)), 0);
	assert_int_equal(physmap_remove(b, gfn(EMPTY2)), 0);
}

static void test_page_fails(void **state)
{
	(void)state;
	fake_p2m_fail_after(0);
	assert_int_equal(physmap_add_page(a, gfn(EMPTY), page), -XEN_ENOMEM);
	assert_int_equal(physmap_add_page(a, gfn(3), page), -XEN_ENOMEM);
	assert_int_equal(fake_frame_refs(at(a, 3, P2M_RAM_RW)), 1);
}

static void test_foreign(void **state)
{
	const mfn_t m = at(b, 2, P2M_RAM_RW);

	(void)state;
	assert_int_equal(physmap_add_foreign(a, gfn(EMPTY), b, gfn(2)), 0);
	assert_int_equal(at(a, EMPTY, P2M_FOREIGN).v, m.v);
	assert_int_equal(fake_frame_refs(m), 2);
	assert_int_equal(a->frame_count, RAM);

	/* The owner gives it up; it lives on until we do too. */
	assert_int_equal(physmap_remove(b, gfn(2)), 0);
	assert_int_equal(b->frame_count, RAM - 1);
	assert_int_equal(fake_frame_refs(m), 1);
	assert_int_equal(physmap_remove(a, gfn(EMPTY)), 0);
	assert_int_equal(fake_frame_refs(m), 0);
}

/* A foreign frame over another: one reference goes, one comes. */
static void test_foreign_replaced(void **state)
{
	(void)state;
	assert_int_equal(physmap_add_foreign(a, gfn(EMPTY), b, gfn(2)), 0);
	assert_int_equal(physmap_add_foreign(a, gfn(EMPTY), b, gfn(3)), 0);
	assert_int_equal(fake_frame_refs(at(b, 2, P2M_RAM_RW)), 1);
	assert_int_equal(fake_frame_refs(at(b, 3, P2M_RAM_RW)), 2);
	assert_int_equal(physmap_remove(a, gfn(EMPTY)), 0);
}

static void test_foreign_refused(void **state)
{
	(void)state;
	assert_int_equal(physmap_move_page(b, gfn(EMPTY), page), 0);
	assert_int_equal(physmap_add_foreign(a, gfn(EMPTY), b, gfn(EMPTY)),
			 -XEN_EINVAL);
	assert_int_equal(physmap_add_foreign(a, gfn(EMPTY), b, gfn(EMPTY2)),
			 -XEN_EINVAL);
	assert_int_equal(physmap_add_foreign(a, gfn(EMPTY), a, gfn(1)),
			 -XEN_EINVAL);
	/* Not a frame of b's own: nobody passes on what is lent to him. */
	assert_int_equal(physmap_add_foreign(b, gfn(EMPTY2), a, gfn(1)), 0);
	assert_int_equal(physmap_add_foreign(a, gfn(EMPTY), b, gfn(EMPTY2)),
			 -XEN_EINVAL);
	assert_int_equal(physmap_remove(b, gfn(EMPTY2)), 0);
	assert_int_equal(physmap_remove(b, gfn(EMPTY)), 0);

	fake_p2m_fail_after(0);
	assert_int_equal(physmap_add_foreign(a, gfn(EMPTY), b, gfn(2)),
			 -XEN_ENOMEM);
	assert_int_equal(fake_frame_refs(at(b, 2, P2M_RAM_RW)), 1);
}

/* Its maptrack entry holds the frame: it comes and goes by grant calls only. */
static void test_grant_stays(void **state)
{
	const mfn_t m = at(b, 4, P2M_RAM_RW);

	(void)state;
	assert_int_equal(p2m_map(a, gfn(EMPTY), m, 0, P2M_GRANT_RW), 0);
	assert_int_equal(physmap_remove(a, gfn(EMPTY)), -XEN_EBUSY);
	assert_int_equal(physmap_remove_ram(a, gfn(EMPTY), 0), -XEN_EINVAL);
	assert_int_equal(physmap_add_page(a, gfn(EMPTY), page), -XEN_EBUSY);
	assert_int_equal(physmap_add_foreign(a, gfn(EMPTY), b, gfn(2)),
			 -XEN_EBUSY);
	assert_int_equal(physmap_add_ram(a, gfn(EMPTY), m, 0), -XEN_EBUSY);
	assert_int_equal(at(a, EMPTY, P2M_GRANT_RW).v, m.v);
	assert_int_equal(fake_frame_refs(m), 1);
	at(a, 1, P2M_RAM_RW);
	assert_int_equal(p2m_unmap(a, gfn(EMPTY), 0), 0);
}

static void test_remove(void **state)
{
	(void)state;
	assert_int_equal(physmap_remove(a, gfn(EMPTY)), -XEN_ENOENT);
	assert_int_equal(physmap_add_device(a, gfn(EMPTY), mfn(0xfee00)), 0);
	assert_int_equal(physmap_add_device(a, gfn(EMPTY), mfn(0xfee00)),
			 -XEN_EBUSY);
	assert_int_equal(physmap_add_device(a, gfn(1), mfn(0xfee00)),
			 -XEN_EBUSY);
	assert_int_equal(physmap_remove(a, gfn(EMPTY)), -XEN_EINVAL);
	/* A device's place can be taken, though. */
	assert_int_equal(physmap_add_page(a, gfn(EMPTY), page), 0);
	assert_int_equal(physmap_remove(a, gfn(EMPTY)), 0);
	fake_p2m_fail_after(0);
	assert_int_equal(physmap_remove(a, gfn(1)), -XEN_ENOMEM);
	assert_int_equal(fake_frame_refs(at(a, 1, P2M_RAM_RW)), 1);
}

/* All of an extent, or nothing of it: with one change of the tables. */
static void test_remove_large(void **state)
{
	const mfn_t m = frames_alloc(1, 9);

	(void)state;
	assert_int_equal(physmap_add_ram(a, gfn(512), m, 9), 0);
	assert_int_equal(physmap_remove_ram(a, gfn(513), 9), -XEN_EINVAL);
	assert_int_equal(physmap_remove_ram(a, gfn(512), 1), -XEN_EINVAL);
	assert_int_equal(physmap_remove_ram(a, gfn(0), 9), -XEN_EINVAL);
	fake_p2m_fail_after(0);
	assert_int_equal(physmap_remove_ram(a, gfn(512), 9), -XEN_ENOMEM);
	assert_int_equal(a->frame_count, RAM + 512);
	fake_p2m_fail_after(1);
	assert_int_equal(physmap_remove_ram(a, gfn(512), 9), 0);
	fake_p2m_fail_after(-1);
	assert_int_equal(fake_frame_refs(m), 0);
	assert_int_equal(fake_frame_refs(mfn_add(m, 511)), 0);
	assert_int_equal(a->frame_count, RAM);
}

/* Frames that do not follow one another go one by one. */
static void test_remove_scattered(void **state)
{
	const mfn_t m = frames_alloc(1, 9);

	(void)state;
	assert_int_equal(physmap_add_ram(a, gfn(512), m, 9), 0);
	assert_int_equal(physmap_remove_ram(a, gfn(600), 0), 0);
	assert_int_equal(physmap_remove_ram(a, gfn(512), 9), -XEN_EINVAL);

	const mfn_t other = frames_alloc(1, 0);

	/* Our frame may have come back: then it is one run again. */
	if (other.v != m.v + 88) {
		assert_int_equal(physmap_add_ram(a, gfn(600), other, 0), 0);
		assert_int_equal(physmap_remove_ram(a, gfn(512), 9),
				 -XEN_EINVAL);
	} else {
		frame_unref(other);
	}
}

/* The service VM's frames wait for it. */
static void test_pinned(void **state)
{
	const mfn_t m = at(a, 1, P2M_RAM_RW);

	(void)state;
	frame_get(m)->flags |= FRAME_PINNED_1TO1;
	assert_int_equal(physmap_remove_ram(a, gfn(1), 0), 0);
	assert_int_equal(fake_frame_refs(m), 1);
	assert_int_equal(a->frame_count, RAM - 1);
	assert_int_equal(frame_get(m)->gfn, UINT32_MAX);
	frame_unref(m);
}

/* Firmware's tables are mapped as RAM but are in nobody's account. */
static void test_not_in_account(void **state)
{
	(void)state;
	assert_int_equal(p2m_map(a, gfn(EMPTY), mfn(0x80), 0, P2M_RAM_RW), 0);
	assert_int_equal(physmap_remove_ram(a, gfn(EMPTY), 0), -XEN_EINVAL);
	assert_int_equal(physmap_remove(a, gfn(EMPTY)), 0);
	assert_int_equal(a->frame_count, RAM);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_add_ram),          TEST(test_add_ram_refused),
		TEST(test_own_page_moves),   TEST(test_page_in_two_domains),
		TEST(test_page_fails),       TEST(test_foreign),
		TEST(test_foreign_replaced), TEST(test_foreign_refused),
		TEST(test_grant_stays),      TEST(test_remove),
		TEST(test_remove_large),     TEST(test_remove_scattered),
		TEST(test_pinned),           TEST(test_not_in_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
