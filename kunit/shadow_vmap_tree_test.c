// SPDX-License-Identifier: GPL-2.0-only
/*
 * The index of areas alone: against a flat model of the window that says for
 * each page whose it is, and against memory that was overwritten.
 */
#include "shadow_test.h"

#include "shadow_vmap_tree.h"

#define PAGE		4096ULL
#define WINDOW		0xffff800080000000ULL
#define MAX_PAGES	512

/**
 * struct index - a tree, its areas, and the model
 * @tree: the tree
 * @fault: its machine's fault
 * @block: where the areas lie
 * @area: the areas
 * @nr_pages: of the window
 * @model: owner of each page of the window, index in @area + 1
 */
struct index {
	struct shadow_vmap_tree tree;
	struct shadow_fault fault;
	struct shadow_block block;
	struct shadow_vmap_area *area;
	u64 nr_pages;
	u32 model[MAX_PAGES];
};

static struct index *new_index(struct kunit *test, u64 nr_areas, u64 nr_pages)
{
	struct index *index = shadow_test_alloc(test, sizeof(*index));

	shadow_test_block(test, &index->block, SHADOW_TEST_BASE,
			  ALIGN(nr_areas * sizeof(*index->area), PAGE));
	index->area = index->block.virt;
	index->nr_pages = nr_pages;
	shadow_fault_init(&index->fault);
	KUNIT_ASSERT_EQ(test, 0,
			shadow_vmap_tree_init(&index->tree, &index->block,
					      WINDOW, WINDOW + nr_pages * PAGE, PAGE,
					      4711, &index->fault));
	return index;
}

static void verify(struct kunit *test, struct index *index)
{
	SHADOW_TEST_VERIFY(test, shadow_vmap_tree_verify(&index->tree, &__fault));
	KUNIT_ASSERT_FALSE(test, shadow_fault_frozen(&index->fault));
}

/* Pages are counted from the window's start. */
static void set_range(struct index *index, u32 nr, u64 page, u64 nr_pages)
{
	index->area[nr].va_start = WINDOW + page * PAGE;
	index->area[nr].va_end = WINDOW + (page + nr_pages) * PAGE;
}

static int insert(struct index *index, u32 nr, u64 page, u64 nr_pages)
{
	set_range(index, nr, page, nr_pages);
	return shadow_vmap_tree_insert(&index->tree, &index->area[nr]);
}

static int erase(struct index *index, u32 nr)
{
	return shadow_vmap_tree_erase(&index->tree, &index->area[nr]);
}

/* The page at which so many fit, or an error. */
static long fit(struct index *index, u64 nr_pages)
{
	u64 va = 0;
	int err;

	err = shadow_vmap_tree_fit(&index->tree, nr_pages * PAGE, PAGE,
				   &va);
	return err ? err : (long)((va - WINDOW) / PAGE);
}

/* Which area is at a page or above, or -1. */
static long next(struct index *index, u64 page)
{
	struct shadow_vmap_area *area;

	area = shadow_vmap_tree_next(&index->tree, WINDOW + page * PAGE);
	return area ? area - index->area : -1;
}

/* Which area is at a page, or -1. */
static long find(struct index *index, u64 page)
{
	struct shadow_vmap_area *area;

	area = shadow_vmap_tree_find(&index->tree, WINDOW + page * PAGE);
	return area ? area - index->area : -1;
}

static void refuses_what_is_no_window(struct kunit *test)
{
	struct shadow_vmap_tree tree;
	struct shadow_fault fault;
	struct shadow_block block;

	shadow_test_block(test, &block, SHADOW_TEST_BASE, PAGE);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			shadow_vmap_tree_init(&tree, &block, WINDOW, WINDOW, PAGE, 0,
					      &fault));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			shadow_vmap_tree_init(&tree, &block, WINDOW,
					      WINDOW - PAGE, PAGE, 0, &fault));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			shadow_vmap_tree_init(&tree, &block, WINDOW,
					      WINDOW + PAGE, 2 * PAGE, 0,
					      &fault));
	block.bytes = SHADOW_VMAP_MAX_BLOCK;
	KUNIT_EXPECT_EQ(test, 0,
			shadow_vmap_tree_init(&tree, &block, WINDOW,
					      WINDOW + PAGE, PAGE, 0, &fault));
	block.bytes++;
	KUNIT_EXPECT_EQ(test, -E2BIG,
			shadow_vmap_tree_init(&tree, &block, WINDOW,
					      WINDOW + PAGE, PAGE, 0, &fault));
	shadow_test_block_bare(&block, SHADOW_TEST_BASE, PAGE);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			shadow_vmap_tree_init(&tree, &block, WINDOW,
					      WINDOW + PAGE, PAGE, 0, &fault));
}

