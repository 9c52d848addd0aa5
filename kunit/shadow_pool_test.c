// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of shadow_pool: where a block may be placed. What the host gives is
 * tested in guests.
 */
#include "shadow_test.h"

#include "shadow_pool.h"

static void alignment(struct kunit *test)
{
	/* From 2 MiB on a section, below that the largest power of two. */
	KUNIT_EXPECT_EQ(test, shadow_pool_align(SZ_256M, 12), (u64)SZ_2M);
	KUNIT_EXPECT_EQ(test, shadow_pool_align(SZ_2M, 12), (u64)SZ_2M);
	KUNIT_EXPECT_EQ(test, shadow_pool_align(SZ_2M - SZ_4K, 12), (u64)SZ_1M);
	KUNIT_EXPECT_EQ(test, shadow_pool_align(SZ_4K, 12), (u64)SZ_4K);
	KUNIT_EXPECT_EQ(test, shadow_pool_align(3 * SZ_64K, 16), (u64)SZ_128K);
	KUNIT_EXPECT_EQ(test, shadow_pool_align(SZ_64K, 16), (u64)SZ_64K);
}

static void highest_candidate(struct kunit *test)
{
	u64 base = 0;

	/* 1 GiB of RAM at 1 GiB, 100 MiB wanted: 0x80000000 - 0x6400000. */
	KUNIT_EXPECT_TRUE(test, shadow_pool_candidate(0x40000000, 0x80000000,
						      100 * SZ_1M, SZ_2M, &base));
	KUNIT_EXPECT_EQ(test, base, 0x79c00000ULL);
	/* An end that is not aligned costs up to the alignment. */
	KUNIT_EXPECT_TRUE(test, shadow_pool_candidate(0x40000000, 0x7ffff000,
						      SZ_4M, SZ_2M, &base));
	KUNIT_EXPECT_EQ(test, base, 0x7fa00000ULL);
	/* All of it, to the byte. */
	KUNIT_EXPECT_TRUE(test, shadow_pool_candidate(0x40000000, 0x80000000,
						      SZ_1G, SZ_2M, &base));
	KUNIT_EXPECT_EQ(test, base, 0x40000000ULL);
	/* The end of the address space. */
	KUNIT_EXPECT_TRUE(test, shadow_pool_candidate(0, U64_MAX, SZ_2M, SZ_2M,
						      &base));
	KUNIT_EXPECT_EQ(test, base, 0xffffffffffc00000ULL);
}

static void no_candidate(struct kunit *test)
{
	u64 base = 7;

	KUNIT_EXPECT_FALSE(test, shadow_pool_candidate(0x40000000, 0x40000000,
						       SZ_4K, SZ_4K, &base));
	KUNIT_EXPECT_FALSE(test, shadow_pool_candidate(0x40000000, 0x30000000,
						       SZ_4K, SZ_4K, &base));
	KUNIT_EXPECT_FALSE(test, shadow_pool_candidate(0x40000000, 0x40200000,
						       SZ_4M, SZ_2M, &base));
	/* Large enough, but not where the alignment wants it. */
	KUNIT_EXPECT_FALSE(test, shadow_pool_candidate(0x40001000, 0x40201000,
						       SZ_2M, SZ_2M, &base));
	KUNIT_EXPECT_EQ(test, base, 7ULL);
}

/* Against a search from the top, one page at a time. */
static void random_candidates(struct kunit *test)
{
	struct rnd_state rnd;
	int i;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < 20000; i++) {
		u64 floor = shadow_test_below(&rnd, 64) * SZ_4K;
		u64 ceiling = shadow_test_below(&rnd, 128) * SZ_4K;
		u64 bytes = (1 + shadow_test_below(&rnd, 32)) * SZ_4K;
		u64 align = (u64)SZ_4K << shadow_test_below(&rnd, 5);
		u64 want = U64_MAX, got = U64_MAX, at;

		for (at = 0; at + bytes <= ceiling; at += align) {
			if (at >= floor)
				want = at;
		}
		KUNIT_ASSERT_EQ(test, want != U64_MAX,
				shadow_pool_candidate(floor, ceiling, bytes,
						      align, &got));
		KUNIT_ASSERT_EQ(test, want, got);
	}
}

static void block_bounds(struct kunit *test)
{
	char page[16];
	struct shadow_block block = {
		.base = 0x80000000, .bytes = SZ_1M, .virt = page,
	};

	KUNIT_EXPECT_TRUE(test, shadow_block_has(&block, 0x80000000, SZ_1M));
	KUNIT_EXPECT_TRUE(test, shadow_block_has(&block, 0x800ffff8, 8));
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&block, 0x800ffff9, 8));
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&block, 0x7ffffff8, 8));
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&block, 0x80000000, SZ_1M + 1));
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&block, 0x80000000, U64_MAX));
	KUNIT_EXPECT_PTR_EQ(test, shadow_phys_to_virt(&block, 0x80000008),
			    (void *)(page + 8));
	KUNIT_EXPECT_EQ(test, (u64)shadow_virt_to_phys(&block, page + 8),
			0x80000008ULL);
}

static struct kunit_case shadow_pool_cases[] = {
	KUNIT_CASE(alignment),
	KUNIT_CASE(highest_candidate),
	KUNIT_CASE(no_candidate),
	KUNIT_CASE(random_candidates),
	KUNIT_CASE(block_bounds),
	{}
};

static struct kunit_suite shadow_pool_suite = {
	.name = "shadow_pool",
	.test_cases = shadow_pool_cases,
};

kunit_test_suite(shadow_pool_suite);
