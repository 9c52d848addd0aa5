// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation tables of every shape against a model that knows what is mapped
 * and nothing of tables, after each of many random changes:
 *
 * - each address translates as the model says, with its attributes, and the
 *   quick look-up says so, too;
 * - each leaf is the largest that there can be, each group that may have the
 *   contiguous hint has it, and there are no more tables than there must be;
 * - what is refused, or runs out of memory anywhere, changes no bit;
 * - the log obeys break-before-make and is complete.
 */
#include "shadow_test_bbm.h"
#include "shadow_test_extents.h"

#define NR_STEPS	100

/* What the attributes of a leaf are; with DS=1 bits 9:8 are not among them */
#define LEAF_ATTRS	0x07e8000000000ffcULL
#define LEAF_CONT	BIT_ULL(52)

static const struct shape {
	const char *name;
	u8 page_shift;
	u8 va_bits;
	u8 pa_bits;
	bool ds;
} shapes[] = {
	{ "4K_36", 12, 36, 48, false },		{ "4K_36_DS", 12, 36, 52, true },
	{ "4K_39", 12, 39, 48, false },		{ "4K_39_DS", 12, 39, 52, true },
	{ "4K_42", 12, 42, 48, false },		{ "4K_42_DS", 12, 42, 52, true },
	{ "4K_47", 12, 47, 48, false },		{ "4K_47_DS", 12, 47, 52, true },
	{ "4K_48", 12, 48, 48, false },		{ "4K_48_DS", 12, 48, 52, true },
	{ "4K_52_DS", 12, 52, 52, true },
	{ "16K_36", 14, 36, 48, false },	{ "16K_36_DS", 14, 36, 52, true },
	{ "16K_39", 14, 39, 48, false },	{ "16K_39_DS", 14, 39, 52, true },
	{ "16K_42", 14, 42, 48, false },	{ "16K_42_DS", 14, 42, 52, true },
	{ "16K_47", 14, 47, 48, false },	{ "16K_47_DS", 14, 47, 52, true },
	{ "16K_48", 14, 48, 48, false },	{ "16K_48_DS", 14, 48, 52, true },
	{ "16K_52_DS", 14, 52, 52, true },
	{ "64K_36", 16, 36, 48, false },	{ "64K_36_LPA", 16, 36, 52, false },
	{ "64K_39", 16, 39, 48, false },	{ "64K_39_LPA", 16, 39, 52, false },
	{ "64K_42", 16, 42, 48, false },	{ "64K_42_LPA", 16, 42, 52, false },
	{ "64K_47", 16, 47, 48, false },	{ "64K_47_LPA", 16, 47, 52, false },
	{ "64K_48", 16, 48, 48, false },	{ "64K_48_LPA", 16, 48, 52, false },
	{ "64K_52_LPA", 16, 52, 52, false },
};

KUNIT_ARRAY_PARAM_DESC(shapes, shapes, name);

static const u64 prots[] = {
	SHADOW_PAGE_KERNEL, SHADOW_PAGE_KERNEL, SHADOW_PAGE_KERNEL_RO,
	SHADOW_PAGE_KERNEL_ROX, SHADOW_PROT_DEVICE_NGNRE, SHADOW_PROT_NORMAL_NC,
	SHADOW_PAGE_SHARED,
};

#define MAX_UNITS	8

/**
 * struct model_run - one shape's tables and their model
 * @t: the tables
 * @bbm: judge of their log
 * @x: the model
 * @rnd: random numbers
 * @first: first address of the half
 * @nr_pages: of the half
 * @middle: a page that begins entries of all levels
 * @unit: pages of a page, a group of pages, a block, a group of blocks, ...
 * @nr_units: how many of these the half has
 * @attr_mask: attributes that a leaf of this shape has
 * @lazy: what was unmapped last and is not invalidated; none if @nr is 0
 * @used: tables before a change, by number
 * @before: their contents
 * @nr_done: changes that were made, by enum test_change
 * @nr_refused: changes that were not
 * @nr_oom: allocations of tables that failed
 */