static void finds_the_lowest_gap(struct kunit *test)
{
	struct index *index = new_index(test, 64, 16);
	u64 bytes;

	KUNIT_EXPECT_EQ(test, 0L, fit(index, 16));
	KUNIT_EXPECT_EQ(test, (long)-ENOMEM, fit(index, 17));

	/* ..00.111...22222 */
	KUNIT_ASSERT_EQ(test, 0, insert(index, 2, 11, 5));
	KUNIT_ASSERT_EQ(test, 0, insert(index, 0, 2, 2));
	KUNIT_ASSERT_EQ(test, 0, insert(index, 1, 5, 3));
	verify(test, index);
	KUNIT_EXPECT_EQ(test, 0L, fit(index, 1));
	KUNIT_EXPECT_EQ(test, 0L, fit(index, 2));
	KUNIT_EXPECT_EQ(test, 8L, fit(index, 3));
	KUNIT_EXPECT_EQ(test, (long)-ENOMEM, fit(index, 4));
	KUNIT_EXPECT_EQ(test, 0, shadow_vmap_tree_max_gap(&index->tree, &bytes));
	KUNIT_EXPECT_EQ(test, 3 * PAGE, bytes);

	/* The gap of an erased area joins those at its sides. */
	KUNIT_ASSERT_EQ(test, 0, erase(index, 1));
	verify(test, index);
	KUNIT_EXPECT_EQ(test, 4L, fit(index, 7));
	KUNIT_ASSERT_EQ(test, 0, erase(index, 2));
	verify(test, index);
	KUNIT_EXPECT_EQ(test, 4L, fit(index, 12));
	KUNIT_ASSERT_EQ(test, 0, erase(index, 0));
	verify(test, index);
	KUNIT_EXPECT_EQ(test, 0L, fit(index, 16));
}

static long fit_aligned(struct index *index, u64 nr_pages, u64 align)
{
	u64 va = 0;
	int err;

	err = shadow_vmap_tree_fit(&index->tree, nr_pages * PAGE, align * PAGE,
				   &va);
	return err ? err : (long)((va - WINDOW) / PAGE);
}

static void aligns(struct kunit *test)
{
	struct index *index = new_index(test, 64, 32);

	/* .0..............1111............ */
	KUNIT_ASSERT_EQ(test, 0, insert(index, 0, 1, 1));
	KUNIT_ASSERT_EQ(test, 0, insert(index, 1, 16, 4));
	KUNIT_EXPECT_EQ(test, 0L, fit_aligned(index, 1, 8));
	KUNIT_EXPECT_EQ(test, 2L, fit_aligned(index, 2, 2));
	KUNIT_EXPECT_EQ(test, 8L, fit_aligned(index, 8, 8));
	KUNIT_EXPECT_EQ(test, 4L, fit_aligned(index, 12, 4));
	KUNIT_EXPECT_EQ(test, (long)-ENOMEM, fit_aligned(index, 12, 8));
	KUNIT_ASSERT_EQ(test, 0, erase(index, 0));
	KUNIT_ASSERT_EQ(test, 0, erase(index, 1));
	KUNIT_EXPECT_EQ(test, 0L, fit_aligned(index, 32, 32));
	verify(test, index);
}

