// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation tables: random operations against a flat model.
 */
#include "shadow_test_shapes.h"

/*
 * Random operations against a model that knows of each page what it is mapped
 * to and how, and nothing of tables.
 */
struct flat {
	u64 *pa;	/* plus 1; 0: not mapped */
	u64 *prot;
	u64 va;
	u64 nr_pages;
};

static const u64 random_prots[] = {
	SHADOW_PAGE_KERNEL, SHADOW_PAGE_KERNEL_RO, SHADOW_PAGE_KERNEL_ROX,
	SHADOW_PROT_DEVICE_NGNRE, SHADOW_PROT_NORMAL_NC, SHADOW_PAGE_SHARED,
};

/* What the leaf of a page must hold besides the address and the type */
static u64 expected_attrs(const struct test_tables *t, u64 prot)
{
	return t->shape.ds ? prot & ~0x300ULL : prot;
}

static void expect_flat(struct kunit *test, const struct test_tables *t,
			const struct flat *flat, u64 from, u64 nr)
{
	u64 page = test_page_of(t), i;

	for (i = from; i < from + nr && i < flat->nr_pages; i++) {
		struct test_leaf leaf;
		u64 attrs;

		if (!test_read(t, flat->va + i * page, &leaf)) {
			KUNIT_ASSERT_EQ_MSG(test, flat->pa[i], 0, "page %llu",
					    i);
			continue;
		}
		KUNIT_ASSERT_EQ_MSG(test, leaf.pa + 1, flat->pa[i],
				    "page %llu", i);
		attrs = leaf.desc & 0xffe0000000000ffcULL &
			(t->shape.ds ? ~0x300ULL : ~0ULL);
		/* DBM is bit 51 */
		attrs |= leaf.desc & BIT_ULL(51);
		KUNIT_ASSERT_EQ_MSG(test, attrs,
				    expected_attrs(t, flat->prot[i]),
				    "page %llu", i);
	}
}

/* The errno that the model expects, and its own change */
static int flat_map(struct flat *flat, u64 page, u64 from, u64 nr, u64 pa,
		    u64 prot)
{
	u64 i;

	for (i = from; i < from + nr; i++)
		if (flat->pa[i])
			return -EEXIST;
	for (i = from; i < from + nr; i++, pa += page) {
		flat->pa[i] = pa + 1;
		flat->prot[i] = prot;
	}
	return 0;
}

static int flat_change(struct flat *flat, u64 from, u64 nr, u64 prot)
{
	u64 i;

	for (i = from; i < from + nr; i++)
		if (!flat->pa[i])
			return -ENOENT;
	for (i = from; i < from + nr; i++) {
		flat->prot[i] = prot;
		if (!prot)
			flat->pa[i] = 0;
	}
	return 0;
}

struct random_run {
	struct test_tables *t;
	struct flat flat;
	struct rnd_state rnd;
	struct test_snapshot snap;
	u64 nr_done[3];
	u64 nr_oom;
};

static u64 below(struct random_run *run, u64 limit)
{
	return shadow_test_below(&run->rnd, limit);
}

/* A range: mostly a few pages, sometimes whole blocks */
static void random_range(struct random_run *run, u64 *from, u64 *nr)
{
	u64 n = test_block_of(run->t) / test_page_of(run->t);

	if (below(run, 4) == 0) {
		*from = below(run, run->flat.nr_pages / n) * n;
		*nr = n * (1 + below(run, 2));
	} else {
		*from = below(run, run->flat.nr_pages);
		*nr = 1 + below(run, below(run, 8) ? 16 : n + n / 2);
	}
	*nr = min(*nr, run->flat.nr_pages - *from);
}

/*
 * Mostly something that will work: the next pages that are mapped (or free),
 * and no more of them than there are.
 */
static void likely_range(struct random_run *run, bool mapped, u64 *from,
			 u64 *nr)
{
	const struct flat *flat = &run->flat;
	u64 i, end;

	for (i = *from; i < flat->nr_pages && !flat->pa[i] == mapped; i++)
		;
	if (i == flat->nr_pages)
		return;
	for (end = i; end < flat->nr_pages && !flat->pa[end] != mapped; end++)
		;
	*from = i;
	*nr = min(*nr, end - i);
}

static int random_do(struct random_run *run, unsigned int op, u64 from, u64 nr,
		     u64 pa, u64 prot)
{
	struct shadow_pgtable *pgt = &run->t->pgt;
	u64 page = test_page_of(run->t);
	u64 va = run->flat.va + from * page;

	if (op == 0)
		return shadow_pgtable_map(pgt, va, pa, nr * page, prot,
					  below(run, 4) ? 0 : SHADOW_MAP_NO_BLOCK);
	if (op == 1)
		return shadow_pgtable_unmap(pgt, va, nr * page);
	return shadow_pgtable_protect(pgt, va, nr * page, prot, 0);
}

