// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fixmap: where its slots are, what they show, and who borrows them.
 */
#include "shadow_fixmap.h"
#include "shadow_test_shapes.h"

/* By hand from enum fixed_addresses */
static void slots_by_hand(struct kunit *test)
{
	static const struct {
		unsigned int page_shift;
		unsigned int index[SHADOW_NR_FIX];
		unsigned int nr_btmaps, nr_permanent, nr;
		u64 fdt, earlycon, early[2], start, tot_start;
	} rows[] = {
		{ 12, { 0, 1, 514, 515, 516, 517, 518, 519, 520, 521, 975, 976,
			977, 978, 979, 980 }, 65, 521, 981,
		  0xffffffffff5fe000, 0xffffffffff5fd000,
		  { 0xffffffffff431000, 0xffffffffff472000 },
		  0xffffffffff5f7000, 0xffffffffff42b000 },
		{ 14, { 0, 1, 130, 131, 132, 133, 134, 135, 136, 137, 255, 256,
			257, 258, 259, 260 }, 17, 137, 261,
		  0xffffffffff5f8000, 0xffffffffff5f4000,
		  { 0xffffffffff404000, 0xffffffffff448000 },
		  0xffffffffff5dc000, 0xffffffffff3ec000 },
		{ 16, { 0, 1, 34, 35, 36, 37, 38, 39, 40, 41, 75, 76, 77, 78,
			79, 80 }, 5, 41, 81,
		  0xffffffffff5e0000, 0xffffffffff5d0000,
		  { 0xffffffffff350000, 0xffffffffff3a0000 },
		  0xffffffffff570000, 0xffffffffff2f0000 },
	};
	struct shadow_fixmap fixmap = { .top = 0xffffffffff800000 };
	unsigned int i, id;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct shadow_fixmap_slots *slots = &fixmap.slots;

		shadow_fixmap_slots_init(slots, rows[i].page_shift);
		for (id = 0; id < SHADOW_NR_FIX; id++)
			KUNIT_EXPECT_EQ_MSG(test, slots->index[id],
					    rows[i].index[id], "%s",
					    shadow_fix_names[id]);
		KUNIT_EXPECT_EQ(test, slots->nr_btmaps, rows[i].nr_btmaps);
		KUNIT_EXPECT_EQ(test, slots->nr_permanent, rows[i].nr_permanent);
		KUNIT_EXPECT_EQ(test, slots->nr, rows[i].nr);
		KUNIT_EXPECT_EQ(test, shadow_fix_to_va(&fixmap, slots->index[2]),
				rows[i].fdt);
		KUNIT_EXPECT_EQ(test, shadow_fix_to_va(&fixmap, slots->index[3]),
				rows[i].earlycon);
		KUNIT_EXPECT_EQ(test, shadow_fixmap_early_va(&fixmap, 0),
				rows[i].early[0]);
		KUNIT_EXPECT_EQ(test, shadow_fixmap_early_va(&fixmap, 1),
				rows[i].early[1]);
		KUNIT_EXPECT_EQ(test, shadow_fixmap_start(&fixmap),
				rows[i].start);
		KUNIT_EXPECT_EQ(test, shadow_fixmap_tot_start(&fixmap),
				rows[i].tot_start);
		KUNIT_EXPECT_EQ(test, shadow_fix_from_va(&fixmap,
							 rows[i].fdt + 0xfff),
				slots->index[SHADOW_FIX_FDT]);
		KUNIT_EXPECT_EQ(test, shadow_fixmap_bytes(rows[i].page_shift),
				0xffffffffff800000 - rows[i].tot_start);
	}
}

/**
 * struct fix - a fixmap in tables of its own, and in a second tree
 * @t: init_pg_dir
 * @swapper: swapper_pg_dir, in the same block
 * @late: reads what @swapper translates
 * @layout: where the region is
 * @fixmap: what is tested
 * @page: bytes
 */
struct fix {
	struct test_tables *t;
	struct shadow_pgtable swapper;
	struct test_tables late;
	struct shadow_layout layout;
	struct shadow_fixmap fixmap;
	u64 page;
};