static void finds_by_address(struct kunit *test)
{
	struct index *index = new_index(test, 64, 16);

	KUNIT_EXPECT_EQ(test, -1L, next(index, 0));
	KUNIT_ASSERT_EQ(test, 0, insert(index, 0, 2, 2));
	KUNIT_ASSERT_EQ(test, 0, insert(index, 1, 4, 1));
	KUNIT_ASSERT_EQ(test, 0, insert(index, 2, 14, 2));
	KUNIT_EXPECT_EQ(test, 0L, next(index, 0));
	KUNIT_EXPECT_EQ(test, 0L, next(index, 3));
	KUNIT_EXPECT_EQ(test, 1L, next(index, 4));
	KUNIT_EXPECT_EQ(test, 2L, next(index, 5));
	KUNIT_EXPECT_EQ(test, 2L, next(index, 15));
	KUNIT_EXPECT_EQ(test, -1L, next(index, 16));
}

/**
 * struct copy - what a refused call must leave as it was
 * @tree: the tree, but for its path
 * @bytes: the whole block
 */
struct copy {
	struct shadow_vmap_tree tree;
	void *bytes;
};

static void remember(const struct index *index, struct copy *copy)
{
	memcpy(&copy->tree, &index->tree, sizeof(copy->tree));
	memcpy(copy->bytes, index->area, index->block.bytes);
}

static void expect_refused(struct kunit *test, const struct index *index,
			   const struct copy *copy, int want, int err)
{
	KUNIT_EXPECT_EQ(test, want, err);
	KUNIT_EXPECT_MEMEQ(test, &copy->tree, &index->tree,
			   offsetof(struct shadow_vmap_tree, path));
	KUNIT_EXPECT_MEMEQ(test, copy->bytes, index->area, index->block.bytes);
}

static void refuses_and_changes_nothing(struct kunit *test)
{
	struct index *index = new_index(test, 64, 16);
	struct shadow_vmap_tree *tree = &index->tree;
	struct shadow_vmap_area *area = index->area;
	struct copy copy;
	static const u64 taken[][2] = {
		{ 4, 4 }, { 3, 2 }, { 7, 2 }, { 3, 6 }, { 5, 1 }, { 15, 2 },
		{ 16, 1 }, { 0, 17 }, { 12, 1 },
	};
	u32 i;

	copy.bytes = shadow_test_alloc(test, index->block.bytes);
	KUNIT_ASSERT_EQ(test, 0, insert(index, 0, 4, 4));
	KUNIT_ASSERT_EQ(test, 0, insert(index, 1, 12, 3));
	for (i = 0; i < ARRAY_SIZE(taken); i++) {
		set_range(index, 2, taken[i][0], taken[i][1]);
		remember(index, &copy);
		expect_refused(test, index, &copy, -EEXIST,
			       shadow_vmap_tree_insert(tree, &area[2]));
	}
	area[2].va_start = WINDOW - PAGE;
	area[2].va_end = WINDOW + PAGE;
	remember(index, &copy);
	expect_refused(test, index, &copy, -EEXIST,
		       shadow_vmap_tree_insert(tree, &area[2]));
	set_range(index, 2, 0, 0);
	remember(index, &copy);
	expect_refused(test, index, &copy, -EINVAL,
		       shadow_vmap_tree_insert(tree, &area[2]));
	set_range(index, 2, 0, 1);
	remember(index, &copy);
	expect_refused(test, index, &copy, -EINVAL,
		       shadow_vmap_tree_insert(tree, (void *)&area[2].gap));
	expect_refused(test, index, &copy, -EINVAL,
		       shadow_vmap_tree_insert(tree, &area[64]));
	expect_refused(test, index, &copy, -ENOENT,
		       shadow_vmap_tree_erase(tree, &area[2]));
	KUNIT_ASSERT_EQ(test, 0, erase(index, 1));
	remember(index, &copy);
	expect_refused(test, index, &copy, -ENOENT,
		       shadow_vmap_tree_erase(tree, &area[1]));
	verify(test, index);
}

/* How many areas are met on the way to one, itself included. */
static u32 depth_of(struct index *index, u32 nr)
{
	u64 va = index->area[nr].va_start;
	u32 at = index->tree.root, depth = 1;

	/* The block starts with area 0, so a handle is an index. */
	for (; at != nr && depth < 1000; depth++)
		at = va < index->area[at].va_start ? index->area[at].left :
						     index->area[at].right;
	return depth;
}

