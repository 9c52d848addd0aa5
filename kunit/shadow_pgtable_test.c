// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation tables: what map, unmap and protect write, what they refuse, and
 * that they do all or nothing.
 */
#include "shadow_test_shapes.h"

#define UPPER_48	0xffff000000000000ULL
#define UPPER_39	0xffffff8000000000ULL
#define UPPER_52	0xfff0000000000000ULL

/*
 * Descriptors, each put together by hand from the figures "Page descriptor"
 * and "Block descriptor" of the Arm ARM. PAGE_KERNEL: software dirty (55), UXN
 * (54), PXN (53), DBM (51), AF (10), SH (9:8) inner, AttrIndx 0.
 */
static const struct {
	u8 page_shift, va_bits, pa_bits;
	bool ds;
	u64 va, pa, bytes, prot, desc;
} descriptors[] = {
	{ 12, 48, 48, false, UPPER_48, 0x80000000, SZ_4K,
	  SHADOW_PAGE_KERNEL, 0x00e8000080000703 },
	{ 12, 39, 48, false, UPPER_39, 0xfffffffff000, SZ_4K,
	  SHADOW_PAGE_KERNEL, 0x00e8fffffffff703 },
	{ 12, 48, 48, false, UPPER_48, 0x80200000, SZ_2M,
	  SHADOW_PAGE_KERNEL, 0x00e8000080200701 },
	{ 12, 39, 48, false, UPPER_39, 0x40000000, SZ_1G,
	  SHADOW_PAGE_KERNEL, 0x00e8000040000701 },
	/* No DBM, AP[2] = 1; then PXN clear as well */
	{ 12, 48, 48, false, UPPER_48, 0x80000000, SZ_4K,
	  SHADOW_PAGE_KERNEL_RO, 0x00e0000080000783 },
	{ 12, 48, 48, false, UPPER_48, 0x80000000, SZ_4K,
	  SHADOW_PAGE_KERNEL_ROX, 0x00c0000080000783 },
	/* AttrIndx 3, 4 and 2, not dirty */
	{ 12, 48, 48, false, UPPER_48, 0x09000000, SZ_4K,
	  SHADOW_PROT_DEVICE_NGNRNE, 0x006800000900070f },
	{ 12, 48, 48, false, UPPER_48, 0x09000000, SZ_4K,
	  SHADOW_PROT_DEVICE_NGNRE, 0x0068000009000713 },
	{ 12, 48, 48, false, UPPER_48, 0x80000000, SZ_4K,
	  SHADOW_PROT_NORMAL_NC, 0x006800008000070b },
	/* nG, AP[2:1] = 0b11 */
	{ 12, 48, 48, false, UPPER_48, 0x80000000, SZ_4K,
	  SHADOW_PAGE_SHARED, 0x0068000080000fc3 },
	{ 12, 48, 48, false, UPPER_48, 0x80000000, SZ_4K,
	  SHADOW_PAGE_READONLY_EXEC, 0x0020000080000fc3 },
	/* DS=1: no SH; OA[51:50] in 9:8, OA[49:48] in place */
	{ 12, 52, 52, true, UPPER_52, 0x000f123456789000, SZ_4K,
	  SHADOW_PAGE_KERNEL, 0x00eb123456789703 },
	{ 12, 52, 52, true, UPPER_52, 0x0009123456789000, SZ_4K,
	  SHADOW_PAGE_KERNEL, 0x00e9123456789603 },
	{ 12, 48, 52, true, UPPER_48, 0x80000000, SZ_4K,
	  SHADOW_PAGE_KERNEL, 0x00e8000080000403 },
	{ 12, 52, 52, true, UPPER_52, 0x0004008000000000, 1ULL << 39,
	  SHADOW_PAGE_KERNEL, 0x00e8008000000501 },
	{ 14, 48, 48, false, UPPER_48, 0x80004000, SZ_16K,
	  SHADOW_PAGE_KERNEL, 0x00e8000080004703 },
	{ 14, 48, 48, false, UPPER_48, 0x82000000, SZ_32M,
	  SHADOW_PAGE_KERNEL, 0x00e8000082000701 },
	{ 14, 52, 52, true, UPPER_52, 0x0005000040004000, SZ_16K,
	  SHADOW_PAGE_KERNEL, 0x00e9000040004503 },
	{ 14, 52, 52, true, UPPER_52, 0x0008001000000000, 1ULL << 36,
	  SHADOW_PAGE_KERNEL, 0x00e8001000000601 },
	/* 64K: OA[51:48] in 15:12, SH where it was */
	{ 16, 48, 48, false, UPPER_48, 0x80010000, SZ_64K,
	  SHADOW_PAGE_KERNEL, 0x00e8000080010703 },
	{ 16, 52, 52, false, UPPER_52, 0x000a123456780000, SZ_64K,
	  SHADOW_PAGE_KERNEL, 0x00e812345678a703 },
	{ 16, 52, 52, false, UPPER_52, 0x0001000020000000, SZ_512M,
	  SHADOW_PAGE_KERNEL, 0x00e8000020001701 },
	{ 16, 52, 52, false, UPPER_52, 0x000c040000000000, 1ULL << 42,
	  SHADOW_PAGE_KERNEL, 0x00e804000000c701 },
};