/* All of one block's pages go, so that a block can come or a table is freed */
static void random_clear(struct kunit *test, struct random_run *run)
{
	u64 n = test_block_of(run->t) / test_page_of(run->t);
	u64 from = below(run, run->flat.nr_pages / n) * n, end = from + n;

	while (from < end) {
		u64 nr = 1, start = from;

		likely_range(run, true, &start, &nr);
		if (!run->flat.pa[start] || start >= end)
			break;
		nr = end - start;
		likely_range(run, true, &start, &nr);
		KUNIT_ASSERT_EQ(test, random_do(run, 1, start, nr, 0, 0), 0);
		KUNIT_ASSERT_EQ(test, flat_change(&run->flat, start, nr, 0), 0);
		TEST_TABLES_VERIFY(test, run->t);
		expect_flat(test, run->t, &run->flat, start, nr);
		run->nr_done[1]++;
		from = start + nr;
	}
}

static void random_step(struct kunit *test, struct random_run *run)
{
	unsigned int op = below(run, 2) ? 0 : below(run, 4) ? 1 : 2;
	u64 page = test_page_of(run->t), n = test_block_of(run->t) / page;
	u64 prot = random_prots[below(run, ARRAY_SIZE(random_prots))];
	bool oom = below(run, 8) == 0;
	u64 from, nr, pa;
	int err, expected;

	random_range(run, &from, &nr);
	if (below(run, 4))
		likely_range(run, op != 0, &from, &nr);
	/* Sometimes so that blocks are possible, up to the largest address */
	pa = below(run, 2) ? (from % n + below(run, 64) * n) * page :
			     below(run, 1U << 20) * page;
	if (run->t->shape.pa52 && below(run, 2))
		pa |= below(run, 16) << 48;
	if (oom) {
		run->t->fail_at = run->t->nr_allocs + below(run, 2);
		test_snapshot_take(run->t, &run->snap);
	}
	err = random_do(run, op, from, nr, pa, prot);
	run->t->fail_at = U64_MAX;
	TEST_TABLES_VERIFY(test, run->t);
	if (err == -ENOMEM) {
		KUNIT_ASSERT_TRUE(test, oom);
		KUNIT_ASSERT_TRUE(test, test_snapshot_same(run->t, &run->snap));
		run->nr_oom++;
		return;
	}
	expected = op == 0 ? flat_map(&run->flat, page, from, nr, pa, prot) :
			     flat_change(&run->flat, from, nr,
					 op == 1 ? 0 : prot);
	KUNIT_ASSERT_EQ_MSG(test, err, expected, "operation %u, %llu + %llu",
			    op, from, nr);
	run->nr_done[op] += !err;
	/* One page before, and one after, where there are */
	expect_flat(test, run->t, &run->flat, from ? from - 1 : 0, nr + 2);
}

static void run_random(struct kunit *test, struct test_tables *t, u64 va,
		       u64 nr_operations)
{
	struct random_run *run = shadow_test_alloc(test, sizeof(*run));
	u64 i, ns = ktime_get_ns();

	run->t = t;
	run->flat.va = va;
	run->flat.nr_pages = 4 * test_block_of(t) / test_page_of(t);
	run->flat.pa = shadow_test_alloc(test, run->flat.nr_pages * sizeof(u64));
	run->flat.prot = shadow_test_alloc(test,
					   run->flat.nr_pages * sizeof(u64));
	test_snapshot_init(test, t, &run->snap);
	shadow_test_seed(test, &run->rnd);
	for (i = 0; i < nr_operations; i++) {
		if (i % 16 == 15)
			random_clear(test, run);
		random_step(test, run);
		if (i % 1000 == 999)
			expect_flat(test, t, &run->flat, 0, run->flat.nr_pages);
		cond_resched();
	}
	ns = ktime_get_ns() - ns;
	kunit_info(test, "%llu maps, %llu unmaps, %llu protects, %llu without memory\n",
		   run->nr_done[0], run->nr_done[1], run->nr_done[2],
		   run->nr_oom);
	shadow_test_rate(test, "map, unmap and protect, verified", nr_operations,
			 ns);
	KUNIT_EXPECT_GT(test, run->nr_done[0], nr_operations / 4);
	KUNIT_EXPECT_GT(test, run->nr_done[1], nr_operations / 4);
	KUNIT_EXPECT_GT(test, run->nr_done[2], nr_operations / 20);
	KUNIT_EXPECT_GT(test, run->nr_oom, nr_operations / 2000);
}

static void random_operations(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);

	/* In the middle of a gigabyte boundary, of a 512 GiB boundary too */
	run_random(test, t, 0xffff000000000000ULL + (1ULL << 39) - 2 * SZ_2M, 100000);
}

static void random_operations_of_shape(struct kunit *test)
{
	struct test_tables *t = test_tables_of_shape(test, false);

	run_random(test, t, test_block_of(t) * 6, 2000);
}

static struct kunit_case pgtable_random_cases[] = {
	KUNIT_CASE(random_operations),
	KUNIT_CASE_PARAM(random_operations_of_shape, test_shapes_gen_params),
	{}
};

static struct kunit_suite pgtable_random_suite = {
	.name = "shadow_pgtable_random",
	.test_cases = pgtable_random_cases,
};

kunit_test_suite(pgtable_random_suite);