static struct fix *fix_of(struct kunit *test, struct test_tables *t)
{
	struct fix *fix = shadow_test_alloc(test, sizeof(*fix));

	fix->t = t;
	fix->page = test_page_of(t);
	KUNIT_ASSERT_EQ(test, shadow_layout_init(&fix->layout, &t->pgt.geo, 32),
			0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_init(&fix->swapper, &t->pgt.geo,
						  true, &t->block, &t->log,
						  &t->fault, &test_tables_ops,
						  t), 0);
	fix->late.shape = t->shape;
	fix->late.block = t->block;
	fix->late.pgt.root = fix->swapper.root;
	return fix;
}

static struct fix *fix_ready(struct kunit *test, struct test_tables *t)
{
	struct fix *fix = fix_of(test, t);

	KUNIT_ASSERT_EQ(test, shadow_fixmap_init(&fix->fixmap, &fix->layout,
						 &t->pgt), 0);
	return fix;
}

static struct fix *fix_4k(struct kunit *test)
{
	return fix_ready(test, test_tables(test, 12, 48, 48, false, true));
}

static void fix_verify(struct kunit *test, struct fix *fix)
{
	SHADOW_TEST_VERIFY(test, shadow_fixmap_verify(&fix->fixmap, &__fault));
	SHADOW_TEST_VERIFY(test, shadow_pgtable_verify(&fix->t->pgt, &__fault));
	SHADOW_TEST_VERIFY(test, shadow_pgtable_verify(&fix->swapper, &__fault));
	KUNIT_ASSERT_FALSE(test, fix->t->misuse);
	KUNIT_ASSERT_EQ(test, fix->t->pgt.nr_tables + fix->swapper.nr_tables,
			(u64)fix->t->nr_used);
}

/* What an address is translated to, by plain numbers; U64_MAX: to nothing */
static u64 seen_at(const struct fix *fix, u64 va)
{
	const struct test_tables *t = fix->fixmap.late ? &fix->late : fix->t;
	struct test_leaf leaf;

	if (!test_read(t, va, &leaf))
		return U64_MAX;
	return leaf.shift == t->shape.page_shift ? leaf.pa : U64_MAX - 1;
}

static int ioremap(struct fix *fix, u64 pa, u64 bytes, u64 *va)
{
	return shadow_fixmap_early_ioremap(&fix->fixmap, pa, bytes,
					   SHADOW_FIXMAP_PAGE_IO, "test", va);
}

/* Image and linear map as the boot has them, so that tables are shared or not */
static void map_image(struct kunit *test, struct fix *fix,
		      struct shadow_pgtable *pgt)
{
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(pgt, fix->layout.kimage_vaddr,
						 SHADOW_TEST_BASE, 3 * fix->page,
						 SHADOW_PAGE_KERNEL_ROX, 0), 0);
}

static void tables_before_any_allocator(struct kunit *test)
{
	struct test_tables *t = test_tables_of_shape(test, true);
	struct fix *fix = fix_of(test, t);
	u64 nr = shadow_fixmap_nr_tables(&t->pgt.geo), i, va;
	struct test_snapshot snap;

	test_snapshot_init(test, t, &snap);
	test_snapshot_take(t, &snap);
	for (i = 0; i < nr; i++) {
		t->fail_at = t->nr_allocs + i;
		KUNIT_ASSERT_EQ(test, shadow_fixmap_init(&fix->fixmap,
							 &fix->layout, &t->pgt),
				-ENOMEM);
		KUNIT_ASSERT_TRUE(test, test_snapshot_same(t, &snap));
		KUNIT_EXPECT_EQ(test, ioremap(fix, 0, 1, &va), -ENXIO);
	}
	t->fail_at = t->nr_allocs + nr;
	KUNIT_ASSERT_EQ(test, shadow_fixmap_init(&fix->fixmap, &fix->layout,
						 &t->pgt), 0);
	fix_verify(test, fix);
	/* Just as many as were announced; from here on, none */
	KUNIT_EXPECT_EQ(test, t->pgt.nr_tables, 1 + nr);
	t->fail_at = t->nr_allocs;
	KUNIT_EXPECT_EQ(test, ioremap(fix, 0x9000000, SZ_256K, &va), 0);
	KUNIT_EXPECT_EQ(test, va, shadow_fixmap_early_va(&fix->fixmap, 0));
	KUNIT_EXPECT_EQ(test, shadow_fixmap_set(&fix->fixmap,
						SHADOW_FIX_EARLYCON_MEM_BASE,
						0x9000000,
						SHADOW_FIXMAP_PAGE_IO, "test"),
			0);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_map_fdt(&fix->fixmap, 0x4000fff8,
						    SZ_2M, SHADOW_PAGE_KERNEL,
						    &va), 0);
	KUNIT_EXPECT_EQ(test, seen_at(fix, va + SZ_2M - 1), 0x4000fff8 + SZ_2M - 1);
	fix_verify(test, fix);
}