static void descriptors_by_hand(struct kunit *test)
{
	struct test_leaf leaf;
	unsigned int i;
	u64 pa, desc;

	for (i = 0; i < ARRAY_SIZE(descriptors); i++) {
		struct test_tables *t =
			test_tables(test, descriptors[i].page_shift,
				    descriptors[i].va_bits,
				    descriptors[i].pa_bits, descriptors[i].ds,
				    true);

		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_map(&t->pgt, descriptors[i].va,
						   descriptors[i].pa,
						   descriptors[i].bytes,
						   descriptors[i].prot, 0), 0);
		KUNIT_ASSERT_TRUE_MSG(test,
				      test_read(t, descriptors[i].va, &leaf),
				      "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, leaf.desc, descriptors[i].desc,
				    "row %u", i);
		KUNIT_EXPECT_EQ(test, leaf.pa, descriptors[i].pa);
		KUNIT_EXPECT_EQ(test, 1ULL << leaf.shift,
				descriptors[i].bytes);
		KUNIT_EXPECT_EQ(test,
				shadow_pgtable_lookup(&t->pgt,
						      descriptors[i].va + 0x123,
						      &pa, &desc), 0);
		KUNIT_EXPECT_EQ(test, pa, descriptors[i].pa + 0x123);
		KUNIT_EXPECT_EQ(test, desc, descriptors[i].desc);
		TEST_TABLES_VERIFY(test, t);
	}
}

/* Table descriptors: address, type, limits, and the count in ignored bits */
static void table_descriptors_by_hand(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	struct test_tables *large;
	u64 *root = t->block.virt;
	int i;

	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_map(&t->pgt,
						   UPPER_48 + i * SZ_8K,
						   0x90000000, SZ_4K,
						   SHADOW_PAGE_KERNEL, 0), 0);
	/* The fixture hands out pages in ascending order; root, 1, 2, 3 */
	KUNIT_EXPECT_EQ(test, root[0], 0x80001003 | 1 << 2);
	KUNIT_EXPECT_EQ(test, root[512], 0x80002003 | 1 << 2);
	KUNIT_EXPECT_EQ(test, root[1024], 0x80003003 | 3 << 2);

	/* 65 entries: 1 in bits 7:2, 1 in bits 58:51 */
	t->pgt.table_prot = SHADOW_TABLE_UXN;
	KUNIT_ASSERT_EQ(test,
			shadow_pgtable_map(&t->pgt, UPPER_48 + SZ_2M,
					   0x90000000, 65 * SZ_4K,
					   SHADOW_PAGE_KERNEL, 0), 0);
	KUNIT_EXPECT_EQ(test, root[1025],
			0x80004003 | 1 << 2 | 1ULL << 51 | 1ULL << 60);
	TEST_TABLES_VERIFY(test, t);

	/* A 64K table that is full holds 8192, above 48 bits of address */
	large = test_tables_at(test, 0x000a000000000000, 16, 48, 52, false,
			       true);
	KUNIT_ASSERT_EQ(test,
			shadow_pgtable_map(&large->pgt, UPPER_48, 0x80000000,
					   SZ_512M, SHADOW_PAGE_KERNEL,
					   SHADOW_MAP_NO_BLOCK), 0);
	root = large->block.virt;
	KUNIT_EXPECT_EQ(test, root[8192],
			0x2a003 | 128ULL << 51 | SHADOW_TABLE_KEEP);
	TEST_TABLES_VERIFY(test, large);
}

/* The quick way refuses what the long way refuses, and frees the last table */
static void same_table_again(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	struct test_leaf leaf;
	int i;

	for (i = 0; i < 4; i++)
		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_map(&t->pgt,
						   UPPER_48 + i * SZ_4K,
						   0x90000000 + i * SZ_4K,
						   SZ_4K, SHADOW_PAGE_KERNEL,
						   0), 0);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_map(&t->pgt, UPPER_48 + SZ_8K, 0,
						 SZ_4K, SHADOW_PAGE_KERNEL, 0),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_map(&t->pgt, UPPER_48 + SZ_32K, 0,
						 SZ_4K, SHADOW_PAGE_KERNEL_EXEC,
						 0), -EPERM);
	KUNIT_ASSERT_TRUE(test, test_read(t, UPPER_48 + SZ_8K, &leaf));
	KUNIT_EXPECT_EQ(test, leaf.pa, 0x90002000);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, UPPER_48 + SZ_32K,
						   SZ_4K), -ENOENT);
	TEST_TABLES_VERIFY(test, t);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, t->nr_used, 4);
		KUNIT_EXPECT_EQ(test,
				shadow_pgtable_unmap(&t->pgt,
						     UPPER_48 + i * SZ_4K,
						     SZ_4K), 0);
		KUNIT_EXPECT_EQ(test,
				shadow_pgtable_unmap(&t->pgt,
						     UPPER_48 + i * SZ_4K,
						     SZ_4K), -ENOENT);
		TEST_TABLES_VERIFY(test, t);
	}
	KUNIT_EXPECT_EQ(test, t->nr_used, 1);
}