struct model_run {
	struct test_tables *t;
	struct test_bbm *bbm;
	struct test_extents x;
	struct rnd_state rnd;
	u64 first;
	u64 nr_pages;
	u64 middle;
	u64 unit[MAX_UNITS];
	unsigned int nr_units;
	u64 attr_mask;
	struct {
		u64 page;
		u64 nr;
	} lazy;
	bool used[TEST_NR_TABLES];
	void *before;
	u64 nr_done[3];
	u64 nr_refused;
	u64 nr_oom;
};

static u64 below(struct model_run *run, u64 limit)
{
	return shadow_test_below(&run->rnd, limit);
}

/* --------------------------------------------------------- all bits as before -- */

static void remember(struct model_run *run)
{
	u64 bytes = test_page_of(run->t), i;

	for (i = 0; i < TEST_NR_TABLES; i++) {
		run->used[i] = run->t->used[i];
		if (run->used[i])
			memcpy((char *)run->before + i * bytes,
			       (char *)run->t->block.virt + i * bytes, bytes);
	}
}

static bool as_before(const struct model_run *run)
{
	u64 bytes = test_page_of(run->t), i;

	for (i = 0; i < TEST_NR_TABLES; i++)
		if (run->used[i] != run->t->used[i] ||
		    (run->used[i] &&
		     memcmp((char *)run->before + i * bytes,
			    (char *)run->t->block.virt + i * bytes, bytes)))
			return false;
	return true;
}

/* ------------------------------------------------------------ the whole tree -- */

/**
 * struct scan - a walk over all descriptors
 * @run: whose
 * @e: the extent that the next leaf should be in
 * @nr_tables: tables met
 * @nr_pages: pages that leaves map
 * @why: what is wrong, or NULL
 * @va: where
 * @desc: the descriptor
 */
struct scan {
	struct model_run *run;
	const struct test_extent *e;
	u64 nr_tables;
	u64 nr_pages;
	const char *why;
	u64 va;
	u64 desc;
};

static void scan_wrong(struct scan *scan, u64 page, u64 desc, const char *why)
{
	if (scan->why)
		return;
	scan->why = why;
	scan->va = scan->run->first + page * test_page_of(scan->run->t);
	scan->desc = desc;
}

static void scan_leaf(struct scan *scan, const u8 *level, u64 page, u64 desc)
{
	const struct model_run *run = scan->run;
	const struct test_tables *t = run->t;
	const struct test_extent *end = &run->x.at[run->x.nr], *e;
	u64 nr = 1ULL << (*level - t->shape.page_shift), group;
	u64 pfn = (test_output(t, desc) & ~0ULL << *level) >> t->shape.page_shift;

	while (scan->e < end && scan->e->end <= page)
		scan->e++;
	e = scan->e;
	scan->nr_pages += nr;
	if ((desc & 3) != (*level == t->shape.page_shift ? 3 : 1) ||
	    (*level != t->shape.page_shift && !test_block_allowed(t, *level)))
		return scan_wrong(scan, page, desc, "no leaf of this level");
	if (e == end || e->page > page || e->end < page + nr)
		return scan_wrong(scan, page, desc, "mapped, but not in the model");
	if (pfn != e->pfn + (page - e->page))
		return scan_wrong(scan, page, desc, "to another address");
	if ((desc & run->attr_mask) != (e->attrs & run->attr_mask))
		return scan_wrong(scan, page, desc, "with other attributes");
	group = nr * test_group(*level);
	if (!!(desc & LEAF_CONT) !=
	    (group > nr && test_extent_is(e, page & ~(group - 1), group)))
		scan_wrong(scan, page, desc, desc & LEAF_CONT ?
			   "hint without a whole group" : "group without hint");
}