static void switch_to_swapper(struct kunit *test)
{
	struct test_tables *t = test_tables_of_shape(test, true);
	struct fix *fix = fix_of(test, t);
	u64 before, fdt, early[2], con;

	map_image(test, fix, &t->pgt);
	before = t->pgt.nr_tables;
	KUNIT_EXPECT_EQ(test, shadow_fixmap_switch(&fix->fixmap, &fix->swapper),
			-ENXIO);
	KUNIT_ASSERT_EQ(test, shadow_fixmap_init(&fix->fixmap, &fix->layout,
						 &t->pgt), 0);
	KUNIT_EXPECT_LE(test, t->pgt.nr_tables,
			before + shadow_fixmap_nr_tables(&t->pgt.geo));
	map_image(test, fix, &fix->swapper);
	KUNIT_ASSERT_EQ(test, shadow_fixmap_map_fdt(&fix->fixmap, 0x48000010,
						    70000, SHADOW_PAGE_KERNEL_RO,
						    &fdt), 0);
	KUNIT_ASSERT_EQ(test, ioremap(fix, 0xa001234, 0x10000, &early[0]), 0);
	KUNIT_ASSERT_EQ(test, ioremap(fix, 0xb000000, 1, &early[1]), 0);
	KUNIT_ASSERT_EQ(test, shadow_fixmap_set(&fix->fixmap,
						SHADOW_FIX_EARLYCON_MEM_BASE,
						0x9000018,
						SHADOW_FIXMAP_PAGE_IO, "test"),
			0);
	con = fix->fixmap.named[SHADOW_FIX_EARLYCON_MEM_BASE].va;
	fix_verify(test, fix);

	t->fail_at = t->nr_allocs;
	KUNIT_ASSERT_EQ(test, shadow_fixmap_switch(&fix->fixmap, &fix->swapper),
			0);
	KUNIT_EXPECT_TRUE(test, fix->fixmap.late);
	fix_verify(test, fix);
	KUNIT_EXPECT_EQ(test, seen_at(fix, fdt), 0x48000010);
	KUNIT_EXPECT_EQ(test, seen_at(fix, fdt + 69999), 0x48000010 + 69999);
	KUNIT_EXPECT_EQ(test, seen_at(fix, early[0] + 0xffff), 0xa011233);
	KUNIT_EXPECT_EQ(test, seen_at(fix, early[1]), 0xb000000);
	KUNIT_EXPECT_EQ(test, seen_at(fix, con), 0x9000018);
	/* init_pg_dir is as if there had been no fixmap */
	KUNIT_EXPECT_EQ(test, t->pgt.nr_tables, before);
	KUNIT_EXPECT_EQ(test, shadow_pgtable_lookup(&t->pgt, fdt, NULL, NULL),
			-ENOENT);
	/* What was lent before comes back after */
	KUNIT_EXPECT_EQ(test, shadow_fixmap_early_iounmap(&fix->fixmap, early[0],
							  0x10000), 0);
	KUNIT_EXPECT_EQ(test, seen_at(fix, early[0]), U64_MAX);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_early_iounmap(&fix->fixmap, early[1],
							  1), 0);
	KUNIT_EXPECT_EQ(test, ioremap(fix, 0xc000000, 1, &early[0]), 0);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_switch(&fix->fixmap, &t->pgt), 0);
	fix_verify(test, fix);
	shadow_pgtable_fini(&t->pgt);
	shadow_pgtable_fini(&fix->swapper);
	KUNIT_EXPECT_EQ(test, t->nr_used, 0);
	shadow_fixmap_fini(&fix->fixmap);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_early_iounmap(&fix->fixmap, early[0],
							  1), -ENXIO);
}

