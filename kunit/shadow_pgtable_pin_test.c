// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables that stay when they are empty, and go from one tree to another.
 */
#include "shadow_test_shapes.h"

/* A second tree in the same block, from the same source */
static struct shadow_pgtable *second_tree(struct kunit *test,
					  struct test_tables *t)
{
	struct shadow_pgtable *pgt = shadow_test_alloc(test, sizeof(*pgt));

	KUNIT_ASSERT_EQ(test, shadow_pgtable_init(pgt, &t->pgt.geo, true,
						  &t->block, &t->log, &t->fault,
						  &test_tables_ops, t), 0);
	return pgt;
}

/* Both trees are sound, and have all tables between them */
static void expect_sound(struct kunit *test, struct test_tables *t,
			 struct shadow_pgtable *other)
{
	SHADOW_TEST_VERIFY(test, shadow_pgtable_verify(&t->pgt, &__fault));
	SHADOW_TEST_VERIFY(test, shadow_pgtable_verify(other, &__fault));
	KUNIT_ASSERT_FALSE(test, t->misuse);
	KUNIT_ASSERT_EQ(test, t->pgt.nr_tables + other->nr_tables,
			(u64)t->nr_used);
}

/* Bytes that a table of the last level covers */
static u64 span_of(const struct test_tables *t)
{
	return test_block_of(t);
}

/* Tables below the root that lead to a range, counted by address bits alone */
static u64 tables_for(const struct test_tables *t, u64 va, u64 bytes)
{
	const u8 *shift = test_shifts(t);
	u64 nr = 0;

	for (; *shift > t->shape.page_shift; shift++)
		nr += ((va + bytes - 1) >> *shift) - (va >> *shift) + 1;
	return nr;
}

static void tables_stay(struct kunit *test)
{
	struct test_tables *t = test_tables_of_shape(test, true);
	u64 page = test_page_of(t), span = span_of(t);
	/* The last page of one table, all of the next, one page of a third */
	u64 va = -4 * span - page, bytes = span + 2 * page;
	u64 nr = tables_for(t, va, bytes), i;

	KUNIT_ASSERT_EQ(test, shadow_pgtable_pin(&t->pgt, va, bytes), 0);
	TEST_TABLES_VERIFY(test, t);
	KUNIT_EXPECT_EQ(test, t->pgt.nr_tables, 1 + nr);
	/* No page is left, and none is wanted */
	t->fail_at = t->nr_allocs;
	for (i = 0; i < bytes; i += page) {
		KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va + i,
							 i, page,
							 SHADOW_PAGE_KERNEL, 0),
				0);
		if (i / page % 127 == 0)
			TEST_TABLES_VERIFY(test, t);
	}
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, va, page), 0);
	TEST_TABLES_VERIFY(test, t);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, va + page,
						   bytes - page), 0);
	TEST_TABLES_VERIFY(test, t);
	KUNIT_EXPECT_EQ(test, t->pgt.nr_tables, 1 + nr);
	/* A block does not take a table's place */
	KUNIT_EXPECT_EQ(test, shadow_pgtable_map(&t->pgt, va + page, 0, span,
						 SHADOW_PAGE_KERNEL, 0),
			-EEXIST);
	/* Beside the range a table still comes and goes */
	t->fail_at = U64_MAX;
	KUNIT_EXPECT_EQ(test, shadow_pgtable_map(&t->pgt, va - 4 * span, 0, page,
						 SHADOW_PAGE_KERNEL, 0), 0);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, va - 4 * span, page),
			0);
	TEST_TABLES_VERIFY(test, t);
	KUNIT_EXPECT_EQ(test, t->pgt.nr_tables, 1 + nr);
	shadow_pgtable_fini(&t->pgt);
	KUNIT_EXPECT_EQ(test, t->nr_used, 0);
	KUNIT_EXPECT_FALSE(test, t->misuse);
}