/* The table whose entries are those of @level, of which @page is the first */
static void scan_table(struct scan *scan, u64 pa, const u8 *level, u64 page,
		       u64 nr)
{
	const struct model_run *run = scan->run;
	const struct test_tables *t = run->t;
	u64 pages = 1ULL << (*level - t->shape.page_shift), i;
	int nr_level = 3 - (*level - t->shape.page_shift) /
			   (t->shape.page_shift - 3);
	const u64 *table;

	if (!shadow_block_has(&t->block, pa, test_page_of(t)))
		return scan_wrong(scan, page, pa, "table outside the block");
	table = shadow_phys_to_virt(&t->block, pa);
	scan->nr_tables++;
	for (i = 0; i < nr && !scan->why; i++, page += pages) {
		u64 desc = table[i];

		if (!test_bbm_same(run->bbm, pa + i * 8, nr_level, desc))
			scan_wrong(scan, page, desc, "not as the log has it");
		if (!desc)
			continue;
		if ((desc & 3) != 3 || *level == t->shape.page_shift)
			scan_leaf(scan, level, page, desc);
		else
			scan_table(scan, test_output(t, desc), level + 1, page,
				   1ULL << (t->shape.page_shift - 3));
	}
}

static void expect_model(struct kunit *test, struct model_run *run)
{
	struct scan scan = { .run = run, .e = run->x.at };
	const u8 *root = test_shifts(run->t);
	u64 nr_pages = 0, nr_tables;
	unsigned int i;

	scan_table(&scan, run->t->pgt.root, root, 0,
		   1ULL << (run->t->shape.va_bits - *root));
	KUNIT_ASSERT_NULL_MSG(test, scan.why, "%s: va %llx descriptor %llx",
			      scan.why, scan.va, scan.desc);
	for (i = 0; i < run->x.nr; i++)
		nr_pages += run->x.at[i].end - run->x.at[i].page;
	KUNIT_ASSERT_EQ(test, scan.nr_pages, nr_pages);
	nr_tables = test_extents_tables(run->t, &run->x, root, 0,
					run->nr_pages);
	/* A table that is empty may wait for the invalidation */
	KUNIT_ASSERT_GE(test, scan.nr_tables, nr_tables);
	if (!run->lazy.nr)
		KUNIT_ASSERT_EQ(test, scan.nr_tables, nr_tables);
	KUNIT_ASSERT_EQ(test, run->t->pgt.nr_tables, scan.nr_tables);
	KUNIT_ASSERT_EQ(test, (u64)run->t->nr_used, scan.nr_tables);
}

static void expect_look_up(struct kunit *test, const struct model_run *run,
			   u64 page, u64 offset)
{
	const struct test_extent *e = &run->x.at[test_extents_find(&run->x, page)];
	unsigned int shift = run->t->shape.page_shift;
	phys_addr_t pa = 0;
	u64 va = run->first + (page << shift) + offset, desc;
	int err = shadow_pgtable_lookup(&run->t->pgt, va, &pa, &desc);

	if (e == &run->x.at[run->x.nr] || e->page > page) {
		KUNIT_ASSERT_EQ_MSG(test, err, -ENOENT, "va %llx", va);
		return;
	}
	KUNIT_ASSERT_EQ_MSG(test, err, 0, "va %llx", va);
	KUNIT_ASSERT_EQ_MSG(test, (u64)pa,
			    ((e->pfn + (page - e->page)) << shift) + offset,
			    "va %llx", va);
	KUNIT_ASSERT_EQ_MSG(test, desc & run->attr_mask,
			    e->attrs & run->attr_mask, "va %llx", va);
}

/* Around a change, and where extents begin and end */
static void expect_look_ups(struct kunit *test, struct model_run *run, u64 page)
{
	unsigned int i, nr = min(run->x.nr, 8U);

	expect_look_up(test, run, page, 0);
	expect_look_up(test, run, page ? page - 1 : 0, 8);
	for (i = 0; i < nr; i++) {
		const struct test_extent *e = &run->x.at[below(run, run->x.nr)];

		expect_look_up(test, run, e->page, test_page_of(run->t) - 1);
		expect_look_up(test, run, e->end - 1, 0);
		if (e->end < run->nr_pages)
			expect_look_up(test, run, e->end, 16);
	}
}