static void early_ioremap_rules(struct kunit *test)
{
	struct fix *fix = fix_4k(test);
	struct shadow_fixmap *fixmap = &fix->fixmap;
	u64 va[SHADOW_FIX_BTMAPS_SLOTS], other, i;

	/* A slot is 65 pages, so that 256 KiB fit wherever they start */
	KUNIT_EXPECT_EQ(test, ioremap(fix, 0x9000fff, SZ_256K + 1, &va[0]), 0);
	KUNIT_EXPECT_EQ(test, va[0], 0xffffffffff431fff);
	KUNIT_EXPECT_EQ(test, seen_at(fix, va[0]), 0x9000fff);
	KUNIT_EXPECT_EQ(test, seen_at(fix, va[0] + SZ_256K), 0x9040fff);
	KUNIT_EXPECT_EQ(test, ioremap(fix, 0x9000fff, SZ_256K + 2, &other),
			-E2BIG);
	KUNIT_EXPECT_EQ(test, ioremap(fix, 0x9000000, SZ_256K + SZ_4K, &va[1]),
			0);
	KUNIT_EXPECT_EQ(test, va[1], 0xffffffffff472000);
	KUNIT_EXPECT_EQ(test, ioremap(fix, 0x9000000, SZ_256K + SZ_4K + 1,
				      &other), -E2BIG);
	KUNIT_EXPECT_EQ(test, ioremap(fix, 0x9000000, U64_MAX, &other), -EINVAL);
	KUNIT_EXPECT_EQ(test, ioremap(fix, 0, U64_MAX, &other), -E2BIG);
	KUNIT_EXPECT_EQ(test, ioremap(fix, 0x9000000, 0, &other), -EINVAL);
	KUNIT_EXPECT_EQ(test, ioremap(fix, U64_MAX, 2, &other), -EINVAL);
	KUNIT_EXPECT_EQ(test, ioremap(fix, U64_MAX, 1, &other), -ERANGE);
	KUNIT_EXPECT_EQ(test, ioremap(fix, BIT_ULL(48) - 1, 2, &other), -ERANGE);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_early_ioremap(fixmap, 0x9000000, 1,
							  SHADOW_PAGE_KERNEL_EXEC,
							  "test", &other),
			-EPERM);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_early_ioremap(fixmap, 0x9000000, 1,
							  0, "test", &other),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, fixmap->nr_refused, 10);
	for (i = 2; i < SHADOW_FIX_BTMAPS_SLOTS; i++)
		KUNIT_EXPECT_EQ(test, ioremap(fix, BIT_ULL(48) - 1, 1, &va[i]),
				0);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_early_leaks(fixmap), 7);
	fix_verify(test, fix);
	/* That no slot is free is noticed first */
	KUNIT_EXPECT_EQ(test, ioremap(fix, 0x9000000, 0, &other), -ENOSPC);

	KUNIT_EXPECT_EQ(test, shadow_fixmap_early_iounmap(fixmap, va[3] - 1, 1),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_early_iounmap(fixmap, va[3], 2),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_early_iounmap(fixmap, va[3], 1), 0);
	KUNIT_EXPECT_EQ(test, seen_at(fix, va[3]), U64_MAX);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_early_iounmap(fixmap, va[3], 1),
			-ENOENT);
	/* The kernel takes NULL for a slot that is free, and warns of its size */
	KUNIT_EXPECT_EQ(test, shadow_fixmap_early_iounmap(fixmap, 0, 0), -ENOENT);
	/* The first slot that is free is the next one */
	KUNIT_EXPECT_EQ(test, shadow_fixmap_early_iounmap(fixmap, va[5], 1), 0);
	KUNIT_EXPECT_EQ(test, ioremap(fix, 0x1000, 1, &other), 0);
	KUNIT_EXPECT_EQ(test, other, va[3] & ~0xfffULL);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_early_leaks(fixmap), 6);
	KUNIT_EXPECT_EQ(test, fixmap->max_early, 7);
	KUNIT_EXPECT_EQ(test, fixmap->nr_early, 8);
	fix_verify(test, fix);
}

