/* SPDX-License-Identifier: MIT */
/* Limits, and frames that come back to where they belong. */
#include "domain/physmap.h"

#include "arch/x86/features.h"
#include "fake.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct cpu_features cpu_features;

static struct domain *a;
static struct domain *b;

static int setup(void **state)
{
	(void)state;
	fake_reset();
	a = fake_domain_add(1, 1);
	b = fake_domain_add(2, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_check_clean();
	fake_p2m_fail_after(-1);
	fake_domain_remove(a);
	fake_domain_remove(b);
	return 0;
}

static void test_limit(void **state)
{
	(void)state;
	a->frame_max = 513;
	assert_int_equal(reservation_populate(a, gfn(512), 9), 0);
	assert_int_equal(reservation_populate(a, gfn(0), 9), -XEN_ENOMEM);
	assert_int_equal(reservation_populate(a, gfn(2), 0), 0);
	assert_int_equal(reservation_populate(a, gfn(3), 0), -XEN_ENOMEM);
	assert_int_equal(a->frame_count, 513);
	a->frame_max = 1;
	assert_int_equal(reservation_populate(a, gfn(3), 0), -XEN_ENOMEM);
}

/* Frames that found no place are back in the pool. */
static void test_failure_gives_back(void **state)
{
	const uint64_t before = frames_free_count();

	(void)state;
	assert_int_equal(reservation_populate(a, gfn(0), 0), 0);
	assert_int_equal(reservation_populate(a, gfn(0), 0), -XEN_EBUSY);
	assert_int_equal(reservation_populate(a, gfn(1), 9), -XEN_EINVAL);
	fake_p2m_fail_after(0);
	assert_int_equal(reservation_populate(a, gfn(512), 9), -XEN_ENOMEM);
	assert_int_equal(a->frame_count, 1);
	assert_int_equal(frames_free_count(), before - 1);
}

static void test_pool_ends(void **state)
{
	(void)state;
	assert_int_equal(reservation_populate(a, gfn(0), 9), 0);
	assert_int_equal(reservation_populate(a, gfn(512), 9), 0);
	assert_int_equal(reservation_populate(b, gfn(0), 0), -XEN_ENOMEM);
}

/* Ballooned out and in again: gfn == mfn before and after. */
static void test_one_to_one(void **state)
{
	const mfn_t m = frames_alloc(1, 3);

	(void)state;
	for (unsigned int i = 0; i < 8; i++) {
		frame_get(mfn_add(m, i))->flags |= FRAME_PINNED_1TO1;
	}
	a->one_to_one = true;
	for (unsigned int i = 0; i < 8; i++) {
		assert_int_equal(reservation_populate(a, gfn(m.v + i), 0), 0);
	}
	assert_int_equal(physmap_remove_ram(a, gfn(m.v + 2), 0), 0);
	/* Nobody gets it meanwhile. */
	assert_int_equal(fake_frame_refs(mfn_add(m, 2)), 1);
	assert_int_equal(reservation_populate(a, gfn(m.v + 2), 0), 0);
	assert_int_equal(p2m_lookup(a, gfn(m.v + 2), NULL).v, m.v + 2);
	assert_int_equal(a->frame_count, 8);
	assert_int_equal(reservation_populate(a, gfn(m.v + 2), 0), -XEN_EBUSY);
	/* Elsewhere it has no frames. */
	assert_int_equal(reservation_populate(a, gfn(5), 0), -XEN_ENOMEM);
	assert_int_equal(reservation_populate(a, gfn(m.v + 8), 0), -XEN_ENOMEM);
}

/* What is claimed is there for who claimed it, and for nobody else. */
static void test_claim(void **state)
{
	(void)state;
	assert_int_equal(reservation_claim(a, 600), 0);
	assert_int_equal(reservation_claimed(), 600);
	assert_int_equal(reservation_claim(a, 700), -XEN_EINVAL);
	assert_int_equal(reservation_claim(b, 600), -XEN_ENOMEM);
	assert_int_equal(reservation_populate(b, gfn(0), 9), -XEN_ENOMEM);
	assert_int_equal(reservation_populate(b, gfn(0), 0), 0);
	assert_int_equal(reservation_populate(a, gfn(512), 9), 0);
	assert_int_equal(reservation_claimed(), 88);
	assert_int_equal(reservation_claim(b, FAKE_FRAMES - 512 - 88 + 1),
			 -XEN_ENOMEM);
	for (unsigned int i = 0; i < 90; i++) {
		assert_int_equal(reservation_populate(a, gfn(i), 0), 0);
	}
	assert_int_equal(reservation_claimed(), 0);
}

static void test_claim_ends(void **state)
{
	(void)state;
	assert_int_equal(reservation_claim(a, FAKE_FRAMES + 1), -XEN_EINVAL);
	assert_int_equal(reservation_claim(a, FAKE_FRAMES), 0);
	assert_int_equal(reservation_populate(b, gfn(0), 0), -XEN_ENOMEM);
	reservation_unclaim(a);
	assert_int_equal(reservation_claimed(), 0);
	assert_int_equal(reservation_populate(b, gfn(0), 0), 0);
	a->state = DOMAIN_DYING;
	assert_int_equal(reservation_claim(a, 1), -XEN_EINVAL);
	a->state = DOMAIN_RUNNING;
	a->one_to_one = true;
	assert_int_equal(reservation_claim(a, 1), -XEN_EINVAL);
	assert_int_equal(reservation_claim(b, 0), -XEN_EINVAL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_limit),     TEST(test_failure_gives_back),
		TEST(test_pool_ends), TEST(test_one_to_one),
		TEST(test_claim),     TEST(test_claim_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