static void expect_order(struct kunit *test, struct model_run *run)
{
	bool good = test_bbm_check(run->bbm, run->lazy.nr);

	KUNIT_ASSERT_TRUE_MSG(test, good, "%s: record %llu, op %u level %d va %llx %llx nr %u",
			      run->bbm->why, run->bbm->nr_seen, run->bbm->at.op,
			      run->bbm->at.level, run->bbm->at.va,
			      run->bbm->at.value, run->bbm->at.nr);
}

/* ---------------------------------------------------------------- one change -- */

/**
 * struct change - what is asked for
 * @change: kind
 * @page: first page
 * @nr: how many
 * @pfn: for a map
 * @prot: for map and protect
 */
struct change {
	enum test_change change;
	u64 page;
	u64 nr;
	u64 pfn;
	u64 prot;
};

static int ask(struct model_run *run, const struct change *c, bool lazy)
{
	unsigned int shift = run->t->shape.page_shift;
	struct shadow_pgtable *pgt = &run->t->pgt;
	u64 va = run->first + (c->page << shift), bytes = c->nr << shift;

	switch (c->change) {
	case TEST_MAP:
		return shadow_pgtable_map(pgt, va, c->pfn << shift, bytes,
					  c->prot, 0);
	case TEST_PROTECT:
		return shadow_pgtable_protect(pgt, va, bytes, c->prot, 0);
	default:
		return lazy ? shadow_pgtable_unmap_lazy(pgt, va, bytes) :
			      shadow_pgtable_unmap(pgt, va, bytes);
	}
}

static int expected_error(const struct model_run *run, const struct change *c)
{
	if (c->change == TEST_MAP)
		return test_extents_any(&run->x, c->page, c->nr) ? -EEXIST : 0;
	return test_extents_all(&run->x, c->page, c->nr) ? 0 : -ENOENT;
}

/* Once for each allocation that it makes, which then fails, and once without */
static int ask_without_memory(struct kunit *test, struct model_run *run,
			      const struct change *c, bool lazy)
{
	u64 nr;
	int err;

	for (nr = 0; ; nr++) {
		u64 before = run->t->nr_allocs;

		run->t->fail_at = before + nr;
		err = ask(run, c, lazy);
		run->t->fail_at = U64_MAX;
		if (err != -ENOMEM || run->t->nr_allocs <= before + nr)
			return err;
		KUNIT_ASSERT_TRUE_MSG(test, as_before(run),
				      "not as before the allocation failed");
		expect_order(test, run);
		run->nr_oom++;
	}
}

/* What was unmapped lazily: a TLB may not hold it any more */
static void invalidate(struct kunit *test, struct model_run *run)
{
	unsigned int shift = run->t->shape.page_shift;

	if (run->lazy.nr)
		shadow_pgtable_invalidate(&run->t->pgt,
					  run->first + (run->lazy.page << shift),
					  run->lazy.nr << shift);
	run->lazy.nr = 0;
	expect_order(test, run);
	expect_model(test, run);
}

static void make(struct kunit *test, struct model_run *run,
		 const struct change *c)
{
	bool lazy = below(run, 4) == 0, oom = below(run, 4) == 0;
	int expected = expected_error(run, c), err;
	bool remembered = oom || expected || below(run, 8) == 0;

	if (test_extents_full(&run->x) && c->change != TEST_UNMAP)
		return;
	/* One range at a time; nothing is mapped there, and sometimes nowhere */
	if (run->lazy.nr &&
	    (lazy || below(run, 3) == 0 ||
	     (c->page < run->lazy.page + run->lazy.nr &&
	      run->lazy.page < c->page + c->nr)))
		invalidate(test, run);
	if (remembered)
		remember(run);
	err = oom ? ask_without_memory(test, run, c, lazy) : ask(run, c, lazy);
	KUNIT_ASSERT_FALSE(test, run->t->misuse);
	if (err == -ENOMEM) {
		/* The fixture has no more */
		run->nr_oom++;
	} else {
		KUNIT_ASSERT_EQ_MSG(test, err, expected,
				    "change %u of pages %llu + %llu",
				    c->change, c->page, c->nr);
	}
	if (err) {
		run->nr_refused++;
		KUNIT_ASSERT_TRUE_MSG(test, !remembered || as_before(run),
				      "%d, but not as before", err);
	} else {
		run->nr_done[c->change]++;
		if (lazy && c->change == TEST_UNMAP) {
			run->lazy.page = c->page;
			run->lazy.nr = c->nr;
		}
		test_extents_change(&run->x, c->change, c->page, c->nr, c->pfn,
				    c->prot);
	}
	expect_order(test, run);
	expect_model(test, run);
	expect_look_ups(test, run, c->page);
}

