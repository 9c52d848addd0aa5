// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contiguous groups, tables that fold into blocks, and the order in which
 * descriptors change, worked out by hand.
 */
#include "shadow_test_tables.h"

#define UPPER_48	0xffff000000000000ULL
#define CONT		0x0010000000000000ULL
#define RECORDS		1024

/* Leaves at this address: log2 of their size, and whether they have the hint */
static void expect_leaf(struct kunit *test, const struct test_tables *t, u64 va,
			unsigned int shift, bool cont)
{
	struct test_leaf leaf = {};

	KUNIT_ASSERT_TRUE_MSG(test, test_read(t, va, &leaf), "%llx", va);
	KUNIT_EXPECT_EQ_MSG(test, leaf.shift, shift, "%llx", va);
	KUNIT_EXPECT_EQ_MSG(test, !!(leaf.desc & CONT), cont, "%llx", va);
}

/* Largest groups and their leaves, from the table of the Arm ARM */
static const struct {
	unsigned int page_shift, va_bits, pa_bits;
	bool ds;
	unsigned int shift;	/* of the leaf */
	unsigned int nr;	/* in a group */
	u64 other_leaf;		/* bytes that the PA is off, so none is larger */
} groups[] = {
	{ 12, 48, 48, false, 12, 16, SZ_64K },
	{ 12, 48, 48, false, 21, 16, SZ_32M },
	{ 12, 48, 48, false, 30, 16, 0 },
	{ 14, 48, 48, false, 14, 128, SZ_2M },
	{ 14, 48, 48, false, 25, 32, SZ_1G },
	{ 16, 48, 48, false, 16, 32, SZ_2M },
	{ 16, 48, 52, false, 29, 32, 1ULL << 34 },
	{ 12, 52, 52, true, 12, 16, SZ_64K },
	{ 14, 52, 52, true, 25, 32, SZ_1G },
};

static void groups_of_each_size(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		struct test_tables *t =
			test_tables(test, groups[i].page_shift,
				    groups[i].va_bits, groups[i].pa_bits,
				    groups[i].ds, true);
		u64 leaf = 1ULL << groups[i].shift, group = leaf * groups[i].nr;
		u64 va = test_first_of(t, true) + group;
		u64 pa = group + groups[i].other_leaf;

		/* One leaf, then two groups, then one leaf */
		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_map(&t->pgt, va - leaf,
						   pa - leaf,
						   2 * group + 2 * leaf,
						   SHADOW_PAGE_KERNEL, 0), 0);
		expect_leaf(test, t, va - leaf, groups[i].shift, false);
		expect_leaf(test, t, va, groups[i].shift, true);
		expect_leaf(test, t, va + 2 * group - leaf, groups[i].shift,
			    true);
		expect_leaf(test, t, va + 2 * group, groups[i].shift, false);
		TEST_TABLES_VERIFY(test, t);

		/* One leaf goes: the rest of its group has no hint any more */
		KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(&t->pgt, va + leaf,
							   leaf), 0);
		expect_leaf(test, t, va, groups[i].shift, false);
		expect_leaf(test, t, va + 2 * leaf, groups[i].shift, false);
		expect_leaf(test, t, va + group, groups[i].shift, true);
		TEST_TABLES_VERIFY(test, t);

		/* And comes back, but elsewhere; then where it was */
		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_map(&t->pgt, va + leaf, pa, leaf,
						   SHADOW_PAGE_KERNEL, 0), 0);
		expect_leaf(test, t, va, groups[i].shift, false);
		KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(&t->pgt, va + leaf,
							   leaf), 0);
		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_map(&t->pgt, va + leaf,
						   pa + leaf, leaf,
						   SHADOW_PAGE_KERNEL, 0), 0);
		expect_leaf(test, t, va, groups[i].shift, true);
		TEST_TABLES_VERIFY(test, t);
		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_unmap(&t->pgt, va - leaf,
						     2 * group + 2 * leaf), 0);
		KUNIT_EXPECT_EQ(test, t->nr_used, 1);
	}
}