static void without_memory(struct kunit *test)
{
	struct test_tables *t = test_tables_of_shape(test, true);
	u64 page = test_page_of(t), span = span_of(t);
	u64 va = -4 * span - page, bytes = span + 2 * page, i;
	u64 nr = tables_for(t, va, bytes);
	struct test_snapshot snap;

	/* A neighbour whose table is needed too */
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va - page, 0, page,
						 SHADOW_PAGE_KERNEL, 0), 0);
	nr -= t->pgt.nr_tables - 1;
	test_snapshot_init(test, t, &snap);
	test_snapshot_take(t, &snap);
	for (i = 0; i < nr; i++) {
		t->fail_at = t->nr_allocs + i;
		KUNIT_ASSERT_EQ_MSG(test, shadow_pgtable_pin(&t->pgt, va, bytes),
				    -ENOMEM, "allocation %llu", i);
		TEST_TABLES_VERIFY(test, t);
		KUNIT_ASSERT_TRUE_MSG(test, test_snapshot_same(t, &snap),
				      "allocation %llu", i);
	}
	t->fail_at = t->nr_allocs + nr;
	KUNIT_ASSERT_EQ(test, shadow_pgtable_pin(&t->pgt, va, bytes), 0);
	TEST_TABLES_VERIFY(test, t);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, va - page, page), 0);
	TEST_TABLES_VERIFY(test, t);
}

/* A range that grows has the tables that it would have had at once */
static void range_grows(struct kunit *test)
{
	struct test_tables *t = test_tables_of_shape(test, true);
	u64 page = test_page_of(t), span = span_of(t);
	u64 va = -4 * span - page, bytes = span + 2 * page;
	/* Within the same table; then a table and a half further down */
	u64 steps[] = { va - page, va - span - span / 2 };
	struct test_snapshot snap;
	unsigned int i;
	u64 n, nr, old;

	KUNIT_EXPECT_EQ(test, shadow_pgtable_pin_below(&t->pgt, va), -ENXIO);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_pin(&t->pgt, va, bytes), 0);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_pin_below(&t->pgt, va), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_pin_below(&t->pgt, va - 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_pin_below(&t->pgt, 0), -ERANGE);
	test_snapshot_init(test, t, &snap);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		old = t->pgt.nr_tables;
		nr = 1 + tables_for(t, steps[i], va + bytes - steps[i]);
		test_snapshot_take(t, &snap);
		for (n = 0; n < nr - old; n++) {
			t->fail_at = t->nr_allocs + n;
			KUNIT_ASSERT_EQ(test, shadow_pgtable_pin_below(&t->pgt,
								       steps[i]),
					-ENOMEM);
			TEST_TABLES_VERIFY(test, t);
			KUNIT_ASSERT_TRUE(test, test_snapshot_same(t, &snap));
		}
		t->fail_at = t->nr_allocs + nr - old;
		KUNIT_ASSERT_EQ(test, shadow_pgtable_pin_below(&t->pgt, steps[i]),
				0);
		TEST_TABLES_VERIFY(test, t);
		KUNIT_EXPECT_EQ(test, t->pgt.nr_tables, nr);
		/* All that can be mapped there needs no memory, and they stay */
		KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, steps[i], 0,
							 va + bytes - steps[i],
							 SHADOW_PAGE_KERNEL,
							 SHADOW_MAP_NO_BLOCK), 0);
		KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(&t->pgt, steps[i],
							   va + bytes - steps[i]),
				0);
		TEST_TABLES_VERIFY(test, t);
		KUNIT_EXPECT_EQ(test, t->pgt.nr_tables, nr);
	}
	t->fail_at = U64_MAX;
	shadow_pgtable_fini(&t->pgt);
	KUNIT_EXPECT_EQ(test, t->nr_used, 0);
	KUNIT_EXPECT_FALSE(test, t->misuse);
}

static void pins_refused(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	u64 va = 0xffffffffff400000;

	KUNIT_EXPECT_EQ(test, shadow_pgtable_pin(&t->pgt, va + 1, SZ_4K),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_pin(&t->pgt, va, SZ_4K + 8),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_pin(&t->pgt, va, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_pin(&t->pgt, va, SZ_1G), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_pin(&t->pgt, 0, SZ_4K), -ERANGE);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va + SZ_2M, 0, SZ_2M,
						 SHADOW_PAGE_KERNEL, 0), 0);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_pin(&t->pgt, va, SZ_4M), -EEXIST);
	TEST_TABLES_VERIFY(test, t);
	KUNIT_EXPECT_EQ(test, t->pgt.nr_tables, 3);
	/* Up to the last page of all */
	KUNIT_EXPECT_EQ(test, shadow_pgtable_pin(&t->pgt, -(u64)SZ_4K, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_pin(&t->pgt, va, SZ_4K), -EBUSY);
	TEST_TABLES_VERIFY(test, t);
	KUNIT_EXPECT_EQ(test, t->pgt.nr_tables, 4);
	shadow_fault_raise(&t->fault, "test");
	KUNIT_EXPECT_EQ(test, shadow_pgtable_pin(&t->pgt, va, SZ_4K), -EUCLEAN);
}