/* The largest leaves, by hand: misaligned start, block, larger block, rest */
static void largest_leaves(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	struct test_leaf leaf;
	u64 va = UPPER_48 + SZ_1G - SZ_2M - SZ_4K;
	u64 pa = 0x100000000 - SZ_2M - SZ_4K;

	KUNIT_ASSERT_EQ(test,
			shadow_pgtable_map(&t->pgt, va, pa, SZ_1G + 2 * SZ_2M +
					   2 * SZ_4K, SHADOW_PAGE_KERNEL, 0),
			0);
	KUNIT_ASSERT_TRUE(test, test_read(t, va, &leaf));
	KUNIT_EXPECT_EQ(test, leaf.shift, 12);
	KUNIT_ASSERT_TRUE(test, test_read(t, va + SZ_4K, &leaf));
	KUNIT_EXPECT_EQ(test, leaf.shift, 21);
	KUNIT_ASSERT_TRUE(test, test_read(t, va + SZ_4K + SZ_2M, &leaf));
	KUNIT_EXPECT_EQ(test, leaf.shift, 30);
	KUNIT_EXPECT_EQ(test, leaf.pa, 0x100000000);
	va = UPPER_48 + 2ULL * SZ_1G;
	KUNIT_ASSERT_TRUE(test, test_read(t, va, &leaf));
	KUNIT_EXPECT_EQ(test, leaf.shift, 21);
	KUNIT_ASSERT_TRUE(test, test_read(t, va + SZ_2M, &leaf));
	KUNIT_EXPECT_EQ(test, leaf.shift, 12);
	KUNIT_EXPECT_FALSE(test, test_read(t, va + SZ_2M + SZ_4K, &leaf));
	TEST_TABLES_VERIFY(test, t);

	/* The same when told to use pages; alignment that differs likewise */
	KUNIT_ASSERT_EQ(test,
			shadow_pgtable_map(&t->pgt, UPPER_48 + 4ULL * SZ_1G,
					   0x80000000, SZ_2M,
					   SHADOW_PAGE_KERNEL,
					   SHADOW_MAP_NO_BLOCK), 0);
	KUNIT_ASSERT_TRUE(test, test_read(t, UPPER_48 + 4ULL * SZ_1G, &leaf));
	KUNIT_EXPECT_EQ(test, leaf.shift, 12);
	KUNIT_ASSERT_EQ(test,
			shadow_pgtable_map(&t->pgt, UPPER_48 + 5ULL * SZ_1G,
					   0x80001000, SZ_2M,
					   SHADOW_PAGE_KERNEL, 0), 0);
	KUNIT_ASSERT_TRUE(test, test_read(t, UPPER_48 + 5ULL * SZ_1G, &leaf));
	KUNIT_EXPECT_EQ(test, leaf.shift, 12);
	TEST_TABLES_VERIFY(test, t);
}

/* Physical addresses that run over the place where the encoding changes */
static void map_across_encodings(struct kunit *test)
{
	struct test_tables *ds = test_tables(test, 12, 52, 52, true, true);
	struct test_tables *lpa = test_tables(test, 16, 52, 52, false, true);
	struct test_leaf leaf;
	int i;

	KUNIT_ASSERT_EQ(test,
			shadow_pgtable_map(&ds->pgt, UPPER_52,
					   (1ULL << 50) - 4 * SZ_4K, 8 * SZ_4K,
					   SHADOW_PAGE_KERNEL, 0), 0);
	KUNIT_ASSERT_EQ(test,
			shadow_pgtable_map(&lpa->pgt, UPPER_52,
					   (3ULL << 48) - 4 * SZ_64K,
					   8 * SZ_64K, SHADOW_PAGE_KERNEL, 0),
			0);
	for (i = 0; i < 8; i++) {
		KUNIT_ASSERT_TRUE(test, test_read(ds, UPPER_52 + i * SZ_4K,
						  &leaf));
		KUNIT_EXPECT_EQ(test, leaf.pa, (1ULL << 50) + (i - 4) * SZ_4K);
		KUNIT_ASSERT_TRUE(test, test_read(lpa, UPPER_52 + i * SZ_64K,
						  &leaf));
		KUNIT_EXPECT_EQ(test, leaf.pa, (3ULL << 48) + (i - 4) * SZ_64K);
	}
	TEST_TABLES_VERIFY(test, ds);
	TEST_TABLES_VERIFY(test, lpa);
}