static void named_slots(struct kunit *test)
{
	static const enum shadow_fix windows[] = {
		SHADOW_FIX_HOLE, SHADOW_FIX_FDT_END, SHADOW_FIX_FDT,
		SHADOW_FIX_BTMAP_END, SHADOW_FIX_BTMAP_BEGIN, SHADOW_NR_FIX,
	};
	struct fix *fix = fix_4k(test);
	struct shadow_fixmap *fixmap = &fix->fixmap;
	unsigned int i, id;

	for (i = 0; i < ARRAY_SIZE(windows); i++) {
		KUNIT_EXPECT_EQ(test, shadow_fixmap_set(fixmap, windows[i], 0,
							SHADOW_PAGE_KERNEL, ""),
				-EINVAL);
		KUNIT_EXPECT_EQ(test, shadow_fixmap_clear(fixmap, windows[i]),
				-EINVAL);
	}
	for (id = SHADOW_FIX_EARLYCON_MEM_BASE; id < SHADOW_NR_FIX; id++) {
		u64 va = shadow_fix_to_va(fixmap, fixmap->slots.index[id]);

		if (id == SHADOW_FIX_BTMAP_END || id == SHADOW_FIX_BTMAP_BEGIN)
			continue;
		KUNIT_EXPECT_EQ(test, shadow_fixmap_clear(fixmap, id), 0);
		KUNIT_EXPECT_EQ(test, shadow_fixmap_set(fixmap, id, 0x9000008 +
							id * SZ_1M,
							SHADOW_FIXMAP_PAGE_IO,
							"test"), 0);
		KUNIT_EXPECT_EQ(test, fixmap->named[id].va, va + 8);
		KUNIT_EXPECT_EQ(test, seen_at(fix, va), 0x9000000 + id * SZ_1M);
		/* Another one in its place; one that may not be leaves it */
		KUNIT_EXPECT_EQ(test, shadow_fixmap_set(fixmap, id, 0x5000fff,
							SHADOW_FIXMAP_PAGE_RO,
							"test"), 0);
		KUNIT_EXPECT_EQ(test, shadow_fixmap_set(fixmap, id, 0,
							SHADOW_PAGE_KERNEL_EXEC,
							"test"), -EPERM);
		KUNIT_EXPECT_EQ(test, shadow_fixmap_set(fixmap, id, BIT_ULL(48),
							SHADOW_PAGE_KERNEL,
							"test"), -ERANGE);
		KUNIT_EXPECT_EQ(test, seen_at(fix, va), 0x5000000);
		fix_verify(test, fix);
	}
	KUNIT_EXPECT_EQ(test, shadow_fixmap_clear(fixmap, SHADOW_FIX_PTE), 0);
	KUNIT_EXPECT_EQ(test, seen_at(fix, 0xffffffffff430000), U64_MAX);
	fix_verify(test, fix);
}

static void put_header(struct fix *fix, u64 pa, u32 magic, u32 bytes)
{
	u8 *at = shadow_phys_to_virt(&fix->t->block, pa);
	unsigned int i;

	for (i = 0; i < 4; i++) {
		at[i] = magic >> (24 - 8 * i);
		at[4 + i] = bytes >> (24 - 8 * i);
	}
}