/*
 * Whatever the order and whatever the handles' distance: a random tree of n
 * areas has a mean depth of about 2 ln n, and is hardly ever 5 ln n deep.
 */
static void stays_flat(struct kunit *test)
{
	static const u32 strides[] = { 1, 3, 16, 55, 64, 4095, 17711 };
	const u32 nr = 32768, ln_nr = 10;
	u32 i, k, depth, deepest;
	struct index *index;
	u64 sum;

	for (k = 0; k < 2 * ARRAY_SIZE(strides); k++) {
		index = new_index(test, nr, nr);
		for (i = 0; i < nr; i++) {
			u32 page = k % 2 ? nr - 1 - i : i;

			KUNIT_ASSERT_EQ(test, 0,
					insert(index, i * strides[k / 2] % nr,
					       page, 1));
			if (strides[k / 2] % 2 == 0 &&
			    i == nr / strides[k / 2] - 1)
				break;
		}
		verify(test, index);
		for (i = 0, sum = 0, deepest = 0; i < index->tree.nr; i++) {
			depth = depth_of(index, i * strides[k / 2] % nr);
			deepest = max(deepest, depth);
			sum += depth;
		}
		KUNIT_EXPECT_LE(test, sum, (u64)index->tree.nr * 3 * ln_nr);
		KUNIT_EXPECT_LE(test, deepest, 5 * ln_nr);
	}
}

/* The lowest run of so many free pages, by looking at every page. */
static long model_fit(const struct index *index, u64 nr_pages)
{
	u64 page, run = 0;

	for (page = 0; page < index->nr_pages; page++) {
		run = index->model[page] ? 0 : run + 1;
		if (run == nr_pages)
			return page + 1 - nr_pages;
	}
	return -ENOMEM;
}

static long model_next(const struct index *index, u64 page)
{
	for (; page < index->nr_pages; page++)
		if (index->model[page])
			return (long)index->model[page] - 1;
	return -1;
}

static void model_set(struct index *index, u64 page, u64 nr_pages, u32 owner)
{
	while (nr_pages--)
		index->model[page++] = owner;
}

/*
 * Take a place that is aligned. The first run of pages that has one wherever it
 * starts is the highest that may be chosen; below it, one that starts well.
 */
static void random_take(struct kunit *test, struct index *index,
			struct rnd_state *rnd, u32 nr)
{
	u64 nr_pages = 1 + shadow_test_below(rnd, 12), i;
	u64 align = 1ULL << shadow_test_below(rnd, 5), page;
	long sure = model_fit(index, nr_pages + align - 1);
	int err;

	err = shadow_vmap_tree_take(&index->tree, &index->area[nr],
				    nr_pages * PAGE, align * PAGE);
	if (err) {
		KUNIT_ASSERT_EQ(test, -ENOMEM, err);
		KUNIT_ASSERT_LT(test, sure, 0L);
		return;
	}
	page = (index->area[nr].va_start - WINDOW) / PAGE;
	KUNIT_ASSERT_EQ(test, 0ULL, page % align);
	KUNIT_ASSERT_EQ(test, WINDOW + (page + nr_pages) * PAGE,
			index->area[nr].va_end);
	if (align == 1)
		KUNIT_ASSERT_EQ(test, sure, (long)page);
	else if (sure >= 0)
		KUNIT_ASSERT_LE(test, page, ALIGN((u64)sure, align));
	for (i = 0; i < nr_pages; i++)
		KUNIT_ASSERT_EQ(test, 0U, index->model[page + i]);
	model_set(index, page, nr_pages, nr + 1);
}

/* Take the lowest gap, or now and then any place, free or not. */
static void random_insert(struct kunit *test, struct index *index,
			  struct rnd_state *rnd, u32 nr)
{
	u64 nr_pages = 1 + shadow_test_below(rnd, 12), page, i;
	bool taken = false;
	long at;