static void map_refuses(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	struct test_snapshot snap;
	unsigned int i;
	const struct {
		u64 va, pa, bytes, prot;
		unsigned int flags;
		int err;
	} rows[] = {
		{ UPPER_48 + 1, 0, SZ_4K, SHADOW_PAGE_KERNEL, 0, -EINVAL },
		{ UPPER_48, 0x800, SZ_4K, SHADOW_PAGE_KERNEL, 0, -EINVAL },
		{ UPPER_48, 0, SZ_4K + 8, SHADOW_PAGE_KERNEL, 0, -EINVAL },
		{ UPPER_48, 0, 0, SHADOW_PAGE_KERNEL, 0, -EINVAL },
		{ -(u64)SZ_4K, 0, SZ_8K, SHADOW_PAGE_KERNEL, 0, -EINVAL },
		{ UPPER_48, -(u64)SZ_4K, SZ_8K, SHADOW_PAGE_KERNEL, 0, -EINVAL },
		{ UPPER_48, 0, SZ_4K, SHADOW_PAGE_KERNEL, BIT(7), -EINVAL },
		/* No access flag, a contiguous hint, MAIR index 5, SH 1 */
		{ UPPER_48, 0, SZ_4K, SHADOW_PAGE_KERNEL & ~SHADOW_ATTR_AF, 0,
		  -EINVAL },
		{ UPPER_48, 0, SZ_4K, SHADOW_PAGE_KERNEL | SHADOW_ATTR_CONT, 0,
		  -EINVAL },
		{ UPPER_48, 0, SZ_4K, SHADOW_PAGE_KERNEL | 5 << 2, 0, -EINVAL },
		{ UPPER_48, 0, SZ_4K, SHADOW_PAGE_KERNEL & ~BIT_ULL(9), 0,
		  -EINVAL },
		{ UPPER_48, 0, SZ_4K, SHADOW_PAGE_KERNEL | 1, 0, -EINVAL },
		{ UPPER_48, 0, SZ_4K, SHADOW_PAGE_KERNEL_EXEC, 0, -EPERM },
		{ UPPER_48, 0, SZ_4K, SHADOW_PAGE_SHARED_EXEC, 0, -EPERM },
		{ UPPER_48 - SZ_4K, 0, SZ_4K, SHADOW_PAGE_KERNEL, 0, -ERANGE },
		{ 0, 0, SZ_4K, SHADOW_PAGE_KERNEL, 0, -ERANGE },
		{ UPPER_48, BIT_ULL(48), SZ_4K, SHADOW_PAGE_KERNEL, 0,
		  -ERANGE },
		{ UPPER_48, BIT_ULL(48) - SZ_4K, SZ_8K, SHADOW_PAGE_KERNEL, 0,
		  -ERANGE },
		{ UPPER_48 + SZ_4K, 0, SZ_4K, SHADOW_PAGE_KERNEL, 0, -EEXIST },
		{ UPPER_48, 0, SZ_2M, SHADOW_PAGE_KERNEL, 0, -EEXIST },
		{ UPPER_48 + SZ_1G, 0, SZ_4K, SHADOW_PAGE_KERNEL, 0, -EEXIST },
		/* 511 blocks are written before something is in the way */
		{ UPPER_48 + SZ_2M, SZ_2M, SZ_1G - SZ_2M + SZ_4K,
		  SHADOW_PAGE_KERNEL, 0, -EEXIST },
	};

	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, UPPER_48 + SZ_4K,
						 0x80000000, SZ_4K,
						 SHADOW_PAGE_KERNEL, 0), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, UPPER_48 + SZ_1G,
						 0x80000000, SZ_1G,
						 SHADOW_PAGE_KERNEL, 0), 0);
	test_snapshot_init(test, t, &snap);
	test_snapshot_take(t, &snap);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		KUNIT_EXPECT_EQ_MSG(test,
				    shadow_pgtable_map(&t->pgt, rows[i].va,
						       rows[i].pa,
						       rows[i].bytes,
						       rows[i].prot,
						       rows[i].flags),
				    rows[i].err, "row %u", i);
		KUNIT_EXPECT_TRUE_MSG(test, test_snapshot_same(t, &snap),
				      "row %u", i);
	}
	KUNIT_EXPECT_EQ(test, shadow_pgtable_map(&t->pgt, UPPER_48, 0, SZ_4K,
						 SHADOW_PAGE_KERNEL_EXEC,
						 SHADOW_MAP_FORCE), 0);
	TEST_TABLES_VERIFY(test, t);
}

#define NR_SCATTERED	700

/* Pages in no order, over the ends of tables; then what is in the way of one */
static void scattered_pages(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	phys_addr_t *pa = shadow_test_alloc(test, NR_SCATTERED * sizeof(*pa));
	const u64 va = UPPER_48 + SZ_2M - 17 * SZ_4K;
	struct shadow_walker walker;
	struct test_snapshot snap;
	struct shadow_walk walk;
	unsigned int i;

	for (i = 0; i < NR_SCATTERED; i++)
		pa[i] = 0x80000000ULL + (u64)(i * 389 % NR_SCATTERED) * SZ_4K;
	KUNIT_ASSERT_EQ(test, 0, shadow_pgtable_map(&t->pgt,
						    va + 650 * (u64)SZ_4K, 0, SZ_4K,
						    SHADOW_PAGE_KERNEL, 0));
	test_snapshot_init(test, t, &snap);
	test_snapshot_take(t, &snap);
	KUNIT_EXPECT_EQ(test, -EEXIST,
			shadow_pgtable_map_pages(&t->pgt, va, pa, NR_SCATTERED,
						 SHADOW_PAGE_KERNEL, 0));
	KUNIT_EXPECT_TRUE(test, test_snapshot_same(t, &snap));
	KUNIT_EXPECT_EQ(test, -EPERM,
			shadow_pgtable_map_pages(&t->pgt, va, pa, 650,
						 SHADOW_PAGE_KERNEL_EXEC, 0));
	pa[600] |= BIT_ULL(48);
	KUNIT_EXPECT_EQ(test, -ERANGE,
			shadow_pgtable_map_pages(&t->pgt, va, pa, 650,
						 SHADOW_PAGE_KERNEL, 0));
	pa[600] ^= BIT_ULL(48) | BIT(5);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			shadow_pgtable_map_pages(&t->pgt, va, pa, 650,
						 SHADOW_PAGE_KERNEL, 0));
	pa[600] ^= BIT(5);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			shadow_pgtable_map_pages(&t->pgt, va, pa, 0,
						 SHADOW_PAGE_KERNEL, 0));
	KUNIT_EXPECT_TRUE(test, test_snapshot_same(t, &snap));

	KUNIT_EXPECT_EQ(test, 0,
			shadow_pgtable_map_pages(&t->pgt, va, pa, 650,
						 SHADOW_PAGE_KERNEL, 0));
	TEST_TABLES_VERIFY(test, t);
	shadow_pgtable_walker(&t->pgt, &walker);
	for (i = 0; i < 650; i++) {
		shadow_walk(&walker, va + i * (u64)SZ_4K, &walk);
		KUNIT_ASSERT_EQ(test, walk.fault, SHADOW_WALK_OK);
		KUNIT_ASSERT_EQ(test, walk.pa, pa[i]);
	}
	KUNIT_EXPECT_EQ(test, 0, shadow_pgtable_unmap(&t->pgt, va,
						      651 * (u64)SZ_4K));
	TEST_TABLES_VERIFY(test, t);
	KUNIT_EXPECT_EQ(test, 1, t->pgt.nr_tables);
}