static void device_tree(struct kunit *test)
{
	struct fix *fix = fix_4k(test);
	struct shadow_fixmap *fixmap = &fix->fixmap;
	u64 end = fix->t->block.base + fix->t->block.bytes;
	u64 last = end - SZ_4K, pa = end - SZ_8K, va, bytes;

	/* Over a page's end, in the last 8 bytes of a page, of memory */
	put_header(fix, pa + 16, 0xd00dfeed, SZ_8K);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_remap_fdt(fixmap, pa + 16,
						      SHADOW_PAGE_KERNEL, &va,
						      &bytes), 0);
	KUNIT_EXPECT_EQ(test, va, 0xffffffffff5fe010);
	KUNIT_EXPECT_EQ(test, bytes, SZ_8K);
	KUNIT_EXPECT_EQ(test, seen_at(fix, va), pa + 16);
	KUNIT_EXPECT_EQ(test, seen_at(fix, va + SZ_8K - 1), pa + SZ_8K + 15);
	KUNIT_EXPECT_EQ(test, seen_at(fix, 0xffffffffff601000), U64_MAX);
	fix_verify(test, fix);
	put_header(fix, end - 8, 0xd00dfeed, SZ_2M);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_remap_fdt(fixmap, end - 8,
						      SHADOW_PAGE_KERNEL_RO, &va,
						      &bytes), 0);
	KUNIT_EXPECT_EQ(test, bytes, SZ_2M);
	KUNIT_EXPECT_EQ(test, va, 0xffffffffff5feff8);
	KUNIT_EXPECT_EQ(test, seen_at(fix, va + SZ_2M - 1), end - 8 + SZ_2M - 1);
	fix_verify(test, fix);

	/* What is refused leaves the window as it was */
	put_header(fix, last, 0xd00dfeed, SZ_2M + 1);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_remap_fdt(fixmap, last,
						      SHADOW_PAGE_KERNEL, &va,
						      &bytes), -E2BIG);
	put_header(fix, last, 0xd00dfeed, 0);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_remap_fdt(fixmap, last,
						      SHADOW_PAGE_KERNEL, &va,
						      &bytes), -EINVAL);
	put_header(fix, last, 0xedfe0dd0, 64);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_remap_fdt(fixmap, last,
						      SHADOW_PAGE_KERNEL, &va,
						      &bytes), -ENODATA);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_remap_fdt(fixmap, end,
						      SHADOW_PAGE_KERNEL, &va,
						      &bytes), -EFAULT);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_remap_fdt(fixmap, 0,
						      SHADOW_PAGE_KERNEL, &va,
						      &bytes), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_remap_fdt(fixmap, last + 4,
						      SHADOW_PAGE_KERNEL, &va,
						      &bytes), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_remap_fdt(fixmap, end - 8,
						      SHADOW_PAGE_KERNEL_EXEC,
						      &va, &bytes), -EPERM);
	KUNIT_EXPECT_EQ(test, seen_at(fix, 0xffffffffff5fe000), last);
	KUNIT_EXPECT_EQ(test, fixmap->fdt.bytes, SZ_2M);
	KUNIT_EXPECT_EQ(test, fixmap->fdt.prot, SHADOW_PAGE_KERNEL_RO);
	fix_verify(test, fix);
}

/* ---------------------------------------------------- against a model -- */

struct lent {
	u64 va, pa, bytes;
};

struct random_run {
	struct fix *fix;
	struct lent lent[SHADOW_FIX_BTMAPS_SLOTS];
	struct rnd_state rnd;
	u64 nr_maps, nr_unmaps, nr_full, nr_long, nr_switches;
};

static u64 below(struct random_run *run, u64 limit)
{
	return shadow_test_below(&run->rnd, limit);
}

/* Each page of each slot, also those that are not lent */
static void expect_lent(struct kunit *test, struct random_run *run,
			unsigned int slot)
{
	struct fix *fix = run->fix;
	const struct lent *lent = &run->lent[slot];
	u64 page = fix->page, nr = SZ_256K / page + 1, i;
	/* The region's lowest page is nobody's, then come FIX_PGD to FIX_PTE */
	u64 start = fix->layout.region[SHADOW_REGION_FIXMAP].start +
		    (6 + slot * nr) * page;

	for (i = 0; i < nr; i++) {
		u64 expected = U64_MAX, first = lent->pa / page;

		if (lent->bytes && first + i <= (lent->pa + lent->bytes - 1) / page)
			expected = (first + i) * page;
		KUNIT_ASSERT_EQ_MSG(test, seen_at(fix, start + i * page),
				    expected, "slot %u page %llu", slot, i);
	}
	if (lent->bytes)
		KUNIT_ASSERT_EQ(test, lent->va, start + lent->pa % page);
}