	if (shadow_test_below(rnd, 2)) {
		random_take(test, index, rnd, nr);
		return;
	}
	if (shadow_test_below(rnd, 2)) {
		at = model_fit(index, nr_pages);
		KUNIT_ASSERT_EQ(test, at, fit(index, nr_pages));
		if (at < 0)
			return;
		page = at;
	} else {
		page = shadow_test_below(rnd, index->nr_pages - nr_pages + 1);
		for (i = 0; i < nr_pages; i++)
			taken |= index->model[page + i] != 0;
	}
	KUNIT_ASSERT_EQ(test, taken ? -EEXIST : 0,
			insert(index, nr, page, nr_pages));
	if (!taken)
		model_set(index, page, nr_pages, nr + 1);
}

static bool in_model(const struct index *index, u32 nr)
{
	const struct shadow_vmap_area *area = &index->area[nr];
	u64 page = (area->va_start - WINDOW) / PAGE;

	return area->va_end && index->model[page] == nr + 1;
}

static void random_erase(struct kunit *test, struct index *index, u32 nr)
{
	struct shadow_vmap_area *area = &index->area[nr];

	KUNIT_ASSERT_EQ(test, 0, erase(index, nr));
	model_set(index, (area->va_start - WINDOW) / PAGE,
		  (area->va_end - area->va_start) / PAGE, 0);
	area->va_start = WINDOW;
	area->va_end = 0;
}

static void equals_the_model(struct kunit *test)
{
	const u32 nr_areas = 64, nr_operations = 200000;
	struct index *index = new_index(test, nr_areas, 256);
	struct rnd_state rnd;
	u64 start, page;
	u32 i, nr;

	shadow_test_seed(test, &rnd);
	for (nr = 0; nr < nr_areas; nr++)
		index->area[nr].va_start = WINDOW;
	start = ktime_get_ns();
	for (i = 0; i < nr_operations; i++) {
		nr = shadow_test_below(&rnd, nr_areas);
		if (in_model(index, nr))
			random_erase(test, index, nr);
		else
			random_insert(test, index, &rnd, nr);
		page = shadow_test_below(&rnd, 257);
		KUNIT_ASSERT_EQ(test, model_next(index, page),
				next(index, page));
		page = shadow_test_below(&rnd, 256);
		KUNIT_ASSERT_EQ(test, (long)index->model[page] - 1,
				find(index, page));
		verify(test, index);
		if (i % 1024 == 0)
			cond_resched();
	}
	shadow_test_rate(test, "vmap_tree operations, verified", nr_operations,
			 ktime_get_ns() - start);
}

/* Some areas with gaps of all kinds, in random order. */
static void fill(struct kunit *test, struct index *index,
		 struct rnd_state *rnd, u32 nr_areas)
{
	u32 nr, left = nr_areas;

	while (left) {
		nr = shadow_test_below(rnd, nr_areas);
		if (index->area[nr].va_end)
			continue;
		KUNIT_ASSERT_EQ(test, 0, insert(index, nr, nr * 8 + nr % 3,
						1 + nr % 5));
		left--;
	}
	verify(test, index);
}

/* What has no say in where areas are is not the tree's to check. */
static bool is_checked(u64 byte)
{
	u64 offset = byte % sizeof(struct shadow_vmap_area);

	return offset < offsetof(struct shadow_vmap_area, flags);
}

static void use_corrupt(struct index *index, struct rnd_state *rnd,
			u32 nr_areas)
{
	u32 nr = nr_areas + shadow_test_below(rnd, 8);

	/* Nothing to expect but an end to each, without a wild access. */
	fit(index, 1 + shadow_test_below(rnd, 16));
	shadow_vmap_tree_next(&index->tree,
			      WINDOW + shadow_test_below(rnd, 300) * PAGE);
	shadow_vmap_tree_find(&index->tree,
			      WINDOW + shadow_test_below(rnd, 300) * PAGE);
	if (shadow_test_below(rnd, 2))
		insert(index, nr, shadow_test_below(rnd, 256), 1);
	else
		shadow_vmap_tree_take(&index->tree, &index->area[nr],
				      (1 + shadow_test_below(rnd, 16)) * PAGE,
				      PAGE << shadow_test_below(rnd, 4));
	erase(index, shadow_test_below(rnd, nr_areas));
	erase(index, nr);
}