/* Page by page, in an order of its own, until there is one block */
static void pages_become_a_block(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	u64 va = UPPER_48 + SZ_2M;
	unsigned int i, page;

	for (i = 0; i < 512; i++) {
		page = i * 189 % 512;
		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_map(&t->pgt, va + page * SZ_4K,
						   SZ_2M + page * SZ_4K, SZ_4K,
						   SHADOW_PAGE_KERNEL, 0), 0);
		KUNIT_EXPECT_EQ(test, t->nr_used, i < 511 ? 4 : 3);
	}
	expect_leaf(test, t, va, 21, false);
	TEST_TABLES_VERIFY(test, t);

	/* A permission of its own splits it, the same one folds it again */
	KUNIT_ASSERT_EQ(test, shadow_pgtable_protect(&t->pgt, va + SZ_64K, SZ_4K,
						     SHADOW_PAGE_KERNEL_RO, 0), 0);
	expect_leaf(test, t, va, 12, true);
	expect_leaf(test, t, va + SZ_64K, 12, false);
	expect_leaf(test, t, va + SZ_64K + SZ_4K, 12, false);
	expect_leaf(test, t, va + 2 * SZ_64K, 12, true);
	TEST_TABLES_VERIFY(test, t);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_protect(&t->pgt, va + SZ_64K, SZ_4K,
						     SHADOW_PAGE_KERNEL, 0), 0);
	expect_leaf(test, t, va, 21, false);
	KUNIT_EXPECT_EQ(test, t->nr_used, 3);
	TEST_TABLES_VERIFY(test, t);
}

/* The last page of a gigabyte folds two levels at once */
static void folds_go_upwards(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	u64 va = UPPER_48 + SZ_1G;

	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va, SZ_1G,
						 SZ_1G - SZ_4K,
						 SHADOW_PAGE_KERNEL, 0), 0);
	KUNIT_EXPECT_EQ(test, t->nr_used, 4);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va + SZ_1G - SZ_4K,
						 2 * (u64)SZ_1G - SZ_4K, SZ_4K,
						 SHADOW_PAGE_KERNEL, 0), 0);
	expect_leaf(test, t, va, 30, false);
	KUNIT_EXPECT_EQ(test, t->nr_used, 2);
	TEST_TABLES_VERIFY(test, t);
}

/* What the caller asked for stays, also after a part of it was away */
static void told_otherwise(struct kunit *test)
{
	static const unsigned int flags[] = {
		SHADOW_MAP_NO_BLOCK, SHADOW_MAP_NO_CONT, SHADOW_MAP_NO_FOLD,
		SHADOW_MAP_NO_BLOCK | SHADOW_MAP_NO_CONT,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct test_tables *t = test_tables(test, 12, 48, 48, false,
						    true);
		bool pages = flags[i] & SHADOW_MAP_NO_BLOCK;
		bool hints = !(flags[i] & SHADOW_MAP_NO_CONT);
		unsigned int shift = pages ? 12 : 21;
		u64 leaf = 1ULL << shift, va = UPPER_48;

		KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va, 0,
							 16 * leaf,
							 SHADOW_PAGE_KERNEL,
							 flags[i]), 0);
		expect_leaf(test, t, va, shift, hints);
		KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(&t->pgt, va + leaf,
							   leaf), 0);
		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_map(&t->pgt, va + leaf, leaf,
						   leaf, SHADOW_PAGE_KERNEL,
						   0), 0);
		expect_leaf(test, t, va, shift, false);
		TEST_TABLES_VERIFY(test, t);
	}
}