/* -------------------------------------------------------------- what to ask -- */

static u64 clip(const struct model_run *run, u64 page)
{
	return min(page, run->nr_pages - 1);
}

/* Somewhere around the middle, where a unit begins, or a few pages beside */
static u64 some_place(struct model_run *run)
{
	u64 unit = run->unit[below(run, run->nr_units)];
	u64 page = run->middle + (below(run, 5) - 2) * unit;

	if (below(run, 3) == 0)
		page += below(run, 2 * run->unit[1]) - run->unit[1];
	return page < run->nr_pages ? page : run->middle;
}

static u64 some_length(struct model_run *run)
{
	u64 unit = run->unit[below(run, run->nr_units)];
	u64 nr = unit * (1 + below(run, 3));

	switch (below(run, 4)) {
	case 0:
		return nr + below(run, run->unit[1]);
	case 1:
		return nr - below(run, min(nr, run->unit[1]));
	}
	return nr;
}

/* An extent, a part of one, or what two neighbours have */
static void some_mapped(struct model_run *run, u64 *page, u64 *nr)
{
	unsigned int i = below(run, run->x.nr);
	u64 from = run->x.at[i].page, end = run->x.at[i].end, unit;

	if (i + 1 < run->x.nr && run->x.at[i + 1].page == end && below(run, 2))
		end = run->x.at[i + 1].end;
	unit = run->unit[below(run, run->nr_units)];
	if (below(run, 4)) {
		u64 start = from + below(run, end - from);

		start = below(run, 3) ? max(from, start & ~(unit - 1)) : start;
		end = min(end, start + unit * (1 + below(run, 2)));
		from = start;
	}
	*page = from;
	*nr = end - from;
}

/* Addresses that follow each other, aligned to one unit or another, or not */
static u64 some_pfn(struct model_run *run, u64 page, u64 nr)
{
	u64 limit = 1ULL << ((run->t->shape.pa52 ? 52 : 48) -
			     run->t->shape.page_shift);
	/* The middle goes where a larger address begins to need more bits */
	u64 pfn = page - run->middle + limit / 16;

	switch (below(run, 8)) {
	case 0:
		pfn += 1 + below(run, 3);
		break;
	case 1:
		pfn += run->unit[below(run, run->nr_units)];
		break;
	case 2:
		pfn = below(run, limit);
		break;
	}
	return pfn < limit && nr < limit ? min(pfn, limit - nr) : 0;
}

static void some_change(struct model_run *run, struct change *c)
{
	unsigned int i;

	/* What is mapped stays about as much as what is not */
	c->change = below(run, 2) ? TEST_MAP :
		    below(run, 3) ? TEST_UNMAP : TEST_PROTECT;
	c->prot = prots[below(run, below(run, 4) ? 2 : ARRAY_SIZE(prots))];
	if (c->change != TEST_MAP && run->x.nr && below(run, 8)) {
		some_mapped(run, &c->page, &c->nr);
		return;
	}
	c->page = some_place(run);
	c->nr = min(some_length(run), run->nr_pages - c->page);
	/* Mostly into a hole, as far as that goes, so that it closes */
	if (c->change == TEST_MAP && below(run, 8)) {
		i = test_extents_find(&run->x, c->page);
		if (i < run->x.nr && run->x.at[i].page <= c->page)
			c->page = clip(run, run->x.at[i].end);
		i = test_extents_find(&run->x, c->page);
		if (i < run->x.nr && run->x.at[i].page > c->page)
			c->nr = min(c->nr, run->x.at[i].page - c->page);
		c->nr = min(c->nr, run->nr_pages - c->page);
	}
	c->pfn = some_pfn(run, c->page, c->nr);
}