/*
 * Each single bit of what links areas and says where they are: verify sees that
 * it is wrong, and no operation on it leaves the block or goes round in circles.
 */
static void survives_corruption(struct kunit *test)
{
	const u32 nr_areas = 24;
	struct index *index = new_index(test, 64, 256);
	struct shadow_vmap_tree tree;
	struct shadow_fault found;
	struct rnd_state rnd;
	u8 *bytes = index->block.virt, *copy;
	u64 i, nr_bits = nr_areas * sizeof(*index->area) * 8;

	shadow_test_seed(test, &rnd);
	fill(test, index, &rnd, nr_areas);
	tree = index->tree;
	copy = shadow_test_alloc(test, index->block.bytes);
	memcpy(copy, bytes, index->block.bytes);
	for (i = 0; i < nr_bits; i++) {
		if (!is_checked(i / 8))
			continue;
		bytes[i / 8] ^= 1 << i % 8;
		shadow_fault_init(&found);
		KUNIT_ASSERT_EQ_MSG(test, -EUCLEAN,
				    shadow_vmap_tree_verify(&index->tree, &found),
				    "bit %llu", i);
		KUNIT_ASSERT_TRUE(test, shadow_fault_frozen(&found));
		/* Who only looks freezes nothing. */
		shadow_vmap_tree_next(&index->tree, WINDOW +
				      shadow_test_below(&rnd, 300) * PAGE);
		KUNIT_ASSERT_FALSE(test, shadow_fault_frozen(&index->fault));
		use_corrupt(index, &rnd, nr_areas);
		memcpy(bytes, copy, index->block.bytes);
		index->tree = tree;
		shadow_fault_init(&index->fault);
	}
	verify(test, index);
}

/* Many wild writes at once, loops among them. */
static void survives_garbage(struct kunit *test)
{
	const u32 nr_areas = 24;
	struct index *index = new_index(test, 64, 256);
	struct shadow_vmap_tree tree;
	struct shadow_fault found;
	struct rnd_state rnd;
	u8 *copy;
	u32 i, k;

	shadow_test_seed(test, &rnd);
	fill(test, index, &rnd, nr_areas);
	tree = index->tree;
	copy = shadow_test_alloc(test, index->block.bytes);
	memcpy(copy, index->area, index->block.bytes);
	for (i = 0; i < 20000; i++) {
		for (k = 0; k < 8; k++) {
			struct shadow_vmap_area *area =
				&index->area[shadow_test_below(&rnd, nr_areas)];

			area->left = shadow_test_below(&rnd, nr_areas);
			area->right = shadow_test_below(&rnd, nr_areas);
			area->max_gap = shadow_test_below(&rnd, 20) * PAGE;
		}
		shadow_fault_init(&found);
		shadow_vmap_tree_verify(&index->tree, &found);
		KUNIT_ASSERT_TRUE(test, shadow_fault_frozen(&found));
		for (k = 0; k < 4; k++)
			use_corrupt(index, &rnd, nr_areas);
		memcpy(index->area, copy, index->block.bytes);
		index->tree = tree;
		shadow_fault_init(&index->fault);
	}
	verify(test, index);
}

static struct kunit_case vmap_tree_cases[] = {
	KUNIT_CASE(refuses_what_is_no_window),
	KUNIT_CASE(finds_the_lowest_gap),
	KUNIT_CASE(aligns),
	KUNIT_CASE(finds_by_address),
	KUNIT_CASE(refuses_and_changes_nothing),
	KUNIT_CASE(stays_flat),
	KUNIT_CASE_SLOW(equals_the_model),
	KUNIT_CASE(survives_corruption),
	KUNIT_CASE(survives_garbage),
	{}
};

static struct kunit_suite vmap_tree_suite = {
	.name = "shadow_vmap_tree",
	.test_cases = vmap_tree_cases,
};

kunit_test_suite(vmap_tree_suite);