/* The same page is mapped in @pgt, and in no other tree */
static void expect_moved(struct kunit *test, struct shadow_pgtable *to,
			 struct shadow_pgtable *from, u64 va, u64 expected)
{
	phys_addr_t pa;

	KUNIT_EXPECT_EQ(test, shadow_pgtable_lookup(to, va, &pa, NULL), 0);
	KUNIT_EXPECT_EQ(test, (u64)pa, expected);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_lookup(from, va, &pa, NULL),
			-ENOENT);
}

/*
 * Trees that share no table on the way, some, or all but the last: @beside is
 * where the other things are that both trees map, below the range.
 */
static void move_beside(struct kunit *test, u64 beside)
{
	struct test_tables *t = test_tables_of_shape(test, true);
	struct shadow_pgtable *to = second_tree(test, t);
	u64 page = test_page_of(t), span = span_of(t);
	u64 va = -4 * span - page, bytes = span + 2 * page;
	u64 nr = tables_for(t, va, bytes), nr_before;

	beside = max(beside, test_first_of(t, true));
	KUNIT_ASSERT_EQ(test, shadow_pgtable_pin(&t->pgt, va, bytes), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, beside, 0, page,
						 SHADOW_PAGE_KERNEL, 0), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(to, beside, page, page,
						 SHADOW_PAGE_KERNEL, 0), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va, 5 * page, page,
						 SHADOW_PAGE_KERNEL, 0), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va + bytes - page,
						 7 * page, page,
						 SHADOW_PROT_DEVICE_NGNRE, 0), 0);
	nr_before = t->nr_used;
	t->fail_at = t->nr_allocs;
	KUNIT_ASSERT_EQ(test, shadow_pgtable_move_pinned(to, &t->pgt), 0);
	expect_sound(test, t, to);
	KUNIT_EXPECT_LE(test, (u64)t->nr_used, nr_before);
	expect_moved(test, to, &t->pgt, va, 5 * page);
	expect_moved(test, to, &t->pgt, va + bytes - page, 7 * page);
	/* Only what is beside is left behind */
	KUNIT_EXPECT_EQ(test, t->pgt.nr_tables,
			1 + tables_for(t, beside, page));
	KUNIT_EXPECT_LE(test, to->nr_tables, 1 + nr + tables_for(t, beside, page));
	/* And what was pinned stays so, though empty */
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(to, va, page), 0);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(to, va + bytes - page, page),
			0);
	expect_sound(test, t, to);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_map(to, va + page, 0, bytes - page,
						 SHADOW_PAGE_KERNEL,
						 SHADOW_MAP_NO_BLOCK), 0);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, beside, page), 0);
	KUNIT_EXPECT_EQ(test, t->pgt.nr_tables, 1);
	expect_sound(test, t, to);
	/* The old tree can pin again, and the new one cannot */
	t->fail_at = U64_MAX;
	KUNIT_EXPECT_EQ(test, shadow_pgtable_move_pinned(to, &t->pgt), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_pin(&t->pgt, va, bytes), 0);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_move_pinned(to, &t->pgt), -EBUSY);
	expect_sound(test, t, to);
	shadow_pgtable_fini(&t->pgt);
	KUNIT_EXPECT_EQ(test, (u64)t->nr_used, to->nr_tables);
	shadow_pgtable_fini(to);
	KUNIT_EXPECT_EQ(test, t->nr_used, 0);
	KUNIT_EXPECT_FALSE(test, t->misuse);
}

static void move_far_apart(struct kunit *test)
{
	move_beside(test, 0);
}

static void move_near(struct kunit *test)
{
	const struct test_shape *shape = test->param_value;

	move_beside(test, -8ULL << (2 * shape->page_shift - 3));
}