/* The log of one case, as text: one letter a record */
static void expect_log(struct kunit *test, const struct test_tables *t,
		       u64 from, const char *expected)
{
	char said[RECORDS + 1];
	u64 i;

	KUNIT_ASSERT_LE(test, t->pgt.tlb.nr_records, (u64)RECORDS);
	for (i = from; i < t->pgt.tlb.nr_records; i++) {
		const struct shadow_tlb_record *record = &t->pgt.tlb.record[i];
		char c = "wWctfisdM"[record->op];

		/* Zeros are a break or an unmap, walks are invalidated by name */
		if (c == 'w' && !record->value)
			c = '0';
		if (c == 'i' && record->kind == SHADOW_TLBI_VAAE1IS)
			c = 'I';
		said[i - from] = c;
	}
	said[i - from] = '\0';
	KUNIT_EXPECT_STREQ(test, said, expected);
}

static void order_of_changes(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	struct shadow_tlb *tlb = &t->pgt.tlb;
	struct shadow_tlb_record *ring;
	u64 from, va = UPPER_48;

	ring = shadow_test_alloc(test, RECORDS * sizeof(*ring));
	shadow_tlb_set_log(tlb, ring, RECORDS);
	/* Three tables, linked from the bottom up, then the page */
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va, 0, SZ_4K,
						 SHADOW_PAGE_KERNEL, 0), 0);
	expect_log(test, t, 0, "tttWWdWW");
	/* Unlinked from the bottom up, walks forgotten, then given back */
	from = tlb->nr_records;
	KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(&t->pgt, va, SZ_4K), 0);
	expect_log(test, t, from, "0000Ifff");
	/* 15 pages, and the last one: all broken, then made with the hint */
	from = tlb->nr_records;
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va, 0, SZ_64K - SZ_4K,
						 SHADOW_PAGE_KERNEL, 0), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va + SZ_64K - SZ_4K,
						 SZ_64K - SZ_4K, SZ_4K,
						 SHADOW_PAGE_KERNEL, 0), 0);
	expect_log(test, t, from, "tttWWdWWW0iW");
	KUNIT_EXPECT_EQ(test, tlb->nr_breaks, 16);
	/* Permission of one: the group is broken and made, the page only told */
	from = tlb->nr_records;
	KUNIT_ASSERT_EQ(test, shadow_pgtable_protect(&t->pgt, va, SZ_4K,
						     SHADOW_PAGE_KERNEL_RO, 0), 0);
	expect_log(test, t, from, "0iWwi");
	/* Its memory type: broken too */
	from = tlb->nr_records;
	KUNIT_ASSERT_EQ(test, shadow_pgtable_protect(&t->pgt, va, SZ_4K,
						     SHADOW_PROT_NORMAL_NC, 0), 0);
	expect_log(test, t, from, "0iW");
	/* A block, split for one page: table filled, block broken, link, unmap */
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va + SZ_2M, SZ_2M,
						 SZ_2M, SHADOW_PAGE_KERNEL, 0), 0);
	from = tlb->nr_records;
	KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(&t->pgt, va + SZ_2M, SZ_4K),
			0);
	expect_log(test, t, from, "tW0iW0iW0i");
	/* And back: the table goes when nobody can walk to it */
	from = tlb->nr_records;
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va + SZ_2M, SZ_2M,
						 SZ_4K, SHADOW_PAGE_KERNEL, 0), 0);
	expect_log(test, t, from, "W0IWf");
	/* Later is later, but for tables */
	from = tlb->nr_records;
	KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap_lazy(&t->pgt, va + SZ_4K,
							SZ_4K), 0);
	expect_log(test, t, from, "0");
	shadow_pgtable_invalidate(&t->pgt, va + SZ_4K, SZ_4K);
	expect_log(test, t, from, "0i");
	TEST_TABLES_VERIFY(test, t);
	shadow_tlb_set_log(tlb, NULL, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(groups_of_each_size),
	KUNIT_CASE(pages_become_a_block),
	KUNIT_CASE(folds_go_upwards),
	KUNIT_CASE(told_otherwise),
	KUNIT_CASE(order_of_changes),
	{}
};

static struct kunit_suite suite = {
	.name = "shadow_pgtable_fold",
	.test_cases = cases,
};

kunit_test_suite(suite);