/* Both ends of both halves, and nothing beyond */
static void ends_of_halves(struct kunit *test)
{
	int upper;

	for (upper = 0; upper < 2; upper++) {
		struct test_tables *t = test_tables_of_shape(test, upper);
		u64 first = test_first_of(t, upper), page = test_page_of(t);
		u64 last = first + (1ULL << t->shape.va_bits) - page;
		struct test_leaf leaf;

		KUNIT_EXPECT_EQ(test, shadow_pgtable_map(&t->pgt, first, page,
							 page,
							 SHADOW_PAGE_KERNEL,
							 0), 0);
		KUNIT_EXPECT_EQ(test, shadow_pgtable_map(&t->pgt, last,
							 2 * page, page,
							 SHADOW_PAGE_KERNEL,
							 0), 0);
		KUNIT_EXPECT_TRUE(test, test_read(t, first, &leaf));
		KUNIT_EXPECT_EQ(test, leaf.pa, page);
		KUNIT_EXPECT_TRUE(test, test_read(t, last, &leaf));
		KUNIT_EXPECT_EQ(test, leaf.pa, 2 * page);
		KUNIT_EXPECT_NE(test, shadow_pgtable_map(&t->pgt, last + page,
							 page, page,
							 SHADOW_PAGE_KERNEL,
							 0), 0);
		KUNIT_EXPECT_EQ(test, shadow_pgtable_map(&t->pgt, first - page,
							 page, page,
							 SHADOW_PAGE_KERNEL,
							 0), -ERANGE);
		TEST_TABLES_VERIFY(test, t);
		KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, last, page),
				0);
		KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, first,
							   page), 0);
		TEST_TABLES_VERIFY(test, t);
		KUNIT_EXPECT_EQ(test, t->nr_used, 1);
		shadow_pgtable_fini(&t->pgt);
		KUNIT_EXPECT_EQ(test, t->nr_used, 0);
		KUNIT_EXPECT_FALSE(test, t->misuse);
	}
}

/* Each page translates to what it did before, those of [from, to) do not */
static void expect_hole(struct kunit *test, const struct test_tables *t, u64 va,
			u64 pa, u64 nr_pages, u64 from, u64 to)
{
	u64 page = test_page_of(t), i;

	for (i = 0; i < nr_pages; i++) {
		struct test_leaf leaf;
		bool mapped = test_read(t, va + i * page, &leaf);

		KUNIT_ASSERT_EQ_MSG(test, mapped, i < from || i >= to,
				    "page %llu of %llu", i, nr_pages);
		if (mapped)
			KUNIT_ASSERT_EQ(test, leaf.pa, pa + i * page);
	}
}

/* Holes at the start, the end and in the middle of two blocks */
static void unmap_splits(struct kunit *test)
{
	struct test_tables *t = test_tables_of_shape(test, true);
	u64 page = test_page_of(t), block = test_block_of(t);
	u64 va = test_first_of(t, true), n = block / page;
	struct test_leaf leaf;
	unsigned int i;
	const struct {
		u64 from, to;
	} rows[] = {
		{ 0, 1 }, { n - 1, n }, { n / 2, n / 2 + 1 }, { 1, n - 1 },
		{ 1, 2 * n - 1 }, { n, n + 1 }, { 0, n }, { 0, n + 1 },
		{ 1, 2 * n }, { n - 1, n + 1 }, { 0, 2 * n },
	};

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_map(&t->pgt, va, 4 * block,
						   2 * block,
						   SHADOW_PAGE_KERNEL_RO, 0),
				0);
		KUNIT_ASSERT_TRUE(test, test_read(t, va, &leaf));
		KUNIT_ASSERT_EQ(test, 1ULL << leaf.shift, block);
		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_unmap(&t->pgt,
						     va + rows[i].from * page,
						     (rows[i].to -
						      rows[i].from) * page), 0);
		expect_hole(test, t, va, 4 * block, 2 * n, rows[i].from,
			    rows[i].to);
		TEST_TABLES_VERIFY(test, t);
		/* The rest goes in up to two pieces */
		if (rows[i].from)
			KUNIT_ASSERT_EQ(test,
					shadow_pgtable_unmap(&t->pgt, va,
							     rows[i].from *
							     page), 0);
		if (rows[i].to < 2 * n)
			KUNIT_ASSERT_EQ(test,
					shadow_pgtable_unmap(&t->pgt,
							     va + rows[i].to *
							     page,
							     (2 * n -
							      rows[i].to) *
							     page), 0);
		KUNIT_ASSERT_EQ(test, t->nr_used, 1);
		TEST_TABLES_VERIFY(test, t);
	}
}

/* One page out of the largest block there is, down through all levels */
static void unmap_splits_deep(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 52, 52, true, true);
	u64 va = UPPER_52 + (5ULL << 39);
	u64 hole = va + SZ_1G + SZ_2M + 3 * SZ_4K;
	struct test_leaf leaf;

	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va, 7ULL << 39,
						 1ULL << 39, SHADOW_PAGE_KERNEL,
						 0), 0);
	KUNIT_EXPECT_EQ(test, t->nr_used, 2);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(&t->pgt, hole, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, t->nr_used, 5);
	KUNIT_EXPECT_FALSE(test, test_read(t, hole, &leaf));
	KUNIT_ASSERT_TRUE(test, test_read(t, hole + SZ_4K, &leaf));
	KUNIT_EXPECT_EQ(test, leaf.shift, 12);
	KUNIT_EXPECT_EQ(test, leaf.pa, (7ULL << 39) + SZ_1G + SZ_2M + SZ_16K);
	KUNIT_ASSERT_TRUE(test, test_read(t, va + SZ_1G, &leaf));
	KUNIT_EXPECT_EQ(test, leaf.shift, 21);
	KUNIT_ASSERT_TRUE(test, test_read(t, va, &leaf));
	KUNIT_EXPECT_EQ(test, leaf.shift, 30);
	TEST_TABLES_VERIFY(test, t);
}