static void random_ioremap(struct kunit *test, struct random_run *run)
{
	u64 page = run->fix->page, most = SZ_256K + page;
	u64 pa = below(run, 1ULL << 36), bytes, va;
	unsigned int slot = 0;
	int err, expected = 0;

	bytes = below(run, 3) ? 1 + below(run, 3 * page) :
		most - 2 * page + below(run, 3 * page);
	if (below(run, 20) == 0)
		bytes = 0;
	while (slot < SHADOW_FIX_BTMAPS_SLOTS && run->lent[slot].bytes)
		slot++;
	if (slot == SHADOW_FIX_BTMAPS_SLOTS)
		expected = -ENOSPC;
	else if (!bytes)
		expected = -EINVAL;
	else if ((pa + bytes - 1) / page - pa / page >= most / page)
		expected = -E2BIG;
	err = ioremap(run->fix, pa, bytes, &va);
	KUNIT_ASSERT_EQ_MSG(test, err, expected, "%llx + %llx", pa, bytes);
	run->nr_full += err == -ENOSPC;
	run->nr_long += err == -E2BIG;
	if (err)
		return;
	run->lent[slot].va = va;
	run->lent[slot].pa = pa;
	run->lent[slot].bytes = bytes;
	expect_lent(test, run, slot);
	run->nr_maps++;
}

static void random_iounmap(struct kunit *test, struct random_run *run)
{
	unsigned int slot = below(run, SHADOW_FIX_BTMAPS_SLOTS);
	u64 va = run->lent[slot].va, bytes = run->lent[slot].bytes;
	int expected = va ? 0 : -ENOENT;

	if (va && below(run, 8) == 0) {
		bytes += below(run, 2) ? 1 : -1ULL;
		expected = -EINVAL;
	} else if (va && below(run, 8) == 0) {
		va += run->fix->page;
		expected = -ENOENT;
	}
	KUNIT_ASSERT_EQ(test,
			shadow_fixmap_early_iounmap(&run->fix->fixmap, va, bytes),
			expected);
	if (expected)
		return;
	memset(&run->lent[slot], 0, sizeof(run->lent[slot]));
	expect_lent(test, run, slot);
	run->nr_unmaps++;
}

/* To the other tree, and some time later back */
static void random_switch(struct kunit *test, struct random_run *run)
{
	struct fix *fix = run->fix;
	struct shadow_pgtable *to = fix->fixmap.late ? &fix->t->pgt :
						       &fix->swapper;
	unsigned int slot;

	KUNIT_ASSERT_EQ(test, shadow_fixmap_switch(&fix->fixmap, to), 0);
	fix->fixmap.late = to == &fix->swapper;
	for (slot = 0; slot < SHADOW_FIX_BTMAPS_SLOTS; slot++)
		expect_lent(test, run, slot);
	run->nr_switches++;
}

static void run_random(struct kunit *test, struct fix *fix, u64 nr)
{
	struct random_run *run = shadow_test_alloc(test, sizeof(*run));
	u64 i, ns = ktime_get_ns();

	run->fix = fix;
	map_image(test, fix, &fix->t->pgt);
	map_image(test, fix, &fix->swapper);
	fix->t->fail_at = fix->t->nr_allocs;
	shadow_test_seed(test, &run->rnd);
	for (i = 0; i < nr; i++) {
		if (below(run, 50) == 0)
			random_switch(test, run);
		else if (below(run, 9) < 5)
			random_ioremap(test, run);
		else
			random_iounmap(test, run);
		fix_verify(test, fix);
		cond_resched();
	}
	ns = ktime_get_ns() - ns;
	kunit_info(test, "%llu lent, %llu given back, %llu without a slot, %llu too long, %llu switches\n",
		   run->nr_maps, run->nr_unmaps, run->nr_full, run->nr_long,
		   run->nr_switches);
	shadow_test_rate(test, "early_ioremap and early_iounmap, verified", nr, ns);
	KUNIT_EXPECT_GT(test, run->nr_maps, nr / 8);
	KUNIT_EXPECT_GT(test, run->nr_unmaps, nr / 8);
	KUNIT_EXPECT_GT(test, run->nr_full, nr / 200);
	KUNIT_EXPECT_GT(test, run->nr_long, nr / 200);
	KUNIT_EXPECT_GT(test, run->nr_switches, nr / 200);
}