/* One page that is missing in what would be a block, or not: fill, and take out */
static void around_one_page(struct kunit *test, struct model_run *run)
{
	struct change c = { .nr = 1 };
	unsigned int i;

	if (!run->x.nr)
		return;
	i = below(run, run->x.nr);
	c.page = run->x.at[i].page + below(run, run->x.at[i].end -
						run->x.at[i].page);
	c.pfn = run->x.at[i].pfn + (c.page - run->x.at[i].page);
	c.prot = run->x.at[i].attrs;
	c.change = TEST_UNMAP;
	make(test, run, &c);
	c.change = TEST_MAP;
	make(test, run, &c);
}

/* ------------------------------------------------------------------ nonsense -- */

static void expect_refused(struct kunit *test, struct model_run *run, int err,
			   int expected, const char *what)
{
	KUNIT_ASSERT_EQ_MSG(test, err, expected, "%s", what);
	KUNIT_ASSERT_TRUE_MSG(test, as_before(run), "%s: not as before", what);
}

static void ask_nonsense(struct kunit *test, struct model_run *run)
{
	struct shadow_pgtable *pgt = &run->t->pgt;
	u64 page = test_page_of(run->t), kernel = SHADOW_PAGE_KERNEL;
	u64 limit = run->t->shape.pa52 ? 1ULL << 52 : 1ULL << 48;
	u64 va = run->first + run->middle * page;
	u64 last = run->first + (run->nr_pages - 1) * page;
	u64 wx = SHADOW_PAGE_KERNEL & ~SHADOW_ATTR_PXN;

	remember(run);
	expect_refused(test, run, shadow_pgtable_map(pgt, va + 8, 0, page,
						     kernel, 0), -EINVAL, "va");
	expect_refused(test, run, shadow_pgtable_map(pgt, va, page / 2, page,
						     kernel, 0), -EINVAL, "pa");
	expect_refused(test, run, shadow_pgtable_map(pgt, va, 0, page + 1, kernel,
						     0), -EINVAL, "length");
	expect_refused(test, run, shadow_pgtable_map(pgt, va, 0, 0, kernel, 0),
		       -EINVAL, "nothing");
	expect_refused(test, run, shadow_pgtable_map(pgt, va, 0, page, 0, 0),
		       -EINVAL, "no protection");
	expect_refused(test, run, shadow_pgtable_map(pgt, va, 0, page, kernel,
						     BIT(31)), -EINVAL, "flag");
	expect_refused(test, run, shadow_pgtable_map(pgt, va, 0, page, wx, 0),
		       -EPERM, "writable and executable");
	expect_refused(test, run, shadow_pgtable_map(pgt, va, limit, page, kernel,
						     0), -ERANGE, "pa too large");
	expect_refused(test, run, shadow_pgtable_map(pgt, va, limit - page,
						     2 * page, kernel, 0),
		       -ERANGE, "end of pa too large");
	expect_refused(test, run, shadow_pgtable_map(pgt, va, -page, 2 * page,
						     kernel, 0), -EINVAL,
		       "pa wraps");
	expect_refused(test, run, shadow_pgtable_map(pgt, last, 0, 2 * page,
						     kernel, 0),
		       run->first ? -EINVAL : -ERANGE, "beyond the half");
	expect_refused(test, run, shadow_pgtable_map(pgt, run->first ^ 1ULL << 63,
						     0, page, kernel, 0), -ERANGE,
		       "other half");
	expect_refused(test, run, shadow_pgtable_unmap(pgt, va, 0), -EINVAL,
		       "unmap nothing");
	expect_refused(test, run, shadow_pgtable_unmap(pgt, va + 1, page), -EINVAL,
		       "unmap misaligned");
	expect_refused(test, run, shadow_pgtable_unmap(pgt, va, ~(page - 1)),
		       -EINVAL, "unmap wraps");
	expect_refused(test, run, shadow_pgtable_protect(pgt, va, page, wx, 0),
		       -EPERM, "protect writable and executable");
	expect_refused(test, run, shadow_pgtable_protect(pgt, va, page,
							 kernel | 1ULL << 52, 0),
		       -EINVAL, "protect with the hint");
	expect_order(test, run);
}

