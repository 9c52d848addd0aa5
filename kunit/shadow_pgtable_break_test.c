// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation tables that were overwritten so that they link each other: what
 * reads them afterwards comes to an end, and goes nowhere that is not a table.
 * All addresses are of the 4K granule with 48 bits.
 */
#include "shadow_test_tables.h"

#include "shadow_pgtable_tree.h"

#define FIRST		0xffff000000000000ULL
#define PER_TABLE	512
#define NEXT_ROOT_ENTRY	BIT_ULL(39)

static struct test_tables *tables(struct kunit *test)
{
	return test_tables(test, 12, 48, 48, false, true);
}

static u64 *table_at(struct test_tables *t, phys_addr_t pa)
{
	return shadow_phys_to_virt(&t->block, pa);
}

static phys_addr_t frame(struct test_tables *t, unsigned int nr)
{
	return t->block.base + ((u64)nr << t->shape.page_shift);
}

static u64 link_to(phys_addr_t pa)
{
	return pa | SHADOW_TYPE_TABLE;
}

/* The descriptor of an address at a level */
static u64 *descriptor(struct kunit *test, struct test_tables *t, u64 va, int level)
{
	struct shadow_pgtable_path path;
	unsigned long irq;

	raw_spin_lock_irqsave(&t->pgt.lock, irq);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_descend(&t->pgt, va, level, &path), 0);
	raw_spin_unlock_irqrestore(&t->pgt.lock, irq);
	KUNIT_ASSERT_EQ(test, path.level, level);
	return path.entry[level + 1];
}

static void map_page(struct kunit *test, struct test_tables *t, u64 va)
{
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va, SHADOW_TEST_BASE, SZ_4K,
						 SHADOW_PAGE_KERNEL, 0), 0);
}

static void expect_frozen(struct kunit *test, struct test_tables *t, const char *why)
{
	KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&t->fault));
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(t->fault.text, why), "%s", t->fault.text);
}

/* The table that was used last is known without the way down to it */
static void way_down_is_gone(struct kunit *test)
{
	struct test_tables *t;
	int level;

	for (level = 0; level < 2; level++) {
		t = tables(test);
		map_page(test, t, FIRST);
		*descriptor(test, t, FIRST, level) = 0;
		/* Its last page goes, and with it the tables above */
		KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, FIRST, SZ_4K),
				-EUCLEAN);
		expect_frozen(test, t, "link to a table has changed");
		KUNIT_EXPECT_FALSE(test, t->misuse);
	}
}

/* Links of the root to itself: 32 times 2048^3 tables, of the 16K granule */
static void loop_is_torn_down(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 14, 52, 52, true, true);
	unsigned int i;

	for (i = 0; i < SZ_16K / sizeof(u64); i++)
		t->pgt.root_table[i] = link_to(t->pgt.root);
	shadow_pgtable_fini(&t->pgt);
	KUNIT_EXPECT_EQ(test, t->pgt.nr_tables, 0);
	KUNIT_EXPECT_EQ(test, t->nr_used, 0);
	KUNIT_EXPECT_FALSE(test, t->misuse);
}

/* One that is linked twice would follow itself among those to be given back */
static void empty_table_is_linked_twice(struct kunit *test)
{
	struct test_tables *t = tables(test);

	map_page(test, t, FIRST);
	map_page(test, t, FIRST + SZ_2M);
	map_page(test, t, FIRST + SZ_4M);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap_lazy(&t->pgt, FIRST, SZ_4K), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap_lazy(&t->pgt, FIRST + SZ_2M, SZ_4K), 0);
	*descriptor(test, t, FIRST + SZ_2M, 2) = *descriptor(test, t, FIRST, 2);
	shadow_pgtable_invalidate(&t->pgt, FIRST, SZ_4M);
	expect_frozen(test, t, "chain of tables was overwritten");
}

/* As many tables as there are, and where none is left, at least an end */
static int count_entry(void *priv, const struct shadow_walk_entry *entry)
{
	++*(u64 *)priv;
	return 0;
}

static void loop_is_walked(struct kunit *test)
{
	struct test_tables *t = tables(test);
	struct shadow_walker walker;
	unsigned int nr, i;
	u64 visits = 0;

	map_page(test, t, FIRST);
	for (i = 0; i < PER_TABLE; i++)
		t->pgt.root_table[i] = link_to(t->pgt.root);
	for (nr = 0; nr < 3; nr++) {
		t->pgt.nr_tables = nr;
		shadow_pgtable_walker(&t->pgt, &walker);
		KUNIT_EXPECT_EQ(test, shadow_walk_for_each(&walker, FIRST, U64_MAX,
							   count_entry, &visits), -ELOOP);
		KUNIT_EXPECT_LE(test, visits, 3 * PER_TABLE);
	}
}