static void moves_refused(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	struct shadow_pgtable *to = second_tree(test, t);
	u64 va = 0xffffffffff400000;
	struct test_snapshot snap;
	unsigned int i;

	static const struct {
		u64 va, bytes;
		bool old;
		int err;
	} rows[] = {
		/* Pages or a block where the tables shall be */
		{ 0xffffffffff5ff000, SZ_4K, false, -EEXIST },
		{ 0xffffffffff600000, SZ_2M, false, -EEXIST },
		{ 0xffffffffc0000000, SZ_1G, false, -EEXIST },
		/* A table of the old tree holds other things, too */
		{ 0xffffffffc0000000, SZ_2M, true, -EBUSY },
		{ 0xffffff8000000000, SZ_1G, true, -EBUSY },
	};

	KUNIT_EXPECT_EQ(test, shadow_pgtable_move_pinned(to, &t->pgt), -EINVAL);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_pin(&t->pgt, va, SZ_4M), 0);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_move_pinned(&t->pgt, &t->pgt),
			-EINVAL);
	test_snapshot_init(test, t, &snap);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct shadow_pgtable *in = rows[i].old ? &t->pgt : to;

		KUNIT_ASSERT_EQ(test, shadow_pgtable_map(in, rows[i].va, 0,
							 rows[i].bytes,
							 SHADOW_PAGE_KERNEL, 0),
				0);
		test_snapshot_take(t, &snap);
		KUNIT_EXPECT_EQ_MSG(test,
				    shadow_pgtable_move_pinned(to, &t->pgt),
				    rows[i].err, "row %u", i);
		KUNIT_EXPECT_TRUE(test, test_snapshot_same(t, &snap));
		expect_sound(test, t, to);
		KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(in, rows[i].va,
							   rows[i].bytes), 0);
	}
	to->geo.va_bits = 39;
	KUNIT_EXPECT_EQ(test, shadow_pgtable_move_pinned(to, &t->pgt), -EINVAL);
	to->geo.va_bits = 48;
	KUNIT_EXPECT_EQ(test, shadow_pgtable_move_pinned(to, &t->pgt), 0);
	expect_sound(test, t, to);
}

static void damage_is_seen(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 39, 48, false, true);
	u64 va = 0xffffffffff400000;
	struct shadow_fault fault;
	u64 *pmd, old;

	KUNIT_ASSERT_EQ(test, shadow_pgtable_pin(&t->pgt, va, SZ_4M), 0);
	pmd = shadow_phys_to_virt(&t->block,
				  t->pgt.root_table[511] & 0x0000fffffffff000);
	/* Entry 506 covers 0xffffffffff400000 */
	old = pmd[506];
	KUNIT_ASSERT_EQ(test, shadow_table_used(old), 1);
	/* Not pinned any more */
	pmd[506] = old & ~SHADOW_TABLE_USED;
	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_verify(&t->pgt, &fault), -EUCLEAN);
	KUNIT_EXPECT_NOT_NULL(test, strstr(fault.text, "wrong count"));
	pmd[506] = old;
	/* The range is not the one that was pinned */
	t->pgt.pin_first += SZ_2M;
	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_verify(&t->pgt, &fault), -EUCLEAN);
	t->pgt.pin_first -= SZ_4M;
	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_verify(&t->pgt, &fault), -EUCLEAN);
	KUNIT_EXPECT_NOT_NULL(test, strstr(fault.text, "2 of 3 pinned tables"));
	t->pgt.pin_first += SZ_2M;
	TEST_TABLES_VERIFY(test, t);
	/* A link that leads nowhere is not followed */
	pmd[506] = old | 0x0000800000000000;
	KUNIT_EXPECT_EQ(test, shadow_pgtable_move_pinned(second_tree(test, t),
							 &t->pgt), -EUCLEAN);
}

static struct kunit_case pin_cases[] = {
	KUNIT_CASE_PARAM(tables_stay, test_shapes_gen_params),
	KUNIT_CASE_PARAM(without_memory, test_shapes_gen_params),
	KUNIT_CASE_PARAM(range_grows, test_shapes_gen_params),
	KUNIT_CASE(pins_refused),
	KUNIT_CASE_PARAM(move_far_apart, test_shapes_gen_params),
	KUNIT_CASE_PARAM(move_near, test_shapes_gen_params),
	KUNIT_CASE(moves_refused),
	KUNIT_CASE(damage_is_seen),
	{}
};

static struct kunit_suite pin_suite = {
	.name = "shadow_pgtable_pin",
	.test_cases = pin_cases,
};

kunit_test_suite(pin_suite);