static void random_early_ioremap(struct kunit *test)
{
	run_random(test, fix_4k(test), 20000);
}

static void random_early_ioremap_of_shape(struct kunit *test)
{
	run_random(test, fix_ready(test, test_tables_of_shape(test, true)), 500);
}

/* ------------------------------------------------------------- damage -- */

static void expect_fault(struct kunit *test, struct fix *fix, const char *text)
{
	struct shadow_fault fault;

	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ(test, shadow_fixmap_verify(&fix->fixmap, &fault),
			-EUCLEAN);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(fault.text, text), "%s",
				  fault.text);
}

static void damage_is_seen(struct kunit *test)
{
	struct fix *fix = fix_4k(test);
	struct shadow_fixmap *fixmap = &fix->fixmap;
	struct shadow_pgtable *pgt = &fix->t->pgt;
	u64 va, end;

	KUNIT_ASSERT_EQ(test, ioremap(fix, 0x9000000, 3 * SZ_4K, &va), 0);
	end = va + 3 * SZ_4K;
	/* A page too many, one in a hole, one below all slots */
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(pgt, end, 0x9003000, SZ_4K,
						 SHADOW_FIXMAP_PAGE_IO, 0), 0);
	expect_fault(test, fix, "slot 972 at ffffffffff434000");
	KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(pgt, end, SZ_4K), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(pgt, 0xffffffffff42b000, 0,
						 SZ_4K, SHADOW_PAGE_KERNEL, 0),
			0);
	expect_fault(test, fix, "slot 981 at ffffffffff42b000");
	KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(pgt, 0xffffffffff42b000,
						   SZ_4K), 0);
	/* One missing, another protection, another address */
	KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(pgt, end - SZ_4K, SZ_4K), 0);
	expect_fault(test, fix, "slot 973");
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(pgt, end - SZ_4K, 0x9003000,
						 SZ_4K, SHADOW_FIXMAP_PAGE_IO,
						 0), 0);
	expect_fault(test, fix, "slot 973");
	KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(pgt, end - SZ_4K, SZ_4K), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(pgt, end - SZ_4K, 0x9002000,
						 SZ_4K, SHADOW_PROT_NORMAL_NC,
						 0), 0);
	expect_fault(test, fix, "slot 973");
	KUNIT_ASSERT_EQ(test, shadow_pgtable_protect(pgt, end - SZ_4K, SZ_4K,
						     SHADOW_FIXMAP_PAGE_IO, 0),
			0);
	fix_verify(test, fix);
	/* A record that is wrong */
	fixmap->early[0].bytes = SZ_256K + SZ_8K;
	expect_fault(test, fix, "boot-time slot 0");
	fixmap->early[0].bytes = 3 * SZ_4K;
	fixmap->early[0].va += SZ_4K;
	expect_fault(test, fix, "boot-time slot 0");
	fixmap->early[0].va -= SZ_4K;
	pgt->pin_last += SZ_4K;
	expect_fault(test, fix, "not pinned");
	pgt->pin_last -= SZ_4K;
	fix_verify(test, fix);
	/* Slots may not be lent where the layout has another region */
	fix->layout.region[SHADOW_REGION_FIXMAP].start += SZ_4K;
	KUNIT_EXPECT_EQ(test, shadow_fixmap_init(fixmap, &fix->layout, pgt),
			-EINVAL);
	expect_fault(test, fix, "no tables");
}

static struct kunit_case fixmap_cases[] = {
	KUNIT_CASE(slots_by_hand),
	KUNIT_CASE_PARAM(tables_before_any_allocator, test_shapes_gen_params),
	KUNIT_CASE_PARAM(switch_to_swapper, test_shapes_gen_params),
	KUNIT_CASE(early_ioremap_rules),
	KUNIT_CASE(named_slots),
	KUNIT_CASE(device_tree),
	KUNIT_CASE(random_early_ioremap),
	KUNIT_CASE_PARAM(random_early_ioremap_of_shape, test_shapes_gen_params),
	KUNIT_CASE(damage_is_seen),
	{}
};

static struct kunit_suite fixmap_suite = {
	.name = "shadow_fixmap",
	.test_cases = fixmap_cases,
};

kunit_test_suite(fixmap_suite);