/* Each allocation of an operation fails once: nothing has changed */
static void out_of_memory(struct kunit *test)
{
	struct test_tables *t = test_tables_of_shape(test, true);
	u64 page = test_page_of(t), block = test_block_of(t), n = block / page;
	u64 va = test_first_of(t, true) + block - page;
	struct test_snapshot snap;
	int op, err;
	u64 fail;

	test_snapshot_init(test, t, &snap);
	/* A map that needs tables on both sides, a split, a split for prot */
	for (op = 0; op < 3; op++) {
		for (fail = 0; ; fail++) {
			KUNIT_ASSERT_LT(test, fail, 32);
			test_snapshot_take(t, &snap);
			t->fail_at = t->nr_allocs + fail;
			if (op == 0)
				err = shadow_pgtable_map(&t->pgt, va,
							 3 * block - page,
							 2 * block + 2 * page,
							 SHADOW_PAGE_KERNEL, 0);
			else if (op == 1)
				err = shadow_pgtable_unmap(&t->pgt,
							   va + 3 * page,
							   (n + 3) * page);
			else
				err = shadow_pgtable_protect(&t->pgt,
							     va + 2 * block,
							     page,
							     SHADOW_PAGE_KERNEL_RO,
							     0);
			t->fail_at = U64_MAX;
			TEST_TABLES_VERIFY(test, t);
			if (!err)
				break;
			KUNIT_ASSERT_EQ(test, err, -ENOMEM);
			KUNIT_ASSERT_TRUE_MSG(test,
					      test_snapshot_same(t, &snap),
					      "operation %d, allocation %llu",
					      op, fail);
		}
		/* Each did allocate, but for the last: that is split by now */
		KUNIT_EXPECT_GE(test, fail, op == 2 ? 0 : 1);
	}
}

/* What is in the way only at the end of a range */
static void unmap_refuses(struct kunit *test)
{
	struct test_tables *t = test_tables_of_shape(test, false);
	u64 page = test_page_of(t), block = test_block_of(t);
	struct test_snapshot snap;

	test_snapshot_init(test, t, &snap);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, block - page,
						 block - page, page + block,
						 SHADOW_PAGE_KERNEL, 0), 0);
	test_snapshot_take(t, &snap);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, block - page,
						   block + 2 * page), -ENOENT);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, block - 2 * page,
						   2 * page), -ENOENT);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, block + page,
						   block), -ENOENT);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, 0, page), -ENOENT);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, block, 0),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, block + 1, page),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, block, page + 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, -page, page),
			-ERANGE);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_protect(&t->pgt, block, 2 * block,
						     SHADOW_PAGE_KERNEL_RO, 0),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_protect(&t->pgt, block, block,
						     SHADOW_PAGE_KERNEL_EXEC,
						     0), -EPERM);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_protect(&t->pgt, block, block,
						     SHADOW_PAGE_KERNEL,
						     SHADOW_MAP_NO_BLOCK),
			-EINVAL);
	KUNIT_EXPECT_TRUE(test, test_snapshot_same(t, &snap));
	TEST_TABLES_VERIFY(test, t);
}

static void protect_keeps_addresses(struct kunit *test)
{
	struct test_tables *t = test_tables_of_shape(test, true);
	u64 page = test_page_of(t), block = test_block_of(t), va = test_first_of(t, true);
	u64 n = block / page, i;
	struct test_leaf leaf;

	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va, 2 * block,
						 2 * block, SHADOW_PAGE_KERNEL,
						 0), 0);
	KUNIT_ASSERT_EQ(test,
			shadow_pgtable_protect(&t->pgt, va + 2 * page, block,
					       SHADOW_PAGE_KERNEL_ROX, 0), 0);
	for (i = 0; i < 2 * n; i++) {
		KUNIT_ASSERT_TRUE(test, test_read(t, va + i * page, &leaf));
		KUNIT_ASSERT_EQ(test, leaf.pa, 2 * block + i * page);
		/* AP[2] and PXN */
		KUNIT_ASSERT_EQ(test, leaf.desc >> 7 & 1, i >= 2 && i < n + 2);
		KUNIT_ASSERT_EQ(test, leaf.desc >> 53 & 1, i < 2 || i >= n + 2);
	}
	TEST_TABLES_VERIFY(test, t);
}

/* Pages of the old source are given back to the new one */
static void count_free(void *ctx, phys_addr_t pa)
{
	++*(unsigned int *)ctx;
}

static int never_alloc(void *ctx, phys_addr_t *pa)
{
	return -ENOMEM;
}

static void ops_are_swapped(struct kunit *test)
{
	static const struct shadow_pgtable_ops buddy = {
		.alloc_table = never_alloc,
		.free_table = count_free,
	};
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	unsigned int nr_freed = 0;

	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, UPPER_48, 0, SZ_4K,
						 SHADOW_PAGE_KERNEL, 0), 0);
	shadow_pgtable_set_ops(&t->pgt, &buddy, &nr_freed);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_map(&t->pgt, UPPER_48 + SZ_1G, 0,
						 SZ_4K, SHADOW_PAGE_KERNEL, 0),
			-ENOMEM);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, UPPER_48, SZ_4K),
			0);
	KUNIT_EXPECT_EQ(test, nr_freed, 3);
	KUNIT_EXPECT_EQ(test, t->nr_used, 4);
	KUNIT_EXPECT_EQ(test, t->pgt.nr_tables, 1);
	shadow_pgtable_fini(&t->pgt);
	KUNIT_EXPECT_EQ(test, nr_freed, 4);
}