/* The last one that is known of goes, then another one */
static void more_tables_go_than_there_are(struct kunit *test)
{
	struct test_tables *t = tables(test);
	unsigned int nr_used;

	map_page(test, t, FIRST);
	map_page(test, t, FIRST + SZ_2M);
	nr_used = t->nr_used;
	t->pgt.nr_tables = 1;
	KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, FIRST, SZ_4K), 0);
	shadow_pgtable_unmap(&t->pgt, FIRST + SZ_2M, SZ_4K);
	expect_frozen(test, t, "one table too many");
	KUNIT_EXPECT_EQ(test, t->nr_used, nr_used - 1);
	KUNIT_EXPECT_EQ(test, t->pgt.nr_tables, 0);
}

/*
 * A table in a frame that is free: it becomes the one that a split needs, and
 * the leaf to be split is not there any more, or not at its level.
 */
static void leaf_changes_while_it_is_split(struct kunit *test)
{
	const u64 leaf = SHADOW_TEST_BASE | SHADOW_ATTR_AF | SHADOW_TYPE_BLOCK;
	const u64 va = FIRST + NEXT_ROOT_ENTRY + SZ_4K;
	struct test_tables *t;
	unsigned int deep, nr;
	phys_addr_t last;

	for (deep = 0; deep < 2; deep++) {
		t = tables(test);
		for (nr = 0; t->used[nr];)
			nr++;
		last = frame(t, TEST_NR_TABLES - 1);
		t->used[TEST_NR_TABLES - 1] = true;
		t->pgt.root_table[1] = link_to(frame(t, nr));
		table_at(t, frame(t, nr))[0] = deep ? link_to(last) : leaf;
		table_at(t, last)[0] = leaf;
		KUNIT_EXPECT_EQ(test, shadow_pgtable_unmap(&t->pgt, va, SZ_4K), -EUCLEAN);
		expect_frozen(test, t, "a leaf has changed");
	}
}

/**
 * struct many - more tables than the fixture has
 * @block: where they are
 * @nr: how many have been taken
 * @log: events
 * @fault: raised by the trees
 */
struct many {
	struct shadow_block block;
	u64 nr;
	struct shadow_event_log log;
	struct shadow_fault fault;
};

static int many_alloc(void *ctx, phys_addr_t *pa)
{
	struct many *many = ctx;

	*pa = many->block.base + SZ_4K * many->nr++;
	return shadow_block_spans(&many->block, *pa, SZ_4K) ? 0 : -ENOMEM;
}

static void many_free(void *ctx, phys_addr_t pa)
{
}

static const struct shadow_pgtable_ops many_ops = {
	.alloc_table = many_alloc,
	.free_table = many_free,
};

static u64 *new_table(struct kunit *test, struct many *many, u64 *link)
{
	phys_addr_t pa;
	u64 *table;

	KUNIT_ASSERT_EQ(test, many_alloc(many, &pa), 0);
	*link = link_to(pa);
	table = shadow_phys_to_virt(&many->block, pa);
	memset(table, 0, SZ_4K);
	return table;
}

/*
 * Two entries on the way lead to one table: once its pinned tables have been
 * moved, it has none that could be moved again.
 */
static void way_to_pinned_tables_is_linked_twice(struct kunit *test)
{
	struct shadow_pgtable *from = shadow_test_alloc(test, sizeof(*from));
	struct shadow_pgtable *to = shadow_test_alloc(test, sizeof(*to));
	struct many *many = shadow_test_alloc(test, sizeof(*many));
	struct shadow_geometry geo;
	u64 *table, link;

	shadow_test_block(test, &many->block, SHADOW_TEST_BASE, SZ_4M);
	shadow_event_init(&many->log);
	shadow_fault_init(&many->fault);
	KUNIT_ASSERT_EQ(test, shadow_geometry_init(&geo, 12, 48, 48, false), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_init(from, &geo, true, &many->block, &many->log,
						  &many->fault, &many_ops, many), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_init(to, &geo, true, &many->block, &many->log,
						  &many->fault, &many_ops, many), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_pin(from, FIRST, SZ_1G + SZ_2M), 0);
	table = shadow_phys_to_virt(&many->block,
				    shadow_desc_oa(&geo, from->root_table[0]));
	table[1] = table[0];
	/* The other tree has the tables on the way, and nothing in them */
	table = new_table(test, many, &to->root_table[0]);
	new_table(test, many, &link);
	table[0] = link;
	new_table(test, many, &link);
	table[1] = link;
	KUNIT_EXPECT_EQ(test, shadow_pgtable_move_pinned(to, from), -EUCLEAN);
	KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&many->fault));
}

static struct kunit_case shadow_pgtable_break_cases[] = {
	KUNIT_CASE(way_down_is_gone),
	KUNIT_CASE(loop_is_torn_down),
	KUNIT_CASE(empty_table_is_linked_twice),
	KUNIT_CASE(loop_is_walked),
	KUNIT_CASE(more_tables_go_than_there_are),
	KUNIT_CASE(leaf_changes_while_it_is_split),
	KUNIT_CASE(way_to_pinned_tables_is_linked_twice),
	{}
};

static struct kunit_suite shadow_pgtable_break_suite = {
	.name = "shadow_pgtable_break",
	.test_cases = shadow_pgtable_break_cases,
};

kunit_test_suite(shadow_pgtable_break_suite);