/* ---------------------------------------------------------------------- runs -- */

static struct model_run *start(struct kunit *test, bool upper)
{
	const struct shape *shape = test->param_value;
	struct model_run *run = shadow_test_alloc(test, sizeof(*run));
	struct test_tables *t = test_tables(test, shape->page_shift,
					    shape->va_bits, shape->pa_bits,
					    shape->ds, upper);
	const u8 *level;

	run->t = t;
	run->bbm = test_bbm_init(test, t);
	run->before = shadow_test_alloc(test, t->block.bytes);
	run->first = test_first_of(t, upper);
	run->nr_pages = 1ULL << (shape->va_bits - shape->page_shift);
	run->middle = run->nr_pages / 2;
	run->attr_mask = shape->ds ? LEAF_ATTRS & ~0x300ULL : LEAF_ATTRS;
	if (shape->page_shift == 16 && shape->pa_bits == 52)
		run->attr_mask &= ~0xf000ULL;
	/* From the pages upwards, what is at most a quarter of the half */
	for (level = test_shifts(t); *level != shape->page_shift; level++)
		;
	for (;; level--) {
		u64 unit = 1ULL << (*level - shape->page_shift);

		if (unit > run->nr_pages / 4)
			break;
		run->unit[run->nr_units++] = unit;
		if (test_group(*level) > 1 &&
		    unit * test_group(*level) <= run->nr_pages / 4)
			run->unit[run->nr_units++] = unit * test_group(*level);
		if (level == test_shifts(t))
			break;
	}
	shadow_test_seed(test, &run->rnd);
	return run;
}

static int verify(struct model_run *run, struct shadow_fault *fault)
{
	return shadow_pgtable_verify(&run->t->pgt, fault);
}

static void run_steps(struct kunit *test, bool upper)
{
	struct model_run *run = start(test, upper);
	u64 i, ns = ktime_get_ns();
	struct change c;

	for (i = 0; i < NR_STEPS; i++) {
		some_change(run, &c);
		make(test, run, &c);
		if (i % 4 == 0)
			around_one_page(test, run);
		if (i % 64 == 0)
			ask_nonsense(test, run);
		if (i % 16 == 0)
			SHADOW_TEST_VERIFY(test, verify(run, &__fault));
		cond_resched();
	}
	/* And back to nothing */
	c.change = TEST_UNMAP;
	while (run->x.nr) {
		c.page = run->x.at[0].page;
		c.nr = run->x.at[0].end - c.page;
		make(test, run, &c);
	}
	invalidate(test, run);
	KUNIT_EXPECT_EQ(test, run->t->nr_used, 1);
	ns = ktime_get_ns() - ns;
	kunit_info(test, "%llu maps, %llu unmaps, %llu protects, %llu refused, %llu without memory, %llu records\n",
		   run->nr_done[0], run->nr_done[1], run->nr_done[2],
		   run->nr_refused, run->nr_oom, run->bbm->nr_seen);
	shadow_test_rate(test, "changes compared with the model", NR_STEPS, ns);
	KUNIT_EXPECT_GT(test, run->nr_done[0], NR_STEPS / 8);
	KUNIT_EXPECT_GT(test, run->nr_done[1], NR_STEPS / 8);
	KUNIT_EXPECT_GT(test, run->nr_done[2], NR_STEPS / 16);
}

static void model_upper(struct kunit *test)
{
	run_steps(test, true);
}

static void model_lower(struct kunit *test)
{
	run_steps(test, false);
}

static struct kunit_case pgtable_model_cases[] = {
	KUNIT_CASE_PARAM(model_upper, shapes_gen_params),
	KUNIT_CASE_PARAM(model_lower, shapes_gen_params),
	{}
};

static struct kunit_suite pgtable_model_suite = {
	.name = "shadow_pgtable_model",
	.test_cases = pgtable_model_cases,
};

kunit_test_suite(pgtable_model_suite);