/* A source that gives what is no table */
static int give_bad_page(void *ctx, phys_addr_t *pa)
{
	*pa = *(u64 *)ctx;
	return 0;
}

static void bad_table_pages(struct kunit *test)
{
	static const struct shadow_pgtable_ops bad = {
		.alloc_table = give_bad_page,
		.free_table = test_tables_free,
	};
	u64 pages[] = { SHADOW_TEST_BASE - SZ_4K, SHADOW_TEST_BASE + 8,
			SHADOW_TEST_BASE + (u64)TEST_NR_TABLES * SZ_4K, 0 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		struct test_tables *t = test_tables(test, 12, 48, 48, false,
						    true);

		shadow_pgtable_set_ops(&t->pgt, &bad, &pages[i]);
		KUNIT_EXPECT_EQ(test,
				shadow_pgtable_map(&t->pgt, UPPER_48, 0, SZ_4K,
						   SHADOW_PAGE_KERNEL, 0),
				-EUCLEAN);
		KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&t->fault));
	}
}

/* What verify must see: a descriptor is overwritten, the text is expected */
static void corruption_is_seen(struct kunit *test)
{
	/* In the fixture: root, level 1, 2, 3; a block at level 2, entry 1 */
	static const struct {
		unsigned int entry;
		u64 desc;
		const char *text;
	} rows[] = {
		{ 1536, 0, "table is empty" },
		{ 1537, 0x90000703, "wrong count of entries" },
		{ 1536, 0x90000303, "access flag clear" },
		{ 1536, 0x90000701, "block at a level that has none" },
		{ 1536, 0x90000702, "bits in an invalid descriptor" },
		{ 1536, 0x0001000090000703, "reserved bits set" },
		{ 1536, 0x0010000090000703, "contiguous hint in a group" },
		{ 1025, 0x00f0000090200701, "contiguous hint in a group" },
		{ 1536, 0x8000000090000703, "reserved bits set" },
		{ 1025, 0x00e8000090001701, "output address misaligned" },
		{ 0, 0x00e8000000000701, "block at a level that has none" },
		{ 1024, 0x7fffff003, "table outside the block" },
		{ 1024, 0x80003003 | 1ULL << 48 | 1 << 2, "reserved bits set" },
		{ 1024, 0x80003003 | 2 << 2, "wrong count of entries" },
		/* A table that is linked twice, and one that is in a loop */
		{ 1026, 0x80003003 | 1 << 2, "more tables than were allocated" },
		{ 1024, 0x80001003 | 1 << 2, "" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct test_tables *t = test_tables(test, 12, 48, 48, false,
						    true);
		u64 *memory = t->block.virt;
		struct shadow_fault fault;

		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_map(&t->pgt, UPPER_48,
						   0x90000000, SZ_4K,
						   SHADOW_PAGE_KERNEL, 0), 0);
		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_map(&t->pgt, UPPER_48 + SZ_2M,
						   0x90200000, SZ_2M,
						   SHADOW_PAGE_KERNEL, 0), 0);
		TEST_TABLES_VERIFY(test, t);
		memory[rows[i].entry] = rows[i].desc;
		shadow_fault_init(&fault);
		KUNIT_EXPECT_EQ_MSG(test,
				    shadow_pgtable_verify(&t->pgt, &fault),
				    -EUCLEAN, "row %u", i);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(fault.text,
						       rows[i].text),
					  "row %u: %s", i, fault.text);
		/* Verify only looks */
		KUNIT_EXPECT_FALSE(test, shadow_fault_frozen(&t->fault));
	}
}

/* One table linked twice, another one not at all: their number is right */
static void swapped_link_is_seen(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	struct shadow_fault fault;
	u64 *memory = t->block.virt;

	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, UPPER_48, 0, SZ_4K,
						 SHADOW_PAGE_KERNEL, 0), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, UPPER_48 + SZ_2M, 0,
						 SZ_4K, SHADOW_PAGE_KERNEL, 0),
			0);
	memory[1025] = memory[1024];
	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_verify(&t->pgt, &fault), -EUCLEAN);
	KUNIT_EXPECT_NOT_NULL(test, strstr(fault.text, "linked twice"));
}

/* Work on broken tables ends, freezes them and harms nobody */
static void corruption_freezes(struct kunit *test)
{
	static const struct {
		unsigned int entry;
		u64 desc;
	} rows[] = {
		{ 1024, 0x7fffff003 },		/* outside the block */
		{ 1024, 0x80003003 },		/* count 0 */
		{ 1536, 0x90000701 },		/* a block at level 3 */
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct test_tables *t = test_tables(test, 12, 48, 48, false,
						    true);
		u64 *memory = t->block.virt;

		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_map(&t->pgt, UPPER_48,
						   0x90000000, SZ_4K,
						   SHADOW_PAGE_KERNEL, 0), 0);
		memory[rows[i].entry] = rows[i].desc;
		KUNIT_EXPECT_EQ_MSG(test,
				    shadow_pgtable_unmap(&t->pgt, UPPER_48,
							 SZ_4K), -EUCLEAN,
				    "row %u", i);
		KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&t->fault));
		KUNIT_EXPECT_EQ(test,
				shadow_pgtable_map(&t->pgt, UPPER_48 + SZ_1G,
						   0, SZ_4K,
						   SHADOW_PAGE_KERNEL, 0),
				-EUCLEAN);
		shadow_pgtable_fini(&t->pgt);
		KUNIT_EXPECT_FALSE(test, t->misuse);
	}
}

static void events_are_counted(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	void *counts = kunit_kzalloc(test, shadow_event_bytes(1), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, counts);
	shadow_event_set_counts(&t->log, counts, 1);
	shadow_event_enable(true);
	shadow_pgtable_map(&t->pgt, UPPER_48, 0x80000000, SZ_2M,
			   SHADOW_PAGE_KERNEL, 0);
	shadow_pgtable_unmap(&t->pgt, UPPER_48, SZ_4K);
	shadow_event_enable(false);
	KUNIT_EXPECT_EQ(test, shadow_event_count(&t->log, SHADOW_EV_MAP), 512);
	KUNIT_EXPECT_EQ(test, shadow_event_count(&t->log, SHADOW_EV_UNMAP), 1);
	KUNIT_EXPECT_EQ(test, shadow_event_count(&t->log, SHADOW_EV_TABLE_ALLOC), 3);
	KUNIT_EXPECT_EQ(test, shadow_event_count(&t->log, SHADOW_EV_BLOCK_SPLIT), 1);
}

static u64 told[SHADOW_NR_EVENTS];

static void add_told(const struct shadow_event_log *log,
		     const struct shadow_event_args *args)
{
	told[args->id] += args->nr;
}

/*
 * Pages come and go by the quick way and by others; what counters have without
 * a listener is what a listener is told.
 */
static void counted_as_told(struct kunit *test)
{
	static const enum shadow_event_id ids[] = {
		SHADOW_EV_MAP, SHADOW_EV_UNMAP, SHADOW_EV_TLBI,
	};
	u64 count[2][ARRAY_SIZE(ids)] = {};
	struct rnd_state first, rnd;
	unsigned int round, i, page;
	struct test_tables *t;

	shadow_test_seed(test, &first);
	memset(told, 0, sizeof(told));
	for (round = 0; round < 2; round++) {
		t = test_tables(test, 12, 48, 48, false, true);
		rnd = first;
		for (i = 0; i < ARRAY_SIZE(ids) && round; i++)
			shadow_event_listen(ids[i], true);
		shadow_event_sink = round ? add_told : NULL;
		shadow_event_enable(true);
		for (i = 0; i < 2000; i++) {
			page = shadow_test_below(&rnd, 600);
			if (shadow_test_below(&rnd, 2))
				shadow_pgtable_map(&t->pgt, UPPER_48 + page * SZ_4K,
						   0x80000000 + page * SZ_4K,
						   (1 + shadow_test_below(&rnd, 3)) * SZ_4K,
						   SHADOW_PAGE_KERNEL, 0);
			else if (shadow_test_below(&rnd, 8))
				shadow_pgtable_unmap(&t->pgt, UPPER_48 + page * SZ_4K,
						     (1 + page % 2) * SZ_4K);
			else
				shadow_pgtable_unmap_lazy(&t->pgt,
							  UPPER_48 + page * SZ_4K,
							  SZ_4K);
			if (i % 100 == 99)
				shadow_pgtable_invalidate(&t->pgt, UPPER_48, SZ_4M);
		}
		shadow_event_enable(false);
		shadow_event_sink = NULL;
		for (i = 0; i < ARRAY_SIZE(ids); i++) {
			count[round][i] = shadow_event_count(&t->log, ids[i]);
			if (round)
				shadow_event_listen(ids[i], false);
		}
	}
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		KUNIT_EXPECT_EQ(test, count[0][i], count[1][i]);
		KUNIT_EXPECT_EQ(test, count[1][i], told[ids[i]]);
		KUNIT_EXPECT_GT(test, count[0][i], 100);
	}
	/* What was counted stays when the tables are gone */
	shadow_pgtable_fini(&t->pgt);
	KUNIT_EXPECT_EQ(test, shadow_event_count(&t->log, SHADOW_EV_MAP), count[1][0]);
}

static struct kunit_case pgtable_cases[] = {
	KUNIT_CASE(descriptors_by_hand),
	KUNIT_CASE(table_descriptors_by_hand),
	KUNIT_CASE(same_table_again),
	KUNIT_CASE(largest_leaves),
	KUNIT_CASE(map_across_encodings),
	KUNIT_CASE(map_refuses),
	KUNIT_CASE(scattered_pages),
	KUNIT_CASE_PARAM(ends_of_halves, test_shapes_gen_params),
	KUNIT_CASE_PARAM(unmap_splits, test_shapes_gen_params),
	KUNIT_CASE(unmap_splits_deep),
	KUNIT_CASE_PARAM(out_of_memory, test_shapes_gen_params),
	KUNIT_CASE_PARAM(unmap_refuses, test_shapes_gen_params),
	KUNIT_CASE_PARAM(protect_keeps_addresses, test_shapes_gen_params),
	KUNIT_CASE(ops_are_swapped),
	KUNIT_CASE(bad_table_pages),
	KUNIT_CASE(corruption_is_seen),
	KUNIT_CASE(swapped_link_is_seen),
	KUNIT_CASE(corruption_freezes),
	KUNIT_CASE(events_are_counted),
	KUNIT_CASE(counted_as_told),
	{}
};

static struct kunit_suite pgtable_suite = {
	.name = "shadow_pgtable",
	.test_cases = pgtable_cases,
};

kunit_test_suite(pgtable_suite);
